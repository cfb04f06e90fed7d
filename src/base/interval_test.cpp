#include "base/interval.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/quantity.h"

namespace assay {
namespace {

TEST(Interval, IsMultiplicative) {
  const Estimate<Seconds> time = estimate(Seconds::from_base(2.0), std::log(1.25));
  EXPECT_DOUBLE_EQ(time.low.base(), 1.6);
  EXPECT_EQ(time.value.base(), 2.0);
  EXPECT_DOUBLE_EQ(time.high.base(), 2.5);
}

TEST(Interval, CollapsesWithoutUncertainty) {
  const Estimate<double> ratio = estimate(3.0, 0.0);
  EXPECT_EQ(ratio.low, 3.0);
  EXPECT_EQ(ratio.high, 3.0);
}

TEST(Interval, OfNothingIsNothing) {
  const Estimate<Bytes> none = estimate(Bytes{}, 0.3);
  EXPECT_EQ(none.low, none.high);
}

TEST(IntervalDeathTest, RefusesANegativeWidth) {
  EXPECT_EXIT(estimate(1.0, -0.1), testing::ExitedWithCode(1), "half_width >= 0");
  EXPECT_EXIT(estimate(1.0, std::nan("")), testing::ExitedWithCode(1), "half_width >= 0");
  EXPECT_EXIT(estimate(-1.0, 0.1), testing::ExitedWithCode(1), "value >= Q");
}

}  // namespace
}  // namespace assay
