// training_activations.cpp — Korthikanti et al. 2022 (arXiv:2205.05198), section 4, by operator.
// Stacks without fused attention are of 2021-22 and train with dropout: masks of one byte are kept,
// and five bytes a score. Fused attention keeps a log-sum of 4 B a row instead (Dao 2023,
// arXiv:2307.08691). In 8 or 4 bits one quantised copy of a product's input is kept, that of its
// weight gradient, as Transformer Engine does; what norms, activation functions and attention keep
// stays in 16 bits. Adapters multiply in 16 bits and keep such inputs.
#include "model/training_activations.h"

#include <algorithm>
#include <variant>

#include "base/assert.h"
#include "model/tensor_split.h"

namespace assay::model {

namespace {

constexpr double kSixteenBits = 2;
constexpr double kSingle = 4;
constexpr double kLinearChunk = 64;  // tokens of a chunk, as the delta rule's kernels take them

// What a layer's operators have in common.
struct Rank {
  double tokens{};   // of one micro-batch on this rank
  double outside{};  // of them, those it keeps outside tensor-parallel regions
  double sequence{}, micro_batch{};
  double hidden{}, tensor{};
  double input{};  // bytes of one kept input value of a matrix product
  bool eight{};    // that is not the 16-bit value itself
  bool unfused{};  // scores of attention are kept
};

// Bytes of one kept operand with its scales: one fp32 for 128 values in blocks, one byte for 32
// (OCP Microscaling Formats 1.0), one for 16 and half a byte a value in nvfp4.
double input_bytes(TrainingFormat format) {
  switch (format) {
    case TrainingFormat::kSixteen:
      return kSixteenBits;
    case TrainingFormat::kFp8:
    case TrainingFormat::kFp8Row:
      return 1;
    case TrainingFormat::kFp8Block:
      return 1 + 4.0 / 128;
    case TrainingFormat::kMxfp8:
      return 1 + 1.0 / 32;
    case TrainingFormat::kNvfp4:
      return 0.5 + 1.0 / 16;
  }
  return kSixteenBits;
}

Rank rank_of(const TrainingSubject& subject, const ShardShape& shape) {
  const TrainingJob& job = subject.job;
  ASSAY_ASSERT(shape.tensor >= 1 && shape.context >= 1 && shape.micro_batch >= 1);
  Rank r;
  r.sequence = job.sequence;
  r.micro_batch = shape.micro_batch;
  r.tokens = r.sequence * r.micro_batch / shape.context;
  r.tensor = shape.tensor;
  r.outside = shape.sequence_parallel ? r.tokens / r.tensor : r.tokens;
  r.hidden = subject.model.hidden;
  r.input = job.lora_rank > 0 ? kSixteenBits : input_bytes(job.format);
  r.eight = r.input < kSixteenBits;
  r.unfused = subject.stack.unfused_attention;
  return r;
}

// Of a mixer or feed-forward part: all it keeps, how much of it is attention's core, and the values
// of its widest product's input and output, whose gradients live at the same time.
struct Part {
  double kept{}, core{};
  double widest{};
};

// What feeds the projection behind the core: the core's own output, and its quantised copy.
double output_bytes(const Rank& r) { return kSixteenBits + (r.eight ? r.input : 0.0); }

// Scores after softmax, their mask and what dropout leaves of them: 5 a s² b (Korthikanti, 4.1).
double core_bytes(const Rank& r, double heads) {
  if (!r.unfused) return kSingle * r.tokens * heads / r.tensor;
  return 5.0 * heads / r.tensor * r.tokens * r.sequence;
}

// Mask of the dropout behind the projection.
double dropout_mask(const Rank& r) { return r.unfused ? r.outside * r.hidden : 0.0; }

Part part(const catalog::GroupedQueryAttention& a, const Rank& r) {
  const double queries = 1.0 * a.heads * a.head_dim / r.tensor;
  const double outputs = 1.0 * a.heads * a.value_head_dim / r.tensor;
  const double ways = kv_ways(catalog::Mixer{a}, r.tensor);
  const double keys = 1.0 * a.kv_heads * a.head_dim / ways;
  const double values = a.value_is_key ? 0.0 : 1.0 * a.kv_heads * a.value_head_dim / ways;
  Part p;
  p.core = core_bytes(r, a.heads);
  p.kept = r.input * r.outside * r.hidden + kSixteenBits * r.tokens * (queries + keys + values) +
           output_bytes(r) * r.tokens * outputs + dropout_mask(r) + p.core;
  if (a.qk_norm) p.kept += kSixteenBits * r.tokens * (queries + keys);
  if (a.output_gate) p.kept += 2 * kSixteenBits * r.tokens * outputs;  // gate, ungated output
  p.widest = r.tokens * (queries + keys + values + outputs) + r.outside * r.hidden +
             (r.unfused ? 2.0 * a.heads / r.tensor * r.tokens * r.sequence : 0.0);
  return p;
}

// DeepSeek-V2, section 2.1: the latents before and after their norms, whole on each rank; then
// attention as with as many KV heads as heads.
Part part(const catalog::LatentAttention& a, const Rank& r) {
  const double heads = a.heads / r.tensor;
  const double key = 1.0 * a.qk_nope_dim + a.qk_rope_dim;
  const double latents = 1.0 * a.q_lora_rank + a.kv_lora_rank;
  const double indexer = (1.0 * a.indexer_heads + 1) * a.indexer_dim;
  Part p;
  p.core = core_bytes(r, a.heads);
  p.kept = r.input * r.outside * r.hidden +
           r.outside * ((kSixteenBits + r.input) * latents + kSixteenBits * a.qk_rope_dim) +
           kSixteenBits * r.tokens * (heads * (2 * key + a.v_head_dim) + indexer) +
           output_bytes(r) * r.tokens * heads * a.v_head_dim + dropout_mask(r) + p.core;
  if (a.output_gate) p.kept += 2 * kSixteenBits * r.tokens * heads * a.v_head_dim;
  p.widest = r.tokens * heads * (2 * key + 2.0 * a.v_head_dim) + r.outside * r.hidden +
             (r.unfused ? 2.0 * heads * r.tokens * r.sequence : 0.0);
  return p;
}

// Projected keys, queries and values before and after the convolution, gate, output before and
// after its norm; of the state, the triangular product inside a chunk. States are computed again
// (Yang et al. 2024, arXiv:2406.06484, section 3).
Part part(const catalog::LinearAttention& a, const Rank& r) {
  const double keys = 1.0 * a.key_heads * a.key_dim / r.tensor;
  const double values = 1.0 * a.value_heads * a.value_dim / r.tensor;
  const double projected = (2 * keys + values) * (a.convolution > 0 ? 2.0 : 1.0);
  const double in_chunk = a.lightning ? 0.0 : a.value_heads / r.tensor * kLinearChunk;
  Part p;
  p.kept = r.input * r.outside * r.hidden +
           r.tokens * (kSixteenBits * (projected + 2 * values + in_chunk) + r.input * values);
  p.widest = r.tokens * (2 * keys + 3 * values) + r.outside * r.hidden;
  return p;
}

// Mamba-2's fused kernel keeps the projection and the output, and computes the rest again (Dao and
// Gu 2024, arXiv:2405.21060); Mamba-1 the projected dt, B and C as well (arXiv:2312.00752, 3.3.2).
Part part(const catalog::StateSpace& s, const Rank& r) {
  const double inner = 1.0 * s.heads * s.head_dim / r.tensor;
  const double small =
      s.dt_rank > 0 ? s.dt_rank + 2.0 * s.state : (2.0 * s.groups * s.state + s.heads) / r.tensor;
  Part p;
  p.kept = r.input * r.outside * r.hidden +
           r.tokens * (kSixteenBits * (3 * inner + small) + r.input * inner);
  p.widest = r.tokens * (3 * inner + small) + r.outside * r.hidden;
  return p;
}

Part part(const catalog::NoMixer&, const Rank&) { return {}; }

// Input, what the activation function reads (two matrices' worth if gated), what it writes.
double ffn_inner(const Rank& r, double rows, bool gated, double width) {
  return rows * width * ((gated ? 2 : 1) * kSixteenBits + r.input);
}

Part part(const catalog::DenseFfn& f, const Rank& r, const ShardShape&) {
  const double width = f.intermediate / r.tensor;
  Part p;
  p.kept =
      r.input * r.outside * r.hidden + ffn_inner(r, r.tokens, f.gated, width) + dropout_mask(r);
  p.widest = r.tokens * width * (f.gated ? 3 : 2) + r.outside * r.hidden;
  return p;
}

// Balanced experts: every rank of the group routes its own tokens · top-k rows, and receives as
// many; a group of expert_tensor ranks sees all of theirs, each a part of the width. Scores and
// probabilities in fp32. Weights of the sum are applied at the activation function, so that the
// experts' output is not kept (Megatron-Core since 0.12).
Part part(const catalog::MoeFfn& f, const Rank& r, const ShardShape& shape) {
  const double own = r.tokens / r.tensor;
  const double rows = own * f.experts_per_token * shape.expert_tensor;
  const double in = f.latent > 0 ? f.latent : r.hidden;
  const double width = 1.0 * f.expert_intermediate / shape.expert_tensor;
  Part p;
  p.kept = kSixteenBits * r.outside * r.hidden +  // of the router
           2 * kSingle * r.outside * f.experts + r.input * rows * in +
           ffn_inner(r, rows, f.gated, width);
  if (f.latent > 0) p.kept += own * (r.input * f.latent + (r.eight ? r.input * r.hidden : 0.0));
  if (f.shared_intermediate > 0) {
    p.kept += (r.eight ? r.input * r.outside * r.hidden : 0.0) +
              ffn_inner(r, r.tokens, f.gated, f.shared_intermediate / r.tensor);
  }
  p.widest = rows * (width * (f.gated ? 3 : 2) + 2 * in) + r.outside * r.hidden;
  return p;
}

Part part(const catalog::NoFfn&, const Rank&, const ShardShape&) { return {}; }

struct LayerParts {
  Part mixer, ffn;
  double norms{};
};

LayerParts layer_parts(const catalog::Block& block, const Rank& r, const ShardShape& shape) {
  LayerParts parts;
  parts.mixer = std::visit([&](const auto& m) { return part(m, r); }, block.mixer);
  parts.ffn = std::visit([&](const auto& f) { return part(f, r, shape); }, block.ffn);
  parts.norms = kSixteenBits * block.norms * r.outside * r.hidden;
  return parts;
}

}  // namespace

KeptActivations kept_activations(const TrainingSubject& subject, const catalog::Block& block,
                                 const ShardShape& shape) {
  const Rank r = rank_of(subject, shape);
  const LayerParts parts = layer_parts(block, r, shape);
  KeptActivations kept;
  kept.none = parts.mixer.kept + parts.ffn.kept + parts.norms;
  kept.selective = kept.none - parts.mixer.core;
  kept.full = kSixteenBits * r.outside * r.hidden;
  return kept;
}

// Input and output of the last norm; logits in 16 bits and the fp32 copy in which Megatron-LM's
// vocabulary-parallel cross entropy leaves the softmax for the backward pass.
double output_activations(const TrainingSubject& subject, const ShardShape& shape) {
  const Rank r = rank_of(subject, shape);
  return 2 * kSixteenBits * r.outside * r.hidden +
         (kSixteenBits + kSingle) * r.tokens * subject.model.vocabulary / r.tensor;
}

double working_bytes(const TrainingSubject& subject, const ShardShape& shape) {
  const Rank r = rank_of(subject, shape);
  double most = 0;
  for (const catalog::Block& block : subject.model.blocks) {
    const LayerParts parts = layer_parts(block, r, shape);
    const double gradients = kSixteenBits * std::max(parts.mixer.widest, parts.ffn.widest);
    most = std::max(most, parts.mixer.kept + parts.ffn.kept + parts.norms + gradients);
  }
  return most;
}

}  // namespace assay::model
