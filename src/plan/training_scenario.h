// training_scenario.h — a scenario of kind `train` bound to typed values, or every error in it.
// Keys, units, ranges, defaults: training_fields(). Defaults are part of the answer: `assumed`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/catalog.h"
#include "catalog/training_table.h"
#include "document/node.h"
#include "model/training_job.h"
#include "plan/scenario_parts.h"
#include "workload/training_run.h"

namespace assay::plan {

enum class Objective : std::uint8_t { kCost, kTime };

struct TrainingScenario {
  std::string file, name;
  std::string model;  // name of the library, or a path made relative to the working folder
  Where model_where;
  model::TrainingJob job;                      // its format is that of the candidate
  std::vector<model::TrainingFormat> formats;  // at least one
  workload::TrainingRun run;                   // with the deadline
  double confidence{};  // with which the deadline and the budget are to be kept
  double pue{1};
  OfferChoice offers;
  std::optional<Usd> budget;  // of all leases of the run
  std::optional<Watts> power;
  std::optional<int> accelerators_min;
  int accelerators_max{};
  Objective objective{};
  std::string hash;  // of the scenario's bytes
  std::vector<Assumed> assumed;
};

// Whether a document says that it is of this kind.
bool is_training(const document::Document& document);

// Names of software are those of `table`.
Checked<TrainingScenario> read_training_scenario(const document::Document& document,
                                                 std::string_view text,
                                                 const catalog::Catalog& catalog,
                                                 const catalog::TrainingTable& table);

}  // namespace assay::plan
