#include "catalog/efficiency.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace assay::catalog {
namespace {

TEST(EfficiencyTable, BuiltInIsReadWhole) {
  const auto table = load_efficiency();
  ASSERT_TRUE(table.has_value());
  EXPECT_TRUE(table->family("hopper").measured());
  EXPECT_FALSE(table->family("ascend").measured());
  EXPECT_TRUE(table->knows_engine("vllm"));
  EXPECT_EQ(table->link(LinkKind::kNvlink).kind, LinkKind::kNvlink);
  for (const FamilyEfficiency& family : table->families)
    EXPECT_FALSE(family.origin.empty()) << family.family;
}

TEST(EfficiencyTable, FallsBackToTheUnknown) {
  const auto table = load_efficiency();
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->family("tpu").family, "unknown");
  EXPECT_EQ(table->engine("home-made").engine, "unknown");
  EXPECT_FALSE(table->knows_engine("home-made"));
}

TEST(EfficiencyTable, IsWiderForFamiliesThatWereNotMeasuredAndForMixturesOfExperts) {
  const auto table = load_efficiency();
  ASSERT_TRUE(table.has_value());
  for (const char* metric : {"tpot", "ttft", "throughput", "power"}) {
    EXPECT_GT(table->interval(metric, true, true).half_width,
              table->interval(metric, false, true).half_width);
    for (const bool moe : {false, true}) {
      EXPECT_GT(table->interval(metric, moe, false).half_width,
                table->interval(metric, moe, true).half_width);
    }
  }
}

TEST(ReadEfficiency, RefusesWhatIsMissingWithItsPlace) {
  const auto table =
      read_efficiency("mine.yaml", "families:\n  - { family: hopper, compute: 1.5 }\n", {});
  ASSERT_FALSE(table.has_value());
  EXPECT_GE(table.error().size(), 4u);
  for (const Error& error : table.error())
    EXPECT_EQ(error.where.value_or(Where{}).file, "mine.yaml");
}

TEST(ReadEfficiency, NamesTheFamiliesWhoseOperatorsWereMeasured) {
  OperatorCurves hopper;
  hopper.family = "hopper";
  const auto table = read_efficiency(
      "mine.yaml", "families:\n  - { family: hopper, operators: hoper }\n", {hopper});
  ASSERT_FALSE(table.has_value());
  const auto wrong = std::ranges::find_if(
      table.error(), [](const Error& e) { return e.what.find("hoper") != std::string::npos; });
  ASSERT_NE(wrong, table.error().end());
  EXPECT_EQ(wrong->near, std::vector<std::string>{"hopper"});
}

TEST(EfficiencyTable, OfAFamilyWithoutItsOwnOperatorsSaysThatTheyAreBorrowed) {
  const auto table = load_efficiency();
  ASSERT_TRUE(table.has_value());
  EXPECT_FALSE(table->family("hopper").borrowed);
  EXPECT_EQ(table->family("hopper").operators.family, "hopper");
  EXPECT_TRUE(table->family("ascend").borrowed);
  for (const FamilyEfficiency& family : table->families)
    EXPECT_GT(family.operators.gemm.memory, 0) << family.family;
}

TEST(SpeedOfLight, IsTheDataSheetWithNothingBetweenTheOperators) {
  const EfficiencyTable table = speed_of_light();
  const FamilyEfficiency& family = table.family("hopper");
  EXPECT_EQ(family.operators.gemm.compute.eight, 1);
  EXPECT_EQ(family.operators.gemm.overlap, 0);
  EXPECT_EQ(family.operators.gemm.floor.base(), 0);
  EXPECT_EQ(table.engine("vllm").per_layer.base(), 0);
  EXPECT_EQ(table.link(LinkKind::kNvlink).all_reduce.bandwidth, 1);
  EXPECT_EQ(table.link(LinkKind::kNetwork).kind, LinkKind::kNetwork);
}

TEST(EfficiencyTable, TakesTheIntervalOfTheMetricWhereAModeHasNone) {
  EfficiencyTable table = speed_of_light();
  table.intervals.push_back(
      {.regime = "server ttft moe", .half_width = 2, .half_width_80 = 1.5, .origin = ""});
  table.unmeasured = 0.4;
  EXPECT_EQ(table.interval("server", "ttft", true, true).half_width, 2);
  EXPECT_EQ(table.interval("batch", "ttft", true, true).regime, "ttft moe");
  const IntervalWidth wide = table.interval("server", "ttft", true, false);
  EXPECT_EQ(wide.regime, "server ttft moe unmeasured");
  EXPECT_DOUBLE_EQ(wide.half_width, 2.4);
}

TEST(IntervalRegime, NamesModeMetricAndClass) {
  EXPECT_EQ(interval_regime("", "tpot", false), "tpot dense");
  EXPECT_EQ(interval_regime("server", "ttft", true), "server ttft moe");
}

}  // namespace
}  // namespace assay::catalog
