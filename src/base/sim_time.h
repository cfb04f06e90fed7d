// sim_time.h — a point in simulated time: whole nanoseconds since the start of a run, so that sums
// are exact and the order of events is total. Spans are Seconds; a span is rounded to the
// nanosecond once, where it is added. Constexpr.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "base/quantity.h"

namespace assay {

// Nearest whole nanosecond, halves away from zero; requires a span of less than 290 years.
constexpr std::int64_t nanoseconds(Seconds span) {
  const double ns = span.base() * 1e9;
  return static_cast<std::int64_t>(ns < 0 ? ns - 0.5 : ns + 0.5);
}

struct SimTime {
  std::int64_t ns{};
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted <=>
  friend constexpr auto operator<=>(SimTime, SimTime) = default;
  friend constexpr SimTime operator+(SimTime t, Seconds span) { return {t.ns + nanoseconds(span)}; }
  friend constexpr Seconds operator-(SimTime a, SimTime b) {
    return Seconds::from_base(static_cast<double>(a.ns - b.ns) * 1e-9);
  }
};

inline constexpr SimTime kNever{std::numeric_limits<std::int64_t>::max()};

}  // namespace assay
