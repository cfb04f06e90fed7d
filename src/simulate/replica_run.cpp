#include "simulate/replica_run.h"

#include "simulate/replica_engine.h"

namespace assay::simulate {

ReplicaFigures run_replica(const model::StepModel& step, const EngineLimits& limits,
                           const ReplicaLoad& load) {
  return run_replica_with(step, limits, load);
}

}  // namespace assay::simulate
