#include "catalog/efficiency.h"

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
      read_efficiency("mine.yaml", "families:\n  - { family: hopper, compute: 1.5 }\n");
  ASSERT_FALSE(table.has_value());
  EXPECT_GE(table.error().size(), 4u);
  for (const Error& error : table.error())
    EXPECT_EQ(error.where.value_or(Where{}).file, "mine.yaml");
}

TEST(IntervalRegime, NamesMetricClassAndEvidence) {
  EXPECT_EQ(interval_regime("tpot", false, true), "tpot dense");
  EXPECT_EQ(interval_regime("ttft", true, false), "ttft moe unmeasured");
}

}  // namespace
}  // namespace assay::catalog
