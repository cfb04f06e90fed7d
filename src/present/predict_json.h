// predict_json.h — predictions as "assay.predict.serve/1": keys with their units, listed in
// docs/serving-json.md; it may only grow. Computes no figure.
#pragma once

#include <span>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "catalog/catalog.h"
#include "present/options.h"
#include "present/predict_text.h"
#include "search/predict_serving.h"

namespace assay::present {

// The deployment's formats and ranks, the same in both answers.
nlohmann::ordered_json deployment_json(const model::Deployment& deployment, int replicas);

// {"accelerator", "count", "system"}
nlohmann::ordered_json subject_json(const search::ServingSubject& subject);

std::string predict_json(const catalog::Catalog& catalog, const search::ServingSubject& subject,
                         const search::ServingTables& tables, std::span<const BatchAnswer> answers,
                         const search::ChosenDeployment& chosen, const PredictOptions& options);

}  // namespace assay::present
