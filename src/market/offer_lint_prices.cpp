// Rules on single prices: placeholders, slips of unit or period, outliers, withdrawn list prices.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "market/offer_lint_rules.h"

namespace assay::market {

namespace {

using catalog::Severity;

constexpr double kPlaceholderHour =
    0.02;                             // USD; the cheapest real card of 2026 asks four times that
constexpr double kOutlier = 4.0;      // times the median, or below its inverse
constexpr double kSlipWidth = 1.6;    // a slip's factor is met within this ratio
constexpr std::size_t kMedianOf = 4;  // firm prices that a median needs

// 999, 9999.99, 99999: what a form's author types to mean "ask us" or "sold out".
bool only_nines(double price) {
  const std::string text = fmt::format("{}", price);
  const auto nines = std::ranges::count(text, '9');
  const auto points = std::ranges::count(text, '.');
  return price >= 999 && nines + points == static_cast<std::ptrdiff_t>(text.size());
}

// No price at all, but what stands where none is known. One such price would blur every median.
bool is_placeholder(const Offer& offer) {
  return usd_per_accelerator_hour(offer) < kPlaceholderHour || only_nines(offer.price);
}

using Prices = std::map<std::string, std::vector<double>, std::less<>>;

// Firm prices per accelerator, sorted.
Prices firm_prices(const OfferBook& book) {
  Prices prices;
  for (const Offer& offer : book.offers) {
    if (!is_firm(offer.kind) || is_placeholder(offer)) continue;
    prices[offer.accelerator].push_back(usd_per_accelerator_hour(offer));
  }
  for (auto& [accelerator, list] : prices) std::ranges::sort(list);
  return prices;
}

double median(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// A way to misread a price: the figure is `factor` times what it is given as.
struct Slip {
  std::string rule;
  double factor;
  std::string meant;
};

std::vector<Slip> possible_slips(const Offer& offer) {
  constexpr int kUsualNode = 8;
  constexpr std::array kHours{1.0, 730.0, 8760.0};
  const int size = offer.accelerators > 1 ? offer.accelerators : kUsualNode;
  std::vector<Slip> slips;
  slips.push_back({"node-price-as-card", static_cast<double>(size),
                   fmt::format("the price of a node of {}, not of a card", size)});
  if (offer.accelerators > 1) {
    slips.push_back(
        {"card-price-as-node", 1.0 / size, fmt::format("the price of one card, not of {}", size)});
  }
  const auto said = static_cast<std::size_t>(offer.period);
  for (std::size_t meant = 0; meant < kHours.size(); ++meant) {
    if (meant == said) continue;
    const std::string_view word = name(static_cast<PricePeriod>(meant));
    slips.push_back({fmt::format("{}-as-{}", word, name(offer.period)),
                     kHours[meant] / kHours[said], fmt::format("a price per {}", word)});
  }
  if (offer.accelerators == 1 && offer.period == PricePeriod::kHour) {
    slips.push_back({"month-as-hour", kHours[1] * kUsualNode,
                     fmt::format("the price of a node of {} per month", kUsualNode)});
  }
  return slips;
}

// How far `ratio` is from a slip, in powers of e.
double distance(const Slip& slip, double ratio) { return std::abs(std::log(ratio / slip.factor)); }

}  // namespace

void check_placeholders(const OfferBook& book, Findings& findings) {
  for (const Offer& offer : book.offers) {
    if (!is_placeholder(offer)) continue;
    if (offer.price <= 0) {
      findings.push_back(finding(Severity::kError, "zero-price", offer, "the price is 0",
                                 "no offer at all where the price is not known"));
    } else {
      findings.push_back(
          finding(Severity::kWarning, "placeholder-price", offer,
                  fmt::format("{} USD per {}, {} for one accelerator", offer.price,
                              name(offer.unit), price_text(usd_per_accelerator_hour(offer))),
                  "a placeholder for 'ask' or 'sold out', or a bid's floor"));
    }
  }
}

void check_against_median(const OfferBook& book, Findings& findings) {
  const Prices prices = firm_prices(book);
  for (const Offer& offer : book.offers) {
    const auto found = prices.find(offer.accelerator);
    if (found == prices.end() || found->second.size() < kMedianOf || is_placeholder(offer)) {
      continue;
    }
    const double price = usd_per_accelerator_hour(offer);
    const double middle = median(found->second);
    const double ratio = price / middle;
    // Below the median only firm prices are suspect: spot and community are cheap by nature.
    if (ratio <= kOutlier && (ratio >= 1 / kOutlier || !is_firm(offer.kind))) continue;
    const auto slips = possible_slips(offer);
    const Slip& slip =
        *std::ranges::min_element(slips, {}, [ratio](const Slip& s) { return distance(s, ratio); });
    const bool explained = distance(slip, ratio) <= std::log(kSlipWidth);
    findings.push_back(finding(
        Severity::kWarning, explained ? slip.rule : "outlier", offer,
        fmt::format("{} is {:.3g} times the median {} of {} firm prices", price_text(price), ratio,
                    price_text(middle), found->second.size()),
        explained ? fmt::format("likely {}: then {}", slip.meant, price_text(price / slip.factor))
                  : "another machine, or terms that the list does not tell"));
  }
}

// List prices that were cut but are still copied from page to page.
void check_withdrawn(const OfferBook& book, Findings& findings) {
  struct Withdrawn {
    std::string_view seller, accelerator;
    double usd_per_hour;
    std::string_view since, what;
  };
  // AWS p5.48xlarge at 98.32 USD/h for eight (nextplatform.com, 2023-07-27).
  constexpr std::array kWithdrawn{
      Withdrawn{"aws", "h100", 98.32 / 8, "2025-06", "cut by about 44 % in June 2025"}};
  constexpr double kCents = 0.005;
  for (const Offer& offer : book.offers) {
    const double price = usd_per_accelerator_hour(offer);
    for (const Withdrawn& old : kWithdrawn) {
      if (offer.seller != old.seller || offer.accelerator != old.accelerator ||
          offer.kind != OfferKind::kOnDemand || std::abs(price - old.usd_per_hour) > kCents ||
          (!offer.date.empty() && offer.date < old.since)) {
        continue;
      }
      findings.push_back(finding(Severity::kWarning, "withdrawn-price", offer,
                                 fmt::format("{} is a list price of {} that is no longer asked",
                                             price_text(price), old.seller),
                                 std::string{old.what}));
    }
  }
}

}  // namespace assay::market
