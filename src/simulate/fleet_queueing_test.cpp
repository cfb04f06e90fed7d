// A fleet against queueing theory: waits of M/D/1, M/M/1 and M/M/c, and Little's law.
// Sources: Kleinrock, Queueing Systems I (1975), sections 3 and 5; Little, Operations Research 9
// (1961).
#include "simulate/fleet.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "simulate/fleet_test_support.h"

namespace assay::simulate {
namespace {

// Nothing but an iteration and tokens of the prompt.
constexpr ToyStep step_of(double iteration_ns, double prompt_token_ns) {
  return {.iteration = iteration_ns,
          .prompt_token = prompt_token_ns,
          .token_before = 0,
          .piece = 0,
          .end = 0,
          .sequence = 0,
          .token_of_context = 0};
}

EngineLimits places(std::int32_t sequences) {
  return {.tokens_max = 1 << 30,
          .sequences_max = sequences,
          .kv_blocks = std::int64_t{1} << 40,
          .block_tokens = 1 << 20};
}

constexpr double kService = 1e6;  // ns, mean

double mean_wait(const Watched& run, auto&& service) {
  double sum = 0;
  for (const RequestResult& r : run.results) {
    sum += static_cast<double>(r.last_token.ns - r.arrival.ns) - service(r);
  }
  return sum / static_cast<double>(run.results.size());
}

// Mean wait and utilisation of one server that serves in the order of arrival.
double pollaczek_khinchine(double rate, double service, double service_squared) {
  return rate * service_squared / (2 * (1 - rate * service));
}

// Lindley's recursion: when each leaves.
std::vector<std::int64_t> departures(const Traffic& traffic, auto&& service) {
  std::vector<std::int64_t> left;
  std::int64_t free = 0;
  for (const auto& request : traffic) {
    free = std::max(free, request.arrival.ns) + service(request);
    left.push_back(free);
  }
  return left;
}

TEST(FleetQueueing, WaitsAsAnMD1Queue) {
  struct Case {
    double load;
    std::size_t requests;
  };
  for (const Case& c : {Case{0.3, 15'000}, Case{0.6, 30'000}, Case{0.85, 60'000}}) {
    const Traffic traffic =
        poisson(c.requests, kService / c.load, 2, [](std::size_t) { return ask(0, 1, 1); });
    const Watched run = watch(fleet_of(1, places(1)), traffic, {}, step_of(kService, 0));
    const auto left = departures(traffic, [](const auto&) { return std::int64_t{1'000'000}; });
    for (std::size_t i = 0; i < left.size(); ++i) {
      ASSERT_EQ(run.results[i].last_token.ns, left[i]) << i;
    }
    const double wait = mean_wait(run, [](const auto&) { return kService; });
    const double expected = c.load * kService / (2 * (1 - c.load));
    EXPECT_NEAR(wait / expected, 1, 0.04) << c.load;
    EXPECT_NEAR(run.figures.pools[0].utilisation / c.load, 1, 0.02);
  }
}

// Exponential service as the length of a prompt, 1000 tokens in the mean.
Traffic exponential_prompts(std::size_t count, double mean_gap, std::uint64_t seed) {
  const RandomStream lengths{seed, 2};
  return poisson(count, mean_gap, seed, [&](std::size_t i) {
    return ask(0, 1 + static_cast<std::int32_t>(lengths.exponential(i) * 1000), 1);
  });
}

constexpr ToyStep kPromptStep = step_of(0, kService / 1000);
constexpr double kMeanPrompt = 1000.5 * kService / 1000;
double prompt_time(const RequestResult& r) { return r.input * kService / 1000; }

TEST(FleetQueueing, WaitsAsAnMM1Queue) {
  constexpr double kLoad = 0.6;
  const Traffic traffic = exponential_prompts(40'000, kMeanPrompt / kLoad, 1);
  const Watched run = watch(fleet_of(1, places(1)), traffic, {}, kPromptStep);
  const auto left = departures(
      traffic, [](const auto& r) { return static_cast<std::int64_t>(r.input_tokens) * 1000; });
  for (std::size_t i = 0; i < left.size(); ++i) {
    ASSERT_EQ(run.results[i].last_token.ns, left[i]) << i;
  }
  EXPECT_NEAR(mean_wait(run, prompt_time) / (kLoad * kMeanPrompt / (1 - kLoad)), 1, 0.04);
}

// Probability that all of `servers` are busy.
double erlang_c(int servers, double offered) {
  double blocked = 1;  // Erlang B
  for (int c = 1; c <= servers; ++c) blocked = offered * blocked / (c + offered * blocked);
  const double load = offered / servers;
  return blocked / (1 - load + load * blocked);
}

double mmc_wait(int servers, double rate, double service) {
  return erlang_c(servers, rate * service) * service / (servers - rate * service);
}

// Places of one batch are the servers of a central queue: iterations take the same time however
// many decode, and answers are exponential, hundreds of iterations long.
TEST(FleetQueueing, WaitsForAPlaceInABatchAsAnMMcQueue) {
  ASSERT_NEAR(erlang_c(2, 1), 1.0 / 3, 1e-12);
  constexpr int kServers = 4;
  constexpr double kIteration = 1000, kTokens = 500, kLoad = 0.75;
  const RandomStream lengths{1, 2};
  const Traffic traffic =
      poisson(40'000, kIteration * (kTokens + 0.5) / (kServers * kLoad), 1, [&](std::size_t i) {
        return ask(0, 1, 1 + static_cast<std::int32_t>(lengths.exponential(i) * kTokens));
      });
  const Watched run = watch(fleet_of(1, places(kServers)), traffic, {}, step_of(kIteration, 0));
  // Half an iteration more until the next one begins.
  const double wait =
      mean_wait(run, [](const RequestResult& r) { return (r.output + 0.5) * kIteration; });
  const double service = (kTokens + 0.5) * kIteration;
  EXPECT_NEAR(wait / mmc_wait(kServers, kServers * kLoad / service, service), 1, 0.05);
}

TEST(FleetQueueing, JoiningTheShortestQueueLiesBetweenOneQueueAndRandomOnes) {
  constexpr int kServers = 4;
  constexpr double kLoad = 0.7, kRate = kServers * kLoad / kMeanPrompt;
  const Traffic traffic = exponential_prompts(30'000, 1 / kRate, 3);
  const auto wait = [&](Routing routing) {
    Fleet fleet = fleet_of(kServers, places(1));
    fleet.routing = routing;
    return mean_wait(watch(fleet, traffic, {}, kPromptStep), prompt_time);
  };
  const double random = wait(Routing::kRandom), two = wait(Routing::kPowerOfTwo);
  const double shortest = wait(Routing::kLeastOutstanding), round = wait(Routing::kRoundRobin);
  const double alone =
      pollaczek_khinchine(kRate / kServers, kMeanPrompt, 2 * kMeanPrompt * kMeanPrompt);
  EXPECT_NEAR(random / alone, 1, 0.06);  // a random share of Poisson arrivals is Poisson
  EXPECT_LT(mmc_wait(kServers, kRate, kMeanPrompt), shortest);
  EXPECT_LT(shortest, two);
  EXPECT_LT(two, random);
  EXPECT_LT(shortest, round);
  EXPECT_LT(round, random);  // more regular than Poisson
}

// All times are whole microseconds, and so are the samples: each shows what was there since the
// one before.
TEST(FleetQueueing, HoldsLittlesLawToTheNanosecond) {
  const RandomStream draws{5, 3};
  Traffic traffic = poisson(400, 9000, 5, [&](std::size_t i) {
    return ask(0, 100 * (1 + static_cast<std::int32_t>(draws.uniform(2 * i) * 5)),
               1 + static_cast<std::int32_t>(draws.uniform(2 * i + 1) * 40));
  });
  for (auto& request : traffic) request.arrival.ns -= request.arrival.ns % 1000;
  EngineLimits limits = roomy_limits();
  limits.sequences_max = 2;
  Fleet fleet = fleet_of(2, limits);
  fleet.routing = Routing::kLeastOutstanding;
  FleetRun sampled;
  sampled.sample_every = us(1);
  const Watched run = watch(fleet, traffic, sampled);
  std::int64_t area = 0, sojourns = 0;
  for (const FleetSample& s : run.figures.samples) area += 1000 * (s.running + s.waiting);
  for (const RequestResult& r : run.results) sojourns += r.last_token.ns - r.arrival.ns;
  EXPECT_EQ(area, sojourns);
}

}  // namespace
}  // namespace assay::simulate
