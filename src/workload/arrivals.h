// arrivals.h — the times at which synthetic requests come (traffic_spec.h says which processes).
// Nothing is stored for a request; time is kept in whole nanoseconds and a fraction, so that a long
// run loses nothing. A function of process, rate and seed. Used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "base/random.h"
#include "base/sim_time.h"
#include "workload/traffic_spec.h"

namespace assay::workload {

inline constexpr std::int64_t kTimeMaxNs = 100LL * 365 * 86'400 * 1'000'000'000;

// What is wrong with the process or its rate; none: Arrivals can be made of them.
Errors check_arrivals(const ArrivalProcess& process, Hertz rate);

class Arrivals {
 public:
  // Requires that check_arrivals finds nothing.
  Arrivals(const ArrivalProcess& process, Hertz rate, std::uint64_t seed);

  // Of requests 0, 1, 2, …; never falls; kTimeMaxNs from 100 years on.
  SimTime next();

 private:
  void advance(double seconds);
  double on_off_gap();
  double profile_gap();

  enum class Kind : unsigned char { kEqual, kGamma, kOnOff, kProfile, kAtOnce };
  Kind kind_{Kind::kGamma};
  RandomStream gaps_, phases_;
  double rate_{}, mean_gap_{}, burstiness_{1};
  // On-off: mean lengths of the phases, what is left of this one, how many were drawn.
  double on_mean_{}, off_mean_{}, on_left_{};
  bool phases_equal_{};
  std::uint64_t phase_{};
  // Profile: requests expected in each of equal steps, and where in the period it stands.
  std::vector<double> step_requests_;
  double step_seconds_{}, period_requests_{}, in_step_{};  // in_step_: share of it that has passed
  std::size_t step_{};

  std::uint64_t number_{};
  std::int64_t ns_{};
  double fraction_ns_{};
};

}  // namespace assay::workload
