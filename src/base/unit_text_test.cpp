#include "base/unit_text.h"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay {
namespace {

template <class Q>
double base(std::string_view text) {
  const Result<Q> parsed = parse<Q>(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? parsed->base() : std::nan("");
}

template <class Q>
std::string refusal(std::string_view text) {
  const Result<Q> parsed = parse<Q>(text);
  EXPECT_FALSE(parsed.has_value()) << text;
  return parsed ? "" : render(parsed.error());
}

TEST(UnitText, ParsesTheUnitsOfEveryDimension) {
  EXPECT_DOUBLE_EQ(base<Seconds>("300 ms"), 0.3);
  EXPECT_DOUBLE_EQ(base<Seconds>("2 days"), 172800);
  EXPECT_EQ(base<Bytes>("141 GB"), 141e9);
  EXPECT_EQ(base<Bytes>("1 GiB"), 1073741824);
  EXPECT_EQ(base<BytesPerSecond>("400 Gbit/s"), 50e9);
  EXPECT_EQ(base<FlopsPerSecond>("989 TFLOP/s"), 989e12);
  EXPECT_EQ(base<FlopsPerSecond>("1979 TOPS"), 1979e12);
  EXPECT_EQ(base<Watts>("1.5 kW"), 1500);
  EXPECT_EQ(base<Hertz>("50 /s"), 50);
  EXPECT_DOUBLE_EQ(base<UsdPerSecond>("2.50 USD/hour"), 2.5 / 3600);
  EXPECT_EQ(base<Usd>("30000 USD"), 30000);
  EXPECT_DOUBLE_EQ(base<SquareMetres>("814 mm²"), 814e-6);
}

TEST(UnitText, AcceptsTheWaysPeopleWriteNumbers) {
  EXPECT_DOUBLE_EQ(base<Seconds>("300ms"), 0.3);
  EXPECT_DOUBLE_EQ(base<Seconds>("  300   ms\n"), 0.3);
  EXPECT_EQ(base<Seconds>(".5 s"), 0.5);
  EXPECT_EQ(base<Seconds>("+.5 s"), 0.5);
  EXPECT_EQ(base<Watts>("1,000 W"), 1000);
  EXPECT_EQ(base<Usd>("1,234,567.50 USD"), 1234567.5);
  EXPECT_EQ(base<Bytes>("1e3 B"), 1000);
  EXPECT_EQ(base<Bytes>("1.5E+3 B"), 1500);
  EXPECT_EQ(base<Seconds>("-5 s"), -5) << "ranges are the caller's";
  EXPECT_DOUBLE_EQ(base<Seconds>("5 µs"), 5e-6) << "the micro sign";
  EXPECT_DOUBLE_EQ(base<Seconds>("5 μs"), 5e-6) << "the Greek letter";
}

TEST(UnitText, ZeroNeedsNoUnit) {
  EXPECT_EQ(base<Seconds>("0"), 0);
  EXPECT_EQ(base<Bytes>("0.0"), 0);
}

TEST(UnitText, RefusesBrokenNumbers) {
  for (const char* text :
       {"1.5.2 GB",  "--5 GB",  "GB",      "",           " ",       "-",           ".",
        "- 5 GB",    "five GB", "1,5 GB",  "1.000,5 GB", "1,00 GB", "1000,000 GB", "1.5,000 GB",
        "1,0000 GB", "5.GB",    "0x10 GB", "inf GB",     "nan GB",  "5 .. GB",     "5 .."}) {
    EXPECT_FALSE(parse<Bytes>(text).has_value()) << text;
  }
  EXPECT_EQ(
      refusal<Bytes>("1.5.2 GB"),
      "error: '1.5.2 GB' is not a number with a unit; expected a size in bytes such as '141 GB'");
  EXPECT_EQ(refusal<Bytes>("GB"),
            "error: 'GB' is not a number with a unit; expected a size in bytes such as '141 GB'");
}

TEST(UnitText, RefusesWhatADoubleCannotHold) {
  const std::string beyond =
      " is beyond the range of numbers; expected a size in bytes such as '141 GB'";
  EXPECT_EQ(refusal<Bytes>("1e400 B"), "error: '1e400 B'" + beyond);
  EXPECT_EQ(refusal<Bytes>("1e-400 B"), "error: '1e-400 B'" + beyond);
  EXPECT_EQ(refusal<Bytes>("1e308 GB"), "error: '1e308 GB'" + beyond);
}

TEST(UnitText, RefusesANumberWithoutUnit) {
  EXPECT_EQ(refusal<Seconds>("300"),
            "error: '300' has no unit; expected a duration such as '300 ms'");
}

TEST(UnitText, OffersTheNearestUnit) {
  EXPECT_EQ(refusal<BytesPerSecond>("5 GBps"),
            "error: '5 GBps' has the unknown unit 'GBps'; expected a bandwidth such as '4.8 TB/s' "
            "(did you mean 'GB/s'?)");
  EXPECT_EQ(refusal<Bytes>("5 gb"),
            "error: '5 gb' has the unknown unit 'gb'; expected a size in bytes such as '141 GB' "
            "(did you mean 'GB'?)");
}

TEST(UnitText, NamesTheOtherDimension) {
  EXPECT_EQ(refusal<Bytes>("300 ms"),
            "error: '300 ms' is a duration; expected a size in bytes such as '141 GB'");
  EXPECT_EQ(refusal<Watts>("5 kWh"),
            "error: '5 kWh' is an energy; expected a power such as '700 W'");
}

TEST(UnitText, RangesAreForThoseWhoAskForThem) {
  const auto range = parse_quantity("12 .. 14 kW", Watts::kDim);
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->low, 12000);
  EXPECT_EQ(range->high, 14000);
  EXPECT_TRUE(parse_quantity("12..14kW", Watts::kDim).has_value());
  EXPECT_EQ(refusal<Watts>("12 .. 14 kW"), "error: '12 .. 14 kW' is a range; expected one value");
  EXPECT_EQ(refusal<Watts>("14 .. 12 kW"),
            "error: '14 .. 12 kW' ends below its beginning; expected a power such as '700 W'");
}

TEST(UnitText, CountsMayBeBare) {
  EXPECT_EQ(parse_quantity("80 billion", Dim{})->low, 80e9);
  EXPECT_EQ(parse_quantity("4096", Dim{})->low, 4096);
  EXPECT_DOUBLE_EQ(parse_quantity("5 %", Dim{})->low, 0.05);
}

TEST(UnitText, CutsLongTextInMessages) {
  EXPECT_LT(refusal<Bytes>("5 " + std::string(100'000, 'x')).size(), 300u);
}

TEST(UnitText, PrintsTheUnitThatReadersExpect) {
  EXPECT_EQ(to_text(141.0_GB), "141 GB");
  EXPECT_EQ(to_text(4.8_TBps), "4.8 TB/s");
  EXPECT_EQ(to_text(989.0_TFLOPs), "989 TFLOP/s");
  EXPECT_EQ(to_text(Seconds::from_base(0.231)), "231 ms");
  EXPECT_EQ(to_text(Seconds::from_base(90)), "90 s");
  EXPECT_EQ(to_text(kHour), "1 h");
  EXPECT_EQ(to_text(700.0_W), "700 W");
  EXPECT_EQ(to_text(SquareMetres::from_base(814e-6)), "814 mm²");
  EXPECT_EQ(to_text(Seconds{}), "0 s");
  EXPECT_EQ(to_text(UsdPerSecond{}), "0 USD/h");
}

TEST(UnitText, DoesNotPrintAThousandOfTheSmallerUnit) {
  EXPECT_EQ(to_text(Bytes::from_base(999.99e6)), "1 GB");
  EXPECT_EQ(to_text(Bytes::from_base(999.4e6)), "999.4 MB");
}

TEST(UnitText, PrintsMoneyAsPricesAreWritten) {
  EXPECT_EQ(to_text(Usd::from_base(30000)), "30,000 USD");
  EXPECT_EQ(to_text(Usd::from_base(2.5)), "2.50 USD");
  EXPECT_EQ(to_text(Usd::from_base(0.5)), "0.50 USD");
  EXPECT_EQ(to_text(Usd::from_base(0.00042)), "0.00042 USD");
  EXPECT_EQ(to_text(UsdPerSecond::from_base(2.5 / 3600)), "2.50 USD/h");
  EXPECT_EQ(to_text(UsdPerSecond::from_base(1234.5 / 3600)), "1,234.50 USD/h");
}

// What is printed can be read again, in every dimension but money (rounded to cents).
template <class Q>
void round_trip(double value) {
  const std::string text = to_text(Q::from_base(value), 17);
  const Result<Q> again = parse<Q>(text);
  if (!again) RC_FAIL(text);
  RC_ASSERT(std::abs(again->base() - value) <= 1e-12 * std::abs(value));
}

RC_GTEST_PROP(UnitText, RoundTrips, ()) {
  const int exponent = *rc::gen::inRange(-12, 24);
  const int digits = *rc::gen::inRange(-1'000'000, 1'000'000);
  const double value = digits * std::pow(10.0, exponent - 6);
  round_trip<Seconds>(value);
  round_trip<Hertz>(value);
  round_trip<Bytes>(value);
  round_trip<BytesPerSecond>(value);
  round_trip<Flops>(value);
  round_trip<FlopsPerSecond>(value);
  round_trip<Watts>(value);
  round_trip<Joules>(value);
  round_trip<SquareMetres>(value);
  round_trip<FlopsPerByte>(value);
  round_trip<FlopsPerJoule>(value);
}

RC_GTEST_PROP(UnitText, NeverAcceptsWhatIsNotFinite, (const std::string& text)) {
  for (const Dim dim : {Seconds::kDim, Bytes::kDim, Usd::kDim, Dim{}}) {
    const auto parsed = parse_quantity(text, dim);
    if (!parsed) continue;
    RC_ASSERT(std::isfinite(parsed->low) && std::isfinite(parsed->high));
    RC_ASSERT(parsed->low <= parsed->high);
  }
}

}  // namespace
}  // namespace assay
