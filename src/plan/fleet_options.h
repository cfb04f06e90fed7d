// fleet_options.h — one pass of the planner: every offer × layout tested against every constraint,
// the survivors costed and ranked.
// The closed form prunes and says how cheap a candidate could be at best. The cheapest of these are
// simulated, one after the other: what a replica holds within the limits, hence how many, hence
// what it costs; until those that are ranked are cheaper than any other could be. A fleet that is
// ranked ran as a whole at the demanded rate.
// make_plan runs it once for the question and again for each relaxation and sensitivity.
// Deterministic.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "plan/layout_runs.h"
#include "plan/plan.h"

namespace assay::plan {

inline constexpr std::size_t kReasonCount = 15;

struct Tally {
  int count{};
  double nearness{};  // of the nearest candidate: limit / reached, below 1; 0: none has a figure
  std::string nearest;
};

struct Options {
  std::vector<Fleet> fleets;  // best of each offer, cheapest first
  int candidates{};
  int feasible{};   // as far as is known: not all of them were simulated
  int simulated{};  // layouts of one hardware
  int unranked{};   // offers that could only be dearer than those of `fleets`; not simulated
  std::array<Tally, kReasonCount> rejected;
};

enum class Depth : unsigned char {
  kCheapest,  // one fleet, from what its replicas hold; it did not run as a whole
  kRanking,
};
Options find_fleets(const Scenario& scenario, const PlanInputs& inputs, LayoutRuns& runs,
                    Depth depth);

// The order of the ranking: cost, then TPOT, then TTFT, then the offer's id.
bool cheaper(const Fleet& a, const Fleet& b);

}  // namespace assay::plan
