#include "catalog/power_curve.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace assay::catalog {
namespace {

constexpr std::string_view kHost =
    "host: { share: 0.4, half_width: 0.3, confidence: derived, origin: logs }\n";

Checked<PowerTable> read(std::string_view curve) {
  return read_power("mine.yaml", std::string{kHost} + "families:\n  - { " + std::string{curve} +
                                     ", compute: 1, memory: 0.7, half_width: 0.3, "
                                     "confidence: measured, origin: a fit }\n");
}

TEST(PowerTable, BuiltInIsReadWhole) {
  const auto table = load_power();
  ASSERT_TRUE(table.has_value());
  for (const char* family : {"ampere", "hopper", "blackwell"})
    EXPECT_TRUE(table->family(family).measured()) << family;
  for (const PowerCurve& curve : table->families) {
    EXPECT_FALSE(curve.origin.empty()) << curve.family;
    EXPECT_LE(curve.idle, curve.overhead) << curve.family;
  }
  EXPECT_FALSE(table->host.origin.empty());
}

TEST(PowerTable, FallsBackToTheUnknownWhichIsTheWidest) {
  const auto table = load_power();
  ASSERT_TRUE(table.has_value());
  const PowerCurve& unknown = table->family("tpu");
  EXPECT_EQ(unknown.family, "unknown");
  EXPECT_EQ(unknown.confidence, Confidence::kAssumed);
  for (const PowerCurve& curve : table->families) {
    EXPECT_LE(curve.half_width, unknown.half_width) << curve.family;
  }
}

TEST(ReadPower, TakesAFileOfTheSameShape) {
  const auto table = read("family: unknown, idle: 0.2, overhead: 0.3");
  ASSERT_TRUE(table.has_value());
  EXPECT_DOUBLE_EQ(table->family("hopper").memory, 0.7);
  EXPECT_DOUBLE_EQ(table->host.share, 0.4);
}

TEST(ReadPower, RefusesABoardThatDrawsLessWhenItRuns) {
  EXPECT_FALSE(read("family: unknown, idle: 0.4, overhead: 0.3").has_value());
}

TEST(ReadPower, RefusesATableWithoutTheFallback) {
  EXPECT_FALSE(read("family: hopper, idle: 0.2, overhead: 0.3").has_value());
}

TEST(ReadPower, RefusesWhatIsMissingWithItsPlace) {
  const auto table = read_power("mine.yaml", "families:\n  - { family: hopper, idle: 1.5 }\n");
  ASSERT_FALSE(table.has_value());
  EXPECT_GE(table.error().size(), 4u);
  for (const Error& error : table.error())
    EXPECT_EQ(error.where.value_or(Where{}).file, "mine.yaml");
}

}  // namespace
}  // namespace assay::catalog
