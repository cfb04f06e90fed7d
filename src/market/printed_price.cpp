// Prices and terms as hand-written lists say them: "9200 USD/month", "3 years".
#include <algorithm>
#include <vector>

#include "base/nearest.h"
#include "base/text.h"
#include "market/offer_yaml.h"

namespace assay::market {

namespace {

constexpr std::string_view kPriceExpected = "a price such as '9200 USD/month' or '2.35 USD/hour'";
constexpr std::string_view kTermExpected = "a term such as '12 months' or '3 years'";

tl::unexpected<Error> refused(std::string what, std::string_view expected,
                              std::vector<std::string> near = {}) {
  return tl::unexpected(Error{.what = std::move(what),
                              .expected = std::string{expected},
                              .near = std::move(near),
                              .where = {}});
}

std::string quoted(std::string_view text) { return "'" + excerpt(text, 40) + "'"; }

bool is_currency(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// "9200 USD" → "9200" and "USD": the number ends where the first letter or symbol of a unit begins.
std::string_view number_part(std::string_view text) {
  return text.substr(0, std::min(text.find_first_not_of("0123456789.+-eE"), text.size()));
}

}  // namespace

Result<PrintedPrice> parse_price(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view amount = trim(text.substr(0, slash));
  const std::string_view number = number_part(amount);
  const std::string_view currency = trim(amount.substr(number.size()));
  PrintedPrice price{.currency = std::string{currency}};
  if (!parse_double(number, price.value) || !is_currency(currency)) {
    return refused(quoted(text) + " is not a price", kPriceExpected);
  }
  if (currency != "USD") {
    return refused(quoted(text) + " is in " + price.currency + ", which is not converted",
                   "the price in USD, with the rate and its date in the note");
  }
  if (price.value < 0 || price.value > kPriceMax) {
    return refused(quoted(text) + " is out of range", "a price from 0 to 1,000,000,000 USD");
  }
  const auto periods = price_period_names();
  const std::string_view period = slash == text.npos ? "" : trim(text.substr(slash + 1));
  const auto found = std::ranges::find(periods, period);
  if (found == periods.end()) {
    return refused(quoted(text) + (period.empty() ? " has no period" : " has an unknown period"),
                   "'/' and " + one_of(periods), nearest(period, periods));
  }
  price.period = static_cast<PricePeriod>(found - periods.begin());
  return price;
}

Result<int> parse_term(std::string_view text) {
  constexpr long long kMonthsMax = 240;
  const std::size_t space = text.find(' ');
  const std::string_view unit = space == text.npos ? "" : trim(text.substr(space));
  const bool years = unit == "year" || unit == "years";
  long long count{};
  if ((!years && unit != "month" && unit != "months") || !parse_int(text.substr(0, space), count)) {
    return refused(quoted(text) + " is not a term", kTermExpected);
  }
  const long long in_unit = years ? 12 : 1;
  if (count < 0 || count > kMonthsMax / in_unit) {
    return refused(quoted(text) + " is out of range", "up to 20 years");
  }
  return static_cast<int>(count * in_unit);
}

}  // namespace assay::market
