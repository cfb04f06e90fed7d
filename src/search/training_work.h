// training_work.h — operations and bytes of one step on one rank, with all that is computed again:
// what the power of its board follows from (model/training_power.h).
// Means over the pipeline's ranks. Operations, bytes as doubles. Pure.
#pragma once

#include "model/training_step.h"

namespace assay::search {

struct StepWork {
  double layers{};   // products in the job's format
  double sixteen{};  // in 16 bits whatever the format: attention's core, adapters, the output table
  double bytes{};    // through memory: element-wise kernels, and weights once a product
};

StepWork step_work(const model::TrainingSubject& subject, const model::TrainingPass& pass,
                   const model::TrainingLayout& layout);

}  // namespace assay::search
