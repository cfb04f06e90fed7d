// plan_training_json.h — a TrainingPlan as "assay.plan.train/1": stable keys with their units; it
// may only grow. Computes no figure.
#pragma once

#include <string>

#include "catalog/power_curve.h"
#include "catalog/training_table.h"
#include "plan/training_plan.h"

namespace assay::present {

std::string plan_training_json(const plan::TrainingPlan& plan, const catalog::TrainingTable& table,
                               const catalog::PowerTable& power);

}  // namespace assay::present
