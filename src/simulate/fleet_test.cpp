// Requests through a fleet: what is conserved whatever happens, routing, time-outs, closed loops,
// and what is counted. Replicas that come and go: fleet_replicas_test.cpp.
#include "simulate/fleet.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "simulate/fleet_test_support.h"

namespace assay::simulate {
namespace {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : draws_{seed, 7} {}
  std::int32_t between(std::int32_t low, std::int32_t high) {
    return low + static_cast<std::int32_t>(draws_.uniform(next_++) * (high - low + 1));
  }
  bool sometimes() { return between(0, 2) == 0; }

 private:
  RandomStream draws_;
  std::uint64_t next_{};
};

EngineLimits drawn_limits(Draws& draw) {
  EngineLimits limits;
  limits.batching = static_cast<Batching>(draw.between(0, 2));
  limits.tokens_max = draw.between(24, 200);
  limits.sequences_max = draw.between(1, 8);
  limits.kv_blocks = draw.between(28, 90);
  limits.block_tokens = 4;
  limits.prefix_caching = draw.sometimes();
  limits.schedules_ahead = draw.sometimes();
  limits.by_priority = draw.sometimes();
  limits.output_reserved = draw.between(0, 2) / 2.0;
  return limits;
}

FleetPool drawn_pool(Draws& draw, Role role, std::int32_t model) {
  FleetPool pool = pool_of(draw.between(1, 4), drawn_limits(draw));
  pool.role = role;
  pool.model = model;
  pool.weight = draw.between(1, 3);
  pool.transfer = {.latency = us(draw.between(0, 4)), .per_token = ns(draw.between(0, 60))};
  if (draw.sometimes()) {
    pool.autoscaling = Autoscaling{.replicas_min = draw.between(0, 1),
                                   .replicas_max = draw.between(1, 4),
                                   .outstanding = static_cast<double>(draw.between(1, 5)),
                                   .interval = us(draw.between(3, 20)),
                                   .provisioning = us(draw.between(0, 50)),
                                   .cooldown = us(draw.between(0, 40))};
  }
  if (draw.sometimes()) {
    pool.failures = {.mean_time_between = us(draw.between(60, 400)),
                     .repair = us(draw.between(0, 80))};
  }
  return pool;
}

struct Drawn {
  Fleet fleet;
  FleetRun run;
  Traffic traffic;
};

// Any mixture of what a fleet can do.
Drawn drawn(std::uint64_t seed) {
  Draws draw{seed};
  Drawn d;
  const std::int32_t models = draw.between(1, 2);
  for (std::int32_t model = 0; model < models; ++model) {
    const bool apart = draw.sometimes();
    d.fleet.pools.push_back(drawn_pool(draw, apart ? Role::kPrefill : Role::kBoth, model));
    if (apart) d.fleet.pools.push_back(drawn_pool(draw, Role::kDecode, model));
    if (draw.sometimes()) d.fleet.pools.push_back(drawn_pool(draw, Role::kBoth, model));
  }
  d.fleet.routing = static_cast<Routing>(draw.between(0, 6));
  d.fleet.seed = seed;
  if (draw.sometimes()) d.fleet.front_end = us(draw.between(1, 10));
  if (draw.sometimes()) d.fleet.timeout = us(draw.between(20, 200));
  d.fleet.retries = draw.between(0, 3);
  d.fleet.retry_delay = us(draw.between(0, 10));
  if (draw.sometimes()) d.run.concurrency = draw.between(1, 20);
  if (draw.sometimes()) d.run.sample_every = us(draw.between(1, 30));
  d.run.warm_up = draw.between(0, 20);
  d.traffic = poisson(160, draw.between(1000, 12'000), seed, [&](std::size_t) {
    auto request = ask(0, draw.between(1, 90), draw.between(1, 30));
    request.model = draw.between(0, models * 20) / 20;  // at times one that is not there
    request.priority = draw.between(0, 2);
    if (draw.sometimes()) {
      const auto family = static_cast<std::uint64_t>(draw.between(1, 5));
      for (int block = 0; block * 16 < request.input_tokens; ++block) {
        request.prefix.push_back(family * 100 + static_cast<std::uint64_t>(block));
      }
      request.prefix_block_tokens = 16;
    }
    return request;
  });
  return d;
}

// 1000 an iteration, 10 a prompt token, 100 a sequence, 1 a token of context: whole nanoseconds.
constexpr ToyStep kStep{.iteration = 1000,
                        .prompt_token = 10,
                        .token_before = 0,
                        .piece = 0,
                        .end = 0,
                        .sequence = 100,
                        .token_of_context = 1};

void expect_equal(const Watched& a, const Watched& b) {
  ASSERT_EQ(a.results.size(), b.results.size());
  for (std::size_t i = 0; i < a.results.size(); ++i) {
    const RequestResult &x = a.results[i], &y = b.results[i];
    ASSERT_EQ(x.outcome, y.outcome) << i;
    ASSERT_EQ(x.first_token, y.first_token) << i;
    ASSERT_EQ(x.last_token, y.last_token) << i;
    ASSERT_EQ(x.replica, y.replica) << i;
    ASSERT_EQ(x.attempts, y.attempts) << i;
    ASSERT_EQ(x.cached_tokens, y.cached_tokens) << i;
    ASSERT_EQ(x.preemptions, y.preemptions) << i;
  }
  ASSERT_EQ(a.figures.pools.size(), b.figures.pools.size());
  for (std::size_t p = 0; p < a.figures.pools.size(); ++p) {
    const PoolFigures &x = a.figures.pools[p], &y = b.figures.pools[p];
    EXPECT_EQ(x.replica_seconds, y.replica_seconds);
    EXPECT_EQ(x.replicas_most, y.replicas_most);
    EXPECT_EQ(x.failures, y.failures);
    EXPECT_EQ(x.record.prompt_tokens, y.record.prompt_tokens);
    EXPECT_EQ(x.record.preemptions, y.record.preemptions);
    // What a replica was at when it failed is told in one piece, or not at all.
    if (x.failures > 0) continue;
    EXPECT_EQ(x.record.iterations, y.record.iterations);
  }
}

// watch() counts; here each iteration is looked at as well.
TEST(Fleet, EndsEachRequestOnceWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE(seed);
    const Drawn d = drawn(seed);
    const Watched fast = watch_with<Replica>(d.fleet, d.run, d.traffic, kStep);
    const Watched plain = watch_with<StepwiseReplica>(d.fleet, d.run, d.traffic, kStep);
    // A router that looks into caches sees them within a stretch as if they filled evenly.
    const Routing routing = d.fleet.routing;
    if (routing == Routing::kLeastKv || routing == Routing::kPrefixAffinity) continue;
    expect_equal(fast, plain);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Fleet, GivesTheSameFiguresForTheSameSeedAndOthersForAnother) {
  Drawn d = drawn(4);
  d.fleet = fleet_of(3, roomy_limits());
  d.fleet.routing = Routing::kRandom;
  d.fleet.pools[0].failures = {.mean_time_between = us(300), .repair = us(50)};
  const Watched a = watch(d.fleet, d.traffic, d.run), b = watch(d.fleet, d.traffic, d.run);
  expect_equal(a, b);
  EXPECT_EQ(a.figures.ttft.mean, b.figures.ttft.mean);
  EXPECT_EQ(a.figures.itl.p99, b.figures.itl.p99);
  EXPECT_EQ(a.figures.goodput_per_s, b.figures.goodput_per_s);
  d.fleet.seed = 99;
  const Watched c = watch(d.fleet, d.traffic, d.run);
  int elsewhere = 0;
  for (std::size_t i = 0; i < a.results.size(); ++i) {
    if (a.results[i].replica != c.results[i].replica) ++elsewhere;
  }
  EXPECT_GT(elsewhere, 40);
}

std::vector<int> shares(const Watched& run, int replicas) {
  std::vector<int> counts(static_cast<std::size_t>(replicas));
  for (const RequestResult& r : run.results) ++counts[static_cast<std::size_t>(r.replica)];
  return counts;
}

Traffic steady(std::size_t count, double gap_ns) {
  return poisson(count, gap_ns, 11, [](std::size_t i) {
    return ask(0, 100, 1 + static_cast<std::int32_t>(i * 7 % 40));
  });
}

TEST(Routing, HasANameForEachOfThem) {
  EXPECT_EQ(routing_names().size(), 7U);
  for (const auto text : routing_names()) EXPECT_EQ(name(parse_routing(text).value()), text);
  EXPECT_EQ(parse_routing("least"), std::nullopt);
}

TEST(Routing, DealsEvenlyInTurn) {
  Fleet fleet = fleet_of(4);
  fleet.routing = Routing::kRoundRobin;
  const Watched run = watch(fleet, steady(400, 3000));
  EXPECT_EQ(shares(run, 4), (std::vector{100, 100, 100, 100}));
  for (const RequestResult& r : run.results) ASSERT_EQ(r.replica, r.number % 4);
}

TEST(Routing, SendsToWhoeverHasFewestOutstanding) {
  Fleet fleet = fleet_of(4);
  fleet.routing = Routing::kLeastOutstanding;
  const Watched run = watch(fleet, steady(400, 3000));
  for (std::size_t i = 0; i < run.results.size(); ++i) {
    std::vector<int> there(4);
    for (std::size_t j = 0; j < i; ++j) {
      const RequestResult& r = run.results[j];
      // Who ends just then is still there.
      if (r.last_token >= run.results[i].arrival) ++there[static_cast<std::size_t>(r.replica)];
    }
    ASSERT_EQ(run.results[i].replica, std::min_element(there.begin(), there.end()) - there.begin());
  }
}

TEST(Routing, SendsByWeight) {
  Fleet fleet;
  fleet.pools = {pool_of(1), pool_of(1)};
  fleet.pools[0].weight = 2;
  fleet.routing = Routing::kWeighted;
  const Watched run = watch(fleet, Traffic(300, ask(0, 10, 2)));
  EXPECT_EQ(shares(run, 2), (std::vector{200, 100}));
}

TEST(Routing, DrawsEvenlyAtRandom) {
  Fleet fleet = fleet_of(4);
  fleet.routing = Routing::kRandom;
  for (const int count : shares(watch(fleet, steady(1600, 3000)), 4)) EXPECT_NEAR(count, 400, 60);
}

TEST(Routing, DrawsForEachModelByItself) {
  Fleet fleet;
  fleet.pools = {pool_of(4), pool_of(4)};
  fleet.pools[1].model = 1;
  fleet.routing = Routing::kRandom;
  Traffic traffic = steady(800, 3000);
  for (std::size_t i = 0; i < traffic.size(); ++i) traffic[i].model = static_cast<int>(i % 2);
  const Watched run = watch(fleet, traffic);
  int alike = 0;
  for (std::size_t i = 0; i < 800; i += 2) {
    if (run.results[i].replica + 4 == run.results[i + 1].replica) ++alike;
  }
  EXPECT_NEAR(alike, 100, 30);
}

TEST(Routing, SendsToTheEmptierCache) {
  Fleet fleet = fleet_of(2);
  fleet.routing = Routing::kLeastKv;
  // One of 100 blocks goes first; until the others have as many they go to the other replica.
  Traffic traffic{ask(0, 400, 90)};
  for (int i = 1; i <= 20; ++i) traffic.push_back(ask(i, 40, 90));
  const Watched run = watch(fleet, traffic);
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(run.results[static_cast<std::size_t>(i)].replica, 1);
  EXPECT_EQ(run.results[11].replica, 0);
}

// Blocks that fill while nothing else happens are seen too.
TEST(Routing, SeesTheCacheAsItIsWithinAStretch) {
  Fleet fleet = fleet_of(2);
  fleet.routing = Routing::kLeastKv;
  // One that began with 10 blocks has 84 when the last one comes, one that began with 20 has 82.
  const Traffic traffic{ask(0, 40, 400), ask(0, 60, 2), ask(50'000, 80, 400), ask(300'000, 4, 1)};
  const Watched fast = watch_with<Replica>(fleet, {}, traffic, kPlainStep);
  const Watched plain = watch_with<StepwiseReplica>(fleet, {}, traffic, kPlainStep);
  EXPECT_EQ(plain.results[2].replica, 1);
  EXPECT_EQ(plain.results[3].replica, 1);
  EXPECT_EQ(fast.results[3].replica, 1);
}

TEST(Routing, FindsPrefixesThatAreCached) {
  EngineLimits limits = roomy_limits();
  limits.prefix_caching = true;
  limits.kv_blocks = 300;
  const RandomStream draws{3, 3};
  Traffic traffic = poisson(400, 4000, 3, [&](std::size_t i) {
    auto request = ask(0, 130, 4);
    const auto family = static_cast<std::uint64_t>(draws.uniform(i) * 24) + 1;
    request.prefix = {family * 10, family * 10 + 1};
    request.prefix_block_tokens = 64;
    return request;
  });
  const auto cached = [&](Routing routing) {
    Fleet fleet = fleet_of(4, limits);
    fleet.routing = routing;
    return watch(fleet, traffic).figures.cached_tokens;
  };
  const std::int64_t most = 400 * 128;
  EXPECT_GT(cached(Routing::kPrefixAffinity), most * 8 / 10);
  EXPECT_LT(cached(Routing::kRoundRobin), most * 6 / 10);
}

// A prefix does not draw all to one replica: half as many more than the mean, and eight.
TEST(Routing, LeavesAPrefixWhereTooManyWait) {
  EngineLimits limits = roomy_limits();
  limits.prefix_caching = true;
  Fleet fleet = fleet_of(2, limits);
  fleet.routing = Routing::kPrefixAffinity;
  auto request = ask(0, 130, 100);
  request.prefix = {1, 2};
  request.prefix_block_tokens = 64;
  Traffic traffic{request};
  request.arrival = {50'000};
  traffic.insert(traffic.end(), 99, request);
  const std::vector<int> counts = shares(watch(fleet, traffic), 2);
  EXPECT_NEAR(counts[1], 17, 1);  // 83 = 1.5 · 100/2 + 8
}

TEST(Fleet, TellsRequestsThatFitNowhereAndGoesOn) {
  EngineLimits limits = roomy_limits(), small = roomy_limits();
  limits.kv_blocks = 100;
  small.kv_blocks = 20;
  Fleet fleet;
  fleet.pools = {pool_of(1, small), pool_of(1, limits)};
  auto elsewhere = ask(3, 10, 2), negative = ask(3, 10, 2);
  elsewhere.model = 7;
  negative.model = -1;
  const Watched run =
      watch(fleet, {ask(0, 400, 2), ask(1, 200, 2), ask(2, 200, 2), elsewhere, negative});
  EXPECT_EQ(run.figures.too_long, 3);
  EXPECT_EQ(run.results[0].outcome, Outcome::kTooLong);
  EXPECT_EQ(run.results[0].replica, -1);
  EXPECT_EQ(run.results[1].replica, 1);  // the one that can hold it, each time
  EXPECT_EQ(run.results[2].replica, 1);
  EXPECT_EQ(run.results[3].outcome, Outcome::kTooLong);
  EXPECT_EQ(run.results[4].outcome, Outcome::kTooLong);
}

// 100 µs alone.
workload::TrafficRequest hundred(std::int64_t at) { return ask(at, 100, 99); }

EngineLimits one_place() {
  EngineLimits limits = roomy_limits();
  limits.sequences_max = 1;
  return limits;
}

TEST(Fleet, LetsRequestsGoThatTakeTooLong) {
  Fleet fleet = fleet_of(1, one_place());
  fleet.timeout = us(150.5);
  // The second one runs, the third one waits; the fourth has the place from 151 µs on.
  const Traffic traffic{hundred(0), hundred(0), hundred(0), hundred(140'000), ask(900'000, 100, 1)};
  FleetRun run;
  run.sample_every = us(10);
  const Watched watched = watch(fleet, traffic, run);
  EXPECT_EQ(watched.results[0].last_token.ns, 100'000);
  EXPECT_EQ(watched.results[1].outcome, Outcome::kTimedOut);
  EXPECT_EQ(watched.results[1].first_token.ns, 102'000);
  EXPECT_EQ(watched.results[2].outcome, Outcome::kTimedOut);
  EXPECT_EQ(watched.results[2].first_token, kNever);
  EXPECT_EQ(watched.results[3].first_token.ns, 153'000);
  EXPECT_EQ(watched.results[3].last_token.ns, 251'000);
  EXPECT_EQ(watched.figures.timed_out, 2);
  EXPECT_EQ(watched.figures.samples.back().kv_share, 0);
  EXPECT_EQ(watched.figures.ttft.count, 3);
}

TEST(Fleet, SendsAgainWhatTimedOut) {
  Fleet fleet = fleet_of(1, one_place());
  fleet.timeout = us(150);
  fleet.retries = 1;
  fleet.retry_delay = us(20);
  // The second one would end at 200 µs; the third one, which waits and so leaves before it, is the
  // first to come again, at 170 µs. At 320 µs the others have waited once more.
  const Watched run = watch(fleet, {hundred(0), hundred(0), hundred(0), hundred(0)});
  EXPECT_EQ(run.figures.retried, 3);
  EXPECT_EQ(run.results[1].outcome, Outcome::kTimedOut);
  EXPECT_EQ(run.results[2].outcome, Outcome::kCompleted);
  EXPECT_EQ(run.results[2].submitted.ns, 170'000);
  EXPECT_EQ(run.results[2].last_token.ns, 270'000);
  EXPECT_EQ(run.results[3].outcome, Outcome::kTimedOut);
  EXPECT_EQ(run.results[3].attempts, 1);
}

TEST(Fleet, KeepsALoopFullAndNeverFuller) {
  Fleet fleet = fleet_of(2);
  FleetRun run;
  run.concurrency = 5;
  const Watched watched = watch(fleet, steady(100, 1), run);
  for (const RequestResult& r : watched.results) {
    int there = 0;
    for (const RequestResult& other : watched.results) {
      if (other.arrival <= r.arrival && other.last_token > r.arrival) ++there;
    }
    ASSERT_EQ(there, 5) << r.number;
  }
}

TEST(Fleet, RunsALoopOfOneAlone) {
  Fleet fleet = fleet_of(2);
  fleet.front_end = us(7);
  FleetRun run;
  run.concurrency = 1;
  const Watched watched = watch(fleet, Traffic(10, ask(123, 100, 3)), run);
  for (std::size_t i = 0; i < 10; ++i) {
    const RequestResult& r = watched.results[i];
    EXPECT_EQ(r.arrival.ns, i == 0 ? 0 : watched.results[i - 1].last_token.ns);
    EXPECT_EQ(r.submitted.ns - r.arrival.ns, 7000);
    EXPECT_EQ(r.first_token.ns - r.arrival.ns, 7000 + 2000);
    EXPECT_EQ(r.last_token.ns - r.first_token.ns, 2000);
  }
  EXPECT_NEAR(watched.figures.ttft.p99, 9e-6, 1e-15);
  EXPECT_NEAR(watched.figures.seconds, 110e-6, 1e-12);
}

TEST(Fleet, GoesOnWithALoopWhoseRequestsFitNowhere) {
  EngineLimits limits = roomy_limits();
  limits.kv_blocks = 20;
  FleetRun run;
  run.concurrency = 2;
  Traffic traffic(10, ask(0, 1000, 1));
  traffic.push_back(ask(0, 10, 1));
  EXPECT_EQ(watch(fleet_of(1, limits), traffic, run).figures.completed, 1);
}

TEST(Fleet, LeavesTheWarmUpOutOfItsFigures) {
  Traffic traffic;
  for (int i = 0; i < 10; ++i) traffic.push_back(ask(100'000 * i, i < 4 ? 1000 : 100, 3));
  FleetRun run;
  run.warm_up = 4;
  const FleetFigures f = watch(fleet_of(1), traffic, run).figures;
  EXPECT_EQ(f.arrived, 10);
  EXPECT_EQ(f.completed, 10);
  EXPECT_EQ(f.ttft.count, 6);
  EXPECT_NEAR(f.ttft.max, 2e-6, 1e-15);
  EXPECT_EQ(f.input_tokens, 600);
  EXPECT_EQ(f.output_tokens, 18);
  EXPECT_NEAR(f.seconds, 504e-6, 1e-12);  // from 400 to 904
  EXPECT_NEAR(f.requests_per_s, 6 / 504e-6, 1e-3);
  EXPECT_NEAR(f.output_tokens_per_s, 18 / 504e-6, 1e-3);
}

TEST(Fleet, CountsWhatIsGoodByHand) {
  // TTFT of 2, 3 and 6 µs; TPOT of 1 µs each; whole in 4, 5, 55 and, of the last one, 6 µs.
  const Traffic traffic{ask(0, 100, 3), ask(100'000, 200, 3), ask(200'000, 100, 54),
                        ask(300'000, 500, 1)};
  const auto good = [&](const LatencyGoals& goals) {
    FleetRun run;
    run.goals = goals;
    const FleetFigures f = watch(fleet_of(1), traffic, run).figures;
    EXPECT_NEAR(f.goodput_per_s * f.seconds, f.good_share * 4, 1e-9);
    return f.good_share * 4;
  };
  EXPECT_EQ(good({}), 4);
  EXPECT_EQ(good({.ttft = us(2.5), .tpot = {}, .end_to_end = {}}), 2);
  EXPECT_EQ(good({.ttft = {}, .tpot = us(0.9), .end_to_end = {}}), 1);  // one token has no gaps
  EXPECT_EQ(good({.ttft = {}, .tpot = us(1.1), .end_to_end = us(10)}), 3);
  EXPECT_EQ(good({.ttft = us(2.5), .tpot = {}, .end_to_end = us(10)}), 1);
}

TEST(Fleet, TakesSamplesThatAddUp) {
  Traffic traffic = steady(100, 3000);
  traffic.push_back(ask(2'000'000, 100, 1));  // all others have gone by then
  FleetRun run;
  run.sample_every = us(17);
  const FleetFigures f = watch(fleet_of(2), traffic, run).figures;
  FleetSample sum;
  SimTime at;
  for (const FleetSample& s : f.samples) {
    EXPECT_EQ(s.at, at + us(17));
    EXPECT_EQ(s.replicas, 2);
    at = s.at;
    sum.arrived += s.arrived;
    sum.completed += s.completed;
    sum.prompt_tokens += s.prompt_tokens;
    sum.decoded_tokens += s.decoded_tokens;
  }
  EXPECT_EQ(sum.completed, 100);
  EXPECT_LE(sum.arrived - 100, 1);
  EXPECT_EQ(sum.prompt_tokens, 100 * 100);
  EXPECT_EQ(sum.decoded_tokens, f.output_tokens - 101);
  EXPECT_EQ(f.samples.back().running + f.samples.back().waiting, 0);
  EXPECT_EQ(f.samples.back().kv_share, 0);
}

TEST(Fleet, StopsWhereItsProgressIsEnough) {
  FleetRun run;
  int calls = 0;
  run.progress = [&](std::int64_t over, SimTime now) {
    EXPECT_EQ(over, ++calls << 14);
    EXPECT_GT(now.ns, 0);
    return calls < 2;
  };
  run.concurrency = 100;
  const Watched watched = watch(fleet_of(1), Traffic(40'000, ask(0, 1, 1)), run);
  EXPECT_TRUE(watched.figures.stopped);
  EXPECT_EQ(calls, 2);
  EXPECT_GE(watched.figures.completed, 1 << 15);
  EXPECT_LT(watched.figures.completed, (1 << 15) + 200);
}

}  // namespace
}  // namespace assay::simulate
