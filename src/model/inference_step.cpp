#include "model/inference_step.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "catalog/model_size.h"
#include "model/collectives.h"
#include "model/roofline.h"
#include "model/tensor_split.h"

namespace assay::model {

namespace {

using catalog::Block;
using catalog::Format;
using catalog::GroupedQueryAttention;
using catalog::LanguageModel;
using catalog::LatentAttention;
using catalog::Mixer;
using catalog::MoeFfn;
using catalog::NoFfn;
using catalog::NoMixer;

// What passes through the layers at once.
struct Pass {
  double tokens{};     // through every layer
  double sequences{};  // that need a next token from the language head
  double context{};    // tokens that each token attends to, if nothing bounds them
  bool prefill{};
};

// Reached rates: data sheet times efficiency.
struct Rates {
  FlopsPerSecond matrix, sixteen_bit, attention;
  BytesPerSecond weights, kv_cache, experts;
};

// Formats of the matrices of one layer.
struct Formats {
  Format mixer{}, ffn{}, routed{};
};

FlopsPerSecond reached(const Hardware& hardware, Format format, double compute,
                       const catalog::EfficiencyTable& efficiency) {
  const auto peak = hardware.matrix_peak(format);
  if (!peak) {  // dequantised: runnable() has seen that the 16-bit rate is there
    const auto sixteen_bit = hardware.matrix_peak(Format::kBf16);
    ASSAY_ASSERT(sixteen_bit.has_value());
    return *sixteen_bit * compute;
  }
  switch (format) {
    case Format::kFp8:
    case Format::kInt8:
      return *peak * (compute * efficiency.fp8_compute);
    case Format::kNvfp4:
    case Format::kMxfp4:
    case Format::kInt4:
      return *peak * (compute * efficiency.fp4_compute);
    case Format::kFp32:
    case Format::kBf16:
    case Format::kFp16:
      return *peak * compute;
  }
  return *peak * compute;
}

double bytes_per_value(Format format) { return catalog::bits_per_value(format) / 8.0; }

bool is_sixteen_bit(Format format) { return format == Format::kBf16 || format == Format::kFp16; }

// As published, part by part, if the weights are stored as published; else all in the deployment's
// format.
Formats formats(const LanguageModel& model, const Block& block, const Deployment& deployment) {
  if (!as_published(model, deployment)) {
    return {deployment.weights, deployment.weights, deployment.weights};
  }
  return {block.stored.mixer.value_or(model.dtype), block.stored.ffn.value_or(model.dtype),
          block.stored.routed.value_or(model.dtype)};
}

// Adds up operators over the layers of one pass.
class Sum {
 public:
  Sum(const LanguageModel& model, const Hardware& hardware, const Deployment& deployment,
      const catalog::EfficiencyTable& efficiency, const Pass& pass)
      : model_{model},
        deployment_{deployment},
        table_{efficiency},
        pass_{pass},
        tensor_{static_cast<double>(deployment.tensor)} {
    const catalog::FamilyEfficiency& family = efficiency.family(hardware.family);
    const auto sixteen_bit = hardware.matrix_peak(Format::kBf16);
    ASSAY_ASSERT(sixteen_bit.has_value());
    const BytesPerSecond memory = hardware.memory_bandwidth * family.memory;
    rates_ = {.matrix = reached(hardware, deployment.activations, family.compute, efficiency),
              .sixteen_bit = *sixteen_bit * family.compute,
              .attention = *sixteen_bit * efficiency.attention_compute,
              .weights = memory,
              .kv_cache = memory * efficiency.attention_memory,
              .experts = memory * efficiency.moe_memory};
    const Bytes volume = Bytes::from_base(pass.tokens * model.hidden * 2.0);  // 16-bit activations
    all_reduce_bytes_ = all_reduce_traffic(volume, deployment.tensor);
    all_reduce_time_ =
        all_reduce(hardware.link, efficiency.link(hardware.link.kind), deployment.tensor, volume);
    for (std::size_t i = 0; i < kOperatorKinds; ++i) {
      step_.operators[i].kind = static_cast<OperatorKind>(i);
    }
  }

  void layer(const Block& block) {
    const catalog::LayerWeights weights = catalog::layer_weights(model_, block);
    const Formats in = formats(model_, block, deployment_);
    if (!std::holds_alternative<NoMixer>(block.mixer)) {
      const double elements =
          weights.mixer / tensor_ + replicated_elements(block.mixer, model_.hidden, tensor_);
      linear(OperatorKind::kAttentionProjections, elements, in.mixer, block.count);
      attention(block.mixer, block.count);
      sum_over_ranks(block.count);
    }
    if (std::holds_alternative<NoFfn>(block.ffn)) return;
    const auto* moe = std::get_if<MoeFfn>(&block.ffn);
    if (moe != nullptr) {
      routed_experts(*moe, weights.routed / moe->experts / tensor_, in.routed, block.count);
      overhead(OperatorKind::kLayerOverhead, table_.moe_per_layer * block.count);
    }
    const auto dense = moe != nullptr ? OperatorKind::kSharedExperts : OperatorKind::kDenseFfn;
    if (weights.ffn > 0) linear(dense, weights.ffn / tensor_, in.ffn, block.count);
    sum_over_ranks(block.count);
  }

  // The output table stays at the model's dtype and multiplies in 16 bit.
  void language_head() {
    const double elements = 1.0 * model_.hidden * model_.vocabulary / tensor_;
    add(OperatorKind::kLanguageHead,
        {rows(elements, pass_.sequences),
         Bytes::from_base(elements * bytes_per_value(model_.dtype))},
        {rates_.sixteen_bit, rates_.weights}, 1);
  }

  void overhead(OperatorKind kind, Seconds time) {
    Operator& op = at(kind);
    op.time += time;
    op.bound = Bound::kOverhead;
  }

  Step finish() {
    std::array<Seconds, 4> by_bound{};
    for (Operator& op : step_.operators) {
      const auto i = static_cast<std::size_t>(op.kind);
      if (compute_[i] > op.time / 2) op.bound = Bound::kCompute;
      step_.time += op.time;
      by_bound[static_cast<std::size_t>(op.bound)] += op.time;
    }
    const auto most = std::max_element(by_bound.begin(), by_bound.end());
    step_.bound = static_cast<Bound>(most - by_bound.begin());
    return step_;
  }

 private:
  Operator& at(OperatorKind kind) { return step_.operators[static_cast<std::size_t>(kind)]; }

  // Few rows leave the matrix units partly idle: they cost half_tokens more.
  Flops rows(double elements, double tokens) const {
    return Flops::from_base(2.0 * elements * (tokens + table_.gemm_half_tokens));
  }

  FlopsPerSecond rate(Format stored) const {
    return is_sixteen_bit(stored) ? rates_.sixteen_bit : rates_.matrix;
  }

  void add(OperatorKind kind, const Work& work, const Ceiling& ceiling, double count) {
    const OperatorTime t = roofline(work, ceiling, table_.roofline_norm);
    Operator& op = at(kind);
    op.flops += work.flops * count;
    op.bytes += work.bytes * count;
    op.time += t.time * count;
    op.bound = Bound::kMemory;
    if (t.compute_bound) compute_[static_cast<std::size_t>(kind)] += t.time * count;
  }

  void linear(OperatorKind kind, double elements, Format stored, double count) {
    add(kind, {rows(elements, pass_.tokens), Bytes::from_base(elements * bytes_per_value(stored))},
        {rate(stored), rates_.weights}, count);
  }

  // A prompt's keys and values are read from caches on the chip as often as they are used; while
  // decoding they come from memory once for every token.
  void attention(const Mixer& mixer, double count) {
    Work work{.flops = {}, .bytes = {}};
    if (pass_.prefill) {
      work.flops = catalog::attention_flops(mixer, attended(mixer)) * (pass_.tokens / tensor_);
    } else {
      work.flops = decode_flops(mixer) * (pass_.tokens / tensor_);
      work.bytes = decode_bytes(mixer) * (pass_.tokens / kv_ways(mixer, tensor_));
    }
    add(OperatorKind::kAttention, work, {rates_.attention, rates_.kv_cache}, count);
  }

  // Mean number of tokens that one token attends to. A prompt of s: s/2, and with a window w < s: w
  // − w²/2s.
  double attended(const Mixer& mixer) const {
    const double limit = attention_limit(mixer), s = pass_.context;
    return limit >= s ? s / 2 : limit - limit * limit / (2 * s);
  }

  double attention_limit(const Mixer& mixer) const {
    int limit = 0;
    if (const auto* grouped = std::get_if<GroupedQueryAttention>(&mixer)) limit = grouped->window;
    if (const auto* latent = std::get_if<LatentAttention>(&mixer)) limit = latent->indexer_tokens;
    return limit > 0 ? limit : pass_.context;
  }

  // Latent attention decodes on the compressed cache: the up-projections are absorbed into queries
  // and outputs. DeepSeek-V2, arXiv:2405.04434, section 2.1.2.
  Flops decode_flops(const Mixer& mixer) const {
    const auto* latent = std::get_if<LatentAttention>(&mixer);
    if (latent == nullptr) return catalog::attention_flops(mixer, pass_.context);
    const double absorbed =
        2.0 * latent->heads * (2.0 * latent->kv_lora_rank + latent->qk_rope_dim);
    const double indexer = 2.0 * latent->indexer_heads * latent->indexer_dim;
    return Flops::from_base(absorbed * std::min(pass_.context, attention_limit(mixer)) +
                            indexer * pass_.context);
  }

  // A sparse indexer reads all of its own keys and the latent vectors of the tokens that it
  // selects.
  Bytes decode_bytes(const Mixer& mixer) const {
    const Format format = deployment_.kv_cache;
    const Bytes all = catalog::kv_bytes(mixer, pass_.context, format);
    const auto* latent = std::get_if<LatentAttention>(&mixer);
    if (latent == nullptr || latent->indexer_tokens == 0) return all;
    LatentAttention plain = *latent;
    plain.indexer_heads = 0;
    const double selected = std::min(pass_.context, attention_limit(mixer));
    return all - catalog::kv_bytes(Mixer{plain}, pass_.context, format) +
           catalog::kv_bytes(Mixer{plain}, selected, format);
  }

  // T tokens with k experts each meet E·(1 − (1 − k/E)^T) different ones if they choose evenly and
  // independently.
  void routed_experts(const MoeFfn& f, double expert, Format stored, double count) {
    const double share = 1.0 * f.experts_per_token / f.experts;
    const double met = f.experts * (1.0 - std::pow(1.0 - share, pass_.tokens));
    const double tokens = pass_.tokens * f.experts_per_token + met * table_.gemm_half_tokens;
    add(OperatorKind::kRoutedExperts,
        {Flops::from_base(2.0 * expert * tokens),
         Bytes::from_base(expert * met * bytes_per_value(stored))},
        {rate(stored) * table_.moe_memory, rates_.experts}, count);
  }

  void sum_over_ranks(double count) {
    if (deployment_.tensor <= 1) return;
    Operator& op = at(OperatorKind::kAllReduce);
    op.bytes += all_reduce_bytes_ * count;
    op.time += all_reduce_time_ * count;
    op.bound = Bound::kLink;
  }

  const LanguageModel& model_;
  const Deployment& deployment_;
  const catalog::EfficiencyTable& table_;
  Pass pass_;
  double tensor_;
  Rates rates_{};
  Bytes all_reduce_bytes_;
  Seconds all_reduce_time_;
  Step step_;
  std::array<Seconds, kOperatorKinds>
      compute_{};  // time of the compute-bound share of each operator
};

Step run(const LanguageModel& model, const Hardware& hardware, const Deployment& deployment,
         const catalog::EfficiencyTable& efficiency, const Pass& pass) {
  Sum sum{model, hardware, deployment, efficiency, pass};
  double layers = 0;
  for (const Block& block : model.blocks) {
    sum.layer(block);
    layers += block.count;
  }
  sum.language_head();
  const catalog::EngineOverhead& engine = efficiency.engine(deployment.engine);
  const double factor = pass.prefill ? efficiency.prefill_overhead : 1.0;
  sum.overhead(OperatorKind::kLayerOverhead, engine.per_layer * (layers * factor));
  sum.overhead(OperatorKind::kStepOverhead, engine.per_step);
  return sum.finish();
}

}  // namespace

std::string_view name(Bound bound) {
  switch (bound) {
    case Bound::kCompute:
      return "compute";
    case Bound::kMemory:
      return "memory";
    case Bound::kLink:
      return "link";
    case Bound::kOverhead:
      return "overhead";
  }
  return "";
}

std::string_view name(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kAttentionProjections:
      return "attention projections";
    case OperatorKind::kAttention:
      return "attention";
    case OperatorKind::kDenseFfn:
      return "feed-forward";
    case OperatorKind::kRoutedExperts:
      return "routed experts";
    case OperatorKind::kSharedExperts:
      return "shared experts";
    case OperatorKind::kLanguageHead:
      return "language head";
    case OperatorKind::kAllReduce:
      return "all-reduce";
    case OperatorKind::kLayerOverhead:
      return "layer overhead";
    case OperatorKind::kStepOverhead:
      return "step overhead";
  }
  return "";
}

double busy_share(const Step& step) {
  Seconds busy;
  for (const Operator& op : step.operators) {
    if (op.bound == Bound::kCompute || op.bound == Bound::kMemory) busy += op.time;
  }
  return step.time.base() > 0 ? busy / step.time : 0.0;
}

Step decode_step(const LanguageModel& model, const Hardware& hardware, const Deployment& deployment,
                 const catalog::EfficiencyTable& efficiency, double sequences, double context) {
  ASSAY_ASSERT(sequences >= 0 && context >= 0);
  return run(model, hardware, deployment, efficiency,
             {.tokens = sequences, .sequences = sequences, .context = context, .prefill = false});
}

Step prefill_step(const LanguageModel& model, const Hardware& hardware,
                  const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                  double sequences, double tokens) {
  ASSAY_ASSERT(sequences >= 0 && tokens >= 0);
  return run(
      model, hardware, deployment, efficiency,
      {.tokens = sequences * tokens, .sequences = sequences, .context = tokens, .prefill = true});
}

}  // namespace assay::model
