// serving_inputs.h — what `predict serve` and `search serve` name, read once: model, accelerators,
// tables of constants. Owns what a search::ServingSubject points to. Not copyable for that reason.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "catalog/power_curve.h"
#include "model/hardware.h"
#include "plan/compare.h"
#include "search/predict_serving.h"

namespace assay::present {

struct ServingInputs {
  catalog::LanguageModel model;
  catalog::EfficiencyTable efficiency;
  catalog::PowerTable power;
  std::vector<plan::CompareSubject> subjects;  // those whose figures are known
  std::vector<model::Hardware> hardware;       // one each
  std::vector<std::string> unknown;            // of "all:8": why the others are not there

  search::ServingTables tables() const { return {efficiency, power}; }
  search::ServingSubject subject(std::size_t i) const {
    return {model, hardware[i], subjects[i].system, subjects[i].count};
  }
};

// `accelerator` is "h200:8"; where `may_be_all`, also "all:8": every one of the catalog.
Checked<ServingInputs> read_serving_inputs(const catalog::Catalog& catalog,
                                           const std::string& model, const std::string& accelerator,
                                           const std::string& engine, bool may_be_all);

}  // namespace assay::present
