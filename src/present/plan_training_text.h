// plan_training_text.h — a TrainingPlan as a page for the terminal: question, choice, ranking,
// losses, sensitivity. At most 100 columns unless --wide. Computes no figure.
#pragma once

#include <string>

#include "plan/training_plan.h"
#include "present/options.h"

namespace assay::present {

std::string plan_training_text(const plan::TrainingPlan& plan, const CommonOptions& options,
                               int runners_up);

}  // namespace assay::present
