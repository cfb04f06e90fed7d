// training_interval.h — how far a predicted step time may be off: the tier that the question is of,
// and the half-width that published measurements gave this tier (data/training.yaml).
// "seen": software and accelerator family occur in the fit; "unseen": one of them does not. A model
// is "dense" or "moe": what has experts or layers with a state counts with the latter, as in the
// fit. The only place where these intervals are looked up. Pure.
#pragma once

#include <string>

#include "base/interval.h"
#include "model/training_subject.h"

namespace assay::search {

struct StepInterval {
  std::string tier;     // "seen dense"
  double half_width{};  // kCoverage of |log(measured/predicted)|
  std::string origin;   // how it was obtained
};

// A tier without measurements gets the widest of the others, at least a factor of two, and says so.
StepInterval step_interval(const model::TrainingSubject& subject);

// A figure of a step with its interval: a time, or a rate.
Estimate<double> step_estimate(double value, const StepInterval& interval);

}  // namespace assay::search
