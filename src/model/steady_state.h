// steady_state.h — a replica that always has enough to do, in closed form: the mean iteration of
// continuous batching, in which every sequence decodes and as many prompts come in as leave.
// No queue and no percentile: those are the simulator's. Equations: docs/models.md, "Serving,
// steady state". Pure.
#pragma once

#include "base/quantity.h"
#include "model/memory_fit.h"
#include "model/step_model.h"

namespace assay::model {

// Mean time between two tokens of `batch` sequences of `input` and `output` tokens each, with the
// prompts that take the place of those that end. batch > 0, output >= 1.
struct SteadyLoad {
  double batch{};
  double input{}, output{};  // tokens
  double tokens_max{};       // of one iteration
  double beams{1};           // rows that one sequence decodes in: of a beam search
};
Seconds mean_iteration(const StepModel& step, const SteadyLoad& load);

// Output tokens a second of one replica at that batch.
double steady_throughput(const StepModel& step, const SteadyLoad& load);

// Sequences that the cache holds at once when a request keeps room for its prompt and this share
// of its output; at least 1 if one whole request fits, else less.
double sequences_in_cache(const MemoryFit& fit, double input, double output, double output_share);

}  // namespace assay::model
