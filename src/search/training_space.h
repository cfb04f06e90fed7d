// training_space.h — which layouts of a training job are tried, and in which order.
// A space names the values of each dimension; data parallelism is what they leave of the
// accelerators. What no software tells apart (all-to-all of one context rank, sequence parallelism
// of one tensor rank, sharding over one rank …) is met once.
// The order is fixed and total: layouts that share a ShardShape follow one another, and within them
// those that share a structure: all but sharding, recompute and offload. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "model/training_job.h"
#include "model/training_subject.h"

namespace assay::search {

struct ShardChoice {
  model::Sharding sharding{};
  int ranks{};  // as TrainingLayout::shard_ranks
  friend bool operator==(const ShardChoice&, const ShardChoice&) = default;
};

struct RecomputeChoice {
  model::Recompute recompute{};
  int layers{};  // as TrainingLayout::recompute_layers
  friend bool operator==(const RecomputeChoice&, const RecomputeChoice&) = default;
};

struct OffloadChoice {
  bool weights{}, activations{}, optimizer{};
  friend bool operator==(const OffloadChoice&, const OffloadChoice&) = default;
};

// Values of each dimension, none of them twice and none of the lists empty.
struct TrainingSpace {
  int layers{};  // of the model: stages are even, see is_even()
  std::vector<int> tensor{1}, context{1}, pipeline{1};
  std::vector<int> expert{1}, expert_tensor{1};
  std::vector<int> virtual_stages{1}, micro_batch{1};
  std::vector<int> sequence_parallel{0};  // 0, 1
  std::vector<model::ContextComm> context_comm{model::ContextComm::kRing};
  std::vector<model::Schedule> schedules{model::Schedule::kOneForwardOneBackward};
  std::vector<ShardChoice> sharding{ShardChoice{}};
  std::vector<RecomputeChoice> recompute{RecomputeChoice{}};
  std::vector<OffloadChoice> offload{OffloadChoice{}};
};

// All that a TrainingLayout can say and that makes sense:
// tensor: divisors of the accelerators that divide the attention heads, up to twice the link
// domain and at least 16 (a torus: no limit); context: divisors that leave 512 tokens of a sequence
// to a rank; pipeline: divisors up to the layers; virtual stages: those that cut a pipeline evenly;
// expert: divisors that divide the experts; expert_tensor: any of the tensor degrees; micro-
// batches: divisors of the batch up to 64; sharding: all four, over all ranks, or over 2, 4, 8, …
// and a domain's ranks times a power of two (hybrids); recompute: none, selective, full, and full
// of 1, 2, 3, 4, 6, 8, 12, 16 or 24 layers of a chunk; all schedules; both ways of context
// parallelism; all eight ways to offload, where the host's link is known.
TrainingSpace full_space(const model::TrainingSubject& subject, int accelerators);

// What Megatron-LM's users choose among: the same without offload, partial recompute and hybrids;
// schedule 1F1B; micro-batches up to 8; tensor parallelism within a domain, up to 16.
TrainingSpace megatron_space(const model::TrainingSubject& subject, int accelerators);

// Calculon's dimensions (Isaev et al., SC 2023; calculon/llm/optimal_execution.py) as far as a
// layout has them: tensor degrees that divide heads and width, without a limit; pipelines and
// virtual stages that divide the layers; every micro-batch; recompute none, attention or full;
// sequence parallelism; the optimizer sharded or not; eight ways to offload. What it has besides
// (overlap on or off, the network of each group) our stack and placement decide; instead ours has
// the other shardings and schedules, context parallelism and partial recompute.
TrainingSpace calculon_space(const model::TrainingSubject& subject, int accelerators);

std::vector<int> divisors(int n, int at_most);

// Whether chunks of a pipeline are equally long, embedding and output table counted as layers or
// not (as Megatron-LM's --account-for-embedding-in-pipeline-split has it).
constexpr bool is_even(int layers, int chunks) {
  return layers % chunks == 0 || (layers + 2) % chunks == 0;
}

// Shapes in the space's order.
std::vector<model::ShardShape> shard_shapes(const TrainingSpace& space, int accelerators);

// f(layout) for each structure of a shape: sharding, recompute and offload are those of {}.
template <class F>
void for_each_structure(const TrainingSpace& space, int accelerators,
                        const model::ShardShape& shape, F&& f) {
  const int ranks = shape.tensor * shape.context;
  model::TrainingLayout layout{.tensor = shape.tensor,
                               .context = shape.context,
                               .expert = shape.expert,
                               .expert_tensor = shape.expert_tensor,
                               .micro_batch = shape.micro_batch,
                               .sequence_parallel = shape.sequence_parallel,
                               .context_comm = shape.context_comm};
  for (const int pipeline : space.pipeline) {
    if (accelerators % (ranks * pipeline) != 0) continue;
    layout.pipeline = pipeline;
    layout.data = accelerators / (ranks * pipeline);
    for (const model::Schedule schedule : space.schedules) {
      const bool plain = schedule == model::Schedule::kOneForwardOneBackward;
      if (pipeline == 1 && !plain) continue;
      layout.schedule = schedule;
      for (const int stages : space.virtual_stages) {
        const bool interleaves = pipeline > 1 && schedule != model::Schedule::kDualPipe &&
                                 is_even(space.layers, pipeline * stages);
        if (stages > 1 && !interleaves) continue;
        layout.virtual_stages = stages;
        f(const_cast<const model::TrainingLayout&>(layout));
      }
    }
  }
}

// What can be chosen beside one structure, as lists whose product are its layouts.
struct StructureChoices {
  std::vector<ShardChoice> sharding;
  std::vector<RecomputeChoice> recompute;
  std::vector<OffloadChoice> offload;
};
// Into `out`, whose memory is used again.
void choices_of(const TrainingSpace& space, const model::TrainingLayout& structure,
                StructureChoices& out);

constexpr void choose(const ShardChoice& c, model::TrainingLayout& layout) {
  layout.sharding = c.sharding;
  layout.shard_ranks = c.ranks;
}
constexpr void choose(const RecomputeChoice& c, model::TrainingLayout& layout) {
  layout.recompute = c.recompute;
  layout.recompute_layers = c.layers;
}
constexpr void choose(const OffloadChoice& c, model::TrainingLayout& layout) {
  layout.offload_weights = c.weights;
  layout.offload_activations = c.activations;
  layout.offload_optimizer = c.optimizer;
}

// f(layout) for each layout of the space, whether it can run or not.
template <class F>
void for_each_layout(const TrainingSpace& space, int accelerators, F&& f) {
  StructureChoices choices;
  for (const model::ShardShape& shape : shard_shapes(space, accelerators)) {
    for_each_structure(space, accelerators, shape, [&](model::TrainingLayout layout) {
      choices_of(space, layout, choices);
      for (const ShardChoice& shard : choices.sharding) {
        choose(shard, layout);
        for (const RecomputeChoice& recompute : choices.recompute) {
          choose(recompute, layout);
          for (const OffloadChoice& offload : choices.offload) {
            choose(offload, layout);
            f(const_cast<const model::TrainingLayout&>(layout));
          }
        }
      }
    });
  }
}

std::int64_t count_layouts(const TrainingSpace& space, int accelerators);

}  // namespace assay::search
