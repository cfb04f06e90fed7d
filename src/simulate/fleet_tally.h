// fleet_tally.h — the requests of a run, added up as they end: latencies, goodput, counts.
// Seconds from arrival; the first `warm_up` requests count nowhere but in the counts.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "simulate/fleet.h"
#include "simulate/latency_record.h"
#include "simulate/request.h"

namespace assay::simulate {

// A latency against the time of arrival, as a line: its slope by least squares. Requests are
// gathered by the binary magnitude of their number, so that the later half of any run is there.
class Growth {
 public:
  void add(std::int64_t number, double time, double latency);
  // Of the last two magnitudes, less two standard errors; at least 0.
  double slope() const;

 private:
  struct Sums {
    double count{}, time{}, time_square{}, latency{}, latency_square{}, product{};
  };
  std::array<Sums, 64> sums_{};
};

class FleetTally {
 public:
  explicit FleetTally(const FleetRun& run) : run_{run} {}

  void arrived(const Request& request);
  void retried() { ++figures_.retried; }
  void ended(const Request& request, Outcome outcome, SimTime now);
  std::int64_t over() const { return over_; }

  // Takes a sample whose token counts are those since the start.
  void sampled(FleetSample sample);

  FleetFigures figures();  // all but the pools' and the gaps between tokens

 private:
  bool is_good(double ttft, double tpot, double end_to_end) const;

  const FleetRun& run_;
  FleetFigures figures_;
  LatencyRecord ttft_, tpot_, end_to_end_;
  std::int64_t over_{}, counted_{}, good_{}, counted_completed_{};
  SimTime first_{kNever}, last_{};
  Growth ttft_growth_, end_to_end_growth_;
  FleetSample before_;  // counts since the start, at the last sample
};

// Of decode iterations. Each sequence counts with the mean yield, its last iteration too.
std::int64_t decoded_tokens(const PoolRecord& record, const EngineLimits& limits);
// The derived figures of a pool from its record.
void complete(PoolFigures& pool, const EngineLimits& limits);
// Gaps between tokens over all pools.
LatencyFigures gaps_of(std::span<const PoolFigures> pools);

}  // namespace assay::simulate
