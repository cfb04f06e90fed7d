// offer_date.h — dates of prices: "2026-08-22", or as much of it as the source gives ("2026-08").
// Days are counted from 1970-01-01; a month stands for its first day, so that age is never
// understated. Pure; no clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay::market {

// Nothing when the text is not a date of the calendar.
std::optional<int> day_number(std::string_view date);

// What a wrong date should have been, for messages.
inline constexpr std::string_view kDateExpected = "a date such as 2026-08-22";

}  // namespace assay::market
