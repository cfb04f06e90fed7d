// layout_runs.h — simulated runs of layouts, kept while one plan is made: the largest rate that one
// replica holds within the limits, and a whole fleet at the demanded rate.
// A run is made once, however many questions it answers: other limits, another price, another rate.
// The first guess of a search lies on a grid: searches under near limits meet the same rates.
// Deterministic for the same questions in the same order, whatever `jobs` is. Used by one thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "model/hardware.h"
#include "model/step_model.h"
#include "plan/demand_traffic.h"
#include "search/serving_layouts.h"
#include "simulate/find_rate.h"
#include "simulate/fleet.h"

namespace assay::plan {

// A layout on its hardware; both outlive the call, `key` tells it from all others of the plan.
struct LayoutSite {
  const model::Hardware* hardware{};
  const search::Layout* layout{};
  std::string key;
};

// What one replica holds.
struct ReplicaCapacity {
  std::optional<Hertz> rate;  // none: not even a single request at a time keeps within the limits
  std::optional<simulate::LimitReading> binds;  // missed just above it; none: nothing limits it
  double too_long{};                            // share of the requests that its cache never holds
};

class LayoutRuns {
 public:
  struct Inputs {
    const catalog::LanguageModel& model;
    const catalog::EfficiencyTable& efficiency;
    const DemandTraffic& traffic;
    int jobs{1};
  };
  explicit LayoutRuns(const Inputs& inputs) : inputs_{inputs} {}

  // One for each site, which differ. `headroom`: the fleet is asked so much more than the demand.
  std::vector<ReplicaCapacity> capacities(const std::vector<LayoutSite>& sites,
                                          const workload::ServingDemand& demand, double headroom);

  struct FleetSite {
    LayoutSite site;
    int replicas{};
  };
  // One for each; fleets that are equal run once.
  std::vector<simulate::FleetFigures> fleets(const std::vector<FleetSite>& sites,
                                             const workload::ServingDemand& demand);

 private:
  struct Known {
    std::unique_ptr<model::StepModel> step;
    // By the rate that the fleet is asked, and that the replica is asked.
    std::map<std::pair<double, double>, simulate::FleetFigures> runs;
  };
  Known& known_of(const LayoutSite& site, const workload::ServingDemand& demand);
  simulate::Fleet fleet_of(const LayoutSite& site, Known& known, int replicas) const;
  ReplicaCapacity capacity(const LayoutSite& site, Known& known,
                           const workload::ServingDemand& demand, double headroom) const;
  simulate::FleetFigures fleet_run(const FleetSite& site, Known& known,
                                   const workload::ServingDemand& demand) const;

  Inputs inputs_;
  std::map<std::string, Known> known_;
};

// The limits as the simulation checks them.
simulate::RateLimits rate_limits(const workload::ServingDemand& demand);

}  // namespace assay::plan
