// simulate_files.h — the files that `assay simulate` writes on demand: the timeline of the replicas
// as Trace Event JSON (Perfetto, chrome://tracing), the state over time and the requests as CSV.
// Deterministic. Formats: docs/simulate.md.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "plan/simulation_answer.h"
#include "simulate/fleet.h"

namespace assay::present {

// "pool 1, replica 3": of each replica of the fleet, in the order of their numbers.
std::vector<std::string> replica_names(const plan::Simulation& simulation,
                                       std::span<const plan::SimulatedPool> pools);

void write_timeline(std::ostream& out, const simulate::Timeline& timeline,
                    std::span<const std::string> replicas);

void write_series(std::ostream& out, std::span<const simulate::FleetSample> samples);

void write_requests_title(std::ostream& out);
void write_request(std::ostream& out, const simulate::RequestResult& request);

}  // namespace assay::present
