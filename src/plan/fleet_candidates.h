// fleet_candidates.h — what a plan may be made of: every offer that passes the filters × every
// layout of its hardware, tested in closed form and costed for a rate that one replica is taken to
// hold.
// What falls out is counted under the first reason that it meets. Pure; deterministic.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "plan/fleet_options.h"
#include "plan/layout_runs.h"

namespace assay::plan {

// One kind of hardware, resolved once however many offers sell it.
struct Platform {
  const catalog::Accelerator* accelerator{};
  const catalog::System* system{};
  int tensor_max{1};
  std::string assumed;
  Result<model::Hardware> hardware{tl::unexpected(Error{})};
  std::vector<search::Layout> layouts;
};

using PlatformKey = std::tuple<std::string, std::string, int>;  // accelerator, system, tensor_max
using Platforms = std::map<PlatformKey, Platform>;

// A layout of an offer. The platform outlives it.
struct Candidate {
  const market::Offer* offer{};
  const Platform* platform{};
  const search::Layout* layout{};
  std::size_t lead{};  // of candidates of one offer the same

  LayoutSite site() const;
  std::string text() const;  // "h200 tp8 fp8"
};

// Those that are not rejected in closed form. Fills `platforms`.
std::vector<Candidate> find_candidates(const Scenario& scenario, const PlanInputs& inputs,
                                       Options& options, Platforms& platforms);

// The fleet that the demand needs if one replica holds `rate`, at least `units_min` units of it, or
// the reason why it falls out. Without latencies.
std::optional<Fleet> cost_fleet(const Scenario& scenario, const PlanInputs& inputs,
                                const Candidate& candidate, Hertz rate, int units_min,
                                Options& options);

void reject(Options& options, Reason reason, double nearness, std::string nearest);

}  // namespace assay::plan
