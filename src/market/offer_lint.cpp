#include "market/offer_lint.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "market/offer_date.h"
#include "market/offer_lint_rules.h"

namespace assay::market {

namespace {

using catalog::Finding;
using catalog::Severity;

constexpr int kStaleDays = 90;
constexpr int kMixedDays = 30;

Finding book_finding(Severity severity, std::string rule, const OfferBook& book,
                     const Offer& example, std::string what, std::string expected) {
  Finding about = finding(severity, std::move(rule), example, std::move(what), std::move(expected));
  about.subject = book.id;
  return about;
}

void check_dates(const OfferBook& book, int today, Findings& findings) {
  const Offer* oldest = nullptr;
  const Offer* undated = nullptr;
  int first = 0, last = 0;
  std::size_t undated_count = 0, stale_count = 0;
  for (const Offer& offer : book.offers) {
    const auto day = day_number(offer.date);
    if (!day) {
      if (undated_count++ == 0) undated = &offer;
      continue;
    }
    if (today - *day > kStaleDays) ++stale_count;
    last = oldest == nullptr ? *day : std::max(last, *day);
    if (oldest == nullptr || *day < first) oldest = &offer, first = *day;
  }
  if (undated != nullptr) {
    findings.push_back(book_finding(
        Severity::kNote, "no-date", book, *undated,
        fmt::format("{} of {} without a date", undated_count, counted(book.offers.size(), "offer")),
        "the date of each price"));
  }
  if (stale_count > 0) {
    findings.push_back(book_finding(
        Severity::kWarning, "stale-price", book, *oldest,
        fmt::format("{} older than {} days; the oldest is of {}, {} days ago",
                    counted(stale_count, "price"), kStaleDays, oldest->date, today - first),
        "prices of this quarter: they move by half in a year, either way"));
  }
  if (oldest != nullptr && last - first > kMixedDays) {
    findings.push_back(
        book_finding(Severity::kWarning, "mixed-dates", book, *oldest,
                     fmt::format("prices {} days apart stand in one list", last - first),
                     fmt::format("dates within {} days", kMixedDays)));
  }
}

void check_hosts(const OfferBook& book, Findings& findings) {
  struct Shared {
    const Offer* first{};
    std::size_t count{};
  };
  std::map<std::pair<std::string_view, std::string_view>, Shared> without;
  for (const Offer& offer : book.offers) {
    if (offer.host_included) continue;
    Shared& shared = without[{offer.accelerator, offer.seller}];
    if (shared.count++ == 0) shared.first = &offer;
  }
  for (const auto& [key, shared] : without) {
    findings.push_back(
        finding(Severity::kWarning, "host-not-included", *shared.first,
                fmt::format("{} without the machine around the accelerators, the first at {}",
                            counted(shared.count, "price"),
                            price_text(usd_per_accelerator_hour(*shared.first))),
                "the price of the machine added: it stands in a row of its own"));
  }
}

// "a100, h100, h200" in the order of the alphabet, cut where it gets long.
std::string names_text(const std::set<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return excerpt(text, 60);
}

void check_assumptions(const OfferBook& book, Findings& findings) {
  struct Shared {
    const Offer* first{};
    std::size_t count{};
    std::set<std::string_view> names;
  };
  std::map<std::string_view, Shared> assumptions;
  for (const Offer& offer : book.offers) {
    if (offer.assumed.empty()) continue;
    Shared& shared = assumptions[offer.assumed];
    if (shared.count++ == 0) shared.first = &offer;
    shared.names.insert(offer.printed_name);
  }
  for (const auto& [assumed, shared] : assumptions) {
    findings.push_back(book_finding(Severity::kNote, "assumed", book, *shared.first,
                                    fmt::format("{} ({}): {}", counted(shared.count, "offer"),
                                                names_text(shared.names), assumed),
                                    "what the list leaves open, from its seller"));
  }
}

}  // namespace

Finding finding(Severity severity, std::string rule, const Offer& offer, std::string what,
                std::string expected) {
  return {.severity = severity,
          .rule = std::move(rule),
          .subject = offer.accelerator,
          .field = offer.id,
          .what = std::move(what),
          .expected = std::move(expected),
          .where = offer.where};
}

std::string price_text(double usd_per_accelerator_hour) {
  return number_text(usd_per_accelerator_hour) + " USD/h";
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::vector<Finding> lint(const OfferBook& book, std::string_view today) {
  const auto day = day_number(today);
  ASSAY_ASSERT(day.has_value());
  Findings findings;
  check_placeholders(book, findings);
  check_against_median(book, findings);
  check_withdrawn(book, findings);
  check_spot(book, findings);
  check_repeats(book, findings);
  check_kinds(book, findings);
  check_hosts(book, findings);
  check_dates(book, *day, findings);
  check_assumptions(book, findings);
  std::ranges::stable_sort(findings, {}, [](const Finding& f) {
    return std::tie(f.where.file, f.where.line, f.where.column, f.rule);
  });
  return findings;
}

}  // namespace assay::market
