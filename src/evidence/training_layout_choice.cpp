#include "evidence/training_layout_choice.h"

#include <array>
#include <limits>

#include "base/infeasible.h"
#include "model/training_step.h"
#include "search/search_training.h"

namespace assay::evidence {

namespace {

using model::Recompute;
using model::TrainingLayout;

struct Timed {
  TrainingLayout layout;
  double seconds{std::numeric_limits<double>::infinity()};
};

// The least recomputation that fits, as whoever tunes a run takes: none, attention's core, whole
// layers, as few as it takes; the stated one where there is one, whatever the memory model says.
Timed with_recompute(const model::TrainingSubject& subject, const model::TrainingPass& pass,
                     TrainingLayout layout, bool stated) {
  const auto fits = [&] {
    return model::training_memory(subject, pass, layout).total() <=
           subject.hardware.memory_usable.base();
  };
  if (!stated) {
    layout.recompute = Recompute::kNone;
    if (!fits()) layout.recompute = Recompute::kSelective;
    if (!fits()) {
      layout.recompute = Recompute::kFull;
      const int chunks = layout.pipeline * layout.virtual_stages;
      const int per_chunk = (static_cast<int>(pass.layers) + chunks - 1) / chunks;
      for (layout.recompute_layers = 1; layout.recompute_layers < per_chunk && !fits();)
        ++layout.recompute_layers;
      if (layout.recompute_layers == per_chunk) layout.recompute_layers = 0;
    }
  }
  return {layout, model::step_time(subject, pass, layout).total};
}

// Micro-batches that a row does not state: the fastest of the usual ones.
Result<MeasuredLayout> complete(const ResolvedTraining& r, const model::TrainingSubject& subject) {
  constexpr std::array kSizes{1, 2, 4, 8, 16};
  Timed best;
  std::string obstacle = "no layout";
  for (const int size : kSizes) {
    TrainingLayout layout = *r.layout;
    if (!r.micro_batch_stated) layout.micro_batch = size;
    const auto can = model::trainable(subject, layout);
    if (can) {
      const auto pass = model::training_pass(subject, model::shard_shape(layout));
      const Timed timed = with_recompute(subject, pass, layout, r.recompute.has_value());
      if (timed.seconds < best.seconds) best = timed;
    } else if (size == 1 || r.micro_batch_stated) {
      obstacle = can.error().what;
    }
    if (r.micro_batch_stated) break;
  }
  if (best.seconds == std::numeric_limits<double>::infinity())
    return tl::unexpected(infeasible(obstacle));
  return MeasuredLayout{.layout = best.layout, .job = r.job, .assumed = !r.micro_batch_stated};
}

template <class T>
void keep(std::vector<T>& values, const T& stated) {
  values = {stated};
}

// What the row states and leaves open, as a space: see search/training_space.h.
search::TrainingSpace space_of(const ResolvedTraining& r, const model::TrainingSubject& subject) {
  search::TrainingSpace space = search::megatron_space(subject, r.accelerators);
  if (r.tensor > 0) keep(space.tensor, r.tensor);
  if (r.pipeline > 0) keep(space.pipeline, r.pipeline);
  // Software that shards weights does it instead of a pipeline.
  if (r.pipeline == 0 && r.sharding == model::Sharding::kWeights) keep(space.pipeline, 1);
  if (r.context > 0) keep(space.context, r.context);
  if (r.expert > 0) keep(space.expert, r.expert);
  if (r.virtual_stages > 0) keep(space.virtual_stages, r.virtual_stages);
  if (r.micro_batch > 0) keep(space.micro_batch, r.micro_batch);
  if (r.sharding) keep(space.sharding, search::ShardChoice{.sharding = *r.sharding, .ranks = 0});
  if (r.recompute)
    keep(space.recompute, search::RecomputeChoice{.recompute = *r.recompute, .layers = 0});
  return space;
}

// The fastest layout that fits with all that the row states. The run was made: where nothing fits,
// the memory model asks for too much, and what fits with least more is taken.
Result<MeasuredLayout> search_layout(const ResolvedTraining& r, const catalog::TrainingTable& table,
                                     int batch) {
  MeasuredLayout found{.layout = {}, .job = r.job, .assumed = true};
  found.job.batch = batch;
  std::string obstacle = "no layout";
  for (const double memory : {1.0, 1.25, 1.6, 2.0}) {
    model::Hardware hardware = *r.hardware;
    hardware.memory_usable = hardware.memory_usable * memory;
    const model::TrainingSubject subject{*r.model, hardware, table, found.job};
    const auto best = search::search_training(subject, r.accelerators, space_of(r, subject),
                                              {.top = 1, .front = false, .prune = true, .jobs = 1});
    if (!best.top.empty()) {
      found.layout = best.top.front().layout;
      return found;
    }
    if (!best.rejected.empty()) obstacle = best.rejected.front().example;
    if (!best.leanest) break;
  }
  return tl::unexpected(infeasible(obstacle));
}

// Sequences of one accelerator and step, where nobody states a batch: long enough a step for its
// fixed parts not to matter. Assumed.
constexpr int kSequencesAssumed = 4;

}  // namespace

Result<MeasuredLayout> measured_layout(const ResolvedTraining& resolved,
                                       const catalog::TrainingTable& table) {
  if (resolved.layout) {
    if (resolved.job.batch <= 0) return tl::unexpected(infeasible("the batch is not stated"));
    const model::TrainingSubject subject{*resolved.model, *resolved.hardware, table, resolved.job};
    return complete(resolved, subject);
  }
  const int batch =
      resolved.job.batch > 0 ? resolved.job.batch : kSequencesAssumed * resolved.accelerators;
  return search_layout(resolved, table, batch);
}

}  // namespace assay::evidence
