#include "workload/lengths.h"

#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace assay::workload {
namespace {

constexpr std::uint64_t kDraws = 100'000;

struct Moments {
  double mean{}, variation{}, least{}, most{};
};

Moments moments(const LengthDistribution& distribution) {
  const Lengths lengths{distribution, 1, 2};
  double sum = 0, square = 0, least = 1e18, most = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double tokens = lengths.at(i);
    sum += tokens;
    square += tokens * tokens;
    least = std::min(least, tokens);
    most = std::max(most, tokens);
  }
  const double mean = sum / kDraws;
  return {mean, std::sqrt(square / kDraws - mean * mean) / mean, least, most};
}

TEST(Lengths, HaveTheMomentsOfTheirDistribution) {
  const Moments fixed = moments(FixedLength{17});
  EXPECT_EQ(fixed.least, 17);
  EXPECT_EQ(fixed.most, 17);
  const Moments uniform = moments(UniformLength{100, 0.5});
  EXPECT_NEAR(uniform.mean, 100, 0.3);
  EXPECT_EQ(uniform.least, 50);
  EXPECT_EQ(uniform.most, 150);
  const Moments lognormal = moments(LognormalLength{1155, 1.2});
  EXPECT_NEAR(lognormal.mean, 1155, 20);
  EXPECT_NEAR(lognormal.variation, 1.2, 0.06);
}

TEST(Lengths, StayWithinTheirLimits) {
  const Moments cut = moments(LognormalLength{1000, 3, 10, 2000});
  EXPECT_EQ(cut.least, 10);
  EXPECT_EQ(cut.most, 2000);
  EXPECT_EQ(moments(UniformLength{1.5, 1}).least, 1);
  EXPECT_EQ(moments(UniformLength{10.5, 0}).least, moments(UniformLength{10.5, 0}).most);
  EXPECT_EQ(moments(LognormalLength{5, 0}).mean, 5);
  EXPECT_LE(moments(LognormalLength{1e8, 100}).most, 1e8);
}

TEST(GroupChoice, DrawsGroupsAsOftenAsTheirWeight) {
  std::vector<double> alike(10, 0.0), zipf(10, 0.0);
  const GroupChoice uniform{{.groups = 10, .tokens = 5}, 1};
  const GroupChoice skewed{{.groups = 10, .tokens = 5, .zipf = 1}, 1};
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    alike.at(uniform.at(i)) += 1;
    zipf.at(skewed.at(i)) += 1;
  }
  EXPECT_NEAR(alike[3] / kDraws, 0.1, 0.005);
  EXPECT_NEAR(zipf[0] / zipf[9], 10, 0.7);
  EXPECT_NEAR(zipf[0] / zipf[1], 2, 0.1);
}

TEST(CheckLengths, SaysWhatIsWrong) {
  const auto wrong = [](const LengthDistribution& lengths) {
    const Errors errors = check_lengths("input", lengths);
    return errors.empty() ? "" : render(errors.front());
  };
  EXPECT_EQ(wrong(FixedLength{0}), "error: input tokens 0; expected 1 to 100,000,000");
  EXPECT_EQ(wrong(UniformLength{10, 1.5}), "error: spread 1.5 of input tokens; expected 0 to 1");
  EXPECT_NE(wrong(LognormalLength{std::nan(""), 1}), "");
  EXPECT_NE(wrong(LognormalLength{10, -1}), "");
  EXPECT_NE(wrong(LognormalLength{10, 1, 5, 4}), "");
  EXPECT_FALSE(check_prefix({.groups = -1}).empty());
  EXPECT_FALSE(check_prefix({.groups = 3, .tokens = 0}).empty());
  EXPECT_TRUE(check_prefix({}).empty());
}

}  // namespace
}  // namespace assay::workload
