// predict_text.h — a predicted deployment as text: its figures with their intervals, one row a
// batch, one row an operator. Computes no figure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "present/options.h"
#include "present/serving_inputs.h"
#include "present/text_table.h"
#include "search/predict_serving.h"

namespace assay::present {

// One batch of a range, with its figures or with what binds.
struct BatchAnswer {
  int batch{};
  Result<search::PredictedServing> predicted;
};

// "8 × h200 (hgx-h200)".
std::string fleet_title(const search::ServingSubject& subject);
// "tp8 × 1 replica · weights fp8 · multiplies fp8 · KV cache bf16 · vllm".
std::string deployment_text(const model::Deployment& deployment, int replicas);

TextTable predicted_figures(const search::PredictedServing& predicted);
TextTable predicted_batches(std::span<const BatchAnswer> answers);
TextTable predicted_operators(const search::PredictedServing& predicted);

// The whole answer for one load.
std::string predict_text(const search::ServingSubject& subject,
                         const search::PredictedServing& predicted, const CommonOptions& common,
                         const PredictOptions& options);
// For a range of batches: table and plot. At least one of them fits.
std::string predict_batches_text(const search::ServingSubject& subject,
                                 std::span<const BatchAnswer> answers, const CommonOptions& common,
                                 const PredictOptions& options);
// What the figures rest on: assumptions, notes, provenance.
std::string rests_on(const search::ServingSubject& subject, const search::ServingTables& tables,
                     const search::ChosenDeployment& chosen, const PredictOptions& options);

// What a reader should know besides: how it runs, how far the model was published to reach.
std::vector<std::string> predict_notes(const search::ServingSubject& subject,
                                       const search::ChosenDeployment& chosen,
                                       const PredictOptions& options);

}  // namespace assay::present
