// training_power.h — what a board draws while it trains: from the operations and bytes of one step
// and the share of the step in which it waits. Equation and constants: power.h, data/power.yaml.
// Published checks: node power of MLPerf Training (docs/models.md, "Training run").
// Pure; thread-safe.
#pragma once

#include <optional>

#include "base/quantity.h"
#include "catalog/power_curve.h"
#include "model/hardware.h"
#include "model/power.h"
#include "model/training_job.h"
#include "model/training_step.h"

namespace assay::model {

// Of one step on one rank, with all that is computed again.
struct TrainingWork {
  Flops layers;   // products in the job's format
  Flops sixteen;  // in 16 bits whatever the format: attention's core, the output table
  Bytes bytes;    // to and from memory
};

// The dense rate of the format; where the hardware lacks it, that of 16 bits.
FlopsPerSecond training_peak(const Hardware& hardware, TrainingFormat format);

// Shares of the peaks over the step. Overhead: the bubble, the host, and what is not hidden of
// communication and offloading.
BoardUse training_use(const StepTime& time, const TrainingWork& work, const Hardware& hardware,
                      TrainingFormat format);

// Of one board; nothing where the catalog does not know its limit.
std::optional<Watts> training_power(const StepTime& time, const TrainingWork& work,
                                    const Hardware& hardware, TrainingFormat format,
                                    const catalog::PowerTable& table);

}  // namespace assay::model
