#include "model/goodput.h"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/failure_test_support.h"

namespace assay::model {
namespace {

using namespace assay::literals;

constexpr double kMinute = 60, kDay = 86400;

Seconds minutes(double m) { return Seconds::from_base(m * kMinute); }

// Failures every three hours, checkpoints of a minute, restarts of ten.
GoodputInputs three_hours() {
  return {.mtbf = minutes(185.4),
          .write = minutes(1),
          .stall = minutes(1),
          .restart = minutes(10),
          .hardware_share = 0.78,
          .repair = kHour * 24.0,
          .spares = {},
          .straggler = 0,
          .interval = {}};
}

Goodput at_best(const GoodputInputs& in) { return goodput(in, checkpoint_interval(in)); }

double total(const Goodput& g) {
  return g.useful + g.straggler + g.checkpoint + g.lost + g.restart + g.repair;
}

// Figures 3, 4 and 5 of Daly 2006: 5 minutes a dump; 117, 57 and 9.1 minutes by his series, which
// gives 9.14 where the exact optimum is 9.17.
TEST(OptimumInterval, IsThatOfDalysFigures) {
  EXPECT_NEAR(optimum_interval(minutes(5), kHour * 24.0).base() / kMinute, 117, 0.5);
  EXPECT_NEAR(optimum_interval(minutes(5), kHour * 6.0).base() / kMinute, 57, 0.5);
  EXPECT_NEAR(optimum_interval(minutes(5), minutes(15)).base() / kMinute, 9.1, 0.07);
}

TEST(OptimumInterval, IsYoungsWhereSavingIsShort) {
  const Seconds stall = 1.0_s, mtbf = kHour * 1000.0;
  EXPECT_NEAR(young_interval(stall, mtbf).base(), std::sqrt(2.0 * 3.6e6), 1e-9);
  EXPECT_NEAR(optimum_interval(stall, mtbf) / young_interval(stall, mtbf), 1, 1e-3);
}

TEST(OptimumInterval, IsTheWholeTimeBetweenFailuresWhereSavingTakesLonger) {
  EXPECT_NEAR(optimum_interval(kHour * 50.0, kHour) / kHour, 1, 1e-12);
  EXPECT_DOUBLE_EQ(optimum_interval(0.0_s, kHour).base(), 0);
}

// (1 − x) e^x = e^{−δ/M}, over eight orders of magnitude.
TEST(OptimumInterval, SolvesItsEquation) {
  for (double ratio = 1e-7; ratio < 20; ratio *= 3) {
    const double x = optimum_interval(Seconds::from_base(ratio), 1.0_s).base();
    EXPECT_NEAR(-(std::log1p(-x) + x) / ratio, 1, 1e-6) << ratio;
  }
}

RC_GTEST_PROP(OptimumInterval, IsBetterThanItsNeighbours, ()) {
  GoodputInputs in = three_hours();
  in.mtbf = minutes(*rc::gen::inRange(5, 100000));
  in.stall = in.write = Seconds::from_base(*rc::gen::inRange(1, 1000));
  const Seconds best = optimum_interval(in.stall, in.mtbf);
  const double useful = goodput(in, best).useful;
  RC_ASSERT(useful >= goodput(in, best * 1.05).useful);
  RC_ASSERT(useful >= goodput(in, best * 0.95).useful);
  RC_ASSERT(useful >= goodput(in, young_interval(in.stall, in.mtbf)).useful);
}

// M = 11,135 s, τ = 1,116 s: e^{600/M} · M · (e^{1176/M} − 1) / τ is 1.0554 · 11,135 · 0.11142 /
// 1,116 = 1.1732, of which the inverse is 0.852.
TEST(Goodput, OfSixteenThousandIsThatOfTheCompleteModel) {
  GoodputInputs in = three_hours();
  in.mtbf = workload::kAcceleratorMtbf / 16384.0;
  EXPECT_NEAR(in.mtbf / kHour, 3.093, 0.001);
  EXPECT_NEAR(at_best(in).useful, 0.8525, 5e-4);
  in.mtbf = workload::kAcceleratorMtbf / 1024.0;
  EXPECT_NEAR(in.mtbf / kHour, 49.49, 0.01);
  EXPECT_NEAR(at_best(in).useful, 0.9710, 5e-4);
}

// "higher than 90 % effective training time" (arXiv 2407.21783, section 3.3.4).
TEST(Goodput, OfLlama3IsAboveNineTenths) {
  const GoodputInputs in = goodput_inputs({}, 16384, checkpoint_bytes(405e9));
  EXPECT_NEAR(workload::kAcceleratorMtbf / kHour, 50677, 1);
  EXPECT_NEAR(in.write.base(), 405e9 * 14 / 2e12, 1e-6);
  const Goodput g = at_best(in);
  EXPECT_GT(g.useful, 0.90);
  EXPECT_LT(g.useful, 0.96);
  EXPECT_NEAR(g.failures.base() * 54 * kDay, 419, 1);
}

RC_GTEST_PROP(Goodput, IsSplitWithoutARest, ()) {
  GoodputInputs in = three_hours();
  in.mtbf = minutes(*rc::gen::inRange(10, 100000));
  in.write = Seconds::from_base(*rc::gen::inRange(1, 600));
  in.stall = in.write * (*rc::gen::inRange(0, 101) / 100.0);
  in.spares = *rc::gen::inRange(0, 20);
  in.straggler = *rc::gen::inRange(0, 10) / 100.0;
  const Goodput g = at_best(in);
  RC_ASSERT(std::abs(total(g) - 1) < 1e-9);
  for (double share : {g.useful, g.straggler, g.checkpoint, g.lost, g.restart, g.repair}) {
    RC_ASSERT(share >= 0 && share <= 1);
  }
}

RC_GTEST_PROP(Goodput, NeverFallsWithRarerFailures, ()) {
  GoodputInputs in = three_hours();
  in.mtbf = minutes(*rc::gen::inRange(1, 10000));
  in.spares = *rc::gen::inRange(0, 20);
  const double useful = at_best(in).useful;
  in.mtbf = in.mtbf * 1.1;
  RC_ASSERT(at_best(in).useful >= useful);
}

TEST(Goodput, OfAJobThatFailsBeforeItHasRestartedIsNone) {
  GoodputInputs in = three_hours();
  in.mtbf = 10.0_s;
  const Goodput g = at_best(in);
  EXPECT_LT(g.useful, 1e-20);
  EXPECT_NEAR(total(g), 1, 1e-9);
}

TEST(Goodput, GainsFromSavingBesideTheTraining) {
  GoodputInputs in = three_hours();
  const double together = at_best(in).useful;
  in.stall = 2.0_s;
  const Goodput beside = at_best(in);
  EXPECT_GT(beside.useful, together + 0.03);
  EXPECT_GE(beside.interval, in.write - in.stall);
}

// 2,000 days; the standard error of each share is below 0.001.
void expect_played(const GoodputInputs& in) {
  const Goodput g = at_best(in);
  const double interval = g.interval.base();
  const int segments = static_cast<int>(2000 * kDay * g.useful * (1 + in.straggler) / interval);
  test::RunPlayer player{in, 3, 1};
  const test::PlayedRun run = player.play(segments, interval);
  EXPECT_NEAR((g.useful + g.straggler), segments * interval / run.wall, 0.004);
  EXPECT_NEAR(g.checkpoint, run.checkpoint / run.wall, 0.002);
  EXPECT_NEAR(g.lost, run.lost / run.wall, 0.003);
  EXPECT_NEAR(g.restart, run.restart / run.wall, 0.002);
  EXPECT_NEAR(g.failures.base() * run.wall / run.failures, 1, 0.03);
}

TEST(Goodput, IsThatOfAPlayedRun) { expect_played(three_hours()); }

TEST(Goodput, IsThatOfAPlayedRunWithCheckpointsBesideTheTraining) {
  GoodputInputs in = three_hours();
  in.write = minutes(12);
  in.stall = 10.0_s;
  expect_played(in);
}

TEST(Goodput, IsThatOfAPlayedRunThatHardlyRuns) {
  GoodputInputs in = three_hours();
  in.mtbf = minutes(15);
  in.stall = in.write = minutes(5);
  expect_played(in);
}

TEST(Goodput, WaitsAsAPlayedRunForRepairs) {
  for (int spares : {0, 2, 6}) {
    GoodputInputs in = three_hours();
    in.spares = spares;
    const Goodput g = at_best(in);
    double repair = 0, wall = 0;
    for (std::uint64_t stream = 0; stream < 20; ++stream) {
      test::RunPlayer player{in, 5, stream};
      const test::PlayedRun run = player.play(5000, g.interval.base());
      repair += run.repair;
      wall += run.wall;
    }
    EXPECT_NEAR(g.repair, repair / wall, 0.01) << spares;
  }
}

// ρ = 0.78 · 24 h / 3.09 h = 6.06 in repair, without spares
// ρ / (1 + ρ) of the time.
TEST(Repairs, WithoutSparesAreWaitedForEachTime) {
  GoodputInputs in = three_hours();
  in.spares = 0;
  const double load = 0.78 * 24 * 60 / 185.4;
  EXPECT_NEAR(at_best(in).repair, load / (1 + load), 1e-12);
  EXPECT_NEAR(repair_waits(in).mean, load, 1e-12);
  in.spares = {};
  EXPECT_EQ(at_best(in).repair, 0);
}

TEST(Repairs, AreHiddenByEnoughSpares) {
  GoodputInputs in = three_hours();
  in.spares = spares_for(in, 0.001);
  EXPECT_LE(at_best(in).repair, 0.001);
  --*in.spares;
  EXPECT_GT(at_best(in).repair, 0.001);
  EXPECT_GT(*in.spares, 6);
  EXPECT_LT(*in.spares, 20);
}

TEST(Repairs, OfAHugePoolStayFinite) {
  GoodputInputs in = three_hours();
  in.mtbf = minutes(1);
  in.spares = 5000;
  EXPECT_EQ(repair_waits(in).mean, 0);
  in.spares = 1000;
  EXPECT_GT(repair_waits(in).mean, 0);
  EXPECT_TRUE(std::isfinite(repair_waits(in).variance.base()));
}

// The mean of both forms of the waits is the same.
RC_GTEST_PROP(Repairs, WaitAsLongInBothForms, ()) {
  GoodputInputs in = three_hours();
  in.mtbf = minutes(*rc::gen::inRange(10, 10000));
  in.spares = *rc::gen::inRange(0, 40);
  const double waits = repair_waits(in).mean;
  RC_ASSERT(std::abs(at_best(in).repair - waits / (1 + waits)) < 1e-12);
}

// Nothing but waits: restarts take no time, and little is lost.
TEST(Repairs, AreSpreadAsPlayedOnes) {
  GoodputInputs in = three_hours();
  in.write = in.stall = 0.1_s;
  in.restart = 0.0_s;
  in.repair = kHour * 6.0;
  for (int spares : {0, 2, 4}) {
    in.spares = spares;
    const RepairWaits waits = repair_waits(in);
    double sum = 0, squares = 0, running = 0;
    for (std::uint64_t stream = 0; stream < 1000; ++stream) {
      test::RunPlayer player{in, 17, stream};
      const test::PlayedRun run = player.play(5000, 360);
      running += (run.wall - run.repair) / 1000;
      sum += run.repair / 1000;
      squares += run.repair * run.repair / 1000;
    }
    EXPECT_NEAR(sum / running / waits.mean, 1, 0.03) << spares;
    EXPECT_NEAR(std::sqrt((squares - sum * sum) / running / waits.variance.base()), 1, 0.08)
        << spares;
  }
}

TEST(SegmentTime, HasTheMomentsOfAPlayedOne) {
  GoodputInputs in = three_hours();
  in.write = minutes(12);
  in.stall = minutes(2);
  const Seconds interval = minutes(40);
  const SegmentTime closed = segment_time(in, interval);
  const test::PlayedMoments played = test::play_often(in, 100, interval.base(), 4000);
  const double last = (in.write - in.stall).base();  // nothing trains beside the last writing
  EXPECT_NEAR((played.mean - last) / 100 / closed.mean.base(), 1, 0.005);
  EXPECT_NEAR(played.deviation / 10 / closed.deviation.base(), 1, 0.05);
}

TEST(SegmentTime, WithoutFailuresIsItsLength) {
  GoodputInputs in = three_hours();
  in.mtbf = kYear * 1e6;
  const SegmentTime closed = segment_time(in, kHour);
  EXPECT_NEAR(closed.mean / (kHour + in.stall), 1, 1e-9);
  EXPECT_LT(closed.deviation / closed.mean, 1e-3);
}

TEST(GoodputInputs, TakeWhatIsMeasuredInsteadOfWhatIsAssumed) {
  workload::TrainingRun run;
  run.failures.job_mtbf = kHour * 5.0;
  run.checkpoint = {.storage = 100.0_GBps, .write = {}, .stall = 3.0_s, .interval = {}};
  run.restart = {.detect = 10.0_s, .reschedule = 20.0_s, .warm_up = 30.0_s, .load = 5.0_s};
  const GoodputInputs in = goodput_inputs(run, 64, 1000.0_GB);
  EXPECT_EQ(in.mtbf, kHour * 5.0);
  EXPECT_NEAR(in.write.base(), 10, 1e-12);
  EXPECT_EQ(in.stall, 3.0_s);
  EXPECT_NEAR(in.restart.base(), 65, 1e-12);
}

}  // namespace
}  // namespace assay::model
