#include "workload/trace_text.h"

#include <charconv>
#include <chrono>
#include <limits>
#include <system_error>

namespace assay::workload {

namespace {

constexpr Reason kNoNumber = "is no number";
constexpr Reason kNegative = "is negative";
constexpr Reason kTooLarge = "is too large";
constexpr Reason kNoDate = "is no date with a time of day";
constexpr Reason kOutOfRange = "is out of range";
constexpr Reason kNotWhole = "is no whole number";
constexpr Reason kFarDate = "is a date outside of 1971 to 2199";
constexpr Reason kNoSuchDate = "is a date that does not exist";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "12.5e-3" in its parts; false where it is no number.
struct Decimal {
  std::string_view whole, fraction;
  std::int64_t exponent{};
  bool negative{};
};

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool split_decimal(std::string_view text, Decimal& out) {
  out.negative = take(text, '-');
  if (!out.negative) take(text, '+');
  out.whole = take_digits(text);
  if (take(text, '.')) out.fraction = take_digits(text);
  if (out.whole.empty() && out.fraction.empty()) return false;
  if (!text.empty()) {
    if (!take(text, 'e') && !take(text, 'E')) return false;
    const bool down = take(text, '-');
    if (!down) take(text, '+');
    const std::string_view digits = take_digits(text);
    if (digits.empty() || !text.empty()) return false;
    // Larger ones overflow or vanish all the same.
    std::int64_t power = 0;
    for (const char c : digits) power = power < 1'000'000 ? power * 10 + (c - '0') : power;
    out.exponent = down ? -power : power;
  }
  return true;
}

// `count` digits as a number; false at anything else.
bool fixed_digits(std::string_view& text, std::size_t count, int& value) {
  if (text.size() < count) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

// Minutes east of UTC.
bool take_zone(std::string_view text, int& minutes) {
  minutes = 0;
  if (text.empty() || text == "Z" || text == "z") return true;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return false;
  text.remove_prefix(1);
  int hour = 0, minute = 0;
  if (!fixed_digits(text, 2, hour)) return false;
  take(text, ':');
  if (!text.empty() && !fixed_digits(text, 2, minute)) return false;
  if (!text.empty() || hour > 14 || minute > 59) return false;
  minutes = (west ? -1 : 1) * (hour * 60 + minute);
  return true;
}

}  // namespace

tl::expected<std::int64_t, Reason> scaled_decimal(std::string_view text, int exponent) {
  Decimal number;
  if (!split_decimal(text, number)) return tl::unexpected(kNoNumber);
  const auto whole = static_cast<std::int64_t>(number.whole.size());
  const auto digits = whole + static_cast<std::int64_t>(number.fraction.size());
  const auto digit = [&](std::int64_t i) -> std::int64_t {  // 0 behind the last one
    if (i >= digits) return 0;
    return (i < whole ? number.whole[static_cast<std::size_t>(i)]
                      : number.fraction[static_cast<std::size_t>(i - whole)]) -
           '0';
  };
  std::int64_t first = 0;
  while (first < digits && digit(first) == 0) ++first;
  if (first == digits) return 0;  // "-0" too
  if (number.negative) return tl::unexpected(kNegative);
  const std::int64_t end = whole + number.exponent + exponent;  // digits before the point
  if (end - first > 19) return tl::unexpected(kTooLarge);
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  std::uint64_t value = 0;
  for (std::int64_t i = first; i < end; ++i)
    value = value * 10 + static_cast<std::uint64_t>(digit(i));
  if (end >= first && digit(end) >= 5) ++value;
  if (value > kMax) return tl::unexpected(kTooLarge);
  return static_cast<std::int64_t>(value);
}

tl::expected<std::int64_t, Reason> calendar_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone = 0;
  const bool date = fixed_digits(text, 4, year) && take(text, '-') &&
                    fixed_digits(text, 2, month) && take(text, '-') && fixed_digits(text, 2, day);
  if (!date || (!take(text, ' ') && !take(text, 'T'))) return tl::unexpected(kNoDate);
  const bool time = fixed_digits(text, 2, hour) && take(text, ':') &&
                    fixed_digits(text, 2, minute) && take(text, ':') &&
                    fixed_digits(text, 2, second);
  if (!time) return tl::unexpected(kNoDate);
  std::int64_t fraction = 0;
  if (take(text, '.')) {
    const std::string_view digits = take_digits(text);
    if (digits.empty()) return tl::unexpected(kNoDate);
    for (std::size_t i = 0; i < 9; ++i) {
      fraction = fraction * 10 + (i < digits.size() ? digits[i] - '0' : 0);
    }
  }
  if (!take_zone(text, zone)) return tl::unexpected(kNoDate);
  const std::chrono::year_month_day calendar{std::chrono::year{year},
                                             std::chrono::month{static_cast<unsigned>(month)},
                                             std::chrono::day{static_cast<unsigned>(day)}};
  if (!calendar.ok() || hour > 23 || minute > 59 || second > 59) return tl::unexpected(kNoSuchDate);
  if (year < 1971 || year > 2199) return tl::unexpected(kFarDate);
  const std::int64_t days = std::chrono::sys_days{calendar}.time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute - zone) * 60 + second;
  return seconds * 1'000'000'000 + fraction;
}

tl::expected<std::int64_t, Reason> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem == std::errc::result_out_of_range) return tl::unexpected(kOutOfRange);
  if (problem != std::errc{}) return tl::unexpected(kNotWhole);
  if (stop != end && *stop == '.') {
    do {
      ++stop;
    } while (stop != end && *stop == '0');
  }
  if (stop != end) return tl::unexpected(kNotWhole);
  return value;
}

}  // namespace assay::workload
