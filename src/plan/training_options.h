// training_options.h — one pass of the training planner: every offer × format × count tested
// against every limit. make_training_plan() runs it for the question, and again for each
// relaxation and sensitivity; what was searched once stays in `TrainingLadders`. Deterministic.
#pragma once

#include <array>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "plan/fleet_options.h"
#include "plan/training_ladder.h"
#include "plan/training_plan.h"

namespace assay::plan {

using LadderKey = std::tuple<std::string, std::string, model::TrainingFormat>;  // ids
using TrainingLadders = std::map<LadderKey, TrainingLadder>;

struct TrainingOptions {
  std::vector<TrainingOption> feasible;  // in order of offers, formats and counts
  int candidates{};
  std::array<Tally, kReasonCount> rejected;
  std::map<std::string, TrainingMiss> misses;  // by accelerator: its last obstacle
  // Of those that do not fit the one that misses by least; null: none.
  const TrainingLadder* unfit{};
  int unfit_accelerators{};
};

TrainingOptions find_training_options(const TrainingScenario& scenario,
                                      const TrainingPlanInputs& inputs, TrainingLadders& ladders);

// What the objective ranks first; total.
bool better(const TrainingOption& a, const TrainingOption& b, Objective objective);

}  // namespace assay::plan
