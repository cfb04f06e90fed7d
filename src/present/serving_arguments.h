// serving_arguments.h — the arguments of `predict serve` and `search serve` → their options; what
// was typed wrong is a usage error. Pure.
#pragma once

#include "base/error.h"
#include "present/arguments.h"
#include "present/options.h"

namespace assay::present {

Result<PredictOptions> predict_options(const Arguments& given);
Result<SearchOptions> search_options(const Arguments& given);

}  // namespace assay::present
