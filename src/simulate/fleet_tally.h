// fleet_tally.h — the requests of a run, added up as they end: latencies, goodput, counts.
// Seconds from arrival; the first `warm_up` requests count nowhere but in the counts.
#pragma once

#include <cstdint>
#include <span>

#include "simulate/fleet.h"
#include "simulate/latency_record.h"
#include "simulate/request.h"

namespace assay::simulate {

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
  FleetSample before_;  // counts since the start, at the last sample
};

// The derived figures of a pool from its record.
void complete(PoolFigures& pool, const EngineLimits& limits);
// Gaps between tokens over all pools.
LatencyFigures gaps_of(std::span<const PoolFigures> pools);

}  // namespace assay::simulate
