// training_operators_table.h — the operators of one micro-batch on one rank, a row each, as a table
// and as JSON. Computes no figure.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "model/training_subject.h"
#include "present/text_table.h"

namespace assay::present {

TextTable training_operators(const model::TrainingSubject& subject,
                             const model::TrainingLayout& layout);
nlohmann::ordered_json training_operators_json(const model::TrainingSubject& subject,
                                               const model::TrainingLayout& layout);

}  // namespace assay::present
