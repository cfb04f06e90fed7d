// models_json.h — language models as "assay.models/1" (one line each), "assay.model/1" (a sheet).
// Versioned; may only grow. Computes no figure.
#pragma once

#include <string>
#include <vector>

#include "catalog/language_model.h"
#include "plan/model_sheet.h"

namespace assay::present {

struct ListedModel {
  std::string id;  // short
  catalog::LanguageModel model;
  plan::ModelSheet sheet;
};

std::string models_json(const std::vector<ListedModel>& models);
std::string model_json(const ListedModel& model);
std::string architectures_json(const std::vector<std::string>& names);  // "assay.architectures/1"

}  // namespace assay::present
