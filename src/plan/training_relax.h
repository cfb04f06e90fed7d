// training_relax.h — what an infeasible training scenario lacks, and what a feasible one is
// sensitive to: the planner run again with one input moved. Counts of accelerators that were
// searched are not searched again. Deterministic.
#pragma once

#include <vector>

#include "plan/training_options.h"

namespace assay::plan {

// Every single constraint whose move makes the scenario feasible, cheapest result first: limits are
// moved to the least that some option needs, sets are dropped. `no_help`: those that do not.
std::vector<TrainingRelaxation> training_relaxations(const TrainingScenario& scenario,
                                                     const TrainingPlanInputs& inputs,
                                                     TrainingLadders& ladders,
                                                     std::vector<std::string>& no_help);

// The best plan when one input moves, the largest effect on the objective first.
std::vector<TrainingSensitivity> training_sensitivities(const TrainingScenario& scenario,
                                                        const TrainingPlanInputs& inputs,
                                                        TrainingLadders& ladders,
                                                        const TrainingOption& choice);

}  // namespace assay::plan
