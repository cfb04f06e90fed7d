// interval.h — a value, the interval it is expected to lie in, and the coverage that this claims.
// No figure of a model leaves without one, however wide it may be.
// Multiplicative: a half-width q on |log(measured/predicted)| gives value·exp(±q).
#pragma once

#include <cmath>

#include "base/assert.h"

namespace assay {

inline constexpr double kCoverage = 0.90;  // the coverage that every printed interval claims

template <class Q>
struct Estimate {
  Q value{};
  Q low{};
  Q high{};
};

// value·exp(±half_width); value >= 0; half_width >= 0 is a log-ratio (0.3 is about ±35 %).
template <class Q>
Estimate<Q> estimate(Q value, double half_width) {
  ASSAY_ASSERT(half_width >= 0 && value >= Q{});
  return {value, value * std::exp(-half_width), value * std::exp(half_width)};
}

// The probability that a ratio is above one, of which the logarithm is normal around `log_ratio`
// with kCoverage of it within ±half_width.
inline double probability_above_one(double log_ratio, double half_width) {
  ASSAY_ASSERT(half_width > 0);
  constexpr double kDeviations = 1.6448536269514722;  // of a normal, to either side: 90 %
  return 0.5 * std::erfc(-log_ratio * kDeviations / half_width / std::sqrt(2.0));
}

}  // namespace assay
