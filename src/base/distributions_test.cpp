#include "base/distributions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace assay {
namespace {

constexpr int kDraws = 20'000;

// Kolmogorov and Smirnov's distance between draws and the distribution they should have.
double distance(std::vector<double> draws, const std::function<double(double)>& below) {
  std::sort(draws.begin(), draws.end());
  double largest = 0;
  const auto n = static_cast<double>(draws.size());
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double p = below(draws[i]);
    largest =
        std::max({largest, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return largest;
}

// Exceeded by one of a thousand samples of the right distribution.
double critical(int draws) { return 1.95 / std::sqrt(static_cast<double>(draws)); }

template <class Draw>
std::vector<double> sample(Draw draw) {
  std::vector<double> out;
  out.reserve(kDraws);
  for (std::uint64_t i = 0; i < kDraws; ++i) out.push_back(draw(i));
  return out;
}

// The regularised lower incomplete gamma function, by its series.
double gamma_below(double shape, double x) {
  if (x <= 0) return 0;
  double term = 1 / shape, sum = term;
  for (double n = 1; n < 2000 && term > sum * 1e-17; ++n) sum += term *= x / (shape + n);
  return sum * std::exp(-x + shape * std::log(x) - std::lgamma(shape));
}

TEST(ExponentialOf, AgreesWithTheLibrary) {
  for (double x = -700; x < 700; x += 0.37) {
    EXPECT_NEAR(exponential_of(x) / std::exp(x), 1, 4e-16) << x;
  }
  static_assert(exponential_of(0) == 1);
  EXPECT_EQ(exponential_of(-1000), 0);
  EXPECT_TRUE(std::isfinite(exponential_of(1e9)));
}

TEST(PowerOf, IsExactForWholePowersOfTwo) {
  EXPECT_NEAR(power_of(2, 10), 1024, 1e-11);
  EXPECT_NEAR(power_of(9, 0.5), 3, 1e-14);
}

TEST(CosineOfTurns, AgreesWithTheLibrary) {
  for (double turns = 0; turns <= 1; turns += 1.0 / 512) {
    EXPECT_NEAR(cosine_of_turns(turns), std::cos(turns * 2 * 3.14159265358979323846), 1e-14);
  }
}

TEST(NormalQuantile, HasPublishedValues) {
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.25), -0.6744897501960817, 1e-15);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167814, 4e-15);
  EXPECT_NEAR(normal_quantile(1e-20), -9.262340089798408, 1e-14);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 2e-15);
}

TEST(Normal, HasItsDistribution) {
  const RandomStream draws{11, 3};
  const auto below = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); };
  EXPECT_LT(distance(sample([&](auto i) { return normal(draws, i); }), below), critical(kDraws));
}

TEST(Gamma, HasItsDistributionForEveryShape) {
  for (const double shape : {0.05, 0.25, 0.9, 1.0, 2.5, 40.0}) {
    const RandomStream draws{5, 9};
    const auto below = [&](double x) { return gamma_below(shape, x * shape); };
    const auto gaps = sample([&](auto i) { return gamma_of_mean_one(draws, i, shape); });
    EXPECT_LT(distance(gaps, below), critical(kDraws)) << shape;
    double sum = 0;
    for (const double gap : gaps) sum += gap;
    EXPECT_NEAR(sum / kDraws, 1, 4 / std::sqrt(shape * kDraws)) << shape;
  }
}

// The bits themselves: another machine, compiler or library may not change a draw.
TEST(Gamma, HasTheSameBitsEverywhere) {
  const RandomStream draws{1, 2};
  std::uint64_t bits = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    bits = mixed_bits(bits ^ std::bit_cast<std::uint64_t>(gamma_of_mean_one(draws, i, 0.5)));
    bits = mixed_bits(bits ^ std::bit_cast<std::uint64_t>(normal(draws, i)));
  }
  EXPECT_EQ(bits, 4315778277204298848u);
}

}  // namespace
}  // namespace assay
