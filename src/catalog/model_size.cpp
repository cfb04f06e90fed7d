#include "catalog/model_size.h"

#include <algorithm>
#include <variant>

#include "base/assert.h"

namespace assay::catalog {
namespace {

// Vaswani et al. 2017; grouped heads: Ainslie et al. 2023 (GQA).
LayerWeights weights(const GroupedQueryAttention& a, double hidden) {
  const double queries = 1.0 * a.heads * a.head_dim;
  const double keys = 1.0 * a.kv_heads * a.head_dim;
  const double values = 1.0 * a.kv_heads * a.value_head_dim;
  const double outputs = 1.0 * a.heads * a.value_head_dim;
  LayerWeights w;
  w.mixer = hidden * (queries + keys + (a.value_is_key ? 0 : values) + outputs);
  if (a.output_gate) w.mixer += hidden * outputs;
  if (a.head_gate) w.mixer += hidden * a.heads;
  if (a.bias_qkv) w.other += queries + keys + values;
  if (a.bias_out) w.other += hidden;
  if (a.qk_norm) w.other += a.qk_norm_wide ? queries + keys : 2.0 * a.head_dim;
  if (a.sinks) w.other += a.heads;
  return w;
}

// DeepSeek-V2 (arXiv 2405.04434, section 2.1); indexer: DeepSeek-V3.2-Exp report, section 2.1.
LayerWeights weights(const LatentAttention& a, double hidden) {
  const double query_dim = 1.0 * a.qk_nope_dim + a.qk_rope_dim;
  const double kv_rank = a.kv_lora_rank, q_rank = a.q_lora_rank;
  LayerWeights w;
  w.mixer = hidden * (kv_rank + a.qk_rope_dim) +
            kv_rank * a.heads * (1.0 * a.qk_nope_dim + a.v_head_dim) +
            1.0 * a.heads * a.v_head_dim * hidden;
  w.mixer += q_rank > 0 ? q_rank * (hidden + a.heads * query_dim) : hidden * a.heads * query_dim;
  w.other = kv_rank + q_rank;
  if (a.output_gate) w.mixer += hidden * a.heads * a.v_head_dim;
  if (a.bias) w.other += q_rank + kv_rank + a.qk_rope_dim + hidden;
  if (a.indexer_heads > 0) {
    const double dim = a.indexer_dim;
    w.mixer += q_rank * a.indexer_heads * dim + hidden * dim + hidden * a.indexer_heads;
    w.other += 2 * dim;
  }
  return w;
}

// Gated delta rule: Yang et al. 2024 (arXiv 2412.06464), as in Qwen3-Next. Kimi delta attention:
// arXiv 2510.26692. Lightning attention: MiniMax-01 (arXiv 2501.08313).
LayerWeights weights(const LinearAttention& a, double hidden) {
  const double keys = 1.0 * a.key_heads * a.key_dim, values = 1.0 * a.value_heads * a.value_dim;
  LayerWeights w;
  w.mixer = hidden * (2 * keys + values) + values * hidden;
  w.other = a.convolution * (2 * keys + values);
  if (a.lightning) {
    w.mixer += hidden * values;
    w.other += values;
  } else if (a.gate_rank > 0) {
    const double rank = a.gate_rank;
    const double output_gate = a.full_gate ? hidden * values : rank * (hidden + values);
    w.mixer += hidden * (rank + a.value_heads) + rank * keys + output_gate;
    w.other += keys + a.value_heads + a.value_dim;
  } else {
    w.mixer += hidden * (values + 2.0 * a.value_heads);
    w.other += 2.0 * a.value_heads + a.value_dim;
  }
  return w;
}

// Mamba: Gu and Dao 2023 (arXiv 2312.00752). Mamba-2: Dao and Gu 2024 (arXiv 2405.21060).
LayerWeights weights(const StateSpace& s, double hidden) {
  const double inner = 1.0 * s.heads * s.head_dim, state = s.state;
  const double convolved = s.dt_rank > 0 ? inner : inner + 2.0 * s.groups * state;
  LayerWeights w;
  w.other = convolved * (s.convolution + (s.conv_bias ? 1.0 : 0.0));
  if (s.dt_rank > 0) {
    w.mixer =
        hidden * 2 * inner + inner * (s.dt_rank + 2 * state) + s.dt_rank * inner + inner * hidden;
    w.other += inner + inner * state + inner;
    if (s.inner_norms) w.other += s.dt_rank + 2 * state;
  } else {
    w.mixer = hidden * (inner + convolved + s.heads) + inner * hidden;
    w.other += 3.0 * s.heads + inner;
  }
  if (s.bias) w.other += hidden + (s.dt_rank > 0 ? 2 * inner : inner + convolved + s.heads);
  return w;
}

LayerWeights weights(const NoMixer&, double) { return {}; }

double matrices(bool gated) { return gated ? 3 : 2; }

// Biases of one expert or feed-forward part: those of its inner matrices and of the last one.
double ffn_biases(bool gated, double intermediate, double width) {
  return (matrices(gated) - 1) * intermediate + width;
}

LayerWeights weights(const DenseFfn& f, double hidden) {
  LayerWeights w;
  w.ffn = matrices(f.gated) * hidden * f.intermediate;
  if (f.bias) w.other = ffn_biases(f.gated, f.intermediate, hidden);
  return w;
}

// Shazeer et al. 2017; shared experts: DeepSeekMoE (arXiv 2401.06066); latent experts: Nemotron 3.
LayerWeights weights(const MoeFfn& f, double hidden) {
  const double width = f.latent > 0 ? f.latent : hidden;
  LayerWeights w;
  w.routed = f.experts * matrices(f.gated) * width * f.expert_intermediate;
  w.ffn = matrices(f.gated) * hidden * f.shared_intermediate;
  if (f.latent > 0) w.ffn += 2 * hidden * f.latent;
  w.router = hidden * f.experts;
  if (f.shared_gate) w.other += hidden;
  if (f.router_bias) w.other += f.experts;
  if (f.bias) {
    w.biases_routed = f.experts * ffn_biases(f.gated, f.expert_intermediate, width);
    w.other += f.experts;
    if (f.shared_intermediate > 0) w.other += ffn_biases(f.gated, f.shared_intermediate, hidden);
  }
  return w;
}

LayerWeights weights(const NoFfn&, double) { return {}; }

double norm_width(const LanguageModel& model) {
  return model.hidden * (model.norm_bias ? 2.0 : 1.0);
}

// Share of the routed experts that one token passes.
double share_routed(const Ffn& ffn) {
  const auto* moe = std::get_if<MoeFfn>(&ffn);
  return moe == nullptr ? 0 : 1.0 * moe->experts_per_token / moe->experts;
}

struct Tables {
  double input{}, output{}, projection{}, other{};
};

Tables tables(const LanguageModel& model) {
  const double width = model.embedding_width > 0 ? model.embedding_width : model.hidden;
  Tables t;
  t.input = width * model.vocabulary;
  t.output = model.tied_embeddings ? 0 : t.input;
  if (model.embedding_width > 0) t.projection = 2.0 * model.embedding_width * model.hidden;
  t.other = 1.0 * model.learned_positions * model.hidden + model.norms * norm_width(model) +
            (model.output_bias ? model.vocabulary : 0);
  return t;
}

double bytes_of(double elements, Format format, int group) {
  const double bits =
      format == Format::kInt4 && group > 0 ? 4 + 16.0 / group : bits_per_value(format);
  return elements * bits / 8;
}

// Elements of KV that one token leaves in this layer, and those of a fixed state.
struct Cache {
  double per_token{};              // elements
  double fixed_bytes_per_token{};  // stored in one format whatever the cache's
  double window{};                 // tokens kept at most; 0: all
  double state{};                  // bytes of a state that no context enlarges
};

Cache cache(const GroupedQueryAttention& a) {
  return {.per_token = 1.0 * a.kv_heads * (a.head_dim + a.value_head_dim),
          .window = 1.0 * a.window};
}

// The indexer's keys are held in fp8 with one fp32 scale a token (DeepSeek-V3.2-Exp).
Cache cache(const LatentAttention& a) {
  return {.per_token = 1.0 * a.kv_lora_rank + a.qk_rope_dim,
          .fixed_bytes_per_token = a.indexer_heads > 0 ? a.indexer_dim + 4.0 : 0.0};
}

// States are kept in fp32, the last inputs of the convolution in 2 bytes.
Cache cache(const LinearAttention& a) {
  const double keys = 1.0 * a.key_heads * a.key_dim, values = 1.0 * a.value_heads * a.value_dim;
  return {.state = 4.0 * values * a.key_dim +
                   2.0 * std::max(0, a.convolution - 1) * (2 * keys + values)};
}

Cache cache(const StateSpace& s) {
  const double inner = 1.0 * s.heads * s.head_dim;
  const double convolved = s.dt_rank > 0 ? inner : inner + 2.0 * s.groups * s.state;
  return {.state = 4.0 * inner * s.state + 2.0 * std::max(0, s.convolution - 1) * convolved};
}

Cache cache(const NoMixer&) { return {}; }

// Operations of one token besides its weights, with `context` tokens in view.
double mixer_flops(const GroupedQueryAttention& a, double context) {
  const double seen = a.window > 0 ? std::min<double>(context, a.window) : context;
  return 2.0 * a.heads * (1.0 * a.head_dim + a.value_head_dim) * seen;
}

double mixer_flops(const LatentAttention& a, double context) {
  const double seen = a.indexer_tokens > 0 ? std::min<double>(context, a.indexer_tokens) : context;
  return 2.0 * a.heads * (1.0 * a.qk_nope_dim + a.qk_rope_dim + a.v_head_dim) * seen +
         2.0 * a.indexer_heads * a.indexer_dim * context;
}

// Per element of state: decay 1, rank-one update 2, read-out 2; the delta rule reads once more.
double mixer_flops(const LinearAttention& a, double) {
  const double state = 1.0 * a.value_heads * a.value_dim * a.key_dim;
  return (a.lightning ? 5 : 7) * state;
}

double mixer_flops(const StateSpace& s, double) { return 5.0 * s.heads * s.head_dim * s.state; }

double mixer_flops(const NoMixer&, double) { return 0; }

}  // namespace

LayerWeights layer_weights(const LanguageModel& model, const Block& block) {
  const auto of = [&](const auto& part) { return weights(part, model.hidden); };
  LayerWeights sum = std::visit(of, block.mixer);
  const LayerWeights ffn = std::visit(of, block.ffn);
  sum.ffn += ffn.ffn;
  sum.routed += ffn.routed;
  sum.router += ffn.router;
  sum.biases_routed += ffn.biases_routed;
  sum.other += ffn.other + block.norms * norm_width(model);
  return sum;
}

ParameterCount parameters(const LanguageModel& model) {
  const Tables t = tables(model);
  ParameterCount count;
  count.embedding = t.input + t.output;
  count.decoder = count.embedding + t.projection + t.other;
  double idle = 0;
  for (const Block& block : model.blocks) {
    const LayerWeights w = layer_weights(model, block);
    count.decoder += block.count * w.total();
    count.routed += block.count * (w.routed + w.biases_routed);
    if (w.routed > 0) {
      idle += block.count * (w.routed + w.biases_routed) * (1 - share_routed(block.ffn));
    }
  }
  count.total = count.decoder + model.other_parameters;
  count.active = count.decoder - idle;
  // A tied table is multiplied as the output table, so only a count without tables leaves it out.
  if (model.active_count == ActiveCount::kWithoutInput) count.active -= t.output;
  if (model.active_count == ActiveCount::kWithoutTables) count.active -= count.embedding;
  ASSAY_ASSERT(count.active <= count.total);
  return count;
}

Bytes weight_bytes(const LanguageModel& model, Format weights) {
  const Tables t = tables(model);
  double bytes = bytes_of(t.input + t.output + t.projection + t.other, model.dtype, 0);
  for (const Block& block : model.blocks) {
    const LayerWeights w = layer_weights(model, block);
    bytes += block.count * (bytes_of(w.mixer + w.ffn + w.routed, weights, 0) +
                            bytes_of(w.router + w.other + w.biases_routed, model.dtype, 0));
  }
  return Bytes::from_base(bytes);
}

Bytes weight_bytes(const LanguageModel& model) {
  const Tables t = tables(model);
  const int group = model.quantisation ? model.quantisation->group : 0;
  double bytes = bytes_of(t.input + t.output + t.projection + t.other, model.dtype, 0);
  for (const Block& block : model.blocks) {
    const LayerWeights w = layer_weights(model, block);
    const StoredFormats& in = block.stored;
    bytes += block.count * (bytes_of(w.mixer, in.mixer.value_or(model.dtype), group) +
                            bytes_of(w.ffn, in.ffn.value_or(model.dtype), group) +
                            bytes_of(w.routed, in.routed.value_or(model.dtype), group) +
                            bytes_of(w.router + w.other + w.biases_routed, model.dtype, 0));
  }
  return Bytes::from_base(bytes);
}

Bytes kv_bytes_per_token(const LanguageModel& model, Format kv) {
  double bytes = 0;
  for (const Block& block : model.blocks) {
    const Cache c = std::visit([](const auto& mixer) { return cache(mixer); }, block.mixer);
    if (c.window > 0) continue;
    bytes += block.count * (bytes_of(c.per_token, kv, 0) + c.fixed_bytes_per_token);
  }
  return Bytes::from_base(bytes);
}

Bytes kv_bytes(const Mixer& mixer, double tokens, Format kv) {
  ASSAY_ASSERT(tokens >= 0);
  const Cache c = std::visit([](const auto& m) { return cache(m); }, mixer);
  const double held = c.window > 0 ? std::min(tokens, c.window) : tokens;
  const double one = bytes_of(c.per_token, kv, 0) + c.fixed_bytes_per_token;
  return Bytes::from_base(one * held + c.state);
}

Bytes kv_bytes(const LanguageModel& model, double tokens, Format kv) {
  Bytes bytes;
  for (const Block& block : model.blocks) bytes += kv_bytes(block.mixer, tokens, kv) * block.count;
  return bytes;
}

Flops attention_flops(const Mixer& mixer, double context) {
  const auto of = [&](const auto& m) { return mixer_flops(m, context); };
  return Flops::from_base(std::visit(of, mixer));
}

// 2 operations a weight: Kaplan et al. 2020 (arXiv 2001.08361), table 1. Latent attention counts
// uncompressed; an engine that absorbs the projections into decoding multiplies more.
Flops flops_per_token(const LanguageModel& model, double context) {
  ASSAY_ASSERT(context >= 0);
  const Tables t = tables(model);
  double flops = 2 * (t.input + t.projection);  // the output table, tied or not, has this size
  for (const Block& block : model.blocks) {
    const LayerWeights w = layer_weights(model, block);
    flops += block.count * (2 * (w.mixer + w.ffn + w.router + w.routed * share_routed(block.ffn)) +
                            attention_flops(block.mixer, context).base());
  }
  return Flops::from_base(flops);
}

}  // namespace assay::catalog
