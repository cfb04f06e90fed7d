// validate_training_json.h — a validation of training as "assay.validation.training/1": fractions,
// not per cent; null where no group is predicted. The keys may only grow in number.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "catalog/catalog.h"
#include "evidence/training_score.h"
#include "present/validate_training_text.h"

namespace assay::present {

// `data` is the file, or the built-in one's path.
std::string training_validation_json(const evidence::TrainingReport& report,
                                     const std::optional<TrainingFit>& fit, const std::string& data,
                                     const catalog::Catalog& catalog);

// --rows: "assay.validation.training.rows/1".
std::string training_rows_json(std::span<const ValidationRow> rows,
                               std::span<const evidence::Prediction> predictions);

}  // namespace assay::present
