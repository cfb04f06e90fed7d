#include "simulate/latency_record.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace assay::simulate {
namespace {

TEST(LatencyRecord, IsZeroWithoutAValue) {
  const LatencyFigures f = LatencyRecord{}.figures();
  EXPECT_EQ(f.count, 0);
  EXPECT_EQ(f.mean, 0);
  EXPECT_EQ(f.p99, 0);
}

TEST(LatencyRecord, InterpolatesBetweenTheTwoNearestAsNumpyDoes) {
  LatencyRecord record;
  for (const double value : {4.0, 1.0, 3.0, 2.0}) record.add(value);
  const LatencyFigures f = record.figures();
  EXPECT_EQ(f.count, 4);
  EXPECT_DOUBLE_EQ(f.mean, 2.5);
  EXPECT_DOUBLE_EQ(f.deviation, std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(f.p50, 2.5);
  EXPECT_DOUBLE_EQ(f.p90, 3.7);
  EXPECT_DOUBLE_EQ(f.p95, 3.85);
  EXPECT_DOUBLE_EQ(f.p99, 3.97);
  EXPECT_EQ(f.max, 4);
  EXPECT_EQ(record.percentile(0), 1);
  EXPECT_EQ(record.percentile(1), 4);
}

void expect_close(const LatencyFigures& a, const LatencyFigures& b, double tolerance) {
  EXPECT_EQ(a.count, b.count);
  EXPECT_NEAR(a.mean, b.mean, 1e-12 * b.mean);
  EXPECT_NEAR(a.deviation, b.deviation, 1e-9 * b.mean);
  EXPECT_NEAR(a.p50, b.p50, tolerance * b.p50);
  EXPECT_NEAR(a.p90, b.p90, tolerance * b.p90);
  EXPECT_NEAR(a.p95, b.p95, tolerance * b.p95);
  EXPECT_NEAR(a.p99, b.p99, tolerance * b.p99);
  EXPECT_EQ(a.max, b.max);
}

TEST(LatencyRecord, CountsWithinHalfAThousandth) {
  LatencyRecord exact, counted{true};
  const RandomStream draws{1, 1};
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const double value = 1e-3 * draws.exponential(i);
    exact.add(value);
    counted.add(value);
  }
  expect_close(counted.figures(), exact.figures(), 5e-4);
}

TEST(LatencyRecord, AddsTheSameValueManyTimesAtOnce) {
  LatencyRecord once, many;
  once.add(2.0, 3);
  once.add(5.0, 0);
  for (int i = 0; i < 3; ++i) many.add(2.0);
  expect_close(once.figures(), many.figures(), 0);
}

TEST(LatencyRecord, AddsARisingLineAsItsValues) {
  struct Line {
    double first, slope;
    std::int64_t steps, times;
  };
  LatencyRecord lines{true}, values{true};
  for (const Line& line :
       {Line{1e-2, 1e-7, 5000, 3}, Line{1e-9, 1e-4, 40, 1}, Line{3e-2, 0, 7, 2},
        Line{5e-3, 1e-3, 1, 9}, Line{0, 1e-5, 3000, 1}, Line{1, 1, 0, 5}, Line{1, 1, 5, 0}}) {
    lines.add_affine(line.first, line.slope, line.steps, line.times);
    for (std::int64_t i = 0; i < line.steps; ++i) {
      values.add(line.first + line.slope * static_cast<double>(i), line.times);
    }
  }
  const LatencyFigures a = lines.figures(), b = values.figures();
  EXPECT_EQ(a.count, b.count);
  EXPECT_NEAR(a.mean, b.mean, 1e-12);
  EXPECT_NEAR(a.deviation, b.deviation, 1e-12);
  EXPECT_NEAR(a.max, b.max, 1e-15);
  for (double share = 0; share <= 1; share += 1.0 / 64) {
    EXPECT_NEAR(lines.percentile(share), values.percentile(share), 1e-12) << share;
  }
}

TEST(LatencyRecord, TurnsToCountingWhereThereAreTooMany) {
  LatencyRecord record;
  constexpr auto kMost = static_cast<std::int64_t>(LatencyRecord::kExactMax);
  record.add(1.0, kMost);
  EXPECT_EQ(record.percentile(0.5), 1);
  record.add(3.0, kMost);
  const LatencyFigures f = record.figures();
  EXPECT_EQ(f.count, 2 * kMost);
  EXPECT_DOUBLE_EQ(f.mean, 2);
  EXPECT_DOUBLE_EQ(f.deviation, 1);
  EXPECT_NEAR(f.p99, 3, 3 * 5e-4);
}

TEST(LatencyRecord, CountsAndMergesWhateverTheOrderOfItsValues) {
  const std::vector<double> values{3e-2, 1e-4, 5.0, 2e-9, 40.0, 3e-2, 1e-4};
  LatencyRecord all{true}, backwards{true}, merged{true};
  for (const double value : values) {
    all.add(value, 3);
    LatencyRecord one{true};
    one.add_affine(value, 0, 3, 1);
    merged.merge(one);
  }
  for (std::size_t i = values.size(); i-- > 0;) backwards.add(values[i], 3);
  merged.merge(LatencyRecord{true});
  for (double share = 0; share <= 1; share += 1.0 / 64) {
    EXPECT_EQ(backwards.percentile(share), all.percentile(share)) << share;
    EXPECT_EQ(merged.percentile(share), all.percentile(share)) << share;
  }
  const LatencyFigures f = merged.figures();
  EXPECT_EQ(f.p50, all.percentile(0.5));
  EXPECT_EQ(f.p90, all.percentile(0.9));
  EXPECT_EQ(f.p95, all.percentile(0.95));
  EXPECT_EQ(f.p99, all.percentile(0.99));
}

TEST(LatencyRecord, TakesExtremes) {
  LatencyRecord record{true};
  record.add(0);
  record.add(1e-15);
  record.add(1e12);
  EXPECT_EQ(record.figures().max, 1e12);
  EXPECT_EQ(record.figures().count, 3);
  EXPECT_LE(record.percentile(1), 1e12);
}

}  // namespace
}  // namespace assay::simulate
