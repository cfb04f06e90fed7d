// simulate_bench.h — a simulated run as `vllm bench serve` reports a measured one: the block that
// it prints, and the JSON that it saves, with the same keys. What a simulation does not have (date,
// tokenizer, peaks within a second) is left out. docs/simulate.md lists the keys. Computes nothing.
#pragma once

#include <string>

#include "plan/simulation_answer.h"

namespace assay::present {

std::string bench_text(const plan::Simulation& simulation, const plan::SimulationAnswer& answer);
std::string bench_json(const plan::Simulation& simulation, const plan::SimulationAnswer& answer);

}  // namespace assay::present
