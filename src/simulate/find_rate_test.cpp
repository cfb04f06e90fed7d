#include "simulate/find_rate.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include <gtest/gtest.h>

#include "model/model_test_support.h"
#include "model/step_model.h"

namespace assay::simulate {
namespace {

using workload::Statistic;

LatencyBound at_most(RateMetric metric, double seconds, Statistic statistic = Statistic::kMean) {
  return {metric, {Seconds::from_base(seconds), statistic}};
}

LatencyFigures around(double mean, double deviation) {
  return {.count = 1,
          .mean = mean,
          .deviation = deviation,
          .p50 = mean,
          .p90 = 2 * mean,
          .p95 = 3 * mean,
          .p99 = 4 * mean,
          .max = 5 * mean};
}

// M/D/1 with a service of one second: the wait is that of Pollaczek and Khinchine, and when more
// come than leave that of a fluid besides. Then each request decodes.
struct Queue {
  double requests{10'000}, decoding{2};

  FleetFigures operator()(double rate) const {
    const double seconds = requests / std::min(rate, 1.0) + decoding;
    const double backlog = std::max(0.0, requests - requests / rate);
    const double most = std::sqrt(requests);  // a queue in balance has no time to grow longer
    const double wait = rate < 1 ? std::min(rate / (2 * (1 - rate)), most) : most + backlog / 2;
    FleetFigures f;
    f.arrived = f.completed = static_cast<std::int64_t>(requests);
    f.ttft = around(1 + wait, rate < 1 ? wait : most + backlog / std::sqrt(12.0));
    f.tpot = around(0.02, 0);
    f.end_to_end = around(1 + wait + decoding, wait);
    f.seconds = seconds;
    f.requests_per_s = requests / seconds;
    f.good_share = 1 - 0.1 * rate;
    f.ttft_growth = f.end_to_end_growth = std::max(0.0, rate - 1);
    return f;
  }
};

// A search that is stopped at each of its runs knows what the runs before said, and no more.
TEST(FindRate, KnowsWhatHeldWhenItIsStopped) {
  const RateLimits limits{.latencies = {at_most(RateMetric::kTtft, 3)}, .good_share = {}};
  const FoundRate whole = find_rate(Queue{}, limits, 0.1, 0.01, 1);
  EXPECT_FALSE(whole.stopped);
  double before = 0;
  for (std::size_t most = 0; most < whole.runs.size(); ++most) {
    std::size_t runs = 0;
    const auto until = [&](double rate) {
      FleetFigures figures = Queue{}(rate);
      figures.stopped = ++runs > most;
      return figures;
    };
    const FoundRate found = find_rate(until, limits, 0.1, 0.01, 1);
    EXPECT_TRUE(found.stopped);
    EXPECT_EQ(found.runs.size(), most);
    EXPECT_EQ(found.rate.has_value(), most > 0);
    if (!found.rate) continue;
    EXPECT_FALSE(found.figures.stopped);
    EXPECT_LE(*found.rate, *whole.rate);
    EXPECT_GE(*found.rate, before);
    before = *found.rate;
  }
}

TEST(FindRate, MeetsTheClosedFormOfAQueue) {
  // 3 s = 1 + ρ/(2(1 − ρ)) at ρ = 0.8.
  for (const double guess : {0.001, 0.1, 0.5, 0.79, 0.8, 3.0, 500.0}) {
    const RateLimits limits{.latencies = {at_most(RateMetric::kTtft, 3)}, .good_share = {}};
    const FoundRate found = find_rate(Queue{}, limits, guess, 0.01, 1);
    ASSERT_TRUE(found.rate) << guess;
    EXPECT_LE(*found.rate, 0.8 + 1e-9) << guess;
    EXPECT_GE(*found.rate, 0.8 / 1.01 - 1e-9) << guess;
    ASSERT_EQ(found.binds.size(), 1U);
    EXPECT_EQ(found.binds[0].metric, RateMetric::kTtft);
    EXPECT_GT(found.binds[0].value, 3);
    EXPECT_DOUBLE_EQ(found.figures.ttft.mean, Queue{}(*found.rate).ttft.mean);
  }
}

TEST(FindRate, AGoodGuessTakesFewRuns) {
  const RateLimits limits{.latencies = {at_most(RateMetric::kTtft, 3)}, .good_share = {}};
  EXPECT_LE(find_rate(Queue{}, limits, 0.75, 0.01, 1).runs.size(), 14U);
  EXPECT_LE(find_rate(Queue{}, limits, 1e-3, 0.001, 1).runs.size(), 36U);
}

TEST(FindRate, EachStatisticIsItsOwn) {
  const auto at = [](Statistic statistic) {
    const RateLimits limits{.latencies = {at_most(RateMetric::kTtft, 12, statistic)},
                            .good_share = {}};
    return *find_rate(Queue{}, limits, 0.5, 0.01, 1).rate;
  };
  // 12 s are 11, 5, 3 and 2 s of wait.
  EXPECT_NEAR(at(Statistic::kMean), 22.0 / 23, 0.01);
  EXPECT_NEAR(at(Statistic::kP50), 22.0 / 23, 0.01);
  EXPECT_NEAR(at(Statistic::kP90), 10.0 / 11, 0.01);
  EXPECT_NEAR(at(Statistic::kP95), 6.0 / 7, 0.01);
  EXPECT_NEAR(at(Statistic::kP99), 0.8, 0.01);
}

TEST(FindRate, TheTightestOfSeveralLimitsBinds) {
  const RateLimits limits{
      .latencies = {at_most(RateMetric::kTtft, 3), at_most(RateMetric::kTpot, 0.03),
                    at_most(RateMetric::kEndToEnd, 6)},
      .good_share = 0.95};
  const FoundRate found = find_rate(Queue{}, limits, 0.7, 0.01, 1);
  EXPECT_NEAR(*found.rate, 0.5, 0.005);
  ASSERT_EQ(found.binds.size(), 1U);
  EXPECT_EQ(found.binds[0].metric, RateMetric::kGoodShare);
  const auto at = std::find_if(found.runs.begin(), found.runs.end(),
                               [&](const RateRun& r) { return r.rate == *found.rate; });
  EXPECT_EQ(binding(*at).metric, RateMetric::kGoodShare);
}

TEST(FindRate, WithoutLimitsTheFleetStillKeepsUp) {
  for (const double requests : {2'000.0, 100'000.0, 1e7}) {
    const FoundRate found = find_rate(Queue{.requests = requests}, {}, 3, 0.01, 1);
    ASSERT_TRUE(found.rate);
    EXPECT_GT(*found.rate, 0.95) << requests;
    EXPECT_LT(*found.rate, 1.03) << requests;
    EXPECT_EQ(found.binds.front().metric, RateMetric::kBehind);
  }
}

TEST(FindRate, AShortRunThatIsNotFullKeepsUp) {
  for (const double requests : {20.0, 100.0, 400.0}) {
    const FleetFigures f = Queue{.requests = requests, .decoding = 10}(0.5);
    EXPECT_TRUE(judge(f, {}, 0.5).met) << requests;
    EXPECT_TRUE(judge(f, {}, 0.55).met) << requests;  // its arrivals came a little late
  }
  // One request: it has ended when it has ended.
  FleetFigures one = Queue{.requests = 1, .decoding = 10}(1e-3);
  one.seconds = 11;
  one.requests_per_s = 1.0 / 11;
  EXPECT_TRUE(judge(one, {}, 0.01).met);
  EXPECT_TRUE(judge(FleetFigures{}, {}, 1).met);
}

TEST(FindRate, DecodingThatFallsBehindBehindPromptsThatDoNotIsSeen) {
  // Prompts keep up; a decode pool yields half of what comes.
  FleetFigures f = Queue{}(0.5);
  f.end_to_end_growth = 1;
  const RateRun run = judge(f, {}, 0.5);
  EXPECT_FALSE(run.met);
  EXPECT_EQ(binding(run).metric, RateMetric::kBehind);
}

TEST(FindRate, RequestsThatTimeOutAreNotServed) {
  const auto impatient = [](double rate) {
    FleetFigures f = Queue{}(std::min(rate, 0.9));
    f.timed_out = static_cast<std::int64_t>(rate > 0.6 ? 500 : 0);
    f.completed -= f.timed_out;
    return f;
  };
  const FoundRate found = find_rate(impatient, {}, 0.5, 0.01, 1);
  EXPECT_NEAR(*found.rate, 0.6, 0.006);
  EXPECT_EQ(found.binds.front().metric, RateMetric::kEnded);
  EXPECT_EQ(text(found.binds.front()), "requests that end 95 %, at least 98 %");
}

TEST(FindRate, WhatNoRateMeetsIsNamedWithByHowMuch) {
  const RateLimits limits{
      .latencies = {at_most(RateMetric::kTtft, 3), at_most(RateMetric::kTpot, 0.01)},
      .good_share = {}};
  const FoundRate found = find_rate(Queue{}, limits, 1, 0.01, 1);
  EXPECT_FALSE(found.rate);
  EXPECT_TRUE(found.limited);
  EXPECT_LE(found.runs.front().rate, 1.3e-4);
  ASSERT_EQ(found.binds.size(), 1U);
  EXPECT_DOUBLE_EQ(found.binds[0].strain, 2);
  EXPECT_EQ(text(found.binds[0]), "TPOT mean 20 ms, at most 10 ms");
}

TEST(FindRate, AFleetWithoutAnEndIsSaidToBeOne) {
  const auto endless = [](double rate) { return Queue{}(std::min(rate, 1e-3)); };
  const FoundRate found = find_rate(
      [&](double rate) {
        FleetFigures f = endless(rate);
        f.seconds = 1e4 / rate;
        f.requests_per_s = rate;
        f.ttft = f.end_to_end = around(0, 0);
        f.ttft_growth = f.end_to_end_growth = 0;
        return f;
      },
      {}, 2, 0.01, 1);
  EXPECT_FALSE(found.limited);
  EXPECT_GE(*found.rate, 1e4);
  EXPECT_TRUE(found.binds.empty());
}

TEST(FindRate, NothingAboveTheFirstMissCounts) {
  // Between 0.3 and 0.35 it misses by noise; what holds above is not the answer.
  const auto noisy = [](double rate) {
    FleetFigures f = Queue{}(rate);
    if (rate > 0.3 && rate < 0.35) f.tpot.mean = 1;
    return f;
  };
  const RateLimits limits{
      .latencies = {at_most(RateMetric::kTpot, 0.5), at_most(RateMetric::kTtft, 3)},
      .good_share = {}};
  const FoundRate found = find_rate(noisy, limits, 0.66, 0.01, 1);  // tries 0.33 at once
  for (const RateRun& run : found.runs) {
    EXPECT_TRUE(run.met || run.rate > *found.rate) << run.rate;
  }
  EXPECT_LE(*found.rate, 0.3);
  EXPECT_GE(*found.rate, 0.3 / 1.011);
}

TEST(FindRate, RunsAndAnswerAreThoseOfAnyNumberOfJobs) {
  const RateLimits limits{.latencies = {at_most(RateMetric::kTtft, 3)}, .good_share = 0.9};
  const auto search = [&](int jobs) {
    std::atomic<int> calls{0};
    FoundRate found = find_rate(
        [&](double rate) {
          ++calls;
          return Queue{}(rate);
        },
        limits, 7, 0.01, jobs);
    EXPECT_EQ(static_cast<std::size_t>(calls.load()), found.runs.size());
    return found;
  };
  const FoundRate one = search(1), four = search(4);
  EXPECT_EQ(*one.rate, *four.rate);
  ASSERT_EQ(one.runs.size(), four.runs.size());
  for (std::size_t i = 0; i < one.runs.size(); ++i) {
    EXPECT_EQ(one.runs[i].rate, four.runs[i].rate);
    EXPECT_EQ(one.runs[i].met, four.runs[i].met);
    EXPECT_TRUE(i == 0 || one.runs[i - 1].rate < one.runs[i].rate);
  }
}

// Requests of 512 and 64 tokens, with gaps that look exponential.
workload::NextRequest poisson_like(double rate, std::int64_t requests) {
  return [rate, requests, i = std::int64_t{0},
          now = SimTime{}](workload::TrafficRequest& request) mutable {
    if (i == requests) return false;
    request = {};
    request.arrival = now;
    request.input_tokens = 512;
    request.output_tokens = 64;
    const double golden = static_cast<double>(++i) * 0.6180339887498949;
    now = now + Seconds::from_base(-std::log(1 - (golden - std::floor(golden))) / rate);
    return true;
  };
}

TEST(FindRate, AFleetHoldsItsLimitsAtTheRateAndMissesThemJustAbove) {
  const catalog::LanguageModel model = model::test::llama_8b();
  const model::Hardware hardware = model::test::hgx_h100();
  const model::StepModel step{model, hardware, {}, model::test::ideal()};
  Fleet fleet;
  fleet.pools.resize(1);
  fleet.pools[0].step = &step;
  fleet.pools[0].replicas = 2;
  fleet.pools[0].limits = {.tokens_max = 2048, .sequences_max = 64, .kv_blocks = 20'000};
  const auto run = [&](double rate) {
    FleetRun of;
    of.next = poisson_like(rate, 600);
    return run_fleet(fleet, of);
  };
  const RateLimits limits{.latencies = {at_most(RateMetric::kTtft, 0.2, Statistic::kP99),
                                        at_most(RateMetric::kTpot, 0.03, Statistic::kP90)},
                          .good_share = {}};
  const FoundRate found = find_rate(run, limits, 10, 0.01, 2);
  ASSERT_TRUE(found.rate && found.limited && !found.binds.empty());
  EXPECT_TRUE(judge(run(*found.rate), limits, *found.rate).met);
  EXPECT_EQ(found.figures.ttft.p99, run(*found.rate).ttft.p99);
  EXPECT_GT(found.binds.front().strain, 1);
  const auto above = std::find_if(found.runs.begin(), found.runs.end(),
                                  [&](const RateRun& r) { return r.rate > *found.rate; });
  EXPECT_FALSE(above->met);
  EXPECT_LE(above->rate, *found.rate * 1.01 * (1 + 1e-9));
  EXPECT_EQ(*find_rate(run, limits, 10, 0.01, 1).rate, *found.rate);
}

}  // namespace
}  // namespace assay::simulate
