#include "workload/arrivals.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::workload {
namespace {

constexpr int kDraws = 100'000;

Hertz per_second(double rate) { return Hertz::from_base(rate); }
Seconds seconds(double s) { return Seconds::from_base(s); }

std::vector<double> times(const ArrivalProcess& process, double rate, int count = kDraws,
                          std::uint64_t seed = 1) {
  Arrivals arrivals{process, per_second(rate), seed};
  std::vector<double> out;
  std::int64_t before = 0;
  for (int i = 0; i < count; ++i) {
    const SimTime at = arrivals.next();
    EXPECT_GE(at.ns, before);
    before = at.ns;
    out.push_back(static_cast<double>(at.ns) * 1e-9);
  }
  return out;
}

// Coefficient of variation of the gaps.
double variation(const std::vector<double>& at) {
  double sum = 0, square = 0;
  for (std::size_t i = 1; i < at.size(); ++i) {
    const double gap = at[i] - at[i - 1];
    sum += gap;
    square += gap * gap;
  }
  const auto n = static_cast<double>(at.size() - 1);
  return std::sqrt(square / n - sum / n * sum / n) / (sum / n);
}

TEST(Arrivals, HaveTheRateThatWasAskedFor) {
  const std::vector<std::pair<ArrivalProcess, double>> cases{
      {PoissonArrivals{}, 0.01},
      {EqualGaps{}, 2e-5},
      {GammaArrivals{4}, 0.01},
      {GammaArrivals{0.25}, 0.02},
      {OnOffArrivals{seconds(0.5), seconds(1.5)}, 0.06},
      {OnOffArrivals{seconds(0.5), seconds(1.5), true}, 0.02},
      {DiurnalArrivals{5, seconds(100)}, 0.02},
      {HourlyArrivals{.weights = {1, 0, 3}, .period = seconds(50)}, 0.02},
  };
  for (const auto& [process, tolerance] : cases) {
    for (const double rate : {0.5, 20.0, 3000.0}) {
      const auto at = times(process, rate);
      // Whole phases and periods only: the last ones may be cut.
      if (at.back() < 200) continue;
      EXPECT_NEAR(kDraws / at.back() / rate, 1, tolerance) << process.index() << " at " << rate;
    }
  }
}

TEST(Arrivals, AreAsRegularAsTheBurstinessSays) {
  EXPECT_NEAR(variation(times(PoissonArrivals{}, 10)), 1, 0.02);
  EXPECT_NEAR(variation(times(GammaArrivals{1}, 10)), 1, 0.02);
  EXPECT_NEAR(variation(times(GammaArrivals{4}, 10)), 0.5, 0.01);
  EXPECT_NEAR(variation(times(GammaArrivals{0.25}, 10)), 2, 0.06);
  EXPECT_NEAR(variation(times(EqualGaps{}, 10)), 0, 1e-6);
}

TEST(Arrivals, OfBurstinessOneArePoissonToTheLastBit) {
  EXPECT_EQ(times(PoissonArrivals{}, 7, 1000), times(GammaArrivals{1}, 7, 1000));
}

TEST(Arrivals, ComeAtEqualGapsWithoutDrift) {
  Arrivals arrivals{EqualGaps{}, per_second(3), 1};
  SimTime at;
  for (int i = 0; i <= 3'000'000; ++i) at = arrivals.next();
  EXPECT_EQ(at.ns, 1'000'000'000'000'000);
}

TEST(Arrivals, OnAndOffLeaveWholePhasesEmpty) {
  const auto at = times(OnOffArrivals{seconds(1), seconds(3), true}, 100, 20'000);
  // The phase stands still: modulo the cycle all arrivals lie within one second.
  const double begin = std::fmod(at.front(), 4);
  int outside = 0;
  double lowest = 4, highest = -4;
  for (const double t : at) {
    double offset = std::fmod(t - begin + 8, 4);
    if (offset > 2) offset -= 4;
    lowest = std::min(lowest, offset);
    highest = std::max(highest, offset);
    outside += std::abs(offset) > 1 ? 1 : 0;
  }
  EXPECT_EQ(outside, 0);
  EXPECT_LT(highest - lowest, 1.001);
}

TEST(Arrivals, FollowTheDay) {
  const DiurnalArrivals day{4, seconds(86'400)};
  const auto at = times(day, 10, 10 * 86'400 * 2);
  std::vector<double> hours(24, 0.0);
  for (const double t : at) hours[static_cast<std::size_t>(std::fmod(t, 86'400) / 3600)] += 1;
  EXPECT_NEAR(hours[12] / hours[0], 3.9, 0.15);  // the mean of an hour is less than its peak
  EXPECT_NEAR(hours[6] / hours[17], 1, 0.05);
  EXPECT_EQ(std::min_element(hours.begin(), hours.end()) - hours.begin() == 0 ||
                std::min_element(hours.begin(), hours.end()) - hours.begin() == 23,
            true);
}

TEST(Arrivals, FollowTheHoursOfAProfile) {
  HourlyArrivals day;
  day.weights[9] = 2, day.weights[17] = 1;
  day.period = seconds(240);
  std::vector<double> hours(24, 0.0);
  for (const double t : times(day, 50, 96'000)) {
    hours[std::min<std::size_t>(23, static_cast<std::size_t>(std::fmod(t, 240) / 10))] += 1;
  }
  EXPECT_NEAR(hours[9] / hours[17], 2, 0.05);
  EXPECT_NEAR(hours[9] + hours[17], 96'000, 2);
}

TEST(Arrivals, AtOnceAllComeAtZero) {
  EXPECT_EQ(times(AtOnce{}, 0, 10), std::vector<double>(10, 0.0));
}

TEST(Arrivals, AreFunctionsOfTheSeed) {
  const OnOffArrivals process{seconds(1), seconds(1)};
  EXPECT_EQ(times(process, 5, 100, 3), times(process, 5, 100, 3));
  EXPECT_NE(times(process, 5, 100, 3), times(process, 5, 100, 4));
}

TEST(Arrivals, StayWithinAHundredYears) {
  Arrivals arrivals{EqualGaps{}, per_second(1e-6), 1};
  SimTime at;
  for (int i = 0; i < 5000; ++i) at = arrivals.next();
  EXPECT_EQ(at.ns, kTimeMaxNs);
}

TEST(CheckArrivals, SaysWhatIsWrong) {
  const auto wrong = [](const ArrivalProcess& process, double rate) {
    const Errors errors = check_arrivals(process, per_second(rate));
    return errors.empty() ? "" : render(errors.front());
  };
  EXPECT_EQ(wrong(PoissonArrivals{}, 0),
            "error: a rate of 0 requests/s; expected 0.000001 to 100,000,000");
  EXPECT_NE(wrong(PoissonArrivals{}, std::nan("")), "");
  EXPECT_NE(wrong(PoissonArrivals{}, -1), "");
  EXPECT_EQ(wrong(GammaArrivals{0}, 1), "error: burstiness 0; expected 0.01 to 1,000,000");
  EXPECT_NE(wrong(OnOffArrivals{seconds(0), seconds(1)}, 1), "");
  EXPECT_EQ(wrong(OnOffArrivals{seconds(1e-6), seconds(1e-6)}, 1),
            "error: phases of 2e-06 s at 1 requests/s; expected at most 10,000 phases for a "
            "request");
  EXPECT_NE(wrong(DiurnalArrivals{0.5}, 1), "");
  EXPECT_NE(wrong(DiurnalArrivals{4, seconds(-1)}, 1), "");
  EXPECT_NE(wrong(HourlyArrivals{}, 1), "");
  EXPECT_EQ(wrong(AtOnce{}, 0), "");
}

RC_GTEST_PROP(Arrivals, NeverFallWhateverTheProcess, ()) {
  const double rate = std::pow(10.0, *rc::gen::inRange(-5, 8));
  const double length = std::pow(10.0, *rc::gen::inRange(-3, 6));
  const std::vector<ArrivalProcess> processes{
      GammaArrivals{std::pow(10.0, *rc::gen::inRange(-2, 6))},
      OnOffArrivals{seconds(length), seconds(length * 10)},
      DiurnalArrivals{1e6, seconds(length)},
      HourlyArrivals{.weights = {0, 1e-9, 1e9}, .period = seconds(length)},
  };
  for (const ArrivalProcess& process : processes) {
    if (!check_arrivals(process, per_second(rate)).empty()) continue;
    times(process, rate, 200);
  }
}

}  // namespace
}  // namespace assay::workload
