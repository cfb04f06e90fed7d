// scenario.h — the question: a scenario file bound to typed values, or every error in it.
// One table (scenario_fields.h) names each key, unit, range, default and help text; this binds its
// values.
// Defaults are part of the answer: what a scenario leaves out is listed in `assumed`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/catalog.h"
#include "catalog/format.h"
#include "document/node.h"
#include "plan/scenario_parts.h"
#include "workload/serving.h"
#include "workload/traffic_spec.h"

namespace assay::plan {

struct Scenario {
  std::string file, name;
  std::string model;  // name of the library, or a path made relative to the working folder
  Where model_where;
  workload::ServingDemand demand;  // of a trace: what it says itself comes when it is opened
  workload::TrafficSpec traffic;   // what demand.rate and its lengths are means of
  std::optional<Where> traffic_where;
  std::string engine;
  std::vector<catalog::Format> weights;  // empty: as published
  std::optional<catalog::Format> kv_cache;
  OfferChoice offers;
  std::optional<Usd> budget_per_month;
  std::optional<Watts> power;
  double headroom{};  // share of the rate kept free: 0.2 plans for 120 % of it
  std::uint64_t seed{};
  std::string hash;  // of the scenario's bytes
  std::vector<Assumed> assumed;
};

// Ids and globs are checked against the catalog; the model is loaded later (plan.h).
Checked<Scenario> read_scenario(const document::Document& document, std::string_view text,
                                const catalog::Catalog& catalog);

}  // namespace assay::plan
