// trainable.h — whether a training layout can run at all: what must divide divides, the links
// reach, the hardware multiplies in that format. Nothing about memory (training_memory). Pure.
#pragma once

#include <string>

#include "base/error.h"
#include "model/training_job.h"
#include "model/training_subject.h"

namespace assay::model {

// Of kind kInfeasible; the error names what binds.
Result<bool> trainable(const TrainingSubject& subject, const TrainingLayout& layout);

// Why the hardware does not run the job's format, in whatever layout; empty: it does. Without it no
// pass has a time.
std::string format_obstacle(const TrainingSubject& subject);

}  // namespace assay::model
