// training_ladder.h — how many of one kind of hardware are tried for a training run, and the best
// layout of each count.
// Counts are powers of two, from what operations and memory need at the least to the first that
// keeps the deadline and one beyond; then halves between the last that misses it and the first that
// keeps it. What was searched is kept, so that a moved question costs little.
// Not thread-safe itself; ladders are independent of each other. Deterministic.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/power_curve.h"
#include "model/hardware.h"
#include "model/training_subject.h"
#include "plan/training_scenario.h"
#include "search/predict_training.h"
#include "search/search_training.h"

namespace assay::plan {

struct TrainingPoint {
  std::optional<search::FoundLayout> best;     // nothing: none fits
  std::optional<search::FoundLayout> leanest;  // then the one that misses by least
  std::string obstacle;                        // where none can run: the most frequent reason
  std::int64_t layouts{};
};

// Stays where it is: the subject points into it.
struct TrainingLadder {
  const catalog::Accelerator* accelerator{};
  const catalog::System* system{};
  Result<model::Hardware> hardware{tl::unexpected(Error{})};
  std::optional<model::TrainingSubject> subject;  // where the hardware is known
  std::map<int, TrainingPoint> points;            // by accelerators
};

// What the layouts of a plan are chosen from: search::megatron_space() without degrees that a model
// of many experts makes too many of.
search::TrainingSpace plan_space(const model::TrainingSubject& subject, int accelerators);

// The run on the best layout of a count that has one.
search::PredictedTraining predict_point(const TrainingLadder& ladder, const TrainingPoint& point,
                                        const TrainingScenario& scenario,
                                        const catalog::PowerTable& power);

// The counts that answer this scenario, rising, each with its point. REQUIRES: ladder.subject.
std::vector<int> climb(TrainingLadder& ladder, const TrainingScenario& scenario,
                       const catalog::PowerTable& power);

}  // namespace assay::plan
