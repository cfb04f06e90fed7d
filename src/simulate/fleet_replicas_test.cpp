// Replicas of a fleet: prompts and decoding apart, replicas that follow the load, fail and are
// repaired; and a whole fleet against itself, iteration by iteration.
#include "simulate/fleet.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "model/model_test_support.h"
#include "simulate/fleet_test_support.h"

namespace assay::simulate {
namespace {

// A prompt of 100 tokens takes 2 µs, each token after it 1 µs.
constexpr CacheTransfer kTransfer{.latency = us(5), .per_token = ns(7)};

Fleet apart(std::int32_t prefilling, std::int32_t decoding) {
  Fleet fleet;
  fleet.pools = {pool_of(prefilling), pool_of(decoding)};
  fleet.pools[0].role = Role::kPrefill;
  fleet.pools[0].transfer = kTransfer;
  fleet.pools[1].role = Role::kDecode;
  return fleet;
}

TEST(FleetApart, AddsUpOneRequest) {
  const Watched run = watch(apart(1, 1), {ask(0, 100, 3), ask(50'000, 100, 1)});
  EXPECT_EQ(run.results[0].first_token.ns, 2000 + 700 + 5000);
  EXPECT_EQ(run.results[0].last_token.ns, 7700 + 2000);
  EXPECT_EQ(run.results[0].replica, 1);
  EXPECT_EQ(run.results[1].last_token.ns, 52'000);  // there is nothing to send
  EXPECT_EQ(run.results[1].replica, 0);
}

TEST(FleetApart, SendsOneCacheAfterTheOther) {
  const Watched run = watch(apart(1, 2), {ask(0, 100, 3), ask(0, 200, 3), ask(4500, 100, 3)});
  EXPECT_EQ(run.results[0].first_token.ns, 4000 + 700 + 5000);
  EXPECT_EQ(run.results[1].first_token.ns, 4000 + 700 + 1400 + 5000);
  EXPECT_EQ(run.results[2].first_token.ns, 6500 + 700 + 5000);  // the link is free at 6100
  const Watched two = watch(apart(2, 1), {ask(0, 100, 3), ask(0, 100, 3)});
  EXPECT_EQ(two.results[0].first_token.ns, two.results[1].first_token.ns);  // a link each
}

TEST(FleetApart, ShowsWhatIsSentOnTheTimeline) {
  Timeline timeline{.from = {}, .slices_max = 100, .slices = {}, .transfers = {}};
  FleetRun run;
  run.timeline = &timeline;
  watch(apart(1, 1), {ask(0, 100, 3)}, run);
  ASSERT_EQ(timeline.transfers.size(), 1U);
  EXPECT_EQ(timeline.transfers[0].from.ns, 2000);
  EXPECT_EQ(timeline.transfers[0].until.ns, 7700);
  EXPECT_EQ(timeline.transfers[0].sender, 0);
  EXPECT_EQ(timeline.transfers[0].receiver, 1);
}

TEST(FleetApart, HoldsThePromptUntilItIsSent) {
  Fleet fleet = apart(1, 1);
  fleet.pools[0].limits.kv_blocks = 30;  // for one prompt of 25
  const Watched run = watch(fleet, {ask(0, 100, 3), ask(0, 100, 3)});
  EXPECT_EQ(run.results[0].first_token.ns, 7700);
  EXPECT_EQ(run.results[1].first_token.ns, 7700 + 7700);
}

TEST(FleetApart, ComputesAPromptOnce) {
  Traffic traffic = poisson(200, 3000, 1, [](std::size_t i) {
    return ask(0, 10 + static_cast<std::int32_t>(i), 2 + static_cast<std::int32_t>(i % 20));
  });
  const Watched run = watch(apart(2, 2), traffic);
  EXPECT_EQ(run.figures.pools[0].record.prompt_tokens, run.figures.input_tokens);
  EXPECT_EQ(run.figures.pools[0].record.decode_sequences, 0);
  EXPECT_EQ(run.figures.pools[1].record.prompt_tokens, 0);
  EXPECT_EQ(run.figures.pools[1].record.decode_sequences, run.figures.output_tokens - 200);
}

TEST(FleetApart, MovesTheBottleneckWithTheReplicas) {
  constexpr ToyStep kStep{.iteration = 1000,
                          .prompt_token = 10,
                          .token_before = 0,
                          .piece = 0,
                          .end = 0,
                          .sequence = 1000,
                          .token_of_context = 0};
  const auto figures = [&](std::int32_t prefilling, std::int32_t decoding, std::int32_t input,
                           std::int32_t output) {
    const Traffic traffic =
        poisson(200, 6000, 2, [&](std::size_t) { return ask(0, input, output); });
    return watch(apart(prefilling, decoding), traffic, {}, kStep).figures;
  };
  EXPECT_GT(figures(1, 3, 1000, 4).ttft.mean, 5 * figures(3, 1, 1000, 4).ttft.mean);
  EXPECT_GT(figures(3, 1, 50, 40).tpot.mean, 2 * figures(1, 3, 50, 40).tpot.mean);
}

TEST(FleetApart, KeepsCountOfWhatThePromptFoundCached) {
  Fleet fleet = apart(1, 1);
  fleet.pools[0].limits.prefix_caching = true;
  auto request = ask(0, 100, 3);
  request.prefix = {1, 2};
  request.prefix_block_tokens = 64;
  Traffic traffic{request, request};
  traffic[1].arrival = {50'000};
  const Watched run = watch(fleet, traffic);
  EXPECT_EQ(run.results[0].cached_tokens, 0);
  EXPECT_EQ(run.results[1].cached_tokens, 96);
  EXPECT_EQ(run.results[1].first_token.ns, 50'000 + 1040 + 700 + 5000);
}

TEST(FleetApart, LetsGoOfWhatTimesOutOnItsWay) {
  Fleet fleet = apart(1, 1);
  fleet.timeout = us(4);
  const Watched run = watch(fleet, {ask(0, 100, 3), ask(20'000, 100, 1)});
  EXPECT_EQ(run.results[0].outcome, Outcome::kTimedOut);
  EXPECT_EQ(run.results[1].outcome, Outcome::kCompleted);
}

// When a replica fails, from its beginning or its last repair.
std::int64_t failure_ns(const Fleet& fleet, std::size_t replica, std::uint64_t failures) {
  const RandomStream draws{fleet.seed, 0x6661696c + replica};
  return nanoseconds(fleet.pools[0].failures.mean_time_between * draws.exponential(failures));
}

Fleet failing(std::int32_t replicas) {
  Fleet fleet = fleet_of(replicas);
  fleet.pools[0].failures = {.mean_time_between = us(200), .repair = us(50)};
  return fleet;
}

// The same, with a seed whose second failure comes late.
Fleet failing_once() {
  Fleet fleet = failing(1);
  while (failure_ns(fleet, 0, 0) < 50'000 || failure_ns(fleet, 0, 1) < 300'000) ++fleet.seed;
  return fleet;
}

TEST(FleetFailures, ComeAsDrawn) {
  Fleet fleet = failing(1);
  fleet.retries = 1000;
  Traffic traffic = poisson(1000, 10'000, 1, [](std::size_t) { return ask(0, 100, 5); });
  const Watched run = watch(fleet, traffic);
  std::int64_t at = failure_ns(fleet, 0, 0), failures = 0, end = 0;
  for (const RequestResult& r : run.results) end = std::max(end, r.last_token.ns);
  while (at <= end) {
    ++failures;
    at += 50'000 + failure_ns(fleet, 0, static_cast<std::uint64_t>(failures));
  }
  EXPECT_EQ(run.figures.pools[0].failures, failures);
  EXPECT_NEAR(static_cast<double>(failures) * 250e-6 / run.figures.seconds, 1, 0.4);
  EXPECT_EQ(run.figures.lost, 0);
}

// 36 times this mean is more nanoseconds than 64 bits hold.
TEST(FleetFailures, MayBeExpectedLaterThanAnyTime) {
  Fleet fleet = fleet_of(64);
  fleet.pools[0].failures = {.mean_time_between = Seconds::from_base(3.2e9), .repair = us(50)};
  const Watched run = watch(fleet, Traffic(64, ask(0, 100, 5)));
  EXPECT_EQ(run.figures.pools[0].failures, 0);
  EXPECT_EQ(run.figures.completed, 64);
}

TEST(FleetFailures, LoseWhatRunsAndSendItAgain) {
  Fleet fleet = failing_once();
  const std::int64_t down = failure_ns(fleet, 0, 0);
  const Traffic traffic{ask(down - 10'000, 100, 500), ask(down + 1000, 100, 1)};
  const Watched lost = watch(fleet, traffic);
  EXPECT_EQ(lost.results[0].outcome, Outcome::kLost);
  EXPECT_EQ(lost.results[0].first_token, kNever);
  // Nobody is there: it waits for the repair.
  EXPECT_EQ(lost.results[1].submitted.ns, down + 50'000);
  EXPECT_EQ(lost.results[1].last_token.ns, down + 52'000);
  fleet.retries = 1;
  fleet.retry_delay = us(60);
  const Watched again = watch(fleet, {ask(down - 30'000, 100, 10), ask(down - 1500, 100, 2)});
  EXPECT_EQ(again.results[0].outcome, Outcome::kCompleted);
  EXPECT_EQ(again.results[0].first_token.ns, down - 28'000);
  EXPECT_EQ(again.results[1].attempts, 1);
  EXPECT_EQ(again.results[1].first_token.ns, down + 62'000);
  EXPECT_NEAR(again.figures.ttft.max, 63.5e-6, 1e-12);  // since it first came
}

TEST(FleetFailures, TimeOutsHoldWhileNobodyIsThere) {
  Fleet fleet = failing_once();
  fleet.timeout = us(20);
  const std::int64_t down = failure_ns(fleet, 0, 0);
  const Watched run = watch(fleet, {ask(down + 1000, 100, 1), ask(down + 40'000, 100, 1)});
  EXPECT_EQ(run.results[0].outcome, Outcome::kTimedOut);
  EXPECT_EQ(run.results[1].last_token.ns, down + 52'000);
}

TEST(FleetFailures, LosePromptsThatAreNotSentYet) {
  Fleet fleet = apart(2, 1);
  fleet.pools[0].failures = failing(1).pools[0].failures;
  fleet.seed = failing_once().seed;
  const std::int64_t down = std::min(failure_ns(fleet, 0, 0), failure_ns(fleet, 1, 0));
  const std::int32_t first = down == failure_ns(fleet, 0, 0) ? 0 : 1;
  Traffic traffic(2, ask(down - 4000, 100, 3));  // one for each; neither is sent in time
  const Watched run = watch(fleet, traffic);
  for (const RequestResult& r : run.results) {
    EXPECT_EQ(r.outcome, r.number == first ? Outcome::kLost : Outcome::kCompleted);
  }
  // The next one does not wait for a link that has nothing to send.
  fleet.pools[0].replicas = 1;
  fleet.pools[0].transfer.per_token = us(3);
  const std::int64_t alone = failure_ns(fleet, 0, 0);
  const Watched next = watch(fleet, {ask(alone - 4000, 100, 3), ask(alone + 1000, 10, 3)});
  EXPECT_EQ(next.results[1].first_token.ns, alone + 50'000 + 1100 + 30'000 + 5000);
}

EngineLimits one_place() {
  EngineLimits limits = roomy_limits();
  limits.sequences_max = 1;
  return limits;
}

// 100 µs alone.
workload::TrafficRequest hundred(std::int64_t at) { return ask(at, 100, 99); }

Fleet scaling(std::int32_t replicas, const Autoscaling& rule) {
  Fleet fleet = fleet_of(replicas, one_place());
  fleet.routing = Routing::kLeastOutstanding;
  fleet.pools[0].autoscaling = rule;
  return fleet;
}

constexpr Autoscaling kRule{.replicas_min = 1,
                            .replicas_max = 3,
                            .outstanding = 2,
                            .interval = us(10),
                            .provisioning = us(25),
                            .cooldown = us(30)};

TEST(FleetScaling, FollowsAStepInLoad) {
  // All six wait at the one replica that is there: they end one by one until 600 µs. The others are
  // wanted from the look at 10 µs on, one of them until 210 µs and one until 410 µs.
  const Watched run = watch(scaling(1, kRule), Traffic(6, hundred(0)));
  const PoolFigures& pool = run.figures.pools[0];
  EXPECT_EQ(pool.replicas_most, 3);
  EXPECT_NEAR(pool.replica_seconds, 600e-6 + 400e-6 + 200e-6, 1e-12);
  EXPECT_NEAR(pool.replicas_mean, 2, 1e-9);
  EXPECT_NEAR(pool.utilisation, 0.5, 1e-9);
}

TEST(FleetScaling, UsesAReplicaWhenItIsReady) {
  Traffic traffic(6, hundred(0));
  traffic.push_back(ask(34'999, 100, 1));
  traffic.push_back(ask(35'000, 100, 1));
  const Watched run = watch(scaling(1, kRule), traffic);
  EXPECT_EQ(run.results[6].replica, 0);
  EXPECT_EQ(run.results[7].replica, 1);
  EXPECT_EQ(run.results[7].last_token.ns, 37'000);
}

TEST(FleetScaling, StaysWithinItsLimits) {
  Autoscaling rule = kRule;
  rule.replicas_min = 2;
  rule.provisioning = us(3);
  rule.cooldown = {};
  const Traffic traffic = poisson(300, 40'000, 5, [](std::size_t i) {
    auto request = hundred(0);
    if (i / 100 == 1) request.output_tokens = 1;  // between two crowds
    return request;
  });
  FleetRun run;
  run.sample_every = us(5);
  const Watched watched = watch(scaling(2, rule), traffic, run);
  std::int64_t least = 100, most = 0;
  for (const FleetSample& s : watched.figures.samples) {
    least = std::min(least, s.replicas);
    most = std::max(most, s.replicas);
  }
  EXPECT_EQ(least, 2);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(watched.figures.pools[0].replicas_most, 3);
}

// Two more are on their way when the load goes: those that are there stay until they come.
TEST(FleetScaling, KeepsItsFewestReady) {
  Autoscaling rule = kRule;
  rule.replicas_min = 2;
  rule.replicas_max = 4;
  rule.outstanding = 1;
  rule.cooldown = {};
  Traffic traffic(6, ask(0, 100, 5));  // 18 µs at two replicas
  traffic.push_back(ask(100'000, 100, 1));
  FleetRun run;
  run.sample_every = us(6);
  const FleetFigures f = watch(scaling(2, rule), traffic, run).figures;
  for (const FleetSample& s : f.samples) {
    EXPECT_EQ(s.replicas, s.at.ns > 35'000 && s.at.ns < 40'000 ? 4 : 2) << s.at.ns;
  }
  EXPECT_NEAR(f.pools[0].replica_seconds, 2 * 102e-6 + 2 * 30e-6, 1e-12);
}

TEST(FleetScaling, LetsAReplicaFinishBeforeItGoes) {
  Autoscaling rule = kRule;
  rule.outstanding = 4;
  rule.cooldown = {};
  Fleet fleet = scaling(2, rule);
  fleet.routing = Routing::kRoundRobin;
  const Watched run = watch(fleet, {hundred(0), hundred(0), hundred(20'000), hundred(20'000)});
  EXPECT_EQ(run.results[1].replica, 1);
  EXPECT_EQ(run.results[1].last_token.ns, 100'000);
  EXPECT_EQ(run.results[2].replica, 0);
  EXPECT_EQ(run.results[3].replica, 0);
  EXPECT_NEAR(run.figures.pools[0].replica_seconds, 300e-6 + 100e-6, 1e-12);
}

// One that drains is asked to stay when somebody comes whom nobody else can take.
TEST(FleetScaling, GoesOnWithAReplicaThatDrains) {
  Autoscaling rule = kRule;
  rule.replicas_min = 0;
  rule.replicas_max = 1;
  rule.outstanding = 4;
  rule.cooldown = us(1);
  Fleet fleet = scaling(1, rule);
  const Watched alone = watch(fleet, {ask(55'000, 100, 1)});  // it has gone at 10 µs
  EXPECT_EQ(alone.results[0].last_token.ns, 60'000 + 25'000 + 2000);
  EXPECT_NEAR(alone.figures.pools[0].replica_seconds, 10e-6 + 27e-6, 1e-12);
  Fleet two;
  two.pools = {pool_of(2, one_place())};
  two.pools[0].autoscaling = rule;
  two.pools[0].failures = {.mean_time_between = us(200), .repair = us(300)};
  two.retries = 9;
  // The first one fails while the second one drains: it takes what the first one had.
  two.seed = 0;
  std::int64_t first = 0, second = 0;
  do {
    ++two.seed;
    first = failure_ns(two, 0, 0);
    second = failure_ns(two, 1, 0);
  } while (first < 30'000 || first > 60'000 || second < 400'000);
  const Watched run = watch(two, {hundred(0), hundred(0)});
  EXPECT_EQ(run.results[0].attempts, 1);
  const std::int64_t look = (first / 10'000 + 1) * 10'000;
  EXPECT_EQ(run.results[0].submitted.ns, look);
  EXPECT_EQ(run.results[0].replica, 1);
  EXPECT_EQ(run.results[0].last_token.ns, 200'000);
}

TEST(FleetScaling, DoesNotBringBackWhatFailedAsItDrained) {
  Autoscaling rule = kRule;
  rule.outstanding = 4;
  rule.cooldown = {};
  Fleet fleet = scaling(2, rule);
  fleet.pools[0].failures = {.mean_time_between = us(200), .repair = us(5)};
  std::int64_t first = 0, second = 0;
  do {
    ++fleet.seed;
    first = failure_ns(fleet, 0, 0);
    second = failure_ns(fleet, 1, 0);
  } while (first < 400'000 || second < 31'000 || second > 34'000);
  const Watched run = watch(fleet, {ask(0, 100, 150), hundred(0)});
  EXPECT_EQ(run.figures.lost, 1);
  EXPECT_NEAR(run.figures.pools[0].replica_seconds, 151e-6 + static_cast<double>(second) * 1e-9,
              1e-12);
}

// Means and percentiles of a fleet of a model, its iterations one by one and in stretches.
TEST(FleetRun, EqualsTheOneThatLooksAtEachIteration) {
  const model::StepModel step{model::test::llama_8b(), model::test::hgx_h100(),
                              model::test::deployment(1, catalog::Format::kBf16),
                              model::test::ideal()};
  Fleet fleet = apart(2, 3);
  for (FleetPool& pool : fleet.pools) {
    pool.step = &step;
    pool.limits = {.tokens_max = 2048, .sequences_max = 64, .kv_blocks = 2000};
    pool.failures = {.mean_time_between = Seconds::from_base(20), .repair = Seconds::from_base(1)};
  }
  fleet.pools[0].transfer = {.latency = us(100), .per_token = us(1)};
  fleet.routing = Routing::kLeastOutstanding;
  fleet.retries = 5;
  const RandomStream lengths{1, 9};
  const Traffic traffic = poisson(400, 50e6, 1, [&](std::size_t i) {
    return ask(0, 200 + static_cast<std::int32_t>(lengths.uniform(2 * i) * 2000),
               1 + static_cast<std::int32_t>(lengths.uniform(2 * i + 1) * 300));
  });
  const auto figures = [&](bool every) {
    std::size_t sent = 0;
    FleetRun run;
    run.every_iteration = every;
    run.next = [&](workload::TrafficRequest& request) {
      if (sent == traffic.size()) return false;
      request = traffic[sent++];
      return true;
    };
    return run_fleet(fleet, run);
  };
  const FleetFigures fast = figures(false), plain = figures(true);
  EXPECT_EQ(fast.completed, 400);
  EXPECT_EQ(plain.completed, fast.completed);
  EXPECT_EQ(plain.retried, fast.retried);
  EXPECT_GT(fast.retried, 0);
  const auto equal = [](const LatencyFigures& a, const LatencyFigures& b) {
    EXPECT_NEAR(a.mean / b.mean, 1, 1e-3);
    EXPECT_NEAR(a.p50 / b.p50, 1, 1e-3);
    EXPECT_NEAR(a.p99 / b.p99, 1, 1e-3);
  };
  equal(fast.ttft, plain.ttft);
  equal(fast.tpot, plain.tpot);
  equal(fast.end_to_end, plain.end_to_end);
}

// 30 tokens behind the first of each, 1.5 an iteration.
TEST(FleetRun, CountsDecodedTokensUnderSpeculation) {
  EngineLimits limits = roomy_limits();
  limits.draft_tokens = 1;
  limits.tokens_per_iteration = 1.5;
  FleetRun run;
  run.sample_every = us(23);  // behind the end of the first two, at 22
  const Traffic traffic{ask(0, 100, 31), ask(0, 100, 31), ask(0, 100, 51)};
  const FleetFigures f = watch(fleet_of(3, limits), traffic, run).figures;
  EXPECT_EQ(f.pools[0].record.decode_sequences, 20 + 20 + 34);
  EXPECT_EQ(f.pools[0].decoded_tokens, 30 + 30 + 51);  // the last iteration yields one too many
  ASSERT_EQ(f.samples.size(), 1u);
  EXPECT_EQ(f.samples[0].decoded_tokens, 30 + 30);
}

}  // namespace
}  // namespace assay::simulate
