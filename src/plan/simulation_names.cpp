#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "catalog/efficiency.h"
#include "catalog/model_library.h"
#include "plan/simulation_binding.h"

namespace assay::plan {

namespace {

void check_engine(const catalog::EfficiencyTable& table, const PoolSpec& pool, Errors& errors) {
  if (table.engines.empty() || table.knows_engine(pool.wish.engine)) return;
  std::vector<std::string> known;
  for (const catalog::EngineOverhead& engine : table.engines) {
    if (engine.engine != "unknown") known.push_back(engine.engine);
  }
  errors.push_back({.what = fmt::format("unknown engine '{}'", excerpt(pool.wish.engine)),
                    .expected = one_of(known),
                    .near = nearest(pool.wish.engine, known, 1),
                    .where = pool.engine_where});
}

}  // namespace

void check_names(const Simulation& simulation, Errors& errors) {
  const auto efficiency = catalog::load_efficiency();
  for (std::size_t i = 0; i < simulation.pools.size(); ++i) {
    const PoolSpec& pool = simulation.pools[i];
    if (efficiency) check_engine(*efficiency, pool, errors);
    const bool again = i > 0 && simulation.pools[i - 1].model == pool.model;
    if (pool.model.empty() || again) continue;
    const auto model = catalog::load_model(pool.model);
    if (model) continue;
    for (Error error : model.error()) {
      if (!error.where) error.where = pool.model_where;
      errors.push_back(std::move(error));
    }
  }
}

}  // namespace assay::plan
