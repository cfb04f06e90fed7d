#include "model/step_terms.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "catalog/model_size.h"
#include "model/collectives.h"
#include "model/layer_shapes.h"
#include "model/runnable.h"
#include "model/tensor_split.h"

namespace assay::model {

namespace {

using catalog::Block;
using catalog::Format;
using catalog::LanguageModel;
using catalog::LatentAttention;
using catalog::Mixer;
using catalog::MoeFfn;
using catalog::NoFfn;
using catalog::NoMixer;

constexpr double kSixteenBit = 2.0;     // bytes of an activation between kernels
constexpr double kTileRows = 128;       // queries that a block of an attention kernel works on
constexpr double kHeadReference = 128;  // elements of the head that attention shares refer to

double bytes_per_value(Format format) { return catalog::bits_per_value(format) / 8.0; }

bool is_sixteen_bit(Format format) { return format == Format::kBf16 || format == Format::kFp16; }

// The share that matrices stored in one format and multiplied in another reach.
double share_of(const catalog::WidthShares& shares, Format stored, Format multiplied) {
  const double bits = catalog::bits_per_value(multiplied);
  if (bits < 6) return shares.four;
  if (bits < 10) return shares.eight;
  return catalog::bits_per_value(stored) < 6 ? shares.weight_only : shares.sixteen;
}

// Formats of the matrices of one layer: as published, part by part, if the weights are stored as
// published; else all in the deployment's format.
struct Formats {
  Format mixer{}, ffn{}, routed{};
};

Formats formats(const LanguageModel& model, const Block& block, const Deployment& deployment) {
  if (!as_published(model, deployment)) {
    return {deployment.weights, deployment.weights, deployment.weights};
  }
  return {block.stored.mixer.value_or(model.dtype), block.stored.ffn.value_or(model.dtype),
          block.stored.routed.value_or(model.dtype)};
}

class Builder {
 public:
  Builder(const LanguageModel& model, const Hardware& hardware, const Deployment& deployment,
          const catalog::EfficiencyTable& efficiency)
      : model_{model},
        hardware_{hardware},
        deployment_{deployment},
        table_{efficiency},
        family_{efficiency.family(hardware.family)},
        tensor_{static_cast<double>(deployment.tensor)},
        memory_{memory_rate(family_.operators.gemm.memory)} {}

  void layer(const Block& block) {
    const catalog::LayerWeights weights = catalog::layer_weights(model_, block);
    const Formats in = formats(model_, block, deployment_);
    double elementwise = 0;
    if (!std::holds_alternative<NoMixer>(block.mixer)) {
      const double elements =
          weights.mixer / tensor_ + replicated_elements(block.mixer, model_.hidden, tensor_);
      const Traffic traffic = mixer_traffic(model_, block.mixer, tensor_);
      matrices(OperatorKind::kAttentionProjections, elements, traffic, in.mixer, block.count);
      attention(block.mixer, block.count);
      all_reduce(block.count);
      elementwise += traffic.elementwise;
    }
    if (!std::holds_alternative<NoFfn>(block.ffn)) {
      elementwise += feed_forward(block, weights, in);
    }
    passes(elementwise * block.count);
  }

  // The output table stays at the model's dtype and multiplies in 16 bit.
  void language_head() {
    const double elements = 1.0 * model_.hidden * model_.vocabulary / tensor_;
    StepTerm term = matrix(OperatorKind::kLanguageHead, elements, model_.dtype, 1);
    term.shape = TermShape::kEnds;
    // Logits are written in 16 bit, read and sampled from in fp32.
    term.memory += 10.0 * model_.vocabulary / tensor_ / memory_;
    term.fixed = floor(family_.operators.gemm.floor);
    add(term);
  }

  std::vector<StepTerm> take() { return std::move(terms_); }

 private:
  // The format that matrices of this stored format are multiplied in.
  Format multiplied(Format stored) const {
    if (is_sixteen_bit(stored)) return stored;
    return hardware_.matrix_peak(deployment_.activations) ? deployment_.activations : Format::kBf16;
  }

  // FLOP/s that a kernel with these shares reaches.
  double compute_rate(const catalog::WidthShares& shares, Format stored) const {
    const auto peak = hardware_.matrix_peak(multiplied(stored));
    ASSAY_ASSERT(peak.has_value());  // runnable() has seen the 16-bit one
    const double reached = share_of(shares, stored, multiplied(stored)) *
                           family_.sustained_compute *
                           table_.engine(deployment_.engine).matrix_kernels;
    return peak->base() * std::min(reached, 1.0);  // never beyond the data sheet
  }

  // Seconds that a kernel takes at least, between others.
  double floor(Seconds alone) const { return alone.base() * table_.floor_share; }

  double memory_rate(double share) const {
    return hardware_.memory_bandwidth.base() *
           std::min(
               share * family_.sustained_memory * table_.engine(deployment_.engine).memory_kernels,
               1.0);
  }

  // Terms of one kind, shape, format and limit are one: their ratio of compute to memory is.
  void add(const StepTerm& term) {
    const auto same = [&](const StepTerm& t) {
      return t.kind == term.kind && t.shape == term.shape && t.format == term.format &&
             t.limit == term.limit && t.experts == term.experts && t.per_token == term.per_token &&
             t.compute_limited == 0 && t.memory_limited == 0;
    };
    const auto found = std::ranges::find_if(terms_, same);
    if (found == terms_.end() || term.compute_limited > 0 || term.memory_limited > 0) {
      terms_.push_back(term);
      return;
    }
    found->compute += term.compute;
    found->memory += term.memory;
    found->weights += term.weights;
    found->fixed += term.fixed;
    found->row += term.row;
    found->fill += term.fill;
  }

  StepTerm matrix(OperatorKind kind, double elements, Format stored, double count) const {
    const double rate = compute_rate(family_.operators.gemm.compute, stored);
    StepTerm term{.kind = kind, .shape = TermShape::kRows, .format = stored};
    term.compute = 2.0 * elements * count / rate;
    term.weights = elements * bytes_per_value(stored) * count / memory_;
    term.overlap = family_.operators.gemm.overlap;
    term.flops_rate = rate;
    term.bytes_rate = memory_;
    return term;
  }

  double activation_bytes(Format stored) const { return bytes_per_value(multiplied(stored)); }

  void matrices(OperatorKind kind, double elements, const Traffic& traffic, Format stored,
                double count) {
    StepTerm term = matrix(kind, elements, stored, count);
    const double bytes = traffic.in * activation_bytes(stored) + traffic.out * kSixteenBit;
    term.memory = bytes * count / memory_;
    if (!is_sixteen_bit(multiplied(stored))) {
      term.row = traffic.in * count * family_.operators.gemm.cast.base() / hardware_.compute_units;
    }
    term.fixed = traffic.kernels * count * floor(family_.operators.gemm.floor);
    add(term);
  }

  // Bytes per row that element-wise kernels move.
  double feed_forward(const Block& block, const catalog::LayerWeights& weights, const Formats& in) {
    const auto* moe = std::get_if<MoeFfn>(&block.ffn);
    double elementwise = 0;
    if (moe != nullptr) {
      routed_experts(*moe, weights, in.routed, block.count);
      exchange(*moe, in.routed, block.count);
    }
    if (weights.ffn > 0) {
      const auto kind = moe != nullptr ? OperatorKind::kSharedExperts : OperatorKind::kDenseFfn;
      const Traffic traffic = ffn_traffic(model_, block.ffn, tensor_);
      matrices(kind, weights.ffn / tensor_, traffic, in.ffn, block.count);
      elementwise += traffic.elementwise;
    }
    all_reduce(block.count);
    return elementwise;
  }

  void routed_experts(const MoeFfn& f, const catalog::LayerWeights& weights, Format stored,
                      double count) {
    const catalog::ExpertCurve& curve = family_.operators.experts;
    const double ranks = deployment_.expert;
    const double cut = deployment_.stage_accelerators() / ranks;  // each expert, over these
    const double expert = weights.routed / f.experts / cut;
    StepTerm term = matrix(OperatorKind::kRoutedExperts, expert, stored, count);
    term.shape = TermShape::kExperts;
    const double speed =
        table_.engine(deployment_.engine).expert_kernels * family_.sustained_experts;
    const double compute = compute_rate(curve.compute, stored) * speed;
    const double memory =
        std::min(memory_rate(share_of(curve.memory, stored, multiplied(stored))) * speed, memory_);
    term.compute *= term.flops_rate / compute;
    term.weights *= term.bytes_rate / memory;
    term.flops_rate = compute;
    term.bytes_rate = memory;
    term.overlap = curve.overlap;
    term.experts = f.experts;
    term.per_token = f.experts_per_token;
    term.miss_log =
        f.experts_per_token < f.experts ? std::log1p(-1.0 * f.experts_per_token / f.experts) : -1e9;
    term.ranks = ranks;
    term.spread = table_.expert_spread;
    term.skew = std::pow(ranks, curve.skew);
    // Gathered to their experts, activated, weighted and summed: per row of one expert.
    const Traffic traffic = expert_traffic(model_, f, cut);
    const double passes = 2.0 * curve.passes * traffic.in_width + traffic.elementwise;
    term.row = f.experts_per_token * passes * count / ranks / memory_;
    term.fixed = floor(curve.floor) / speed * count;
    add(term);
    const double router = 1.0 * model_.hidden * f.experts;
    matrices(OperatorKind::kRoutedExperts, router,
             {.in = 1.0 * model_.hidden, .out = 1.0 * f.experts, .kernels = 1}, Format::kBf16,
             count);
  }

  void attention(const Mixer& mixer, double count) {
    const AttentionWork work = attention_work(mixer, deployment_.kv_cache);
    const catalog::EngineOverhead& engine = table_.engine(deployment_.engine);
    const catalog::AttentionCurve& curve = family_.operators.attention;
    const double rate =
        hardware_.matrix_peak(Format::kBf16)->base() *
        std::min(curve.prefill_compute * family_.sustained_compute * engine.matrix_kernels, 1.0);
    const bool eight = catalog::bits_per_value(deployment_.kv_cache) < 10 && !engine.own_kernels;
    const double share = eight ? curve.decode_memory_8 : curve.decode_memory;
    const double read = memory_rate(share);
    const double flops = count / tensor_ / rate;
    const double bytes = count / kv_ways(mixer, tensor_) / read;
    // Heads narrower or wider than 128 cost as d0 more of every one (operator_curves.h).
    const double width = work.head_dim > 0
                             ? kHeadReference * (work.head_dim + curve.head_offset) /
                                   (kHeadReference + curve.head_offset) / work.head_dim
                             : 1;
    StepTerm term{.kind = OperatorKind::kAttention};
    term.limit = work.limit;
    term.flops_rate = rate;
    term.bytes_rate = read;

    StepTerm prefill = term;
    prefill.shape = TermShape::kPrefillAttention;
    prefill.overlap = 1;
    prefill.compute = work.prefill_flops * flops;
    prefill.compute_context = work.indexer_flops * flops;
    prefill.compute_limited = work.prefill_flops_context * flops * width;
    prefill.head_start = kTileRows / 2;
    prefill.tail = 4.0 * work.head_dim * width * curve.tail * kTileRows * hardware_.compute_units *
                   count / rate;
    prefill.memory = 2 * kSixteenBit * curve.traffic * work.passed / tensor_ * count / memory_;
    prefill.fixed = floor(curve.prefill_floor) * work.kernels * count;
    add(prefill);

    StepTerm decode = term;
    decode.shape = TermShape::kDecodeAttention;
    decode.overlap = curve.decode_overlap;
    decode.compute = work.decode_flops * flops;
    decode.pair = curve.decode_pair.base() * work.pairs / kv_ways(mixer, tensor_) /
                  hardware_.compute_units * count;
    decode.compute_context = work.indexer_flops * flops;
    decode.compute_limited = work.decode_flops_context * flops;
    decode.memory = work.state_bytes * bytes;
    decode.memory_context = work.indexer_bytes * bytes;
    const double reads = engine.cache_read_per_head ? work.heads_per_read : 1;
    decode.memory_limited = work.cache_bytes * reads * bytes;
    decode.fixed = floor(curve.decode_floor) * work.kernels * count;
    add(decode);
  }

  // Norms, residuals, rotary embedding, activation functions: read and written once a row.
  void passes(double bytes_per_row) {
    StepTerm term{.kind = OperatorKind::kElementwise, .shape = TermShape::kTraffic};
    term.memory = bytes_per_row / memory_;
    term.bytes_rate = memory_;
    add(term);
  }

  void all_reduce(double count) {
    if (deployment_.tensor <= 1) return;
    const CollectiveTime sum = model::all_reduce(hardware_, table_, deployment_.tensor);
    collective(OperatorKind::kAllReduce, sum, model_.hidden * kSixteenBit, count);
  }

  // Each token goes to the ranks of its experts and comes back in 16 bit; attention ranks that
  // share a token (tensor parallel) sum it instead.
  void exchange(const MoeFfn& f, Format stored, double count) {
    if (deployment_.data <= 1) return;
    const int ranks = deployment_.stage_accelerators();
    const CollectiveTime there = all_to_all(hardware_, table_, ranks);
    const double copies = std::min<double>(f.experts_per_token, ranks - 1);
    const double width = f.latent > 0 ? f.latent : model_.hidden;
    const double bytes = copies * width * (activation_bytes(stored) + kSixteenBit);
    collective(OperatorKind::kExpertExchange,
               {.latency = there.latency * 2,
                .seconds_per_byte = there.seconds_per_byte,
                .fill = there.fill},
               bytes, count);
  }

  void collective(OperatorKind kind, const CollectiveTime& time, double bytes_per_row,
                  double count) {
    StepTerm term{.kind = kind, .shape = TermShape::kTraffic};
    term.memory = time.seconds_per_byte * bytes_per_row * count;
    term.fixed = time.latency.base() * count;
    term.fill = time.fill.base() * count;
    term.bytes_rate = 1 / time.seconds_per_byte;
    add(term);
  }

  const LanguageModel& model_;
  const Hardware& hardware_;
  const Deployment& deployment_;
  const catalog::EfficiencyTable& table_;
  const catalog::FamilyEfficiency& family_;
  double tensor_;
  double memory_;  // bytes/s reached by plain kernels
  std::vector<StepTerm> terms_;
};

}  // namespace

std::vector<StepTerm> step_terms(const LanguageModel& model, const Hardware& hardware,
                                 const Deployment& deployment,
                                 const catalog::EfficiencyTable& efficiency) {
  Builder builder{model, hardware, deployment, efficiency};
  for (const Block& block : model.blocks) builder.layer(block);
  builder.language_head();
  return builder.take();
}

}  // namespace assay::model
