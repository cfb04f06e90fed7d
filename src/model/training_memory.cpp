// training_memory.cpp — bytes on the fullest rank of a pipeline: the first stage, which has most
// micro-batches in flight, the second, which may have a layer more, or the last, with the logits.
// ZeRO: Rajbhandari et al. 2020 (arXiv:1910.02054), section 5. Arithmetic only, no allocation.
// Assumed: 1 GB of driver context and library workspaces; 1.5 GB of communicators' buffers where
// there is more than one rank; 5 % of the activations lost to fragmentation. They are chosen on
// published runs (docs/models.md, "Memory of training").
// DeepSpeed keeps gradients in 16 bits and besides: an fp32 copy of a rank's share for the update
// (4 + 16/d bytes a weight in Megatron-LM's table of its distributed optimizer), two buckets of
// 5e8 elements (reduce_bucket_size, allgather_bucket_size), and one micro-batch more in flight
// than 1F1B needs (its TrainSchedule.num_pipe_buffers).
#include <algorithm>

#include "model/training_stages.h"
#include "model/training_step.h"

namespace assay::model {

namespace {

constexpr double kContextBytes = 1e9;
constexpr double kCommunicatorBytes = 1.5e9;
constexpr double kFragmented = 0.05;
constexpr double kBucketElements = 2 * 5e8;
constexpr double kSingle = 4;
constexpr double kLayersOnDevice = 2;  // of what is gathered or fetched: one used, one under way

// Bytes of one held weight with its quantised copies. Weights are kept in 16 bits; where the
// software keeps them in 8 bits instead (per tensor, mxfp8) it holds a copy for each direction of
// the product, which is as much. Copies of blocks of 128 and of nvfp4 come on top of 16 bits; those
// of one scale a row are made anew at each use.
double weight_bytes(TrainingFormat format) {
  if (format == TrainingFormat::kFp8Block) return 4;
  if (format == TrainingFormat::kNvfp4) return 2 + 2 * (0.5 + 1.0 / 16);
  return 2;
}

// Bytes of one element of the experts, and of one of all other weights, on one rank.
struct PerElement {
  double dense{}, experts{};
  double of(double dense_elements, double expert_elements) const {
    return dense * dense_elements + experts * expert_elements;
  }
};

// What is the same for all stages, so that it is worked out once a layout.
struct Shared {
  PerElement weights, gradients, optimizer;  // held at rest
  PerElement gathered;                       // of a layer at work, beyond what is at rest
  double reduced_layer{};                    // gradients of one layer before they are divided
  double kept{};                             // by a layer for one micro-batch
  double working{};                          // by the layer that is computed, beyond what it kept
  double micro_batches{};
  double inner_layers{}, end_layers{};  // of a stage that holds neither end, and of one that does
  double spare_buffers{};               // micro-batches that a schedule holds beyond those it needs
  double fixed_buffers{};
};

// Ranks that divide a state among themselves: data and context for all weights but the experts',
// whose copies lie tensor · context · data / (expert · expert_tensor) times.
PerElement sharded(const TrainingLayout& layout) {
  const double all = 1.0 * layout.data * layout.context;
  const double dense = layout.shard_ranks > 0 ? std::min<double>(layout.shard_ranks, all) : all;
  const double experts = layout.tensor * dense / (1.0 * layout.expert * layout.expert_tensor);
  return {.dense = 1 / dense, .experts = 1 / std::max(1.0, experts)};
}

PerElement times(double bytes, const PerElement& share, bool divided) {
  return divided ? PerElement{bytes * share.dense, bytes * share.experts}
                 : PerElement{bytes, bytes};
}

// What a layer keeps, on the mean of a chunk, and what it needs when its turn comes.
void set_activations(const TrainingPass& pass, const TrainingLayout& layout, Shared& shared) {
  const KeptActivations& kept = pass.layer_activations;
  switch (layout.recompute) {
    case Recompute::kNone:
      shared.kept = kept.none;
      break;
    case Recompute::kSelective:
      shared.kept = kept.selective;
      break;
    case Recompute::kFull:
      shared.kept = kept.full;
      break;
  }
  shared.working = std::max(0.0, pass.peak_working - shared.kept);
  if (layout.recompute != Recompute::kFull || layout.recompute_layers <= 0) return;
  const double chunk = pass.layers / (layout.pipeline * std::max(1, layout.virtual_stages));
  const double again = std::min(1.0, layout.recompute_layers / std::max(1.0, chunk));
  shared.kept = again * kept.full + (1 - again) * kept.none;
}

// Received at a stage and its gradient; the gathered input of a product; communicators.
double communication_buffers(const TrainingSubject& subject, const TrainingPass& pass,
                             const TrainingLayout& layout) {
  double bytes = layout.accelerators() > 1 ? kCommunicatorBytes : 0;
  if (layout.pipeline > 1) bytes += 2 * pass.boundary_bytes;
  if (layout.sequence_parallel && layout.tensor > 1) {
    bytes +=
        2.0 * subject.job.sequence * layout.micro_batch / layout.context * subject.model.hidden;
  }
  return bytes;
}

Shared shared_by_stages(const TrainingSubject& subject, const TrainingPass& pass,
                        const TrainingLayout& layout) {
  Shared s;
  const PerElement share = sharded(layout);
  const bool lora = subject.job.lora_rank > 0;
  const double weight = lora ? 2 : weight_bytes(subject.job.format);
  const double gradient = subject.stack.gradient_bytes;
  // A pipeline accumulates whole gradients over its micro-batches and keeps gathered weights.
  const bool whole = layout.pipeline > 1;
  const bool gathers = layout.sharding >= Sharding::kWeights && !whole;
  s.weights = times(weight, share, gathers);
  s.gradients = times(gradient, share, layout.sharding >= Sharding::kGradients && !whole);
  s.optimizer =
      times(subject.stack.optimizer_bytes, share, layout.sharding >= Sharding::kOptimizer);
  if (layout.offload_weights || (gathers && share.dense < 1)) s.gathered.dense = weight;
  if (layout.offload_weights || (gathers && share.experts < 1)) s.gathered.experts = weight;
  if (layout.sharding >= Sharding::kGradients && !whole) {
    s.reduced_layer = gradient * ((share.dense < 1 ? pass.layer_weights.trained_dense : 0.0) +
                                  (share.experts < 1 ? pass.layer_weights.trained_experts : 0.0));
  }
  s.micro_batches = std::max(1, micro_batches(subject.job, layout));
  const StageLayers stages = stage_layers(static_cast<int>(pass.layers), layout);
  s.inner_layers = stages.inner;
  s.end_layers = stages.end;
  set_activations(pass, layout, s);
  s.spare_buffers = subject.stack.deepspeed && layout.pipeline > 1 ? 1 : 0;
  s.fixed_buffers = communication_buffers(subject, pass, layout) + s.reduced_layer;
  return s;
}

// One rank of the pipeline, as far as its memory goes.
struct Stage {
  double layers{};
  double in_flight{};  // micro-batches, in units of what all its layers keep for one
  bool embedding{}, output{};
};

// Warm-up of rank r in 1F1B is p - r - 1 forward passes, interleaved 2 (p - r - 1) + (v - 1) p of a
// chunk each; one more is in flight at its end (Narayanan et al. 2021, arXiv:2104.04473, figure 4;
// Korthikanti et al. 2022, arXiv:2205.05198, section 4.2.3). ZB-H1 keeps as many as 1F1B (Qi et
// al. 2023, arXiv:2401.10241, table 2).
Stage stage_of(const Shared& shared, const TrainingLayout& layout, int rank) {
  const bool first = rank == 0, last = rank == layout.pipeline - 1;
  const double behind = layout.pipeline - rank - 1;
  const double chunks = std::max(1, layout.virtual_stages);
  const double units =
      (chunks > 1 ? (2 * behind + (chunks - 1) * layout.pipeline + 1) / chunks : behind + 1) +
      shared.spare_buffers;
  return {.layers = first || last ? shared.end_layers : shared.inner_layers,
          .in_flight = std::min(units, shared.micro_batches),
          .embedding = first,
          .output = last};
}

// DualPipe: every rank holds two stages, of which each micro-batch passes one; p + 1 are in flight
// (DeepSeek-V3, arXiv:2412.19437, table 2).
Stage dual_stage(const Shared& shared, const TrainingLayout& layout) {
  return {.layers = 2 * shared.end_layers,
          .in_flight = std::min(layout.pipeline + 1.0, shared.micro_batches) / 2,
          .embedding = true,
          .output = true};
}

void add(RankWeights& sum, const RankWeights& w, double times) {
  sum.dense += times * w.dense;
  sum.experts += times * w.experts;
  sum.trained_dense += times * w.trained_dense;
  sum.trained_experts += times * w.trained_experts;
}

// Tables and norms that are no layer's. A tied table is held by both ends of a pipeline, and once
// where they are one rank.
RankWeights end_weights(const TrainingSubject& subject, const TrainingPass& pass,
                        const Stage& stage) {
  RankWeights ends;
  const bool once = stage.output && subject.model.tied_embeddings;
  if (stage.embedding && !once) add(ends, pass.embedding_weights, 1);
  if (stage.output) add(ends, pass.output_weights, 1);
  return ends;
}

// Weights, gradients, optimizer states, and what of them is at work: gathered or fetched layers,
// the copies of 16-bit gradients.
void add_states(TrainingMemory& memory, const TrainingSubject& subject, const TrainingPass& pass,
                const TrainingLayout& layout, const Shared& shared, const Stage& stage) {
  const RankWeights ends = end_weights(subject, pass, stage);
  const RankWeights& layer = pass.layer_weights;
  RankWeights held = ends;
  add(held, layer, stage.layers);
  const double at_work = std::min(kLayersOnDevice, stage.layers);
  memory.weights = shared.weights.of(held.dense, held.experts);
  memory.gradients = shared.gradients.of(held.trained_dense, held.trained_experts);
  memory.optimizer = shared.optimizer.of(held.trained_dense, held.trained_experts);
  memory.buffers += shared.gathered.of(at_work * layer.dense + ends.dense, at_work * layer.experts);
  const double trained = held.trained_dense + held.trained_experts;
  if (subject.job.lora_rank > 0) memory.weights += 2 * trained;  // adapters beside frozen weights
  const double gradient = subject.stack.gradient_bytes;
  if (!subject.stack.deepspeed) return;
  memory.buffers += kSingle / subject.stack.optimizer_bytes * memory.optimizer;
  if (layout.sharding >= Sharding::kOptimizer) {
    memory.buffers += gradient * std::min(kBucketElements, trained);
  }
}

// What is offloaded lies in the host's memory, but for two layers of it that are in use
// (ZeRO-Infinity: Rajbhandari et al. 2021, arXiv:2104.07857, section 5).
void offload(TrainingMemory& memory, const TrainingLayout& layout, const Shared& shared,
             const Stage& stage) {
  const auto move = [&](double& bytes, double stays) {
    memory.host += std::max(0.0, bytes - stays);
    bytes = std::min(bytes, stays);
  };
  if (layout.offload_weights) move(memory.weights, 0);  // its layers at work are buffers
  if (layout.offload_activations) move(memory.activations, kLayersOnDevice * shared.kept);
  if (layout.offload_optimizer) {
    move(memory.optimizer, memory.optimizer * std::min(1.0, kLayersOnDevice / stage.layers));
  }
}

TrainingMemory stage_memory(const TrainingSubject& subject, const TrainingPass& pass,
                            const TrainingLayout& layout, const Shared& shared,
                            const Stage& stage) {
  TrainingMemory memory;
  memory.buffers = shared.fixed_buffers;
  add_states(memory, subject, pass, layout, shared, stage);
  memory.activations = stage.layers * shared.kept * stage.in_flight;
  if (layout.offload_weights || layout.offload_activations || layout.offload_optimizer) {
    offload(memory, layout, shared, stage);
  }
  memory.activations +=
      stage.output ? std::max(shared.working, pass.output_activations) : shared.working;
  memory.reserve = kContextBytes + kFragmented * memory.activations;
  return memory;
}

}  // namespace

TrainingMemory training_memory(const TrainingSubject& subject, const TrainingPass& pass,
                               const TrainingLayout& layout) {
  const Shared shared = shared_by_stages(subject, pass, layout);
  if (layout.schedule == Schedule::kDualPipe && layout.pipeline > 1) {
    return stage_memory(subject, pass, layout, shared, dual_stage(shared, layout));
  }
  TrainingMemory fullest = stage_memory(subject, pass, layout, shared, stage_of(shared, layout, 0));
  const auto consider = [&](int rank) {
    const TrainingMemory memory =
        stage_memory(subject, pass, layout, shared, stage_of(shared, layout, rank));
    if (memory.total() > fullest.total()) fullest = memory;
  };
  if (shared.inner_layers > shared.end_layers && layout.pipeline > 2) consider(1);
  if (layout.pipeline > 1) consider(layout.pipeline - 1);
  return fullest;
}

}  // namespace assay::model
