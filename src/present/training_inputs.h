// training_inputs.h — what `predict train` and `search train` name, read once: model, accelerators
// in their system, tables of constants. Owns what a model::TrainingSubject points to; not movable
// for that reason once a subject was made.
#pragma once

#include <string>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/language_model.h"
#include "catalog/power_curve.h"
#include "catalog/training_table.h"
#include "model/hardware.h"
#include "model/training_subject.h"
#include "present/training_options.h"
#include "search/predict_training.h"

namespace assay::present {

struct TrainingInputs {
  catalog::LanguageModel model;
  catalog::TrainingTable table;
  catalog::PowerTable power;
  model::Hardware hardware;
  const catalog::System* system{};  // of the catalog; null: none
  int accelerators{};
  std::string title;  // "h100"

  model::TrainingSubject subject(const model::TrainingJob& job) const {
    return {model, hardware, table, job};
  }
  search::TrainingSite site(double pue) const { return {system, power, pue}; }
};

// All that was not understood, together; kInfeasible where a needed figure is unknown.
Checked<TrainingInputs> read_training_inputs(const catalog::Catalog& catalog,
                                             const TrainingQuestion& question);

// "meta-llama/Llama-3.1-405B on 16,384 × h100 (hgx-h100)".
std::string training_title(const TrainingInputs& inputs, int accelerators);
// "2,048 sequences of 8,192 tokens · bf16 · megatron".
std::string training_job_text(const model::TrainingJob& job);

}  // namespace assay::present
