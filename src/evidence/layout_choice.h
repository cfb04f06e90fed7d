// layout_choice.h — the layout that a row does not state: the feasible one that serves the most,
// as whoever publishes a result would have chosen. Pure.
#pragma once

#include "base/error.h"
#include "catalog/efficiency.h"
#include "evidence/measurement.h"
#include "evidence/resolve.h"
#include "simulate/serving_prediction.h"

namespace assay::evidence {

Result<Pool> best_layout(const Measurement& measurement, const ResolvedMeasurement& resolved,
                         const simulate::ServingLoad& load,
                         const catalog::EfficiencyTable& efficiency);

// A load on the replicas of a pool. A pool of less than one replica serves that share.
Result<simulate::ServingFigures> predict_load(const catalog::LanguageModel& model,
                                              const model::Hardware& hardware, const Pool& pool,
                                              const catalog::EfficiencyTable& efficiency,
                                              const simulate::ServingLoad& load);

}  // namespace assay::evidence
