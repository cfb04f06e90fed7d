#include "model/layer_shapes.h"

#include <algorithm>

#include "base/quantity.h"
#include "catalog/model_size.h"
#include "model/tensor_split.h"

namespace assay::model {

namespace {

using catalog::DenseFfn;
using catalog::GroupedQueryAttention;
using catalog::LatentAttention;
using catalog::LinearAttention;
using catalog::Mixer;
using catalog::MoeFfn;
using catalog::StateSpace;

constexpr double kBytes = 2.0;  // of an activation

// Residual and norm before each half of a layer: read both, write both.
double norm_bytes(double hidden) { return 4 * hidden * kBytes; }

Traffic of(const GroupedQueryAttention& a, double hidden, double tensor, double ways) {
  const double queries = 1.0 * a.heads * a.head_dim / tensor;
  const double keys = 1.0 * a.kv_heads * (a.head_dim + a.value_head_dim) / ways;
  const double outputs = 1.0 * a.heads * a.value_head_dim / tensor;
  const double gate = a.output_gate ? outputs : 0;
  // Rotary embedding and the write to the cache read and write queries and keys once.
  return {.in = hidden + outputs,
          .out = queries + keys + gate + hidden,
          .kernels = 2,
          .elementwise = norm_bytes(hidden) + 2 * (queries + keys) * kBytes + 3 * gate * kBytes};
}

// Down-projections, query and key up-projections, output.
Traffic of(const LatentAttention& a, double hidden, double tensor) {
  const double heads = a.heads / tensor;
  const double queries = heads * (a.qk_nope_dim + a.qk_rope_dim);
  const double latent = 1.0 * a.q_lora_rank + a.kv_lora_rank + a.qk_rope_dim;
  const double outputs = heads * a.v_head_dim;
  const double gate = a.output_gate ? outputs : 0;
  const double absorbed = heads * a.kv_lora_rank;
  return {.in = hidden + a.q_lora_rank + heads * a.qk_nope_dim + absorbed + outputs,
          .out = latent + queries + absorbed + outputs + gate + hidden,
          .kernels = 5,
          .elementwise = norm_bytes(hidden) + 2 * (latent + queries) * kBytes + 3 * gate * kBytes};
}

Traffic of(const LinearAttention& a, double hidden, double tensor) {
  const double keys = 1.0 * a.key_heads * a.key_dim / tensor;
  const double values = 1.0 * a.value_heads * a.value_dim / tensor;
  return {.in = hidden + values,
          .out = 2 * keys + 2 * values + hidden,
          .kernels = 2,
          .elementwise = norm_bytes(hidden) + 2 * (2 * keys + 3 * values) * kBytes};
}

Traffic of(const StateSpace& s, double hidden, double tensor) {
  const double inner = 1.0 * s.heads * s.head_dim / tensor;
  const double convolved = inner + 2.0 * s.groups * s.state / tensor;
  return {.in = hidden + inner,
          .out = inner + convolved + hidden,
          .kernels = 2,
          .elementwise = norm_bytes(hidden) + 2 * (convolved + 2 * inner) * kBytes};
}

Traffic gated_ffn(double width, double intermediate, bool gated) {
  const double up = (gated ? 2 : 1) * intermediate;
  return {.in = width + intermediate,
          .out = up + width,
          .kernels = 2,
          .elementwise = (up + intermediate) * kBytes};
}

// Chunked scans of linear attention and state spaces run several kernels where softmax attention
// runs one: convolution, gates, chunk states, their scan, outputs.
constexpr double kScanKernels = 4;

AttentionWork scan_work(const Mixer& mixer) {
  AttentionWork work;
  work.prefill_flops = work.decode_flops = catalog::attention_flops(mixer, 1).base();
  work.state_bytes = 2 * catalog::kv_bytes(mixer, 0, catalog::Format::kBf16).base();
  work.kernels = kScanKernels;
  return work;
}

// Latent attention decodes on the compressed cache: the up-projections are absorbed into queries
// and outputs. DeepSeek-V2, arXiv:2405.04434, section 2.1.2. A sparse indexer reads all of its own
// keys, and attention the latent vectors of the tokens that it selects (DeepSeek-V3.2).
AttentionWork latent_work(const LatentAttention& a, catalog::Format kv_cache) {
  LatentAttention plain = a;
  plain.indexer_heads = plain.indexer_tokens = 0;
  AttentionWork work;
  work.limit = a.indexer_tokens;
  work.prefill_flops_context = catalog::attention_flops(Mixer{plain}, 1).base();
  work.decode_flops_context = 2.0 * a.heads * (2.0 * a.kv_lora_rank + a.qk_rope_dim);
  work.indexer_flops = 2.0 * a.indexer_heads * a.indexer_dim;
  work.cache_bytes = catalog::kv_bytes(Mixer{plain}, 1, kv_cache).base();
  work.indexer_bytes = catalog::kv_bytes(Mixer{a}, 1, kv_cache).base() - work.cache_bytes;
  work.head_dim = 0.5 * (a.qk_nope_dim + a.qk_rope_dim + a.v_head_dim);
  work.passed = 2.0 * a.heads * work.head_dim;
  work.pairs = 1;
  return work;
}

}  // namespace

Traffic mixer_traffic(const catalog::LanguageModel& model, const Mixer& mixer, double tensor) {
  const double hidden = model.hidden;
  if (const auto* a = std::get_if<GroupedQueryAttention>(&mixer)) {
    return of(*a, hidden, tensor, kv_ways(mixer, tensor));
  }
  if (const auto* a = std::get_if<LatentAttention>(&mixer)) return of(*a, hidden, tensor);
  if (const auto* a = std::get_if<LinearAttention>(&mixer)) return of(*a, hidden, tensor);
  if (const auto* s = std::get_if<StateSpace>(&mixer)) return of(*s, hidden, tensor);
  return {};
}

Traffic ffn_traffic(const catalog::LanguageModel& model, const catalog::Ffn& ffn, double tensor) {
  const double hidden = model.hidden;
  if (const auto* dense = std::get_if<DenseFfn>(&ffn)) {
    Traffic t = gated_ffn(hidden, dense->intermediate / tensor, dense->gated);
    t.elementwise += norm_bytes(hidden);
    return t;
  }
  if (const auto* moe = std::get_if<MoeFfn>(&ffn)) {
    return gated_ffn(hidden, moe->shared_intermediate / tensor, moe->gated);
  }
  return {};
}

// Rows are gathered to their experts and their results weighted and summed.
Traffic expert_traffic(const catalog::LanguageModel& model, const MoeFfn& ffn, double cut) {
  const double width = ffn.latent > 0 ? ffn.latent : model.hidden;
  Traffic t = gated_ffn(width, ffn.expert_intermediate / cut, ffn.gated);
  t.in_width = width;
  return t;
}

AttentionWork attention_work(const Mixer& mixer, catalog::Format kv_cache) {
  if (const auto* a = std::get_if<GroupedQueryAttention>(&mixer)) {
    AttentionWork work;
    work.limit = a->window;
    work.prefill_flops_context = catalog::attention_flops(mixer, 1).base();
    work.decode_flops_context = work.prefill_flops_context;
    work.cache_bytes = catalog::kv_bytes(mixer, 1, kv_cache).base();
    work.head_dim = 0.5 * (a->head_dim + a->value_head_dim);
    work.passed = 1.0 * (a->heads + a->kv_heads) * work.head_dim;
    work.pairs = a->kv_heads;
    work.heads_per_read = 1.0 * a->heads / a->kv_heads;
    return work;
  }
  if (const auto* a = std::get_if<LatentAttention>(&mixer)) return latent_work(*a, kv_cache);
  if (std::holds_alternative<catalog::NoMixer>(mixer)) return {.kernels = 0};
  return scan_work(mixer);
}

}  // namespace assay::model
