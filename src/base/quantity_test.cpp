#include "base/quantity.h"

#include <type_traits>

#include <gtest/gtest.h>

namespace assay {
namespace {

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Comparable = requires(A a, B b) {
  a < b;
};
template <class A, class B>
concept AddableTo = requires(A& a, B b) {
  a += b;
};

static_assert(Addable<Seconds, Seconds>);
static_assert(!Addable<Seconds, Bytes>);
static_assert(!Addable<Seconds, double>);
static_assert(!Addable<double, Seconds>);
static_assert(!AddableTo<Seconds, Bytes>);
static_assert(!AddableTo<Seconds, double>);
static_assert(Comparable<Watts, Watts>);
static_assert(!Comparable<Watts, Joules>);
static_assert(!Comparable<Watts, double>);
static_assert(!std::is_convertible_v<double, Seconds>);
static_assert(!std::is_convertible_v<Seconds, double>);
static_assert(!std::is_constructible_v<Seconds, double>);
static_assert(!std::is_constructible_v<Seconds, Bytes>);
static_assert(sizeof(Seconds) == sizeof(double));
static_assert(std::is_trivially_copyable_v<Seconds>);

static_assert(std::is_same_v<decltype(Flops{} / FlopsPerSecond{}), Seconds>);
static_assert(std::is_same_v<decltype(Bytes{} / Seconds{}), BytesPerSecond>);
static_assert(std::is_same_v<decltype(Watts{} * Seconds{}), Joules>);
static_assert(std::is_same_v<decltype(FlopsPerSecond{} / Watts{}), FlopsPerJoule>);
static_assert(std::is_same_v<decltype(Flops{} / Bytes{}), FlopsPerByte>);
static_assert(std::is_same_v<decltype(UsdPerSecond{} * kHour), Usd>);
static_assert(std::is_same_v<decltype(Bytes{} / Bytes{}), double>);
static_assert(std::is_same_v<decltype(Hertz{} * Seconds{}), double>);

TEST(Quantity, DefaultIsZero) { EXPECT_EQ(Seconds{}.base(), 0.0); }

TEST(Quantity, DividingWorkByRateGivesTime) {
  const Seconds time = Flops::from_base(6e12) / FlopsPerSecond::from_base(3e12);
  EXPECT_EQ(time.base(), 2.0);
}

TEST(Quantity, EqualDimensionsDivideToARatio) {
  EXPECT_EQ(Bytes::from_base(6) / Bytes::from_base(4), 1.5);
}

TEST(Quantity, SumsAndMultiplesKeepTheDimension) {
  Seconds time = 1.0_s + 500.0_ms;
  time += 250.0_ms;
  time -= 1.0_s;
  EXPECT_DOUBLE_EQ((2.0 * time).base(), 1.5);
  EXPECT_DOUBLE_EQ((time / 3.0).base(), 0.25);
  EXPECT_EQ((-time).base(), -0.75);
}

TEST(Quantity, GigabytesAreNotGibibytes) {
  EXPECT_EQ((1.0_GiB).base(), 1073741824.0);
  EXPECT_EQ((1.0_GB).base(), 1e9);
  EXPECT_LT(1.0_GB, 1.0_GiB);
}

TEST(Quantity, AMonthIsATwelfthOfAYear) { EXPECT_EQ(kYear / kMonth, 12.0); }

TEST(Quantity, DimensionsAddAndSubtractAxisByAxis) {
  EXPECT_EQ(Bytes::kDim - Seconds::kDim, BytesPerSecond::kDim);
  EXPECT_EQ(BytesPerSecond::kDim + Seconds::kDim, Bytes::kDim);
}

}  // namespace
}  // namespace assay
