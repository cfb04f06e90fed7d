// simulation_fleet.h — the pools that were asked for → the fleet that runs: models and hardware
// resolved, layouts and formats chosen where they were left open, limits of the engines, links
// between prompts and decoding. Owns what simulate::Fleet points to. Deterministic.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "catalog/power_curve.h"
#include "model/step_model.h"
#include "plan/simulation.h"
#include "plan/simulation_answer.h"
#include "simulate/fleet.h"

namespace assay::plan {

struct PreparedFleet {
  std::vector<catalog::LanguageModel> models;  // as Simulation::models
  catalog::EfficiencyTable efficiency;
  catalog::PowerTable power;
  std::deque<model::StepModel> steps;  // of each pool
  std::vector<SimulatedPool> pools;    // without power and cost
  simulate::Fleet fleet;
  double capacity{};  // requests/s, roughly: every replica full

  search::ServingTables tables() const { return {efficiency, power}; }
  const catalog::LanguageModel& model_of(std::size_t pool) const {
    return models[static_cast<std::size_t>(fleet.pools[pool].model)];
  }
  // Accelerators: all that stand in servers of the same kind.
  search::ServingSubject subject(std::size_t pool) const;
};

// Every error: models, engines, layouts that do not run, memory that does not hold a request.
Checked<std::unique_ptr<PreparedFleet>> prepare_fleet(const Simulation& simulation,
                                                      const AskedTraffic& traffic,
                                                      const catalog::Catalog& catalog);

}  // namespace assay::plan
