// demand_traffic.h — the requests that a plan is asked for: drawn from distributions, or a trace;
// all of them for a fleet, and what comes to some of its replicas.
// A replica of several sees each request with the same chance: of a burst its part, and Poisson
// arrivals stay Poisson. Lengths are scaled to the means of the demand, which may be moved.
// Deterministic; may be used by several threads at once.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/quantity.h"
#include "workload/open_traffic.h"
#include "workload/serving.h"
#include "workload/traffic_spec.h"

namespace assay::plan {

struct DemandTraffic {
  workload::Traffic traffic;
  double input_mean{1}, output_mean{1};  // of its own requests
  bool traced{};
  bool scales{};                // what comes to a part of the fleet is the same process at its rate
  Seconds cycle;                // of phases with and without requests, mean; zero: there are none
  double slack{1};              // prompts that share their beginning may be so many times as cheap
  std::int64_t requests_max{};  // that a run takes of it
  std::uint64_t seed{};
  std::string description;  // empty: equal lengths, Poisson arrivals

  // The fleet's, at the demanded rate.
  workload::NextRequest all(const workload::ServingDemand& demand) const;
  // Of a fleet that is asked `offered`, those that come to replicas which are asked `rate` of it.
  workload::NextRequest part(const workload::ServingDemand& demand, double offered,
                             double rate) const;
};

// Opens the traffic. What a trace says itself goes into the demand: mean lengths, and the rate
// where none was said.
Checked<DemandTraffic> open_demand(const workload::TrafficSpec& spec,
                                   workload::ServingDemand& demand);

// Poisson arrivals of requests that are all as long as the mean.
workload::TrafficSpec plain_traffic(const workload::ServingDemand& demand, std::uint64_t seed);

}  // namespace assay::plan
