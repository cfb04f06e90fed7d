// search_training.h — every layout of a space for one training job on some accelerators: the
// fastest, the best that really differ, and the Pareto front of step time against memory of a rank.
// Cost and energy of one count of accelerators follow the time (training_sweep.h: of several).
// Exhaustive. Pruning is exact: it leaves out only layouts that a bound shows to be neither among
// the best nor on the front (training_bounds.h).
// Parallel; equal results for any number of jobs, and equal best, top and front with and without
// pruning. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/training_step.h"
#include "search/training_space.h"

namespace assay::search {

struct TrainingSearchOptions {
  int top{10};       // layouts of different combinations; at least 1
  bool front{true};  // else the front is not looked for, and pruning leaves out more
  bool prune{true};
  int jobs{1};
};

struct FoundLayout {
  model::TrainingLayout layout;
  model::TrainingStep step;
};

struct TrainingRejection {
  std::string reason;   // "attention heads do not divide over ranks": trainable()'s, less figures
  std::string example;  // the first, with its figures
  std::int64_t count{};
};

// candidates = cannot_run + fit + unfit + pruned.
struct TrainingCounts {
  std::int64_t candidates{};  // layouts of the space
  std::int64_t cannot_run{};
  std::int64_t fit{}, unfit{};  // evaluated: time and memory are known
  std::int64_t pruned_unfit{};  // not evaluated: none of their group can fit
  std::int64_t pruned_slow{};   // not evaluated: others are faster, or as fast and leaner
  std::int64_t evaluated() const { return fit + unfit; }
  std::int64_t pruned() const { return pruned_unfit + pruned_slow; }
};

struct TrainingSearch {
  TrainingCounts counts;
  // Fastest first, each the fastest of its combination of tensor, context, pipeline, data, expert
  // and expert-tensor parallelism; of equal ones the first of the space's order. Empty: none fits.
  std::vector<FoundLayout> top;
  std::vector<FoundLayout> front;           // by rising step time
  std::optional<FoundLayout> leanest;       // where none fits: the one that misses by least
  std::vector<TrainingRejection> rejected;  // most frequent first
  std::uint64_t checksum{};                 // sum of result_hash() of all that were evaluated
};

// Of all fields of a layout and its time, memory and MFU, to the last bit.
std::uint64_t result_hash(const model::TrainingLayout& layout, const model::TrainingStep& step);

TrainingSearch search_training(const model::TrainingSubject& subject, int accelerators,
                               const TrainingSpace& space, const TrainingSearchOptions& options);

// Of a front, those that need at least `share` less memory than the one kept before; the first is
// always kept. For people: neighbours often differ by a rounding's worth.
std::vector<FoundLayout> thinned(const std::vector<FoundLayout>& front, double share);

}  // namespace assay::search
