#include "base/random.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(NaturalLog, AgreesWithTheLibrary) {
  for (double x = 0x1p-53; x < 1e6; x *= 1.01) {
    EXPECT_NEAR(natural_log(x), std::log(x), 2e-15 * std::max(1.0, std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(natural_log(1), 0);
}

// Of SplitMix64 from state 0, as its published implementation gives them.
static_assert(mixed_bits(kGoldenGamma) == 0xe220a8397b1dcdaf);
static_assert(mixed_bits(2 * kGoldenGamma) == 0x6e789e6aa1b965f4);

TEST(RandomStream, DrawsByNumberAndNotByOrder) {
  const RandomStream stream{7, 1};
  const double fifth = stream.uniform(5);
  stream.uniform(6);
  EXPECT_EQ(stream.uniform(5), fifth);
  EXPECT_NE(fifth, (RandomStream{7, 2}.uniform(5)));
  EXPECT_NE(fifth, (RandomStream{8, 1}.uniform(5)));
}

TEST(RandomStream, HasTheMomentsOfItsDistributions) {
  const RandomStream stream{1, 0};
  constexpr int kDraws = 200'000;
  double uniform = 0, exponential = 0, square = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    uniform += stream.uniform(i);
    const double gap = stream.exponential(i);
    exponential += gap;
    square += gap * gap;
  }
  EXPECT_NEAR(uniform / kDraws, 0.5, 0.003);
  EXPECT_NEAR(exponential / kDraws, 1, 0.01);
  EXPECT_NEAR(square / kDraws, 2, 0.05);
}

}  // namespace
}  // namespace assay
