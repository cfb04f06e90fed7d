#include "simulate/fleet.h"

#include "simulate/fleet_run.h"
#include "simulate/stepwise_replica.h"

namespace assay::simulate {

FleetFigures run_fleet(const Fleet& fleet, const FleetRun& run) {
  std::vector<const model::StepModel*> steps;
  for (const FleetPool& pool : fleet.pools) steps.push_back(pool.step);
  if (run.every_iteration) {
    using Stepwise = StepwiseReplica<model::StepModel>;
    return FleetRunner<Stepwise, model::StepModel>{fleet, steps, run}.run();
  }
  return FleetRunner<Replica<model::StepModel>, model::StepModel>{fleet, steps, run}.run();
}

}  // namespace assay::simulate
