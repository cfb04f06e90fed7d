#include "workload/trace_text.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::workload {
namespace {

std::string text_of(const tl::expected<std::int64_t, Reason>& value) {
  return value ? std::to_string(*value) : value.error();
}
std::string seconds(std::string_view text) { return text_of(scaled_decimal(text, 9)); }
std::string date(std::string_view text) { return text_of(calendar_time(text)); }

TEST(ScaledDecimal, IsExactToTheNanosecond) {
  EXPECT_EQ(seconds("0.1"), "100000000");
  EXPECT_EQ(seconds("1787267980.0827403"), "1787267980082740300");
  EXPECT_EQ(seconds("27536.660701067"), "27536660701067");
  EXPECT_EQ(seconds("+5."), "5000000000");
  EXPECT_EQ(seconds("1.5e3"), "1500000000000");
  EXPECT_EQ(seconds("25E-4"), "2500000");
  EXPECT_EQ(seconds("0.00000000049"), "0");
  EXPECT_EQ(seconds("0.0000000005"), "1");
  EXPECT_EQ(seconds("-0"), "0");
  EXPECT_EQ(text_of(scaled_decimal("3536999", 6)), "3536999000000");
  EXPECT_EQ(text_of(scaled_decimal("9223372036854775807", 0)), "9223372036854775807");
}

TEST(ScaledDecimal, SaysWhatIsWrong) {
  for (const char* text :
       {"", "nan", "inf", "1e", "0x10", "1 2", "--1", ".", "1.2.3", "\"1\"", "12s"}) {
    EXPECT_EQ(seconds(text), "is no number") << text;
  }
  EXPECT_EQ(seconds("-0.5"), "is negative");
  EXPECT_EQ(seconds("1e300"), "is too large");
  EXPECT_EQ(seconds("9223372037"), "is too large");
  EXPECT_EQ(seconds("1e99999999999999999999"), "is too large");
  EXPECT_EQ(seconds("1e-99999999999999999999"), "0");
}

RC_GTEST_PROP(ScaledDecimal, ReadsBackEveryNumberOfNanoseconds, ()) {
  const auto ns = *rc::gen::inRange<std::int64_t>(0, 9'000'000'000'000'000'000);
  std::string digits = std::to_string(ns);
  digits.insert(0, digits.size() < 10 ? 10 - digits.size() : 0, '0');
  digits.insert(digits.size() - 9, ".");
  RC_ASSERT(scaled_decimal(digits, 9) == ns);
  RC_ASSERT(scaled_decimal(std::to_string(ns), 0) == ns);
}

TEST(CalendarTime, IsExactTo100Nanoseconds) {
  EXPECT_EQ(date("2023-11-16 18:15:46.6805900"), "1700158546680590000");
  EXPECT_EQ(date("2023-11-16 18:15:46.6805901"), "1700158546680590100");
  EXPECT_EQ(date("2024-05-10 00:00:00.009930+00:00"), "1715299200009930000");
  EXPECT_EQ(date("2024-05-10T00:00:00Z"), "1715299200000000000");
  EXPECT_EQ(date("2024-05-10 02:00:00+02:00"), "1715299200000000000");
  EXPECT_EQ(date("2024-05-09 18:30:00-0530"), "1715299200000000000");
  EXPECT_EQ(date("2024-02-29 00:00:00"), "1709164800000000000");
}

TEST(CalendarTime, RefusesWhatIsNoTime) {
  EXPECT_EQ(date("2023-02-29 00:00:00"), "is a date that does not exist");
  EXPECT_EQ(date("2023-13-01 00:00:00"), "is a date that does not exist");
  EXPECT_EQ(date("2023-12-01 24:00:00"), "is a date that does not exist");
  EXPECT_EQ(date("1969-12-31 00:00:00"), "is a date outside of 1971 to 2199");
  for (const char* text : {"", "2023-11-16", "18:15:46", "2023-11-16 18:15", "2023-11-16 18:15:46.",
                           "2023-11-16 18:15:46 PM", "2023-11-16 18:15:46+99:00", "12", "nan"}) {
    EXPECT_EQ(date(text), "is no date with a time of day") << text;
  }
}

TEST(WholeNumber, TakesWhatATableProgramWrites) {
  EXPECT_EQ(text_of(whole_number("374")), "374");
  EXPECT_EQ(text_of(whole_number("374.0")), "374");
  EXPECT_EQ(text_of(whole_number("-3")), "-3");
  EXPECT_EQ(text_of(whole_number("374.5")), "is no whole number");
  EXPECT_EQ(text_of(whole_number("4e2")), "is no whole number");
  EXPECT_EQ(text_of(whole_number("")), "is no whole number");
  EXPECT_EQ(text_of(whole_number("99999999999999999999")), "is out of range");
}

}  // namespace
}  // namespace assay::workload
