// The engine, against the plain run and against closed forms.
#include "simulate/replica_run.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "simulate/replica_engine.h"
#include "simulate/replica_test_support.h"

namespace assay::simulate {
namespace {

EngineLimits roomy() {
  return {.tokens_max = 2048, .sequences_max = 64, .kv_tokens = 1e6, .chunked_prefill = true};
}

ReplicaLoad closed_loop(double concurrency, std::int64_t requests) {
  return {.arrivals = Arrivals::kClosedLoop,
          .concurrency = concurrency,
          .rate = {},
          .requests = requests,
          .input_tokens = 500,
          .output_tokens = 200};
}

bool close(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b)) + 1e-15;
}

void expect_close(const LatencyFigures& a, const LatencyFigures& b, double tolerance) {
  RC_ASSERT(close(a.mean.base(), b.mean.base(), tolerance));
  RC_ASSERT(close(a.p50.base(), b.p50.base(), tolerance));
  RC_ASSERT(close(a.p90.base(), b.p90.base(), tolerance));
  RC_ASSERT(close(a.p99.base(), b.p99.base(), tolerance));
}

void expect_close(const ReplicaFigures& a, const ReplicaFigures& b, double tolerance) {
  RC_ASSERT(a.preemptions == b.preemptions);
  RC_ASSERT(a.iterations == b.iterations);
  RC_ASSERT(close(a.output_tokens_per_s, b.output_tokens_per_s, tolerance));
  RC_ASSERT(close(a.requests_per_s, b.requests_per_s, tolerance));
  RC_ASSERT(close(a.batch_mean, b.batch_mean, tolerance));
  RC_ASSERT(close(a.kv_share_mean, b.kv_share_mean, tolerance));
  RC_ASSERT(close(a.prefill_share, b.prefill_share, tolerance));
  expect_close(a.ttft, b.ttft, tolerance);
  expect_close(a.tpot, b.tpot, tolerance);
}

struct Drawn {
  EngineLimits limits;
  ReplicaLoad load;
};

// Loads and limits at which each limit binds now and then.
Drawn draw() {
  const auto between = [](int low, int high) {
    return static_cast<double>(*rc::gen::inRange(low, high + 1));
  };
  const double input = between(1, 300), output = between(1, 60);
  const double tokens = *rc::gen::element(1.0, 1.0, 1.5, 1.7, 2.75);
  const double spread = *rc::gen::element(0.0, 0.0, 0.3, 1.0);
  const double longest = 2 * (input + output) + 4;
  return {.limits = {.tokens_max = between(1, 400),
                     .sequences_max = between(1, 40),
                     .kv_tokens = longest * between(1, 12),
                     .chunked_prefill = *rc::gen::arbitrary<bool>(),
                     .output_reserved = *rc::gen::element(1.0, 0.5, 0.1, 0.0, 0.0),
                     .tokens_per_iteration = tokens},
          .load = {.arrivals = *rc::gen::element(Arrivals::kClosedLoop, Arrivals::kAtOnce,
                                                 Arrivals::kPoisson),
                   .concurrency = between(1, 30),
                   .rate = Hertz::from_base(*rc::gen::element(0.3, 3.0, 10.0, 100.0)),
                   .requests = *rc::gen::inRange<std::int64_t>(1, 120),
                   .warm_up = *rc::gen::inRange<std::int64_t>(0, 10),
                   .input_tokens = input,
                   .output_tokens = output,
                   .length_spread = spread,
                   .seed = *rc::gen::arbitrary<std::uint64_t>()}};
}

RC_GTEST_PROP(ReplicaRun, EqualsTheRunIterationByIteration, ()) {
  const Drawn drawn = draw();
  const ToyStep step;
  ReferenceRun plain{step, drawn.limits, drawn.load};
  const ReplicaFigures figures = run_replica_with(step, drawn.limits, drawn.load);
  expect_close(figures, plain.run(), 1e-9);
  RC_ASSERT(plain.held_max() <= drawn.limits.kv_tokens + kTokenSlack);
  RC_CLASSIFY(plain.held_max() > 0.95 * drawn.limits.kv_tokens, "cache full");
  RC_CLASSIFY(figures.preemptions > 0, "preempts");
  RC_CLASSIFY(drawn.limits.chunked_prefill, "cuts prompts");
}

RC_GTEST_PROP(ReplicaRun, FindsTheKinksOfAStep, ()) {
  const Drawn drawn = draw();
  const ToyStep step{.window = static_cast<double>(*rc::gen::inRange(1, 500))};
  ReferenceRun plain{step, drawn.limits, drawn.load};
  // A kink that bends less than a stretch is checked for may go unseen.
  expect_close(run_replica_with(step, drawn.limits, drawn.load), plain.run(), 1e-7);
}

RC_GTEST_PROP(ReplicaRun, SendsOutEveryTokenOnce, ()) {
  const Drawn drawn = draw();
  const ReplicaFigures figures = run_replica_with(ToyStep{}, drawn.limits, drawn.load);
  const RequestLengths lengths{drawn.load};
  double outputs = 0;
  for (std::int64_t i = 0; i < drawn.load.requests; ++i) outputs += lengths.output(i);
  RC_ASSERT(close(figures.output_tokens_per_s / figures.requests_per_s,
                  outputs / static_cast<double>(drawn.load.requests), 1e-12));
  RC_ASSERT(figures.kv_share_mean <= 1 + 1e-12);
  if (drawn.limits.output_reserved == 1) RC_ASSERT(figures.preemptions == 0);
}

RC_GTEST_PROP(ReplicaRun, IsTheSameTwice, ()) {
  const Drawn drawn = draw();
  const ReplicaFigures once = run_replica_with(ToyStep{}, drawn.limits, drawn.load);
  const ReplicaFigures twice = run_replica_with(ToyStep{}, drawn.limits, drawn.load);
  RC_ASSERT(once.requests_per_s == twice.requests_per_s);
  RC_ASSERT(once.ttft.p99 == twice.ttft.p99);
  RC_ASSERT(once.tpot.mean == twice.tpot.mean);
}

// Layers with a window: their share of a step stops growing where the window is full.
TEST(ReplicaRun, EqualsTheRunIterationByIterationForAModelWithWindows) {
  const auto catalog = catalog::load_catalog({}).value();
  const model::StepModel step{
      catalog::load_model("gpt-oss-120b").value(),
      model::resolve_hardware(catalog, *catalog.accelerator("h200"), catalog.system("hgx-h200"))
          .value(),
      {.tensor = 8},
      catalog::load_efficiency().value()};
  ReplicaLoad load = closed_loop(12, 60);
  load.input_tokens = 90;
  load.length_spread = 0.5;
  const ReplicaFigures figures = run_replica(step, roomy(), load);
  const ReplicaFigures plain = ReferenceRun{step, roomy(), load}.run();
  EXPECT_EQ(figures.iterations, plain.iterations);
  EXPECT_NEAR(figures.requests_per_s / plain.requests_per_s, 1, 1e-9);
  EXPECT_NEAR(figures.tpot.p99 / plain.tpot.p99, 1, 1e-8);
  EXPECT_NEAR(figures.ttft.p99 / plain.ttft.p99, 1, 1e-8);
}

TEST(ReplicaRun, AddsUpOneRequestByHand) {
  const EngineLimits limits = roomy();
  ReplicaLoad load = closed_loop(1, 1);
  load.input_tokens = 3000;
  load.output_tokens = 3;
  const ReplicaFigures figures = run_replica_with(ToyStep{}, limits, load);
  // Pieces of 2,048 and 952 tokens, the second after 2,048; then two tokens after 3,000 and 3,001.
  const double prefill = 5e-3 + 2048 * 5e-5 + 1e-5 + 5e-3 + 952 * (5e-5 + 2048e-9) + 1e-5 + 2e-5;
  const double decode = 2 * (5e-3 + 2e-5) + 6001e-8;
  EXPECT_NEAR(figures.ttft.mean.base(), prefill, 1e-12);
  EXPECT_NEAR(figures.tpot.mean.base(), decode / 2, 1e-12);
  EXPECT_NEAR(figures.prefill_share, prefill / (prefill + decode), 1e-12);
  EXPECT_EQ(figures.iterations, 4);
  EXPECT_EQ(figures.batch_mean, 1);
}

TEST(ReplicaRun, KeepsLittlesLawInAClosedLoop) {
  const double concurrency = 32;
  const ReplicaFigures figures =
      run_replica_with(ToyStep{}, roomy(), closed_loop(concurrency, 3200));
  const double sojourn = figures.ttft.mean.base() + 199 * figures.tpot.mean.base();
  const double in_system = figures.requests_per_s * sojourn;
  EXPECT_LE(in_system, concurrency * (1 + 1e-12));
  EXPECT_GE(in_system, concurrency * (1 - concurrency / 3200));  // the last ones leave no next
}

TEST(ReplicaRun, WaitsAsLongAsAnMD1Queue) {
  const double rate = 120;
  const ReplicaLoad load{.arrivals = Arrivals::kPoisson,
                         .rate = Hertz::from_base(rate),
                         .requests = 100'000,
                         .input_tokens = 20,
                         .output_tokens = 1};
  EngineLimits limits = roomy();
  limits.sequences_max = 1;
  const double service =
      ToyStep{}.time({.prefill_tokens = 20, .prefill_pieces = 1, .prefill_ends = 1}).base();
  const double busy = rate * service;
  ASSERT_GT(busy, 0.7);
  const double wait = busy * service / (2 * (1 - busy));  // Pollaczek and Khinchine
  const ReplicaFigures figures = run_replica_with(ToyStep{}, limits, load);
  EXPECT_NEAR(figures.ttft.mean.base() - service, wait, 0.03 * wait);
  EXPECT_NEAR(figures.prefill_share, busy, 0.01);
}

TEST(ReplicaRun, MixesPromptsWithDecodingOnlyWhenTheyMayBeCut) {
  EngineLimits limits = roomy();
  const double cut = run_replica_with(ToyStep{}, limits, closed_loop(16, 320)).tpot.p99.base();
  limits.chunked_prefill = false;
  const ReplicaFigures whole = run_replica_with(ToyStep{}, limits, closed_loop(16, 320));
  EXPECT_GT(whole.tpot.p99.base(), cut);
  EXPECT_NEAR(whole.batch_mean, 16, 0.01);
}

TEST(ReplicaRun, PreemptsOnlyWhenOutputIsNotReserved) {
  EngineLimits limits = roomy();
  limits.kv_tokens = 5000;
  EXPECT_EQ(run_replica_with(ToyStep{}, limits, closed_loop(16, 320)).preemptions, 0);
  limits.output_reserved = 0;
  EXPECT_GT(run_replica_with(ToyStep{}, limits, closed_loop(16, 320)).preemptions, 0);
}

TEST(ReplicaRun, LeavesWarmUpOutOfTheLatencies) {
  ReplicaLoad load = closed_loop(64, 640);
  const double all = run_replica_with(ToyStep{}, roomy(), load).ttft.p99.base();
  load.warm_up = 64;  // the burst at the start waits for one another's prompts
  EXPECT_LT(run_replica_with(ToyStep{}, roomy(), load).ttft.p99.base(), all);
  load.warm_up = 640;
  EXPECT_EQ(run_replica_with(ToyStep{}, roomy(), load).ttft.p99.base(), 0);
}

// Counts its evaluations.
struct CountingStep {
  mutable std::int64_t calls{};
  Seconds time(const model::Iteration& iteration) const {
    ++calls;
    return ToyStep{}.time(iteration);
  }
};

TEST(ReplicaRun, CostsWavesOfEqualSequencesNotTheirTokens) {
  const CountingStep step;
  const ReplicaFigures figures = run_replica_with(step, roomy(), closed_loop(64, 64'000));
  EXPECT_GT(figures.iterations, 100'000);
  EXPECT_LT(step.calls, 64'000);
}

}  // namespace
}  // namespace assay::simulate
