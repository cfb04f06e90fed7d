#include "model/power.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::model {
namespace {

using namespace assay::literals;

const catalog::PowerCurve kCurve{.family = "made",
                                 .idle = 0.2,
                                 .overhead = 0.3,
                                 .compute = 1.2,
                                 .memory = 0.7,
                                 .half_width = 0.3,
                                 .confidence = {},
                                 .origin = ""};

const catalog::HostPower kHost{.share = 0.4, .half_width = 0.3, .confidence = {}, .origin = ""};

catalog::System server(int accelerators, std::optional<Watts> rated) {
  catalog::System system;
  system.kind = "server";
  system.accelerators = accelerators;
  if (rated) {
    system.power.readings.push_back({.value = *rated,
                                     .high = {},
                                     .none = false,
                                     .basis = {},
                                     .source = {},
                                     .confidence = {},
                                     .as_printed = "",
                                     .note = "",
                                     .where = {}});
    system.power.used_index = 0;
  }
  return system;
}

TEST(BoardShare, OfOverheadAloneIsItsFloor) {
  EXPECT_DOUBLE_EQ(board_share(kCurve, {.compute = 0, .memory = 0, .overhead = 1}), 0.3);
  EXPECT_DOUBLE_EQ(board_share(kCurve, {.compute = 0, .memory = 0, .overhead = 0}), 0.3);
}

TEST(BoardShare, OfADecodeIterationIsTheFloorAndItsStreaming) {
  EXPECT_NEAR(board_share(kCurve, {.compute = 0.02, .memory = 0.6, .overhead = 0.2}),
              0.3 + 0.024 + 0.42, 1e-12);
}

TEST(BoardShare, OfMatricesAtHalfOfThePeakIsNearTheLimit) {
  EXPECT_NEAR(board_share(kCurve, {.compute = 0.5, .memory = 0.1, .overhead = 0}), 0.97, 1e-12);
  EXPECT_DOUBLE_EQ(board_share(kCurve, {.compute = 0.7, .memory = 0.1, .overhead = 0}), 1.0);
}

TEST(BoardShare, AboveTheLimitDoesNotFillThePauses) {
  // Saturated for 0.6 of the time, at the floor for 0.4.
  EXPECT_NEAR(board_share(kCurve, {.compute = 0.5, .memory = 0.1, .overhead = 0.4}), 0.72, 1e-12);
}

// A Llama-2-70B in 16 bit on two A100: 138 GB / 2 in 53.7 ms are 0.63 of 2,039 GB/s. Measured:
// 0.736 of the limit (Splitwise, ISCA 2024).
TEST(BoardShare, OfAMeasuredRunIsMet) {
  const auto table = catalog::load_power();
  ASSERT_TRUE(table.has_value());
  const BoardUse use{.compute = 0.004, .memory = 0.631, .overhead = 0};
  EXPECT_NEAR(board_share(table->family("ampere"), use), 0.736, 0.05);
  EXPECT_NEAR(board_share(table->family("hopper"), use), 0.736, 0.05);
}

BoardUse drawn_use() {
  const auto share = [] { return *rc::gen::inRange(0, 1001) / 1000.0; };
  return {.compute = share(), .memory = share(), .overhead = share()};
}

RC_GTEST_PROP(BoardShare, LiesBetweenTheFloorAndTheLimit, ()) {
  const double share = board_share(kCurve, drawn_use());
  RC_ASSERT(share >= kCurve.overhead - 1e-12);
  RC_ASSERT(share >= kCurve.idle);
  RC_ASSERT(share <= 1 + 1e-12);
}

RC_GTEST_PROP(BoardShare, NeverFallsWithMoreWork, ()) {
  const BoardUse use = drawn_use();
  BoardUse more = use;
  more.compute += 0.05;
  RC_ASSERT(board_share(kCurve, more) >= board_share(kCurve, use));
  more = use;
  more.memory += 0.05;
  RC_ASSERT(board_share(kCurve, more) >= board_share(kCurve, use));
}

RC_GTEST_PROP(BoardShare, NeverGrowsWithMorePauses, ()) {
  const BoardUse use = drawn_use();
  BoardUse paused = use;
  paused.overhead += (1 - use.overhead) / 2;
  RC_ASSERT(board_share(kCurve, paused) <= board_share(kCurve, use) + 1e-12);
}

// 8 · 560 W, and 0.4 of 10.2 kW − 8 · 700 W.
TEST(NodePower, IsTheBoardsAndAShareOfTheRest) {
  const auto node = node_power(server(8, 10200.0_W), {.mean = 560.0_W, .limit = 700.0_W}, kHost);
  ASSERT_TRUE(node.has_value());
  EXPECT_NEAR(node->accelerators.base(), 4480, 1e-9);
  EXPECT_NEAR(node->host.base(), 1840, 1e-9);
  EXPECT_NEAR(node->total.base(), 6320, 1e-9);
}

TEST(NodePower, NeverExceedsTheRating) {
  catalog::HostPower all = kHost;
  all.share = 1;
  const auto node = node_power(server(8, 10200.0_W), {.mean = 700.0_W, .limit = 700.0_W}, all);
  ASSERT_TRUE(node.has_value());
  EXPECT_NEAR(node->total.base(), 10200, 1e-9);
}

TEST(NodePower, IsUnknownWhereTheRatingIs) {
  const BoardPower board{.mean = 500.0_W, .limit = 700.0_W};
  EXPECT_FALSE(node_power(server(8, std::nullopt), board, kHost).has_value());
  EXPECT_FALSE(node_power(server(0, 10200.0_W), board, kHost).has_value());
  catalog::System range = server(8, 14000.0_W);
  range.power.readings[0].high = 15000.0_W;
  EXPECT_FALSE(node_power(range, board, kHost).has_value());
}

TEST(NodePower, IsUnknownForARack) {
  catalog::System rack = server(72, 120000.0_W);
  rack.kind = "rack";
  EXPECT_FALSE(node_power(rack, {.mean = 900.0_W, .limit = 1200.0_W}, kHost).has_value());
}

TEST(NodePower, IsUnknownForABareCard) {
  EXPECT_FALSE(
      node_power(server(1, 600.0_W), {.mean = 300.0_W, .limit = 600.0_W}, kHost).has_value());
}

}  // namespace
}  // namespace assay::model
