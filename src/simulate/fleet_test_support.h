// fleet_test_support.h — for tests: fleets and traffic to add up by hand; runs that keep the
// results. Times in nanoseconds. A run that was not stopped is checked for what always holds:
// each request ends once, and the figures are the sums of the results.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "simulate/fleet_run.h"
#include "simulate/simulate_test_support.h"
#include "simulate/stepwise_replica.h"

namespace assay::simulate {

// 1000 an iteration and 10 a prompt token.
inline constexpr ToyStep kPlainStep{.iteration = 1000,
                                    .prompt_token = 10,
                                    .token_before = 0,
                                    .piece = 0,
                                    .end = 0,
                                    .sequence = 0,
                                    .token_of_context = 0};

constexpr Seconds ns(double nanoseconds) { return Seconds::from_base(nanoseconds * 1e-9); }
constexpr Seconds us(double microseconds) { return ns(1000 * microseconds); }

inline EngineLimits roomy_limits() {
  return {.tokens_max = 4096, .sequences_max = 64, .kv_blocks = 10'000, .block_tokens = 4};
}

inline FleetPool pool_of(std::int32_t replicas, const EngineLimits& limits = roomy_limits()) {
  FleetPool pool;
  pool.limits = limits;
  pool.replicas = replicas;
  return pool;
}

inline Fleet fleet_of(std::int32_t replicas, const EngineLimits& limits = roomy_limits()) {
  Fleet fleet;
  fleet.pools = {pool_of(replicas, limits)};
  return fleet;
}

using Traffic = std::vector<workload::TrafficRequest>;

inline workload::TrafficRequest ask(std::int64_t at, std::int32_t input, std::int32_t output) {
  return {.arrival = {at}, .input_tokens = input, .output_tokens = output, .prefix = {}};
}

// Poisson arrivals, each with lengths of its own.
inline Traffic poisson(std::size_t count, double mean_gap_ns, std::uint64_t seed, auto&& lengths) {
  const RandomStream gaps{seed, 1};
  Traffic traffic;
  double at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    at += mean_gap_ns * gaps.exponential(i);
    traffic.push_back(lengths(i));
    traffic.back().arrival = {static_cast<std::int64_t>(at)};
  }
  return traffic;
}

struct Watched {
  FleetFigures figures;
  std::vector<RequestResult> results;  // by number
};

inline void expect_conserved(const Watched& run, std::size_t requests, std::int64_t warm_up) {
  const FleetFigures& f = run.figures;
  EXPECT_EQ(run.results.size(), requests);
  EXPECT_EQ(f.arrived, static_cast<std::int64_t>(requests));
  std::array<std::int64_t, 4> outcomes{};
  std::int64_t input = 0, output = 0, cached = 0, attempts = 0;
  for (std::size_t i = 0; i < run.results.size(); ++i) {
    const RequestResult& r = run.results[i];
    ASSERT_EQ(r.number, static_cast<std::int64_t>(i)) << "a request ends once";
    ++outcomes[static_cast<std::size_t>(r.outcome)];
    attempts += r.attempts;
    if (r.outcome != Outcome::kCompleted) continue;
    ASSERT_LE(r.arrival, r.submitted);
    ASSERT_LE(r.submitted, r.last_token);
    ASSERT_LE(r.first_token, r.last_token);
    if (r.number < warm_up) continue;
    input += r.input;
    output += r.output;
    cached += r.cached_tokens;
  }
  EXPECT_EQ(f.completed, outcomes[static_cast<std::size_t>(Outcome::kCompleted)]);
  EXPECT_EQ(f.too_long, outcomes[static_cast<std::size_t>(Outcome::kTooLong)]);
  EXPECT_EQ(f.timed_out, outcomes[static_cast<std::size_t>(Outcome::kTimedOut)]);
  EXPECT_EQ(f.lost, outcomes[static_cast<std::size_t>(Outcome::kLost)]);
  EXPECT_EQ(f.arrived, f.completed + f.too_long + f.timed_out + f.lost);
  EXPECT_EQ(f.retried, attempts);
  EXPECT_EQ(f.input_tokens, input);
  EXPECT_EQ(f.output_tokens, output);
  EXPECT_EQ(f.cached_tokens, cached);
}

template <template <class> class ReplicaType, class Step>
Watched watch_with(const Fleet& fleet, FleetRun run, const Traffic& traffic, const Step& step) {
  Watched watched;
  std::size_t sent = 0;
  run.next = [&](workload::TrafficRequest& request) {
    if (sent == traffic.size()) return false;
    request = traffic[sent++];
    return true;
  };
  run.on_result = [&](const RequestResult& result) { watched.results.push_back(result); };
  const std::vector<const Step*> steps(fleet.pools.size(), &step);
  watched.figures = FleetRunner<ReplicaType<Step>, Step>{fleet, steps, run}.run();
  std::sort(watched.results.begin(), watched.results.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  if (!watched.figures.stopped) expect_conserved(watched, traffic.size(), run.warm_up);
  return watched;
}

inline Watched watch(const Fleet& fleet, const Traffic& traffic, const FleetRun& run = {},
                     const ToyStep& step = kPlainStep) {
  return watch_with<Replica>(fleet, run, traffic, step);
}

}  // namespace assay::simulate
