#include "simulate/latency_samples.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::simulate {
namespace {

TEST(LatencySamples, InterpolatesBetweenTheTwoNearestRequests) {
  LatencySamples samples;
  for (const double seconds : {4.0, 1.0, 3.0, 2.0}) samples.add(seconds, 1);
  const LatencyFigures figures = samples.figures();
  EXPECT_DOUBLE_EQ(figures.mean.base(), 2.5);
  EXPECT_DOUBLE_EQ(figures.p50.base(), 2.5);
  EXPECT_DOUBLE_EQ(figures.p90.base(), 3.7);
  EXPECT_DOUBLE_EQ(figures.p99.base(), 3.97);
}

TEST(LatencySamples, IsZeroWithoutRequests) {
  LatencySamples samples;
  samples.add(3, 0);
  EXPECT_EQ(samples.figures().p99.base(), 0);
}

RC_GTEST_PROP(LatencySamples, WeighsAsManyEqualOnes, ()) {
  const auto values = *rc::gen::nonEmpty<std::vector<std::pair<int, unsigned char>>>();
  LatencySamples weighted, single;
  for (const auto& [seconds, requests] : values) {
    weighted.add(seconds, requests);
    for (int i = 0; i < requests; ++i) single.add(seconds, 1);
  }
  const LatencyFigures a = weighted.figures(), b = single.figures();
  RC_ASSERT(a.p50 == b.p50);
  RC_ASSERT(a.p90 == b.p90);
  RC_ASSERT(a.p99 == b.p99);
}

}  // namespace
}  // namespace assay::simulate
