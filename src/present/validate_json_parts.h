// validate_json_parts.h — scores and rows of a validation as JSON values, the same for inference
// and training: fractions, null where no group or row is predicted.
// Only *_json.cpp files include it: nlohmann/json is slow to compile.
#pragma once

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "evidence/group_score.h"
#include "present/validate_parts.h"

namespace assay::present {

// Adds median_ape, p90_ape, bias, cover_80, cover_90.
void add_errors(nlohmann::ordered_json& json, const evidence::Score& score);

nlohmann::ordered_json refusals_json(std::span<const evidence::RefusalCount> refusals);

// Adds id, source, accelerator, model, metric.
void add_names(nlohmann::ordered_json& json, const ValidationRow& row);
// Adds measured, predicted, their ratio, both intervals, and what the prediction rests on.
void add_prediction(nlohmann::ordered_json& json, const ValidationRow& row,
                    const evidence::Prediction& prediction);

}  // namespace assay::present
