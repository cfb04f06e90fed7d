#include "model/training_fit.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/unit_text.h"

namespace assay::model {

namespace {

std::string bytes_text(double bytes) { return assay::to_text(Bytes::from_base(bytes), 3); }

// A change of a layout; applied again while it does not yet fit. False: no further.
struct Change {
  bool (*apply)(TrainingLayout&);
  std::string (*describe)(const TrainingLayout&);
  bool more_accelerators{};
};

bool shard_more(TrainingLayout& l) {
  if (l.data * l.context <= 1 || l.sharding == Sharding::kWeights) return false;
  l.sharding = static_cast<Sharding>(static_cast<int>(l.sharding) + 1);
  return true;
}

bool shard_wider(TrainingLayout& l) {
  if (l.sharding == Sharding::kNone || l.shard_ranks <= 0) return false;
  l.shard_ranks = l.shard_ranks * 2 < l.data * l.context ? l.shard_ranks * 2 : 0;
  return true;
}

bool recompute_attention(TrainingLayout& l) {
  if (l.recompute != Recompute::kNone) return false;
  l.recompute = Recompute::kSelective;
  return true;
}

bool recompute_all(TrainingLayout& l) {
  if (l.recompute == Recompute::kFull && l.recompute_layers == 0) return false;
  l.recompute = Recompute::kFull;
  l.recompute_layers = 0;
  return true;
}

// Data parallelism gives way, so that the accelerators stay as many.
bool double_tensor(TrainingLayout& l) {
  if (l.data % 2 != 0) return false;
  l.data /= 2;
  l.tensor *= 2;
  return true;
}

bool double_pipeline(TrainingLayout& l) {
  if (l.data % 2 != 0) return false;
  l.data /= 2;
  l.pipeline *= 2;
  return true;
}

bool double_context(TrainingLayout& l) {
  if (l.data % 2 != 0) return false;
  l.data /= 2;
  l.context *= 2;
  return true;
}

bool halve_micro_batch(TrainingLayout& l) {
  if (l.micro_batch % 2 != 0) return false;
  l.micro_batch /= 2;
  return true;
}

bool divide_sequence(TrainingLayout& l) {
  if (l.sequence_parallel || l.tensor <= 1) return false;
  l.sequence_parallel = true;
  return true;
}

bool offload_optimizer(TrainingLayout& l) {
  if (l.offload_optimizer) return false;
  l.offload_optimizer = true;
  return true;
}

bool offload_activations(TrainingLayout& l) {
  if (l.offload_activations) return false;
  l.offload_activations = true;
  return true;
}

// More ranks that divide the same states.
bool double_accelerators(TrainingLayout& l) {
  if (l.sharding == Sharding::kNone) l.sharding = Sharding::kOptimizer;
  l.data *= 2;
  return true;
}

std::string describe_recompute(const TrainingLayout& l) {
  return fmt::format("{} recompute", name(l.recompute));
}

const std::array kChanges = {
    Change{shard_more, [](const TrainingLayout& l) { return std::string{name(l.sharding)}; }},
    Change{shard_wider,
           [](const TrainingLayout& l) {
             const int ranks = l.shard_ranks > 0 ? l.shard_ranks : l.data * l.context;
             return fmt::format("sharded over {} ranks", ranks);
           }},
    Change{divide_sequence, [](const TrainingLayout&) { return std::string{"sp"}; }},
    Change{recompute_attention, describe_recompute},
    Change{recompute_all, describe_recompute},
    Change{double_tensor, [](const TrainingLayout& l) { return fmt::format("tp{}", l.tensor); }},
    Change{double_pipeline,
           [](const TrainingLayout& l) { return fmt::format("pp{}", l.pipeline); }},
    Change{double_context, [](const TrainingLayout& l) { return fmt::format("cp{}", l.context); }},
    Change{halve_micro_batch,
           [](const TrainingLayout& l) { return fmt::format("mbs{}", l.micro_batch); }},
    Change{offload_optimizer,
           [](const TrainingLayout&) { return std::string{"optimizer in the host's memory"}; }},
    Change{offload_activations,
           [](const TrainingLayout&) { return std::string{"activations in the host's memory"}; }},
    Change{double_accelerators,
           [](const TrainingLayout& l) { return fmt::format("{} accelerators", l.accelerators()); },
           true},
};

constexpr int kDoublings = 6;

struct Found {
  TrainingFix fix;
  std::size_t change{};
};

// Layouts that cannot run are passed over: the next doubling may divide again.
void try_change(const TrainingLayout& layout, const StepOfLayout& step_of, std::size_t change,
                std::vector<Found>& found) {
  TrainingLayout changed = layout;
  for (int i = 0; i < kDoublings && kChanges[change].apply(changed); ++i) {
    const Result<TrainingStep> step = step_of(changed);
    if (!step || !step->fits) continue;
    found.push_back({{kChanges[change].describe(changed), changed, *step}, change});
    return;
  }
}

}  // namespace

std::string training_shortage(const TrainingMemory& memory, Bytes usable) {
  const double short_of = memory.total() - usable.base();
  if (short_of <= 0) return "";
  using Named = std::pair<std::string_view, double>;
  std::array<Named, 6> parts = {
      Named{"weights", memory.weights},     Named{"gradients", memory.gradients},
      Named{"optimizer", memory.optimizer}, Named{"activations", memory.activations},
      Named{"buffers", memory.buffers},     Named{"reserve", memory.reserve}};
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Named& a, const Named& b) { return a.second > b.second; });
  std::string text = fmt::format("does not fit: {} short of {}: ", bytes_text(short_of),
                                 bytes_text(usable.base()));
  std::string_view separator;
  for (const auto& [part, bytes] : parts) {
    if (bytes <= 0) continue;
    text += fmt::format("{}{} {}", separator, part, bytes_text(bytes));
    separator = ", ";
  }
  return text;
}

std::vector<TrainingFix> nearest_fixes(const TrainingLayout& layout, const StepOfLayout& step_of) {
  std::vector<Found> found;
  for (std::size_t change = 0; change < kChanges.size(); ++change) {
    try_change(layout, step_of, change, found);
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    const bool more_a = kChanges[a.change].more_accelerators;
    const bool more_b = kChanges[b.change].more_accelerators;
    if (more_a != more_b) return more_b;
    const double time_a = a.fix.step.time.total, time_b = b.fix.step.time.total;
    return time_a != time_b ? time_a < time_b : a.change < b.change;
  });
  std::vector<TrainingFix> fixes;
  for (Found& f : found) fixes.push_back(std::move(f.fix));
  return fixes;
}

}  // namespace assay::model
