// simulation_answer.h — what a simulated fleet did: its pools as they were set up, the figures of
// the run with intervals, power, cost, and what was assumed on the way. Plain values; base units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/quantity.h"
#include "catalog/system.h"
#include "model/hardware.h"
#include "plan/simulation.h"
#include "search/choose_deployment.h"
#include "search/run_power.h"
#include "search/serving_interval.h"
#include "simulate/find_rate.h"
#include "simulate/fleet.h"
#include "simulate/replica_limits.h"
#include "workload/trace_report.h"

namespace assay::plan {

// A limit of the engine and where it is from.
struct LimitSource {
  std::string name, value, source;  // "max_num_seqs", "1024", "vllm's default"
};

struct SimulatedPool {
  std::string name, model;  // the latter: id
  model::Hardware hardware;
  const catalog::System* system{};  // of the catalog that was asked
  search::ChosenDeployment chosen;  // replicas at the start
  simulate::Role role{};
  simulate::ReplicaLimits limits;
  std::vector<LimitSource> sources;
  std::optional<BytesPerSecond> transfer_bandwidth;  // of an accelerator; only Role::kPrefill
  search::PoolPower power;
  std::optional<UsdPerSecond> price;  // of an accelerator
  std::optional<Usd> cost;            // of the run

  int accelerators() const { return chosen.replicas * chosen.deployment.accelerators(); }
};

// The requests as they were asked.
struct AskedTraffic {
  std::string description;
  workload::TraceReport report;
  bool traced{};  // the report is of traces
  double input_mean{}, output_mean{};
  std::int32_t input_max{}, output_max{};  // of the requests that were looked at
  std::int64_t looked_at{};
  std::optional<double> rate;  // requests/s
};

struct SimulationAnswer {
  std::vector<SimulatedPool> pools;
  AskedTraffic traffic;
  simulate::FleetFigures figures;  // of the run, or at the rate that was found
  std::optional<simulate::FoundRate> found;
  std::optional<simulate::RateRun> goals;          // where goals were said
  search::ServingFigure ttft, tpot, tokens_per_s;  // means with their intervals
  std::optional<search::ServingFigure> energy;     // J, all boards; none: unknown of a pool
  std::optional<search::ServingFigure> joules_per_token;
  std::optional<Usd> cost;  // of the run
  std::optional<UsdPerSecond> cost_rate;
  std::optional<double> usd_per_million_tokens;  // of output
  std::vector<std::string> assumed, notes, provenance;
};

}  // namespace assay::plan
