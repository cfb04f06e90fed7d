// training_fit.h — why a training layout does not fit into memory, and the smallest changes that
// make it fit. Time and memory of a layout come from the caller (predict_step, or a search's cache
// of passes). Deterministic order; a handful of steps a call. Bytes. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "model/training_job.h"
#include "model/training_step.h"

namespace assay::model {

// "does not fit: 12.3 GB short of 80 GB: optimizer 30 GB, activations 25.1 GB, …", largest first;
// empty where it fits.
std::string training_shortage(const TrainingMemory& memory, Bytes usable);

// The step of a layout, or why it cannot run: predict_step() with its subject.
using StepOfLayout = std::function<Result<TrainingStep>(const TrainingLayout&)>;

struct TrainingFix {
  std::string change;  // "selective recompute", "tp8", "zero1", "16 accelerators"
  TrainingLayout layout;
  TrainingStep step;
};

// Each way to change one thing of `layout`, as little as fits: more sharding, recompute, tensor or
// pipeline parallelism for data parallelism, a smaller micro-batch, the host's memory, twice the
// accelerators. Only what runs and fits; least step time first, then in the order above. Layouts
// of more accelerators come last, whatever their time.
std::vector<TrainingFix> nearest_fixes(const TrainingLayout& layout, const StepOfLayout& step_of);

}  // namespace assay::model
