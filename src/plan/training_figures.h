// training_figures.h — where each figure of a training plan's choice comes from: value, formula,
// section of docs/models.md, inputs with sources; what `assay explain plan.json FIGURE` prints.
// Pure.
#pragma once

#include <vector>

#include "catalog/power_curve.h"
#include "catalog/training_table.h"
#include "plan/figures.h"
#include "plan/training_plan.h"

namespace assay::plan {

// REQUIRES: plan.is_feasible().
std::vector<Figure> training_figures(const TrainingPlan& plan, const catalog::TrainingTable& table,
                                     const catalog::PowerTable& power);

}  // namespace assay::plan
