#include "base/text.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay {
namespace {

using Words = std::vector<std::string>;

TEST(Text, LowersAsciiOnly) { EXPECT_EQ(to_lower("H200 Ä"), "h200 Ä"); }

TEST(Text, TrimsBlanksAndLineEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
}

TEST(Text, SplitsIntoTrimmedPieces) {
  EXPECT_EQ(split("a, b ,,c", ','), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), std::vector<std::string_view>{""});
}

TEST(Text, JoinsEmptyPiecesToo) {
  EXPECT_EQ(join(Words{}, ", "), "");
  EXPECT_EQ(join(Words{"", "a", ""}, ","), ",a,");
}

TEST(Text, ListsChoicesAsASentence) {
  EXPECT_EQ(one_of(Words{}), "");
  EXPECT_EQ(one_of(Words{"a"}), "a");
  EXPECT_EQ(one_of(Words{"a", "b"}), "a or b");
  EXPECT_EQ(one_of(Words{"a", "b", "c"}), "a, b or c");
}

TEST(Text, ExcerptHidesControlCharacters) {
  EXPECT_EQ(excerpt("a\x1b[31m\nb"), "a [31m b");
  EXPECT_EQ(excerpt("short"), "short");
}

TEST(Text, ExcerptNeverCutsACharacterInTwo) {
  EXPECT_EQ(excerpt("aäö", 2), "a…");
  EXPECT_EQ(excerpt("aäö", 3), "aä…");
  EXPECT_EQ(excerpt("aäö", 5), "aäö");
}

TEST(GlobMatch, KnowsStarAndQuestionMark) {
  EXPECT_TRUE(glob_match("H*", "h100"));
  EXPECT_TRUE(glob_match("h?00", "H200"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(glob_match("h?00", "h1000"));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match("a*b", "ac"));
}

TEST(GlobMatch, IsNotExponential) {
  EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*b", std::string(20'000, 'a')));
}

TEST(ParseDouble, TakesDecimalNumbersOnly) {
  double value = 7;
  EXPECT_TRUE(parse_double("-1.5e3", value));
  EXPECT_EQ(value, -1500);
  EXPECT_TRUE(parse_double("+.5", value));
  EXPECT_EQ(value, 0.5);
  for (const char* bad : {"", " 1", "1 ", "0x10", "1e", "1e999", "inf", "nan", "1,5", "+-5", "++5",
                          "--5", "1_000", "-"}) {
    EXPECT_FALSE(parse_double(bad, value)) << bad;
  }
  EXPECT_EQ(value, 0.5) << "a failure leaves the value alone";
}

TEST(ParseInt, TakesWholeNumbersThatFit) {
  long long value = 7;
  EXPECT_TRUE(parse_int("-9223372036854775808", value));
  EXPECT_EQ(value, std::numeric_limits<long long>::min());
  EXPECT_TRUE(parse_int("+5", value));
  for (const char* bad : {"", "1.0", "1e3", "9223372036854775808", "0x1", "+-5", "5 "}) {
    EXPECT_FALSE(parse_int(bad, value)) << bad;
  }
  EXPECT_EQ(value, 5) << "a failure leaves the value alone";
}

TEST(NumberText, KeepsSignificantDigitsWithoutTrailingZeros) {
  EXPECT_EQ(number_text(3.35), "3.35");
  EXPECT_EQ(number_text(0.27399), "0.274");
  EXPECT_EQ(number_text(989.0), "989");
  EXPECT_EQ(number_text(12345.6), "12346");
  EXPECT_EQ(number_text(999.96), "1000");
  EXPECT_EQ(number_text(100.0), "100");
  EXPECT_EQ(number_text(-0.5), "-0.5");
  EXPECT_EQ(number_text(-0.0), "0");
}

TEST(NumberText, UsesAnExponentOnlyAtTheExtremes) {
  EXPECT_EQ(number_text(0.0001), "0.0001");
  EXPECT_EQ(number_text(0.00001), "1e-05");
  EXPECT_EQ(number_text(1e14), "100000000000000");
  EXPECT_EQ(number_text(1e15), "1e+15");
}

TEST(NumberText, NamesWhatIsNoNumber) {
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(number_text(std::nan("")), "nan");
}

RC_GTEST_PROP(NumberText, WithSeventeenDigitsRoundTrips, (double value)) {
  RC_PRE(std::isfinite(value));
  double again = 0;
  RC_ASSERT(parse_double(number_text(value, 17), again));
  RC_ASSERT(again == value);
}

TEST(GroupedText, SeparatesThousands) {
  EXPECT_EQ(grouped_text(0), "0");
  EXPECT_EQ(grouped_text(999), "999");
  EXPECT_EQ(grouped_text(1000), "1,000");
  EXPECT_EQ(grouped_text(-1234567.891, 2), "-1,234,567.89");
  EXPECT_EQ(grouped_text(13000, 2), "13,000.00");
}

TEST(GroupedText, HasNoNegativeZero) {
  EXPECT_EQ(grouped_text(-0.4), "0");
  EXPECT_EQ(grouped_text(-0.004, 2), "0.00");
}

}  // namespace
}  // namespace assay
