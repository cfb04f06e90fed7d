// training_arguments.h — the arguments of `predict train` and `search train` → their options; all
// that was typed wrong, together. Pure.
#pragma once

#include "base/error.h"
#include "present/arguments.h"
#include "present/training_options.h"

namespace assay::present {

Checked<PredictTrainingOptions> predict_training_options(const Arguments& given);
Checked<SearchTrainingOptions> search_training_options(const Arguments& given);

}  // namespace assay::present
