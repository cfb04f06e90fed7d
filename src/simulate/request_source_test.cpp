#include "simulate/request_source.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace assay::simulate {
namespace {

ReplicaLoad load(Arrivals arrivals, double spread) {
  return {.arrivals = arrivals,
          .concurrency = 4,
          .rate = Hertz::from_base(5),
          .requests = 10,
          .input_tokens = 100,
          .output_tokens = 10.6,
          .length_spread = spread};
}

TEST(RequestLengths, AreTheRoundedMeanWithoutSpread) {
  const RequestLengths lengths{load(Arrivals::kAtOnce, 0)};
  EXPECT_TRUE(lengths.all_equal());
  EXPECT_EQ(lengths.input(3), 100);
  EXPECT_EQ(lengths.output(7), 11);
  EXPECT_EQ(lengths.output_max(), 11);
}

TEST(RequestLengths, FillTheSpreadAndKeepTheMean) {
  const RequestLengths lengths{load(Arrivals::kAtOnce, 1)};
  constexpr int kDraws = 100'000;
  double sum = 0, low = 1e9, high = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double input = lengths.input(i);
    sum += input;
    low = std::min(low, input);
    high = std::max(high, input);
    ASSERT_EQ(input, std::floor(input));
    ASSERT_GE(lengths.output(i), 1);
  }
  EXPECT_EQ(low, 1);
  EXPECT_EQ(high, lengths.input_max());
  EXPECT_NEAR(sum / kDraws, 100, 1);
}

TEST(RequestSource, SendsTheNextOfAClosedLoopWhenOneLeaves) {
  RequestSource source{load(Arrivals::kClosedLoop, 0)};
  EXPECT_EQ(source.arrival(), 0);
  EXPECT_EQ(source.count(), 4);
  source.take(3);
  EXPECT_EQ(source.count(), 1);
  source.take(1);
  EXPECT_EQ(source.arrival(), RequestSource::kNever);
  source.completed(3, 2.5);
  source.completed(1, 2.5);
  EXPECT_EQ(source.arrival(), 2.5);
  EXPECT_EQ(source.count(), 4);
  EXPECT_EQ(source.number(), 4);
  source.completed(4, 3);  // only two of ten are left to send
  source.take(4);
  EXPECT_EQ(source.count(), 2);
}

TEST(RequestSource, GivesRequestsOfDifferentLengthsOneByOne) {
  EXPECT_EQ(RequestSource(load(Arrivals::kAtOnce, 0)).count(), 10);
  EXPECT_EQ(RequestSource(load(Arrivals::kAtOnce, 0.5)).count(), 1);
}

TEST(RequestSource, KeepsTheRateOfPoissonArrivals) {
  ReplicaLoad many = load(Arrivals::kPoisson, 0);
  many.requests = 100'000;
  RequestSource source{many};
  EXPECT_GT(source.first_arrival(), 0);
  double last = 0;
  while (source.arrival() != RequestSource::kNever) {
    ASSERT_GE(source.arrival(), last);
    last = source.arrival();
    source.take(1);
  }
  EXPECT_NEAR(100'000 / last, 5, 0.05);
}

}  // namespace
}  // namespace assay::simulate
