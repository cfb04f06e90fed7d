#include "evidence/least_squares.h"

#include <gtest/gtest.h>

namespace assay::evidence {
namespace {

// By hand: 4x + 2y = 10, 2x + 3y = 9 → x = 1.5, y = 2.
TEST(LeastSquares, SolvesASymmetricSystem) {
  const auto x = solve_symmetric({{4, 2}, {2, 3}}, {10, 9});
  ASSERT_TRUE(x.has_value());
  EXPECT_NEAR((*x)[0], 1.5, 1e-12);
  EXPECT_NEAR((*x)[1], 2, 1e-12);
}

// Three points of y = 1 + 2x, one of them off by 3: the line turns, the mean residual is 0.
TEST(LeastSquares, FitsALineThroughThreePoints) {
  const auto line = least_squares({{1, 0}, {1, 1}, {1, 2}}, {1, 3, 8});
  ASSERT_TRUE(line.has_value());
  EXPECT_NEAR((*line)[0], 0.5, 1e-12);
  EXPECT_NEAR((*line)[1], 3.5, 1e-12);
}

TEST(LeastSquares, ColumnsThatDependOnEachOtherHaveNoSolutionUntilDamped) {
  const std::vector<std::vector<double>> rows{{1, 2}, {2, 4}, {3, 6}};
  EXPECT_FALSE(least_squares(rows, {1, 2, 3}).has_value());
  EXPECT_TRUE(least_squares(rows, {1, 2, 3}, {0.1, 0.1}).has_value());
}

}  // namespace
}  // namespace assay::evidence
