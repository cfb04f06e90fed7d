// training_json.h — training steps, runs and searches as "assay.predict.train/1" and
// "assay.search.train/1": keys with their units, listed in docs/training-json.md; it may only grow.
// Computes no figure.
#pragma once

#include <span>
#include <string>

#include "catalog/catalog.h"
#include "present/training_inputs.h"
#include "present/training_search_text.h"
#include "present/training_text.h"

namespace assay::present {

std::string predict_training_json(const catalog::Catalog& catalog, const TrainingInputs& inputs,
                                  std::span<const LayoutAnswer> answers,
                                  const PredictTrainingOptions& options);

std::string search_training_json(const catalog::Catalog& catalog, const TrainingInputs& inputs,
                                 const TrainingSearchAnswer& answer,
                                 const SearchTrainingOptions& options);

}  // namespace assay::present
