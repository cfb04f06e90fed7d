// training_sweep.h — the best layout for each of several counts of accelerators, and which counts
// answer a question about the whole run: the fewest that meet a deadline, the fastest within a
// budget, the cheapest in accelerator-hours. Days are means over failures (model/training_run.h).
// Parallel; equal results for any number of jobs. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "model/training_run.h"
#include "search/search_training.h"
#include "workload/training_run.h"

namespace assay::search {

struct SweepQuestion {
  workload::TrainingRun run;            // tokens, deadline, failures
  double half_width{};                  // of the step time's interval, as model/training_run.h
  std::optional<int> accelerators_max;  // the budget
  // What a layout draws; empty, or nothing: no energy.
  std::function<std::optional<model::RunPower>(const FoundLayout&)> power;
};

struct SweepPoint {
  int accelerators{};
  TrainingSearch search;
  std::optional<model::TrainingRunEstimate> run;  // of search.top[0]; nothing: none fits
  // No other count is at least as good in mean time, accelerator time and energy, and better in
  // one. Energy counts where it is known of both.
  bool front{};
};

struct TrainingSweep {
  std::vector<SweepPoint> points;  // by rising count
  // Indices into points. Nothing: no count does.
  std::optional<std::size_t> fewest;    // of those that meet the deadline in the mean
  std::optional<std::size_t> fastest;   // least mean time within the budget
  std::optional<std::size_t> cheapest;  // least accelerator time within deadline and budget
};

// Powers of two and multiples of a node from `least` to `most`, at most `values` of them: powers of
// two first, then the multiples that lie evenly between; `most` where there are none. Rising.
std::vector<int> accelerator_counts(int least, int most, int node, int values);

// Which space is tried for a count.
using SpaceOfCount = std::function<TrainingSpace(const model::TrainingSubject&, int accelerators)>;

// `counts` rising. `options.jobs` threads search one count after another.
TrainingSweep sweep_training(const model::TrainingSubject& subject, std::span<const int> counts,
                             const SpaceOfCount& space, const SweepQuestion& question,
                             const TrainingSearchOptions& options);

}  // namespace assay::search
