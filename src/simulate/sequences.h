// sequences.h — requests that are equal in all that the engine sees, so that it handles thousands
// of them as one: consecutive in the order of arrival, same lengths, same times.
// Tokens are whole numbers held in doubles, so that their sums are exact. Plain values.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace assay::simulate {

struct Sequences {
  std::int64_t first{};  // number of the first request, in the order of arrival
  std::int64_t count{};
  double arrival{};           // s
  double first_token{-1};     // s, when it came; negative: not yet
  double prompt{};            // tokens to compute before the next token: input and, after a
                              // preemption, what was generated before it
  double output{};            // tokens still to come, the one that the prompt yields included
  double output_request{};    // tokens of the whole request
  double reserved{};          // tokens of the KV cache that admission counts for each
  std::int64_t iterations{};  // of decoding, after the prompt
};

// Iterations of decoding after the prompt, which yields the first of `output` tokens.
inline double decode_iterations(double output, double tokens_per_iteration) {
  return std::ceil((output - 1) / tokens_per_iteration);
}

// Tokens that admission counts for one sequence: its prompt and the reserved share of what it will
// write, with what speculation writes beyond its end.
inline double reserved_tokens(double prompt, double output, double output_reserved,
                              double tokens_per_iteration) {
  const double written =
      std::max(output, decode_iterations(output, tokens_per_iteration) * tokens_per_iteration);
  return prompt + std::ceil(output_reserved * written);
}

// Tokens that a decoding sequence has yielded `decoded` iterations after its prompt; at least one
// of its `output` is left.
inline double generated_tokens(double output, double decoded, double tokens_per_iteration) {
  return std::min(1 + std::floor(decoded * tokens_per_iteration), output - 1);
}

// The least number of iterations that take `time` together when the first takes `first` and each
// next `slope` more, up to rounding and at most `count`: the root of n·first + slope·n(n − 1)/2.
inline std::int64_t iterations_until(double time, double first, double slope, std::int64_t count) {
  const double linear = first - slope / 2;
  const double root = std::sqrt(std::max(0.0, linear * linear + 2 * slope * time));
  const double n = std::ceil(2 * time / (linear + root));
  return n < static_cast<double>(count) ? std::max<std::int64_t>(1, static_cast<std::int64_t>(n))
                                        : count;
}

}  // namespace assay::simulate
