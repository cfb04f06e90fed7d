#include "model/training_run.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/distributions.h"
#include "base/quantile.h"
#include "model/failure_test_support.h"

namespace assay::model {
namespace {

using namespace assay::literals;

// 10 days at full speed on 1,024: 50,000 steps of 17.28 s.
RunInputs ten_days() {
  RunInputs in;
  in.step = 17.28_s;
  in.half_width = 0.1;
  in.tokens_per_step = 4e6;
  in.tokens = 200e9;
  in.accelerators = 1024;
  in.failures = {.mtbf = kHour * 10.0,
                 .write = 60.0_s,
                 .stall = 60.0_s,
                 .restart = 600.0_s,
                 .hardware_share = 0.8,
                 .repair = kHour * 24.0,
                 .spares = {},
                 .straggler = 0,
                 .interval = {}};
  return in;
}

TEST(TrainingRun, WithoutFailuresIsItsStepsAndCheckpoints) {
  RunInputs in = ten_days();
  in.failures.mtbf = kYear * 1e9;
  in.failures.interval = kHour;
  in.half_width = 0;
  const TrainingRunEstimate run = run_estimate(in);
  EXPECT_EQ(run.steps, 50000);
  EXPECT_NEAR(run.full_speed / kHour, 240, 1e-9);
  EXPECT_NEAR(run.expected / kHour, 240 + 240 / 60.0, 1e-6);
  EXPECT_NEAR(run.accelerator_time / kHour, 244 * 1024, 1e-3);
  EXPECT_NEAR(run.finish.p99 / run.finish.p10, 1, 1e-3);
}

TEST(TrainingRun, CountsTheTimeOfThoseThatStandBy) {
  RunInputs in = ten_days();
  in.failures.spares = 2;
  in.spare_accelerators = 16;
  const TrainingRunEstimate run = run_estimate(in);
  EXPECT_NEAR(run.spare_time / run.accelerator_time, 16 / 1024.0, 1e-12);
}

TEST(TrainingRun, EndsWithAWholeStep) {
  RunInputs in = ten_days();
  in.tokens += 1;
  EXPECT_EQ(run_estimate(in).steps, 50001);
}

TEST(TrainingRun, AgreesWithItsGoodput) {
  RunInputs in = ten_days();
  in.failures.straggler = 0.03;
  in.failures.spares = 1;
  const TrainingRunEstimate run = run_estimate(in);
  EXPECT_NEAR(run.full_speed / run.expected, run.goodput.useful, 1e-9);
}

// Steps as predicted: only failures are random.
struct Within {
  double mean, deviation_low, deviation_high;
};

void expect_played(RunInputs in, const Within& within) {
  in.half_width = 0;
  const TrainingRunEstimate run = run_estimate(in);
  const double interval = run.goodput.interval.base();
  const int segments = static_cast<int>(std::lround(run.full_speed.base() / interval));
  const test::PlayedMoments played = test::play_often(in.failures, segments, interval, 3000);
  EXPECT_NEAR(run.expected.base() / played.mean, 1, within.mean);
  const double ratio = run.failure_deviation.base() / played.deviation;
  EXPECT_GT(ratio, within.deviation_low);
  EXPECT_LT(ratio, within.deviation_high);
  const double slack = 0.25 * played.deviation;
  EXPECT_NEAR(run.finish.p10.base(), quantile(played.walls, 0.10), slack);
  EXPECT_NEAR(run.finish.p50.base(), quantile(played.walls, 0.50), slack);
  EXPECT_NEAR(run.finish.p90.base(), quantile(played.walls, 0.90), slack);
  EXPECT_NEAR(run.finish.p99.base(), quantile(played.walls, 0.99),
              std::max(2 * slack, 0.01 * played.mean));
}

TEST(TrainingRun, IsSpreadAsPlayedOnes) { expect_played(ten_days(), {0.005, 0.95, 1.05}); }

TEST(TrainingRun, IsSpreadAsPlayedOnesWithFewFailures) {
  RunInputs in = ten_days();
  in.failures.mtbf = kHour * 100.0;
  expect_played(in, {0.005, 0.95, 1.05});
}

TEST(TrainingRun, IsSpreadAsPlayedOnesThatWaitForRepairs) {
  RunInputs in = ten_days();
  in.failures.spares = 0;
  expect_played(in, {0.01, 0.95, 1.15});
  // Played runs begin with nothing in repair, the closed form with the mean of long runs.
  in.failures.spares = 2;
  expect_played(in, {0.02, 0.9, 1.25});
}

// Failures and the step's time drawn together.
TEST(TrainingRun, IsSpreadByBoth) {
  RunInputs in = ten_days();
  in.failures.spares = 0;
  const TrainingRunEstimate run = run_estimate(in);
  const RandomStream draws{11, 0};
  const double interval = checkpoint_interval(in.failures).base();
  std::vector<double> walls;
  double sum = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const double factor = std::exp(in.half_width / 1.6448536 * normal(draws, i));
    const double segments = std::round(run.full_speed.base() * factor / interval);
    test::RunPlayer player{in.failures, 13, i};
    walls.push_back(player.play(static_cast<int>(segments), interval).wall);
    sum += walls.back();
  }
  EXPECT_NEAR(run.finish.mean.base() / (sum / 3000), 1, 0.01);
  for (double p : {0.1, 0.5, 0.9, 0.99}) {
    EXPECT_NEAR(finish_quantile(run.finish, p).base() / quantile(walls, p), 1, 0.03) << p;
  }
}

// 3.8e25 FLOP at 400 TFLOP/s on each of 16,384 H100 (arXiv 2407.21783, sections 1 and 3.3.2). The
// model card of Llama 3.1 405B counts 30.84 million hours: a part ran on fewer, long texts slower.
TEST(TrainingRun, OfLlama3TakesTheHoursOfItsModelCard) {
  workload::TrainingRun asked;
  RunInputs in;
  in.tokens = 15.6e12;
  in.tokens_per_step = 16e6;
  in.accelerators = 16384;
  in.step = Seconds::from_base(3.8e25 / (in.tokens / in.tokens_per_step) / (16384 * 400e12));
  in.failures = goodput_inputs(asked, in.accelerators, checkpoint_bytes(405e9));
  const TrainingRunEstimate run = run_estimate(in);
  EXPECT_NEAR(run.full_speed / kHour / 24, 67.1, 0.1);
  EXPECT_NEAR(run.accelerator_time / kHour / 30.84e6, 0.91, 0.02);
}

TEST(FinishTime, CoversAsItsQuantilesSay) {
  const FinishTime finish = run_estimate(ten_days()).finish;
  EXPECT_NEAR(probability_within(finish, finish.p10), 0.10, 1e-9);
  EXPECT_NEAR(probability_within(finish, finish.p50), 0.50, 1e-9);
  EXPECT_NEAR(probability_within(finish, finish.p90), 0.90, 1e-9);
  EXPECT_NEAR(probability_within(finish, finish.p99), 0.99, 1e-9);
  EXPECT_EQ(probability_within(finish, 0.0_s), 0);
}

TEST(FinishTime, OfNothingUncertainIsAPoint) {
  const FinishTime finish{
      .mean = 5.0_s, .p10 = 5.0_s, .p50 = 5.0_s, .p90 = 5.0_s, .p99 = 5.0_s, .log_deviation = 0};
  EXPECT_EQ(probability_within(finish, 5.0_s), 1);
  EXPECT_EQ(probability_within(finish, 4.9_s), 0);
}

// 1,024 boards at 650 W and 200 W around each, at a PUE of 1.2.
TEST(TrainingRun, TakesThePowerOfItsBoardsAndHosts) {
  RunInputs in = ten_days();
  in.failures.mtbf = kYear * 1e9;
  in.power = RunPower{.board = 650.0_W, .idle = 100.0_W, .host = 200.0_W, .pue = 1.2};
  const TrainingRunEstimate run = run_estimate(in);
  EXPECT_NEAR(run.energy->base(), 1024 * 850.0 * 1.2 * run.expected.base(), 1e6);
  in.failures.mtbf = kHour * 10.0;
  const TrainingRunEstimate failing = run_estimate(in);
  EXPECT_GT(*failing.energy, *run.energy);
  EXPECT_LT(*failing.energy / failing.expected, *run.energy / run.expected);
}

TEST(TrainingRun, OfAJobThatCannotRunIsLongAndNotAnError) {
  RunInputs in = ten_days();
  in.failures.mtbf = 1.0_s;
  in.deadline = kYear;
  const TrainingRunEstimate run = run_estimate(in);
  EXPECT_GT(run.expected, kYear * 1e6);
  EXPECT_TRUE(std::isfinite(run.finish.mean.base()));
  EXPECT_LT(*run.in_time, 1e-6);
}

RC_GTEST_PROP(TrainingRun, EndsLaterWithMoreFailures, ()) {
  RunInputs in = ten_days();
  in.failures.spares = *rc::gen::inRange(0, 4);
  in.failures.mtbf = kHour * (*rc::gen::inRange(1, 1000) * 1.0);
  const TrainingRunEstimate rare = run_estimate(in);
  in.failures.mtbf = in.failures.mtbf / 2;
  RC_ASSERT(run_estimate(in).expected > rare.expected);
  RC_ASSERT(rare.expected > rare.full_speed);
  RC_ASSERT(rare.finish.p10 < rare.finish.p50 && rare.finish.p50 < rare.finish.p90);
}

}  // namespace
}  // namespace assay::model
