// admission.h — what the limits mean for a sequence that asks to run: the tokens that count for it,
// the places there are, and what it asks for when it comes back after a preemption.
// Plain functions; thread-safe. Semantics: docs/models.md, "Serving, simulated".
#pragma once

#include <algorithm>
#include <cstdint>

#include "simulate/replica_run.h"
#include "simulate/request_source.h"
#include "simulate/sequences.h"

namespace assay::simulate {

// With speculation tokens are fractions, whose sums round; a tie must not hang on that.
inline constexpr double kTokenSlack = 1e-6;

// A decoding sequence takes a token of an iteration's budget, so there can be no more of them.
std::int64_t sequences_max(const EngineLimits& limits);

// Asserts that the longest request can run alone, and that the limits are limits.
void check_limits(const EngineLimits& limits, const RequestLengths& lengths);

// `count` sequences, from request `first` on, as they ask for admission.
inline Sequences asking(Sequences sequences, const EngineLimits& limits) {
  const double tokens = limits.tokens_per_iteration;
  sequences.reserved =
      reserved_tokens(sequences.prompt, sequences.output, limits.output_reserved, tokens);
  sequences.iterations = static_cast<std::int64_t>(decode_iterations(sequences.output, tokens));
  return sequences;
}

// The next requests of the source.
inline Sequences asking(const RequestSource& source, const EngineLimits& limits) {
  return asking({.first = source.number(),
                 .count = source.count(),
                 .arrival = source.arrival(),
                 .prompt = source.input(),
                 .output = source.output(),
                 .output_request = source.output()},
                limits);
}

// Preempted after `decoded` iterations: all that was there must be computed again, and yields the
// next token.
inline Sequences asking_again(Sequences sequences, std::int64_t decoded,
                              const EngineLimits& limits) {
  const double generated =
      generated_tokens(sequences.output, static_cast<double>(decoded), limits.tokens_per_iteration);
  sequences.prompt += generated;
  sequences.output -= generated;
  return asking(sequences, limits);
}

}  // namespace assay::simulate
