// relax.h — what an infeasible question lacks, and what a feasible one is sensitive to: the planner
// run again with one input moved. Relaxed limits are found by bisection to 1 %, on a geometric
// scale; each is the least move of that limit alone.
// Deterministic.
#pragma once

#include <vector>

#include "plan/fleet_options.h"

namespace assay::plan {

// Every single constraint whose move makes the scenario feasible, cheapest resulting fleet first.
// Empty: none does.
std::vector<Relaxation> relaxations(const Scenario& scenario, const PlanInputs& inputs,
                                    LayoutRuns& runs);

// Cost of the cheapest fleet when one input moves by 10 %, the largest effect first.
std::vector<Sensitivity> sensitivities(const Scenario& scenario, const PlanInputs& inputs,
                                       LayoutRuns& runs, const Fleet& choice);

// "8 × h200 (1 unit), tp4 × 2, fp8, article".
std::string fleet_text(const Fleet& fleet);

}  // namespace assay::plan
