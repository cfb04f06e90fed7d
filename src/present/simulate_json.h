// simulate_json.h — a simulated fleet as "assay.simulate/1": keys with their units, listed in
// docs/serving-json.md; it may only grow. Computes no figure.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "plan/simulation_answer.h"

namespace assay::present {

std::string simulate_json(const catalog::Catalog& catalog, const plan::Simulation& simulation,
                          const plan::SimulationAnswer& answer);

}  // namespace assay::present
