#include "model/training_power.h"

#include <gtest/gtest.h>

#include "model/model_test_support.h"

namespace assay::model {
namespace {

using namespace assay::literals;

Hardware hgx_b200() {
  Hardware hardware = test::hgx_h100();
  hardware.family = "blackwell";
  hardware.memory_bandwidth = 8.0_TBps;
  test::set_peak(hardware, catalog::Peak::kBf16, 2250.0_TFLOPs);
  test::set_peak(hardware, catalog::Peak::kFp8, 4500.0_TFLOPs);
  hardware.power = 1000.0_W;
  return hardware;
}

// A step of one second that waits for this share of it.
StepTime step(double waits) {
  StepTime time;
  time.forward = (1 - waits) / 3;
  time.backward = time.forward * 2;
  time.tensor = waits / 2;
  time.bubble = waits / 2;
  time.total = 1;
  return time;
}

// Tera-operations and terabytes a second.
TrainingWork work(double layers, double sixteen, double bytes) {
  return {Flops::from_base(layers * 1e12), Flops::from_base(sixteen * 1e12),
          Bytes::from_base(bytes * 1e12)};
}

catalog::PowerTable table() {
  const auto loaded = catalog::load_power();
  EXPECT_TRUE(loaded.has_value());
  return *loaded;
}

// Boards, and the share of what the server is rated for beyond them.
double node_watts(const Hardware& hardware, Watts rated, const StepTime& time,
                  const TrainingWork& done) {
  const catalog::PowerTable power = table();
  const Watts board = *training_power(time, done, hardware, TrainingFormat::kFp8, power);
  return (board * 8 + (rated - *hardware.power * 8) * power.host.share).base();
}

TEST(TrainingUse, IsTheShareOfEachPeak) {
  const BoardUse use =
      training_use(step(0.25), work(400, 100, 1), test::hgx_h100(), TrainingFormat::kFp8);
  EXPECT_NEAR(use.compute, 400 / 1979.0 + 100 / 989.0, 1e-12);
  EXPECT_NEAR(use.memory, 1 / 3.35, 1e-12);
  EXPECT_NEAR(use.overhead, 0.25, 1e-12);
}

TEST(TrainingUse, CountsSixteenBitsWhereTheHardwareLacksTheFormat) {
  const Hardware a100 = test::hgx_a100();
  EXPECT_EQ(training_peak(a100, TrainingFormat::kFp8Block), 312.0_TFLOPs);
  EXPECT_EQ(training_peak(test::hgx_h100(), TrainingFormat::kMxfp8), 1979.0_TFLOPs);
  EXPECT_EQ(training_peak(test::hgx_h100(), TrainingFormat::kNvfp4), 989.0_TFLOPs);
}

TEST(TrainingPower, OfAStepThatOnlyWaitsIsTheFloor) {
  StepTime time;
  time.host = time.total = 2;
  const auto watts = training_power(time, {}, test::hgx_h100(), TrainingFormat::kSixteen, table());
  EXPECT_NEAR(watts->base(), 0.32 * 700, 1e-9);
}

TEST(TrainingPower, IsUnknownWhereTheLimitIs) {
  Hardware hardware = test::hgx_h100();
  hardware.power = {};
  EXPECT_FALSE(
      training_power(step(0.1), {}, hardware, TrainingFormat::kSixteen, table()).has_value());
}

// Node power of MLPerf Training, means over a run, and published rates of such runs. How long they
// wait is not published: assumed 0.15 of the step in a pipeline, 0.1 on one server.
// GPT-3 175B in fp8 on 64 servers, 790 tokens/s each (v4.1), 1.05 TFLOP a token: 6.85 kW.
TEST(TrainingPower, OfEightH100IsThatOfTheLogs) {
  const double gpt3 = node_watts(test::hgx_h100(), 10200.0_W, step(0.15), work(818, 12, 0.5));
  EXPECT_NEAR(gpt3 / 6849, 1, 0.05);
  // Llama 2 70B with adapters: 2,166 tokens/s each of 276 GFLOP, 37 GFLOP of attention: 6.95 and
  // 7.16 kW in two installations.
  const double adapters = node_watts(test::hgx_h100(), 10200.0_W, step(0.1), work(598, 80, 0.6));
  EXPECT_NEAR(adapters / 7055, 1, 0.05);
}

// The same on eight B200, v5.0: 5,571 tokens/s each, 9.58 kW.
TEST(TrainingPower, OfEightB200IsThatOfTheLogs) {
  const double adapters = node_watts(hgx_b200(), 14300.0_W, step(0.1), work(1538, 206, 1.5));
  EXPECT_NEAR(adapters / 9580, 1, 0.05);
}

// With adapters on 64 servers, in two minutes: 5.09 kW. A wait of 0.6 explains it.
TEST(TrainingPower, OfARunBoundByLatencyIsLow) {
  const double waiting = node_watts(test::hgx_h100(), 10200.0_W, step(0.6), work(240, 30, 0.25));
  EXPECT_NEAR(waiting / 5087, 1, 0.08);
}

}  // namespace
}  // namespace assay::model
