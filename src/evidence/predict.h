// predict.h — what the models say of published measurements, row by row.
// A row that cannot be predicted is refused with the reason, never left out. Rows are independent
// of each other: the result depends neither on their order nor on `jobs`. docs/validation.md.
#pragma once

#include <span>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "evidence/measurement.h"
#include "evidence/prediction.h"
#include "evidence/resolve.h"

namespace assay::evidence {

using Case = tl::expected<ResolvedMeasurement, Refused>;

// Names resolved; needs no constants, so that it is done once for many sets of them.
Checked<std::vector<Case>> resolve_all(std::span<const Measurement> measurements,
                                       const catalog::Catalog& catalog);

// One prediction for each measurement and its case, in order; on at most `jobs` threads.
std::vector<Prediction> predict_cases(std::span<const Measurement> measurements,
                                      std::span<const Case> cases,
                                      const catalog::EfficiencyTable& efficiency, int jobs);

// Both.
Checked<std::vector<Prediction>> predict_all(std::span<const Measurement> measurements,
                                             const catalog::Catalog& catalog,
                                             const catalog::EfficiencyTable& efficiency, int jobs);

}  // namespace assay::evidence
