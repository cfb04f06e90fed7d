// simulation_run.h — a simulated fleet, from the question to the answer: traffic opened, fleet set
// up, run once or at several rates, figures with intervals, power, cost.
// Deterministic: the same bytes for any number of jobs. Single runs use one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/error.h"
#include "catalog/catalog.h"
#include "plan/simulation.h"
#include "plan/simulation_answer.h"
#include "plan/simulation_fleet.h"
#include "plan/simulation_requests.h"

namespace assay::plan {

// Everything that can be wrong is found out here, before anything runs.
struct PreparedSimulation {
  MixedTraffic traffic;
  AskedTraffic asked;
  std::unique_ptr<PreparedFleet> fleet;
};
Checked<PreparedSimulation> prepare_simulation(const Simulation& simulation,
                                               const catalog::Catalog& catalog);

// What the caller sees of a run while it goes on.
struct SimulationView {
  simulate::Timeline* timeline{};
  std::function<void(const simulate::RequestResult&)> on_result;
  // Of a single run: the requests that are over, and of how many where that is known. False: stop
  // here.
  std::function<bool(std::int64_t over, std::optional<std::int64_t> of, SimTime now)> progress;
  // Of a search for a rate: a run is over, the so-manyth. From one thread at a time.
  std::function<void(int runs, double rate)> tried;
  // Of a search for a rate, asked now and then, by several threads: stop here.
  std::function<bool()> stop;
  int jobs{1};  // of a search for a rate
};

// Error kIo: a trace broke off while it was read.
Result<SimulationAnswer> run_simulation(const Simulation& simulation, PreparedSimulation& prepared,
                                        const SimulationView& view);

}  // namespace assay::plan
