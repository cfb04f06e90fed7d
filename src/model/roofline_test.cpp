#include "model/roofline.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::model {
namespace {

using namespace assay::literals;

constexpr Ceiling kH100{989.0_TFLOPs, 3.35_TBps};

TEST(Roofline, IsMemoryBoundBelowTheRidgePoint) {
  const OperatorTime t = roofline({Flops::from_base(1e9), Bytes::from_base(1e9)}, kH100, 100);
  EXPECT_FALSE(t.compute_bound);
  EXPECT_NEAR(t.time.base(), 1e9 / 3.35e12, 1e-9);
}

TEST(Roofline, IsComputeBoundAboveIt) {
  const OperatorTime t = roofline({Flops::from_base(1e13), Bytes::from_base(1e9)}, kH100, 100);
  EXPECT_TRUE(t.compute_bound);
  EXPECT_NEAR(t.time.base(), 1e13 / 989e12, 1e-6);
}

TEST(SmoothMaximum, OfEqualTimesIsTheirSumAtNormOneAndTheirMaximumAtAHighNorm) {
  EXPECT_NEAR(smooth_maximum(3.0_s, 3.0_s, 1).base(), 6.0, 1e-12);
  EXPECT_NEAR(smooth_maximum(3.0_s, 4.0_s, 2).base(), 5.0, 1e-12);
  EXPECT_NEAR(smooth_maximum(3.0_s, 4.0_s, 100).base(), 4.0, 1e-6);
}

TEST(SmoothMaximum, OfOneTimeAloneIsThatTime) {
  EXPECT_EQ(smooth_maximum(3.0_s, 0.0_s, 1.29).base(), 3.0);
  EXPECT_EQ(smooth_maximum(0.0_s, 0.0_s, 1.29).base(), 0.0);
}

RC_GTEST_PROP(SmoothMaximum, LiesBetweenTheMaximumAndTheSumAndGrows, ()) {
  const double a = *rc::gen::inRange(1, 1000000), b = *rc::gen::inRange(1, 1000000);
  const double more = *rc::gen::inRange(1, 1000);
  const double norm = 1.0 + *rc::gen::inRange(0, 50) / 10.0;
  const auto time = [&](double x, double y) {
    return smooth_maximum(Seconds::from_base(x), Seconds::from_base(y), norm).base();
  };
  RC_ASSERT(time(a, b) >= std::max(a, b) * (1 - 1e-12));
  RC_ASSERT(time(a, b) <= (a + b) * (1 + 1e-12));
  RC_ASSERT(time(a + more, b) >= time(a, b));
}

}  // namespace
}  // namespace assay::model
