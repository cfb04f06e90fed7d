#include "plan/layout_runs.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/parallel.h"

namespace assay::plan {

namespace {

using simulate::FleetFigures;
using simulate::RateMetric;
using workload::NextRequest;
using workload::ServingDemand;
using workload::Statistic;

// Of the rate that one replica holds; a fleet is made of whole units.
constexpr double kTolerance = 0.02;
// Arrivals bunch, so that limits bind below what the closed form allows. On a grid of steps.
constexpr double kGuess = 0.85, kStep = 1.25;
// Beyond the closed form by so much nothing is simulated: it is a miss.
constexpr double kBeyond = 1.15;
// Requests of a run of one replica: a mean needs fewer than a percentile; so many times those that
// are in flight.
constexpr double kForMean = 800, kForPercentile = 1600, kMost = 4000, kTurns = 12;
// Of a whole fleet, and for each of its replicas.
constexpr double kFleetLeast = 3000, kFleetMost = 20'000, kEach = 100;
// The first of drawn requests meet an empty fleet; they are not counted.
constexpr double kWarmUp = 0.1;
// Phases with and without requests that a run goes through, as long as that is not more requests.
constexpr double kCycles = 10, kOfCyclesMost = 60'000;
// A replica sees at least so many of a trace; else it is run with its neighbours.
constexpr double kOfTraceLeast = 400;
constexpr int kNeighboursMax = 64;

bool has_percentile(const ServingDemand& demand) {
  const auto is = [](const std::optional<workload::LatencyLimit>& limit) {
    return limit && limit->statistic != Statistic::kMean;
  };
  return is(demand.ttft) || is(demand.tpot);
}

// Requests that a replica has in flight when it is nearly full (Little).
double in_flight(const search::Layout& layout, const ServingDemand& demand) {
  const Seconds life = *layout.ttft_alone + *layout.tpot_alone * (2 * demand.output_tokens);
  return std::clamp(layout.rate_max * life, 1.0, layout.batch_max);
}

NextRequest first_of(NextRequest requests, std::int64_t most) {
  return [requests = std::move(requests), left = most](workload::TrafficRequest& r) mutable {
    return left-- > 0 && requests(r);
  };
}

// Only figures of latencies and counts are asked again.
FleetFigures without_pools(FleetFigures figures) {
  figures.pools.clear();
  figures.samples.clear();
  return figures;
}

// Requests at a rate over some cycles.
double of_cycles(const DemandTraffic& traffic, double rate) {
  return std::min(kCycles * rate * traffic.cycle.base(), kOfCyclesMost);
}

// A run of which nothing ended.
FleetFigures hopeless() {
  FleetFigures figures;
  figures.arrived = 1;
  return figures;
}

simulate::FleetRun run_of(NextRequest requests, double count, const DemandTraffic& traffic) {
  simulate::FleetRun run;
  const auto most = static_cast<std::int64_t>(count);
  run.next = first_of(std::move(requests), std::min(most, traffic.requests_max));
  if (!traffic.traced) run.warm_up = static_cast<std::int64_t>(kWarmUp * count);
  return run;
}

}  // namespace

simulate::RateLimits rate_limits(const ServingDemand& demand) {
  simulate::RateLimits limits;
  if (demand.ttft) limits.latencies.push_back({RateMetric::kTtft, *demand.ttft});
  if (demand.tpot) limits.latencies.push_back({RateMetric::kTpot, *demand.tpot});
  return limits;
}

LayoutRuns::Known& LayoutRuns::known_of(const LayoutSite& site, const ServingDemand& demand) {
  return known_[fmt::format("{} {:a} {:a}", site.key, demand.input_tokens, demand.output_tokens)];
}

simulate::Fleet LayoutRuns::fleet_of(const LayoutSite& site, Known& known, int replicas) const {
  const model::Deployment& deployment = site.layout->deployment;
  if (!known.step) {
    known.step = std::make_unique<model::StepModel>(inputs_.model, *site.hardware, deployment,
                                                    inputs_.efficiency);
  }
  simulate::FleetPool pool;
  pool.step = known.step.get();
  pool.limits = site.layout->limits;
  pool.replicas = replicas;
  simulate::Fleet fleet;
  fleet.pools = {pool};
  fleet.routing = simulate::Routing::kLeastOutstanding;
  fleet.front_end = inputs_.efficiency.engine(deployment.engine).per_request;
  fleet.seed = inputs_.traffic.seed;
  return fleet;
}

ReplicaCapacity LayoutRuns::capacity(const LayoutSite& site, Known& known,
                                     const ServingDemand& demand, double headroom) const {
  const search::Layout& layout = *site.layout;
  const DemandTraffic& traffic = inputs_.traffic;
  const double bound = layout.rate_max.base();
  const double offered = demand.rate.base() * (1 + headroom);
  const double guess = std::pow(kStep, std::round(std::log(kGuess * bound) / std::log(kStep)));
  int together = 1;
  if (traffic.traced) {
    const double seen = static_cast<double>(traffic.requests_max) * guess / offered;
    together =
        static_cast<int>(std::clamp(std::ceil(kOfTraceLeast / seen), 1.0, 1.0 * kNeighboursMax));
  }
  const simulate::Fleet fleet = fleet_of(site, known, together);
  const double least = has_percentile(demand) ? kForPercentile : kForMean;
  double count = std::clamp(kTurns * in_flight(layout, demand), least, kMost);
  if (!traffic.scales) count = kMost * together;
  count = std::max(count, of_cycles(traffic, bound));
  const auto run = [&](double rate) {
    if (rate > bound * kBeyond) return hopeless();
    const auto [place, added] =
        known.runs.try_emplace({traffic.scales ? 0 : offered, rate}, FleetFigures{});
    if (!added) return place->second;
    const simulate::FleetRun asked =
        run_of(traffic.part(demand, offered, rate * together), count, traffic);
    place->second = without_pools(simulate::run_fleet(fleet, asked));
    return place->second;
  };
  const simulate::FoundRate found =
      simulate::find_rate(run, rate_limits(demand), guess, kTolerance, 1);
  ReplicaCapacity capacity;
  if (found.rate) capacity.rate = Hertz::from_base(*found.rate);
  const auto worst =
      std::max_element(found.binds.begin(), found.binds.end(),
                       [](const simulate::LimitReading& a, const simulate::LimitReading& b) {
                         return a.strain < b.strain;
                       });
  if (worst != found.binds.end()) capacity.binds = *worst;
  return capacity;
}

std::vector<ReplicaCapacity> LayoutRuns::capacities(const std::vector<LayoutSite>& sites,
                                                    const ServingDemand& demand, double headroom) {
  std::vector<Known*> known;
  for (const LayoutSite& site : sites) known.push_back(&known_of(site, demand));
  std::vector<ReplicaCapacity> out(sites.size());
  parallel_for(sites.size(), inputs_.jobs,
               [&](std::size_t i) { out[i] = capacity(sites[i], *known[i], demand, headroom); });
  return out;
}

simulate::FleetFigures LayoutRuns::fleet_run(const FleetSite& site, Known& known,
                                             const ServingDemand& demand) const {
  const double flying = in_flight(*site.site.layout, demand);
  double count = std::clamp(site.replicas * std::max(kEach, 4 * flying), kFleetLeast, kFleetMost);
  if (inputs_.traffic.traced) count = static_cast<double>(inputs_.traffic.requests_max);
  count = std::max(count, of_cycles(inputs_.traffic, demand.rate.base()));
  simulate::FleetRun run = run_of(inputs_.traffic.all(demand), count, inputs_.traffic);
  if (demand.ttft) run.goals.ttft = demand.ttft->at_most;
  if (demand.tpot) run.goals.tpot = demand.tpot->at_most;
  return simulate::run_fleet(fleet_of(site.site, known, site.replicas), run);
}

std::vector<simulate::FleetFigures> LayoutRuns::fleets(const std::vector<FleetSite>& sites,
                                                       const ServingDemand& demand) {
  std::map<std::pair<std::string, int>, std::size_t> first;
  std::vector<std::size_t> distinct, of(sites.size());
  for (std::size_t i = 0; i < sites.size(); ++i) {
    ASSAY_ASSERT(sites[i].replicas > 0);
    const auto [place, added] =
        first.try_emplace({sites[i].site.key, sites[i].replicas}, distinct.size());
    if (added) distinct.push_back(i);
    of[i] = place->second;
  }
  // One of a key after the other builds its step: that is not for two threads.
  for (const std::size_t i : distinct) {
    Known& known = known_of(sites[i].site, demand);
    fleet_of(sites[i].site, known, sites[i].replicas);
  }
  std::vector<simulate::FleetFigures> runs(distinct.size());
  parallel_for(distinct.size(), inputs_.jobs, [&](std::size_t i) {
    const FleetSite& site = sites[distinct[i]];
    const auto at = known_.find(
        fmt::format("{} {:a} {:a}", site.site.key, demand.input_tokens, demand.output_tokens));
    runs[i] = fleet_run(site, at->second, demand);
  });
  std::vector<simulate::FleetFigures> out;
  for (const std::size_t i : of) out.push_back(runs[i]);
  return out;
}

}  // namespace assay::plan
