#include "search/training_space.h"

#include <algorithm>
#include <variant>

#include "base/assert.h"

namespace assay::search {

namespace {

using model::ContextComm;
using model::Recompute;
using model::Schedule;
using model::Sharding;
using model::TrainingSubject;

constexpr int kTensorAtLeast = 16;    // tried on any hardware
constexpr int kTokensOfRank = 512;    // of a sequence, with context parallelism
constexpr int kMicroBatchMax = 64;    // sequences
constexpr int kMegatronMicroMax = 8;  // sequences

struct Heads {
  std::vector<int> all;  // of each attention layer
  int experts{};         // of a layer
};

Heads heads_of(const catalog::LanguageModel& model) {
  Heads heads;
  for (const catalog::Block& block : model.blocks) {
    if (const auto* a = std::get_if<catalog::GroupedQueryAttention>(&block.mixer)) {
      heads.all.push_back(a->heads);
    }
    if (const auto* a = std::get_if<catalog::LatentAttention>(&block.mixer)) {
      heads.all.push_back(a->heads);
    }
    if (const auto* moe = std::get_if<catalog::MoeFfn>(&block.ffn)) heads.experts = moe->experts;
  }
  return heads;
}

std::vector<int> tensor_degrees(const TrainingSubject& s, int accelerators, int at_most) {
  std::vector<int> degrees = divisors(accelerators, at_most);
  for (const int heads : heads_of(s.model).all) {
    std::erase_if(degrees, [&](int tensor) { return heads % tensor != 0; });
  }
  return degrees;
}

std::vector<int> context_degrees(const TrainingSubject& s, int accelerators) {
  std::vector<int> degrees = divisors(accelerators, std::max(1, s.job.sequence / kTokensOfRank));
  std::erase_if(degrees, [&](int context) { return s.job.sequence % context != 0; });
  return degrees;
}

std::vector<int> expert_degrees(const TrainingSubject& s, int accelerators, int at_most) {
  const int experts = heads_of(s.model).experts;
  if (experts == 0) return {1};
  std::vector<int> degrees = divisors(accelerators, std::min(experts, at_most));
  std::erase_if(degrees, [&](int expert) { return experts % expert != 0; });
  return degrees;
}

// Of every pipeline that the space has.
std::vector<int> virtual_stages(const TrainingSpace& space) {
  std::vector<int> stages{1};
  for (int v = 2; v <= space.layers + 2; ++v) {
    if (std::any_of(space.pipeline.begin(), space.pipeline.end(), [&](int pipeline) {
          return pipeline > 1 && is_even(space.layers, pipeline * v);
        })) {
      stages.push_back(v);
    }
  }
  return stages;
}

std::vector<ShardChoice> plain_shardings() {
  return {{Sharding::kNone, 0},
          {Sharding::kOptimizer, 0},
          {Sharding::kGradients, 0},
          {Sharding::kWeights, 0}};
}

// Copies of a hybrid are powers of two apart, from two ranks or a domain's on.
void add_hybrids(const TrainingSubject& s, int accelerators, std::vector<ShardChoice>& shardings) {
  const int domain = s.hardware.link.domain;
  std::vector<int> sizes;
  for (int ranks = 2; ranks < accelerators; ranks *= 2) sizes.push_back(ranks);
  const bool other = domain > 2 && (domain & (domain - 1)) != 0;
  for (int ranks = domain; other && ranks < accelerators; ranks *= 2) sizes.push_back(ranks);
  for (const int ranks : sizes) {
    for (const Sharding sharding :
         {Sharding::kOptimizer, Sharding::kGradients, Sharding::kWeights}) {
      shardings.push_back({sharding, ranks});
    }
  }
}

std::vector<RecomputeChoice> plain_recomputes() {
  return {{Recompute::kNone, 0}, {Recompute::kSelective, 0}, {Recompute::kFull, 0}};
}

void add_partial(std::vector<RecomputeChoice>& recomputes) {
  for (const int layers : {1, 2, 3, 4, 6, 8, 12, 16, 24}) {
    recomputes.push_back({Recompute::kFull, layers});
  }
}

std::vector<OffloadChoice> all_offloads(const TrainingSubject& s) {
  if (!s.hardware.host_one_way) return {OffloadChoice{}};
  std::vector<OffloadChoice> offloads;
  for (int bits = 0; bits < 8; ++bits) {
    offloads.push_back({(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0});
  }
  return offloads;
}

bool has_several(const std::vector<int>& values) { return values.size() > 1; }

}  // namespace

std::vector<int> divisors(int n, int at_most) {
  std::vector<int> out;
  for (int d = 1; d <= std::min(n, at_most); ++d) {
    if (n % d == 0) out.push_back(d);
  }
  return out;
}

TrainingSpace full_space(const TrainingSubject& s, int accelerators) {
  ASSAY_ASSERT(accelerators >= 1);
  const bool torus = s.hardware.link.topology == model::Topology::kTorus;
  const int domain = std::max(s.hardware.link.domain, 1);
  TrainingSpace space;
  space.layers = s.model.layers();
  space.tensor =
      tensor_degrees(s, accelerators, torus ? accelerators : std::max(2 * domain, kTensorAtLeast));
  space.context = context_degrees(s, accelerators);
  space.pipeline = divisors(accelerators, space.layers);
  space.expert = expert_degrees(s, accelerators, accelerators);
  if (has_several(space.expert)) space.expert_tensor = space.tensor;
  space.virtual_stages = virtual_stages(space);
  space.micro_batch = divisors(s.job.batch, kMicroBatchMax);
  space.sequence_parallel = {0, 1};
  if (has_several(space.context)) {
    space.context_comm = {ContextComm::kRing, ContextComm::kAllToAll};
  }
  space.schedules = {Schedule::kOneForwardOneBackward, Schedule::kZeroBubble, Schedule::kDualPipe};
  space.sharding = plain_shardings();
  add_hybrids(s, accelerators, space.sharding);
  space.recompute = plain_recomputes();
  add_partial(space.recompute);
  space.offload = all_offloads(s);
  return space;
}

TrainingSpace megatron_space(const TrainingSubject& s, int accelerators) {
  TrainingSpace space = full_space(s, accelerators);
  const int domain = std::max(s.hardware.link.domain, 1);
  const bool torus = s.hardware.link.topology == model::Topology::kTorus;
  const int inside = torus ? accelerators : domain;
  space.tensor = tensor_degrees(s, accelerators, std::min(inside, kTensorAtLeast));
  space.expert_tensor = {1};
  if (has_several(space.expert)) {
    for (const int tensor : space.tensor) {
      if (tensor > 1) space.expert_tensor.push_back(tensor);
    }
  }
  std::erase_if(space.micro_batch, [](int micro) { return micro > kMegatronMicroMax; });
  space.schedules = {Schedule::kOneForwardOneBackward};
  space.sharding = plain_shardings();
  space.recompute = plain_recomputes();
  space.offload = {OffloadChoice{}};
  return space;
}

TrainingSpace calculon_space(const TrainingSubject& s, int accelerators) {
  TrainingSpace space = full_space(s, accelerators);
  space.tensor = tensor_degrees(s, accelerators, accelerators);
  std::erase_if(space.tensor, [&](int tensor) { return s.model.hidden % tensor != 0; });
  std::erase_if(space.pipeline, [&](int pipeline) { return space.layers % pipeline != 0; });
  space.virtual_stages = divisors(space.layers, space.layers);
  space.micro_batch = divisors(s.job.batch, s.job.batch);
  return space;
}

std::vector<model::ShardShape> shard_shapes(const TrainingSpace& space, int accelerators) {
  std::vector<model::ShardShape> shapes;
  const auto add_ends = [&](model::ShardShape shape) {
    for (const int micro : space.micro_batch) {
      for (const int sequence : space.sequence_parallel) {
        if (sequence != 0 && shape.tensor == 1) continue;
        for (const ContextComm comm : space.context_comm) {
          if (shape.context == 1 && comm != space.context_comm.front()) continue;
          shape.micro_batch = micro;
          shape.sequence_parallel = sequence != 0;
          shape.context_comm = shape.context == 1 ? ContextComm::kRing : comm;
          shapes.push_back(shape);
        }
      }
    }
  };
  for (const int tensor : space.tensor) {
    for (const int context : space.context) {
      if (accelerators % (tensor * context) != 0) continue;
      for (const int expert : space.expert) {
        for (const int expert_tensor : space.expert_tensor) {
          if (accelerators % (expert * expert_tensor) != 0) continue;
          add_ends({.tensor = tensor,
                    .context = context,
                    .expert = expert,
                    .expert_tensor = expert_tensor});
        }
      }
    }
  }
  return shapes;
}

void choices_of(const TrainingSpace& space, const model::TrainingLayout& structure,
                StructureChoices& out) {
  const int ranks = structure.data * structure.context;
  out.sharding.clear();
  for (const ShardChoice& c : space.sharding) {
    const bool divides = c.ranks == 0 || (c.ranks < ranks && ranks % c.ranks == 0);
    if (ranks > 1 ? divides : c == space.sharding.front()) out.sharding.push_back(c);
  }
  if (ranks == 1) out.sharding = {ShardChoice{}};
  const int chunks = structure.pipeline * structure.virtual_stages;
  const int of_chunk = (space.layers + chunks - 1) / chunks;
  out.offload = space.offload;
  out.recompute.clear();
  for (const RecomputeChoice& c : space.recompute) {
    if (c.layers < of_chunk) out.recompute.push_back(c);
  }
}

std::int64_t count_layouts(const TrainingSpace& space, int accelerators) {
  std::int64_t count = 0;
  StructureChoices choices;
  for (const model::ShardShape& shape : shard_shapes(space, accelerators)) {
    for_each_structure(space, accelerators, shape, [&](const model::TrainingLayout& structure) {
      choices_of(space, structure, choices);
      count += static_cast<std::int64_t>(choices.sharding.size() * choices.recompute.size() *
                                         space.offload.size());
    });
  }
  return count;
}

}  // namespace assay::search
