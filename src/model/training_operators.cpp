#include "model/training_operators.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "catalog/model_size.h"
#include "model/training_network.h"

namespace assay::model {

namespace {

using catalog::Block;
using catalog::DenseFfn;
using catalog::GroupedQueryAttention;
using catalog::LatentAttention;
using catalog::MoeFfn;

constexpr double kElement = 2.0;  // bytes of an activation
// An element-wise kernel's backward reads what its forward wrote as well.
constexpr double kElementwiseBackward = 1.6;

double peak_share(const catalog::TrainingFamily& family, double width) {
  return width >= 16 ? family.sixteen : width >= 8 ? family.eight : family.four;
}

// Rates hold at the family's board limit; a board with more runs faster, with less slower.
double power_factor(const TrainingSubject& s) {
  const catalog::TrainingFamily& family = s.family;
  if (!s.hardware.power || family.power.base() <= 0) return 1;
  return std::pow(s.hardware.power->base() / family.power.base(), s.table.power_exponent);
}

catalog::Format format_of_bits(double width) {
  return width >= 16 ? catalog::Format::kBf16
                     : (width >= 8 ? catalog::Format::kFp8 : catalog::Format::kNvfp4);
}

double peak_at(const TrainingSubject& s, double width) {
  const auto peak = s.hardware.matrix_peak(format_of_bits(width));
  ASSAY_ASSERT(peak.has_value());  // trainable() has seen it
  return peak->base();
}

double rate(const TrainingSubject& s, double width) {
  return peak_at(s, width) * peak_share(s.family, width) * power_factor(s);
}

double memory_rate(const TrainingSubject& s) {
  return s.hardware.memory_bandwidth.base() * s.family.memory;
}

// Collects the operators of one layer.
struct Layer {
  const TrainingSubject& s;
  const ShardShape& shape;
  double tokens;  // of the micro-batch on this rank
  std::vector<TrainingOperator> operators{};

  // A linear layer of `in` to `out` elements for `rows` rows. Its weight gradient accumulates in
  // 32 bits; frozen weights (LoRA) have none, but adapters beside them.
  void linear(std::string_view name, double rows, double out, double in, double count = 1,
              double slowdown = 1, bool adapted = false) {
    if (rows <= 0 || out <= 0 || in <= 0) return;
    const Product forward{.rows = rows, .columns = out, .depth = in, .count = count};
    const Product input{.rows = rows, .columns = in, .depth = out, .count = count};
    const Product weight{
        .rows = in, .columns = out, .depth = rows, .count = count, .output_bytes = 8};
    const bool frozen = s.job.lora_rank > 0;
    operators.push_back({.name = name,
                         .kind = TrainingOperatorKind::kMatrix,
                         .forward_flops = 2 * rows * out * in * count,
                         .forward_bytes = 0,
                         .forward = slowdown * product_seconds(s, forward),
                         .backward = slowdown * product_seconds(s, input),
                         .backward_weight = frozen ? 0 : slowdown * product_seconds(s, weight)});
    if (frozen && adapted) adapter(rows, out, in);
  }

  // Two thin products beside a frozen one of attention, each with both gradients: Hu et al. 2021,
  // who adapt attention alone.
  void adapter(double rows, double out, double in) {
    const double r = s.job.lora_rank;
    const Product down{.rows = rows, .columns = r, .depth = in, .sixteen = true};
    const Product up{.rows = rows, .columns = out, .depth = r, .sixteen = true};
    const double forward = product_seconds(s, down) + product_seconds(s, up);
    operators.push_back({.name = "adapter",
                         .kind = TrainingOperatorKind::kMatrix,
                         .forward_flops = 2 * rows * r * (in + out),
                         .forward_bytes = 0,
                         .forward = forward,
                         .backward = forward,
                         .backward_weight = forward});
  }

  void elementwise(std::string_view name, double bytes) {
    if (bytes <= 0) return;
    const double seconds = bytes / memory_rate(s);
    operators.push_back({.name = name,
                         .kind = TrainingOperatorKind::kElementwise,
                         .forward_flops = 0,
                         .forward_bytes = bytes,
                         .forward = seconds,
                         .backward = kElementwiseBackward * seconds,
                         .backward_weight = 0});
  }

  void communication(std::string_view name, TrainingOperatorKind kind, double bytes, double forward,
                     double backward) {
    if (forward + backward <= 0) return;
    operators.push_back({.name = name,
                         .kind = kind,
                         .forward_flops = 0,
                         .forward_bytes = bytes,
                         .forward = forward,
                         .backward = backward,
                         .backward_weight = 0});
  }
};

double split(double whole, int ways) { return std::max(1.0, whole / ways); }

// What the parts outside of tensor parallelism are divided by: Korthikanti et al. 2022.
double outside_split(const ShardShape& shape) { return shape.sequence_parallel ? shape.tensor : 1; }

// Operands on their way to 8 or 4 bits: once each, for the forward product and for both backward
// ones. Blocks of 32 values are written along both axes, rows as well.
void casts(Layer& layer, double elements) {
  const TrainingFormat format = layer.s.job.format;
  if (format == TrainingFormat::kSixteen) return;
  const double passes = format == TrainingFormat::kMxfp8 || format == TrainingFormat::kNvfp4 ? 1.5
                        : format == TrainingFormat::kFp8Row                                  ? 2
                                                                                             : 1;
  layer.elementwise("cast", 2 * kElement * layer.s.table.cast_passes * passes * elements);
}

// Mean number of tokens in view of a token.
double attended(const TrainingSubject& s, int window) {
  const double causal = s.job.attended > 0 ? s.job.attended : s.job.sequence / 2.0;
  if (window <= 0 || window >= s.job.sequence) return causal;
  // The first `window` tokens see half of it on average, the rest all of it.
  const double w = window, n = s.job.sequence;
  return std::min(causal, w - w * w / (2 * n));
}

// Scores in memory: two products over all tokens, masked or not, and about 13 passes forward and 15
// backward over scores of 16 bits. Narayanan et al. 2021 (Megatron-LM before flash attention).
void unfused_core(Layer& layer, double heads, double key, double value, double& forward,
                  double& backward) {
  const double n = layer.s.job.sequence, sequences = layer.tokens / n;
  const Product scores{
      .rows = n, .columns = n, .depth = key, .count = sequences * heads, .sixteen = true};
  const Product sum{
      .rows = n, .columns = value, .depth = n, .count = sequences * heads, .sixteen = true};
  const double products = product_seconds(layer.s, scores) + product_seconds(layer.s, sum);
  const double pass = layer.s.stack.elementwise * sequences * heads * n * n / memory_rate(layer.s);
  forward = products + 13 * pass;
  backward = 2 * products + 15 * pass;
}

// FLOP/s of the fused kernel, forward: less in small heads and in short sequences, where its tiles
// and its pipeline do not fill.
double attention_rate(const TrainingSubject& s, double head, double sequence) {
  const double heads = head / (head + s.table.head_offset) * (128 + s.table.head_offset) / 128;
  const double ramp = sequence / (sequence + s.table.attention_ramp);
  const double kernel = s.stack.flash_2 ? s.family.attention_2 : s.family.attention;
  return peak_at(s, 16) * power_factor(s) * kernel * s.stack.attention * heads * ramp;
}

// Two products forward, five backward (scores once more): Dao 2023.
constexpr double kAttentionBackward = 2.5;

void attention_core(Layer& layer, double heads, double key, double value, int window) {
  const TrainingSubject& s = layer.s;
  const double flops = 2 * layer.tokens * attended(s, window) * heads * (key + value);
  const double length = window > 0 ? std::min(window, s.job.sequence) : s.job.sequence;
  double forward = flops / attention_rate(s, (key + value) / 2, length);
  double backward = kAttentionBackward * forward / s.family.attention_backward;
  if (s.stack.unfused_attention) unfused_core(layer, heads, key, value, forward, backward);
  layer.operators.push_back({.name = "attention",
                             .kind = TrainingOperatorKind::kAttention,
                             .forward_flops = flops,
                             .forward_bytes = 0,
                             .forward = forward,
                             .backward = backward,
                             .backward_weight = 0});
}

// Ring: keys and values go round while scores are computed, their gradients as well on the way
// back. All-to-all (Ulysses): heads for tokens before and after the core. `passed`: elements a
// token of queries, keys, values, outputs.
void context_exchange(Layer& layer, double keys_values, double passed) {
  const int ranks = layer.shape.context;
  if (ranks == 1) return;
  const GroupLink link = group_link(layer.s, ranks, layer.shape.tensor);
  if (layer.shape.context_comm == ContextComm::kRing) {
    const double bytes = kElement * keys_values * layer.tokens * ranks;
    const double seconds = ring_seconds(link, ranks, bytes);
    layer.communication("ring exchange", TrainingOperatorKind::kContext, bytes, seconds,
                        2 * seconds);
    return;
  }
  const double bytes = kElement * passed * layer.tokens;
  const double seconds = ring_seconds(link, ranks, bytes);
  layer.communication("head exchange", TrainingOperatorKind::kContext, bytes, seconds, seconds);
}

void mixer(Layer& layer, const GroupedQueryAttention& a) {
  const double h = layer.s.model.hidden, t = layer.tokens;
  const int tp = layer.shape.tensor;
  const double heads = split(a.heads, tp), groups = split(a.kv_heads, tp);
  const double queries = heads * a.head_dim;
  const double keys = groups * (a.head_dim + (a.value_is_key ? 0 : a.value_head_dim));
  const double outputs = heads * a.value_head_dim;
  layer.linear("qkv", t, queries + keys + (a.output_gate ? outputs : 0), h, 1, 1, true);
  attention_core(layer, heads, a.head_dim, a.value_head_dim, a.window);
  layer.linear("projection", t, h, outputs, 1, 1, true);
  // Rotary embedding, transposition and, where there are, norms and gates of heads.
  layer.elementwise(
      "attention elementwise",
      layer.s.stack.elementwise * t * (15 * h / outside_split(layer.shape) + 6 * (queries + keys)));
  casts(layer, t * (h + outputs));
  context_exchange(layer, groups * (a.head_dim + a.value_head_dim), queries + keys + outputs);
}

void mixer(Layer& layer, const LatentAttention& a) {
  const double h = layer.s.model.hidden, t = layer.tokens;
  const double heads = split(a.heads, layer.shape.tensor);
  const double outside = t / outside_split(layer.shape);
  const double key = 1.0 * a.qk_nope_dim + a.qk_rope_dim;
  const double queries = heads * key, outputs = heads * a.v_head_dim;
  if (a.q_lora_rank > 0) {
    layer.linear("query down", outside, a.q_lora_rank, h);
    layer.linear("query up", t, queries, a.q_lora_rank, 1, 1, true);
  } else {
    layer.linear("query", t, queries, h, 1, 1, true);
  }
  layer.linear("kv down", outside, a.kv_lora_rank + a.qk_rope_dim, h);
  layer.linear("kv up", t, heads * (a.qk_nope_dim + a.v_head_dim), a.kv_lora_rank, 1, 1, true);
  const int window = a.indexer_tokens;
  attention_core(layer, heads, key, a.v_head_dim, window);
  layer.linear("projection", t, h, outputs, 1, 1, true);
  layer.elementwise(
      "attention elementwise",
      layer.s.stack.elementwise * (15 * outside * h + 6 * t * (2 * queries + outputs) +
                                   4 * outside * (a.q_lora_rank + a.kv_lora_rank)));
  casts(layer, outside * h + t * (a.q_lora_rank + a.kv_lora_rank + outputs));
  context_exchange(layer, queries + outputs, 2 * queries + 2 * outputs);
}

// A scan: its projections as one product each, its core through memory. States pass ranks in
// context parallelism, which is little.
template <class Scan>
void scan(Layer& layer, const Scan& a, double inner, double states) {
  const double h = layer.s.model.hidden, t = layer.tokens;
  const int tp = layer.shape.tensor;
  Block alone;
  alone.mixer = a;
  alone.ffn = catalog::NoFfn{};
  const double all = catalog::layer_weights(layer.s.model, alone).mixer;
  const double width = inner / tp;
  layer.linear("scan in", t, (all / h - inner) / tp, h, 1, 1, true);
  layer.linear("scan out", t, h, width, 1, 1, true);
  const double flops = t / tp * catalog::attention_flops(catalog::Mixer{a}, 1).base();
  // Chunked scans are matrix products on tiles of chunk × state, far from the peak: the fused
  // attention kernel's rate in its shortest sequences stands for theirs.
  const double forward = flops / attention_rate(layer.s, 128, 256) +
                         layer.s.table.scan_passes * t * kElement * states / tp /
                             (layer.s.family.scan * memory_rate(layer.s));
  layer.operators.push_back(
      {.name = "scan",
       .kind = TrainingOperatorKind::kAttention,
       .forward_flops = flops,
       .forward_bytes = 0,
       .forward = forward,
       .backward = kAttentionBackward * forward / layer.s.family.attention_backward,
       .backward_weight = 0});
  layer.elementwise(
      "scan elementwise",
      t * (layer.s.stack.elementwise * 15 * h / outside_split(layer.shape) + 12 * width));
  casts(layer, t * (h + width));
}

void mixer(Layer& layer, const catalog::LinearAttention& a) {
  const double values = 1.0 * a.value_heads * a.value_dim, keys = 1.0 * a.key_heads * a.key_dim;
  scan(layer, a, values, keys + values);
}

void mixer(Layer& layer, const catalog::StateSpace& s) {
  const double inner = 1.0 * s.heads * s.head_dim;
  scan(layer, s, inner, inner + 2.0 * s.groups * s.state);
}

void mixer(Layer&, const catalog::NoMixer&) {}

void dense(Layer& layer, std::string_view up, std::string_view down, double width, bool gated) {
  const double h = layer.s.model.hidden, t = layer.tokens;
  const double f = width / layer.shape.tensor;
  layer.linear(up, t, (gated ? 2 : 1) * f, h);
  layer.linear(down, t, h, f);
  layer.elementwise(
      "ffn elementwise",
      layer.s.stack.elementwise * t * ((gated ? 6 : 4) * f + 7 * h / outside_split(layer.shape)));
  casts(layer, t * (h + f));
}

void ffn(Layer& layer, const DenseFfn& f) { dense(layer, "up", "down", f.intermediate, f.gated); }

// Of `places`, those that hold any of a token's experts.
double met(double places, double experts_per_token) {
  return places * (1 - std::pow(1 - 1 / places, experts_per_token));
}

// Tokens go to their experts and back, in 16 bits. A token is sent once to each domain that holds
// any of its experts, and within it once to each such rank (DeepSeek-V3, arXiv 2412.19437, section
// 3.2.2).
void dispatch(Layer& layer, const MoeFfn& f, double tokens, double width) {
  const int ranks = layer.shape.expert * layer.shape.expert_tensor;
  if (ranks == 1) return;
  const TrainingSubject& s = layer.s;
  const int inside = s.hardware.link.topology == Topology::kTorus
                         ? ranks
                         : std::min(ranks, std::max(s.hardware.link.domain, 1));
  const double domains = std::ceil(1.0 * ranks / inside);
  const double local = kElement * tokens * width * layer.shape.expert_tensor *
                       met(layer.shape.expert, f.experts_per_token);
  const double remote =
      kElement * tokens * width * met(domains, f.experts_per_token) * (domains - 1) / domains;
  double seconds = ring_seconds(group_link(s, inside, 1), inside, local);
  if (domains > 1) {
    const GroupLink link = group_link(s, static_cast<int>(domains), inside);
    seconds += link.latency + link.seconds_per_byte * remote;
  }
  layer.communication("dispatch and combine", TrainingOperatorKind::kExpert, 2 * local, 2 * seconds,
                      2 * seconds);
}

void ffn(Layer& layer, const MoeFfn& f) {
  const TrainingSubject& s = layer.s;
  const catalog::TrainingStack& stack = s.stack;
  const double h = s.model.hidden, width = f.latent > 0 ? f.latent : h;
  // Tensor-parallel ranks hold different tokens outside of attention.
  const double tokens = layer.tokens / layer.shape.tensor;
  const double copies = tokens * f.experts_per_token * layer.shape.expert_tensor;
  const double experts = 1.0 * f.experts / layer.shape.expert;
  const double rows = copies * layer.shape.expert / f.experts;
  const double inner = 1.0 * f.expert_intermediate / layer.shape.expert_tensor;
  const double slow = (1 + s.table.expert_offset / rows) / stack.expert_kernels;
  layer.linear("router", tokens, f.experts, h);
  layer.linear("experts up", rows, (f.gated ? 2 : 1) * inner, width, experts, slow);
  layer.linear("experts down", rows, width, inner, experts, slow);
  layer.elementwise("experts elementwise",
                    stack.elementwise * (copies * (f.gated ? 6 : 4) * inner + 7 * tokens * h));
  layer.elementwise("permute", s.table.permute_passes * kElement * copies * width);
  casts(layer, stack.expert_casts * copies * (width + inner));
  if (f.shared_intermediate > 0) {
    dense(layer, "shared up", "shared down", f.shared_intermediate, f.gated);
  }
  dispatch(layer, f, tokens, width);
}

void ffn(Layer&, const catalog::NoFfn&) {}

// Two sums over the ranks each way, or as many pairs of gather and scatter: the same volume.
void tensor_sums(Layer& layer, const Block& block) {
  const int ranks = layer.shape.tensor;
  if (ranks == 1) return;
  const double sums = (std::holds_alternative<catalog::NoMixer>(block.mixer) ? 0 : 1) +
                      (std::holds_alternative<DenseFfn>(block.ffn) ? 1 : 0);
  const double bytes = kElement * layer.tokens * layer.s.model.hidden;
  const GroupLink link = group_link(layer.s, ranks, 1);
  // Pairs of a scatter and a gather pass as much as the sums that they stand for.
  const double one = layer.shape.sequence_parallel
                         ? 2 * ring_seconds(link, ranks, bytes)
                         : all_reduce_seconds(layer.s, link, ranks, bytes);
  const double seconds = sums * one;
  layer.communication("sum over tensor ranks", TrainingOperatorKind::kTensor, sums * bytes, seconds,
                      seconds);
}

}  // namespace

double soft_max(double a, double b) {
  const double a2 = a * a, b2 = b * b;
  return std::sqrt(std::sqrt(a2 * a2 + b2 * b2));
}

double product_seconds(const TrainingSubject& s, const Product& p) {
  const double width = p.sixteen ? 16 : bits(s.job.format);
  const auto tiles_of = [&](double m, double n) {
    return std::ceil(p.rows / m) * std::ceil(p.columns / n);
  };
  const double tiles = p.count * std::min(tiles_of(128, 256), tiles_of(256, 128));
  const double waves = tiles / s.hardware.compute_units;
  const double wave = std::pow(std::ceil(waves) / waves, s.table.wave_exponent);
  const double flops = 2 * p.rows * p.columns * p.depth * p.count;
  const double arithmetic =
      flops / (rate(s, width) * s.stack.matrix) * wave * (1 + s.table.depth_offset / p.depth);
  const double bytes =
      p.count * (width / 8 * p.depth * (p.rows + p.columns) + p.output_bytes * p.rows * p.columns);
  return soft_max(arithmetic, bytes / memory_rate(s));
}

FlopsPerSecond dense_peak(const TrainingSubject& subject) {
  return FlopsPerSecond::from_base(peak_at(subject, bits(subject.job.format)));
}

double rank_tokens(const TrainingSubject& subject, const ShardShape& shape) {
  return 1.0 * shape.micro_batch * subject.job.sequence / shape.context;
}

std::vector<TrainingOperator> layer_operators(const TrainingSubject& subject, const Block& block,
                                              const ShardShape& shape) {
  Layer layer{.s = subject, .shape = shape, .tokens = rank_tokens(subject, shape)};
  std::visit([&](const auto& m) { mixer(layer, m); }, block.mixer);
  std::visit([&](const auto& f) { ffn(layer, f); }, block.ffn);
  tensor_sums(layer, block);
  return std::move(layer.operators);
}

std::vector<TrainingOperator> output_operators(const TrainingSubject& subject,
                                               const ShardShape& shape) {
  Layer layer{.s = subject, .shape = shape, .tokens = rank_tokens(subject, shape)};
  const double words = 1.0 * subject.model.vocabulary / shape.tensor;
  const double h = subject.model.hidden, t = layer.tokens;
  const Product forward{.rows = t, .columns = words, .depth = h, .sixteen = true};
  const Product input{.rows = t, .columns = h, .depth = words, .sixteen = true};
  const Product weight{.rows = h, .columns = words, .depth = t, .sixteen = true, .output_bytes = 8};
  const bool frozen = subject.job.lora_rank > 0;
  layer.operators.push_back({.name = "output table",
                             .kind = TrainingOperatorKind::kMatrix,
                             .forward_flops = 2 * t * words * h,
                             .forward_bytes = 0,
                             .forward = product_seconds(subject, forward),
                             .backward = product_seconds(subject, input),
                             .backward_weight = frozen ? 0 : product_seconds(subject, weight)});
  const double loss = t * words * subject.table.loss_bytes / (1 + kElementwiseBackward);
  layer.elementwise("loss", loss);
  return std::move(layer.operators);
}

}  // namespace assay::model
