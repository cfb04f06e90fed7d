// fleet_options.h — one pass of the planner: every offer × layout tested against every constraint,
// survivors costed.
// make_plan runs it once for the question and again for each relaxation and sensitivity. Pure;
// deterministic.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace assay::plan {

inline constexpr std::size_t kReasonCount = 14;

struct Tally {
  int count{};
  double nearness{};  // of the nearest candidate: limit / reached, below 1; 0: none has a figure
  std::string nearest;
};

struct Options {
  std::vector<Fleet> fleets;  // best of each offer, cheapest first
  int candidates{};
  int feasible{};
  std::array<Tally, kReasonCount> rejected;
};

Options find_fleets(const Scenario& scenario, const PlanInputs& inputs);

// The order of the ranking: cost, then TPOT, then TTFT, then the offer's id.
bool cheaper(const Fleet& a, const Fleet& b);

}  // namespace assay::plan
