// simulation.h — a simulated fleet as it was asked for: pools of replicas, what routes to them, the
// traffic, the goals. A file or the options of `assay simulate`, bound to typed values, or every
// error in them. One table (simulation_fields.h) names each key, unit, range, default and help
// text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/catalog.h"
#include "document/node.h"
#include "search/choose_deployment.h"
#include "simulate/find_rate.h"
#include "simulate/fleet.h"
#include "simulate/replica_limits.h"
#include "workload/traffic_spec.h"

namespace assay::plan {

struct PoolSpec {
  std::string name;         // "pool 1" if it has none
  std::string model;        // id, or a path made relative to the working folder
  std::string accelerator;  // "h200:8"
  std::optional<Where> model_where, accelerator_where, engine_where;
  simulate::Role role{};
  std::optional<int> replicas;  // nothing: as many as the accelerators hold
  double weight{1};
  search::DeploymentWish wish;
  simulate::EngineSettings settings;
  std::optional<simulate::Autoscaling> autoscaling;
  simulate::Failures failures;
  std::optional<BytesPerSecond> transfer_bandwidth;  // nothing: that of its link
  Seconds transfer_latency;
  std::optional<UsdPerSecond> price;  // of an accelerator
};

// Requests of one model.
struct TrafficPart {
  workload::TrafficSpec spec;
  std::optional<std::int32_t> model;  // index of Simulation::models; nothing: as the trace says
  std::optional<Where> where;         // of errors that have no place of their own
};

struct Simulation {
  std::string file, name;
  std::vector<PoolSpec> pools;
  std::vector<std::string> models;  // of the pools, each once, in their order
  simulate::Routing routing{simulate::Routing::kLeastOutstanding};
  bool routing_said{};
  std::optional<Seconds> front_end;  // nothing: the engine's
  Seconds timeout, retry_delay;      // zero: none
  std::int32_t retries{};
  std::vector<TrafficPart> traffic;
  std::int64_t concurrency{};  // > 0: a closed loop
  std::int64_t warm_up{};
  simulate::LatencyGoals each;                // of a request: goodput
  double share{0.99};                         // of requests that must keep within them
  std::vector<simulate::LatencyBound> goals;  // of all requests together
  std::optional<Seconds> sample_every;
  bool every_iteration{};
  bool find_rate{};  // the traffic's rates only say how they relate to each other
  std::uint64_t seed{1};
  std::string hash;                  // of what was asked
  std::vector<std::string> assumed;  // what was not said, a line each
};

// Accelerators, engines and models are checked by name; traces are opened later (simulation_run.h).
Checked<Simulation> read_simulation(const document::Document& document, std::string_view text,
                                    const catalog::Catalog& catalog);

}  // namespace assay::plan
