// figures.h — where each figure of a plan comes from: value, formula, the section of
// docs/models.md, inputs with sources.
// `assay explain plan.json FIGURE` prints this chain. Pure.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"

namespace assay::plan {

struct Figure {
  std::string key;      // "tpot_mean"
  std::string value;    // "16.8 ms (12.1 .. 23.3 ms at 90 %)"
  std::string formula;  // in words and symbols
  std::string section;  // of docs/models.md
  std::vector<model::UsedFact> inputs;
};

// Figures of the plan's choice. REQUIRES: plan.is_feasible().
std::vector<Figure> figures(const Plan& plan, const catalog::EfficiencyTable& efficiency);

// "12.1 .. 23.3 ms".
std::string interval_text(const Estimate<Seconds>& estimate);

}  // namespace assay::plan
