// validate_json.h — a validation as "assay.validation.inference/1": fractions, not per cent; null
// where no group is predicted. The keys may only grow in number.
#pragma once

#include <span>
#include <string>

#include "catalog/catalog.h"
#include "evidence/measurement.h"
#include "evidence/prediction.h"
#include "evidence/score.h"

namespace assay::present {

// `data` is the file, or the built-in one's path.
std::string validation_json(const evidence::Report& report, const std::string& data,
                            const catalog::Catalog& catalog);

// --rows: "assay.validation.inference.rows/1".
std::string validation_rows_json(std::span<const evidence::Measurement> measurements,
                                 std::span<const evidence::Prediction> predictions);

}  // namespace assay::present
