#include "base/quantile.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay {
namespace {

TEST(Quantile, LiesLinearlyBetweenTheTwoNearestValues) {
  EXPECT_DOUBLE_EQ(quantile({40, 10, 30, 20}, 0.5), 25);     // rank 1.5
  EXPECT_DOUBLE_EQ(quantile({40, 10, 30, 20}, 0.9), 37);     // rank 2.7: 30 + 0.7·10
  EXPECT_DOUBLE_EQ(quantile({40, 10, 30, 20}, 0.25), 17.5);  // rank 0.75
}

TEST(Quantile, OfItsEndsIsTheSmallestAndTheLargest) {
  EXPECT_DOUBLE_EQ(quantile({3, 1, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(quantile({3, 1, 2}, 1), 3);
}

TEST(Quantile, OfOneValueIsThatValue) {
  EXPECT_DOUBLE_EQ(quantile({7}, 0.9), 7);
  EXPECT_DOUBLE_EQ(median({7}), 7);
}

RC_GTEST_PROP(Quantile, NeverFallsWithP, ()) {
  const auto draws =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(-1000, 1000)));
  const std::vector<double> values(draws.begin(), draws.end());
  const double a = *rc::gen::inRange(0, 101) / 100.0, b = *rc::gen::inRange(0, 101) / 100.0;
  RC_ASSERT(quantile(values, std::min(a, b)) <= quantile(values, std::max(a, b)) + 1e-9);
}

}  // namespace
}  // namespace assay
