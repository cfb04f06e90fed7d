#include "model/steady_state.h"

#include <algorithm>

#include "base/assert.h"

namespace assay::model {

// Of B sequences B/output end in an iteration, and as many prompts come in: fewer than one prompt
// an iteration are whole prompts in some of the iterations, more tokens than an engine takes at
// once are spread over several.
Seconds mean_iteration(const StepModel& step, const SteadyLoad& load) {
  ASSAY_ASSERT(load.batch > 0 && load.output >= 1 && load.tokens_max > 0);
  const double iterations = std::max(1.0, load.output / step.tokens_per_iteration());
  const double coming = load.batch / iterations;  // prompts an iteration
  const double rows = load.batch * load.beams;
  const double budget = std::max(load.tokens_max - rows, std::min(load.tokens_max, 1024.0));
  const double tokens = std::min(std::max(1.0, coming) * load.input, budget);  // at once
  const double carrying = coming * load.input / tokens;  // iterations that carry so many
  const Iteration decode{.decode_sequences = rows, .decode_context = load.input + load.output / 2};
  Iteration mixed = decode;
  mixed.prefill_tokens = tokens;
  mixed.prefill_pieces = std::max(1.0, tokens / load.input);
  mixed.prefill_before = tokens < load.input ? (load.input - tokens) / 2 : 0;
  mixed.prefill_ends = tokens / load.input;
  const Seconds with = step.time(mixed);
  if (carrying <= 1) return with * carrying + step.time(decode) * (1 - carrying);
  // More prompt tokens than fit beside the decoding ones: iterations without decoding take them.
  Iteration prompts = mixed;
  prompts.decode_sequences = 0;
  return with + step.time(prompts) * (carrying - 1);
}

double steady_throughput(const StepModel& step, const SteadyLoad& load) {
  const double tokens = std::min(step.tokens_per_iteration(), load.output);
  return load.batch * tokens / mean_iteration(step, load).base();
}

double sequences_in_cache(const MemoryFit& fit, double input, double output, double output_share) {
  const double whole = input + output;
  if (fit.kv_tokens < whole) return fit.kv_tokens / whole;
  // Without a reservation a sequence has written half of its output on average.
  const double held = std::max(output_share, 0.5);
  return std::max(1.0, fit.kv_tokens / (input + held * output));
}

}  // namespace assay::model
