// layout.h — tp, dp, ep and pp of a row → a deployment and how often it stands there.
// Sources use the letters differently: data parallelism may be whole replicas, or attention ranks
// that share the experts, and then may or may not lie within the tensor-parallel ones. Pure.
#pragma once

#include <optional>

#include "evidence/measurement.h"
#include "evidence/resolve.h"
#include "model/deployment.h"

namespace assay::evidence {

// Accelerators that the row is about; nothing where it says neither how many nor a layout.
std::optional<int> accelerator_count(const Measurement& measurement);

// The layout that the row states for `accelerators` of them; nothing where it states none. The
// deployment's formats and engine are those of `base`. `experts`: the model has routed experts.
std::optional<Pool> stated_layout(const Measurement& measurement, int accelerators,
                                  const model::Deployment& base, bool experts);

// One pool of a disaggregated deployment.
Pool worker_pool(const Workers& workers, const model::Deployment& base, bool experts);

}  // namespace assay::evidence
