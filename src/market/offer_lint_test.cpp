#include "market/offer_lint.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "market/market_test_support.h"

namespace assay::market {
namespace {

using catalog::Finding;

constexpr std::string_view kToday = "2026-11-22";

const std::vector<Finding>& cards() {
  static const auto findings = lint(read_test_book("gpurentalprices_defects.csv"), kToday);
  return findings;
}

const std::vector<Finding>& nodes() {
  static const auto findings = lint(read_test_book("skypilot_defects.csv"), kToday);
  return findings;
}

// The one finding of a rule, as "line: what".
std::string only(const std::vector<Finding>& findings, std::string_view rule) {
  const auto some = of_rule(findings, rule);
  if (some.size() != 1) return fmt::format("{} findings of {}", some.size(), rule);
  return fmt::format("{}: {}", some[0].where.line, some[0].what);
}

TEST(OfferLint, ZeroIsNoPrice) { EXPECT_EQ(only(cards(), "zero-price"), "6: the price is 0"); }

TEST(OfferLint, Placeholders) {
  const auto some = of_rule(cards(), "placeholder-price");
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].what, "9999 USD per card, 9999 USD/h for one accelerator");
  EXPECT_EQ(some[1].what, "0.01 USD per card, 0.01 USD/h for one accelerator");
}

TEST(OfferLint, ANodesPriceAsACards) {
  EXPECT_EQ(only(cards(), "node-price-as-card"),
            "9: 24.4 USD/h is 8.27 times the median 2.95 USD/h of 10 firm prices");
  EXPECT_EQ(of_rule(cards(), "node-price-as-card")[0].expected,
            "likely the price of a node of 8, not of a card: then 3.05 USD/h");
}

TEST(OfferLint, AMonthsPriceAsAnHours) {
  EXPECT_EQ(only(cards(), "month-as-hour"),
            "10: 2150 USD/h is 729 times the median 2.95 USD/h of 10 firm prices");
}

TEST(OfferLint, OutliersThatNoSlipExplains) {
  const auto some = of_rule(cards(), "outlier");
  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].what, "0.35 USD/h is 0.119 times the median 2.95 USD/h of 10 firm prices");
  EXPECT_EQ(some[1].what, "12.29 USD/h is 4.17 times the median 2.95 USD/h of 10 firm prices");
}

TEST(OfferLint, WithdrawnListPrice) {
  EXPECT_EQ(only(cards(), "withdrawn-price"),
            "13: 12.29 USD/h is a list price of aws that is no longer asked");
}

TEST(OfferLint, KindsThatDoNotCompare) {
  EXPECT_EQ(of_rule(nodes(), "kinds-do-not-compare").size(), 0U);
  const OfferBook book{
      .id = "b",
      .title = "",
      .offers = {{.accelerator = "h100", .price = 3, .kind = OfferKind::kReserved},
                 {.accelerator = "h100", .price = 2, .kind = OfferKind::kServerless}},
      .skipped = {}};
  EXPECT_EQ(only(lint(book, kToday), "kinds-do-not-compare"),
            "0: the cheapest, 2 USD/h, is serverless");
}

TEST(OfferLint, RepeatsAndContradictions) {
  EXPECT_EQ(only(cards(), "repeated-offer"), "15: 1 offer of one repeated, the first of line 2");
  EXPECT_EQ(
      only(cards(), "two-prices"),
      "14: 1 offer of two on the same terms as another at another price, the first 2.1 USD/h for "
      "'h100' (form not stated; taken as SXM) against 2.7 USD/h for 'h100-sxm'");
}

TEST(OfferLint, StaleAndMixedDates) {
  EXPECT_EQ(only(cards(), "stale-price"),
            "16: 16 prices older than 90 days; the oldest is of 2026-05-01, 205 days ago");
  EXPECT_EQ(only(cards(), "mixed-dates"), "16: prices 113 days apart stand in one list");
  const OfferBook book = read_test_book("gpurentalprices_defects.csv");
  EXPECT_EQ(of_rule(lint(book, "2026-08-23"), "stale-price").size(), 1U);
  EXPECT_EQ(of_rule(lint(book, "2026-05-02"), "stale-price").size(), 0U);
}

TEST(OfferLint, SpotEqualToOnDemandIsAPlaceholder) {
  EXPECT_EQ(only(nodes(), "spot-equals-on-demand"),
            "2: 2 spot prices of skypilot_defects equal on-demand, the first at 10.6 USD/h");
}

TEST(OfferLint, SpotAboveOnDemand) {
  EXPECT_EQ(
      only(nodes(), "spot-above-on-demand"),
      "6: 1 spot price of skypilot_defects above on-demand, the first 9.8 USD/h against 4.9 USD/h");
}

TEST(OfferLint, AcceleratorsWithoutTheirHost) {
  EXPECT_EQ(only(nodes(), "host-not-included"),
            "6: 4 prices without the machine around the accelerators, the first at 4.9 USD/h");
}

TEST(OfferLint, MissingDates) {
  EXPECT_EQ(only(nodes(), "no-date"), "2: 13 of 13 offers without a date");
}

TEST(OfferLint, AssumptionsAreTold) {
  EXPECT_EQ(only(cards(), "assumed"), "14: 2 offers (h100, h200): form not stated; taken as SXM");
}

TEST(OfferLint, CardPriceAsNodeAndHourAsMonth) {
  OfferBook book{.id = "b", .title = "", .offers = {}, .skipped = {}};
  const auto add = [&book](double price, PricePeriod period) {
    book.offers.push_back({.id = std::to_string(book.offers.size()),
                           .accelerator = "h100",
                           .accelerators = 8,
                           .price = price,
                           .unit = PriceUnit::kNode,
                           .period = period});
  };
  for (const double price : {19.0, 20.0, 21.0, 22.0}) add(price, PricePeriod::kHour);
  add(2.5, PricePeriod::kHour);
  add(150, PricePeriod::kHour);
  add(400, PricePeriod::kMonth);
  add(14600.0, PricePeriod::kYear);
  const auto findings = lint(book, kToday);
  ASSERT_EQ(of_rule(findings, "card-price-as-node").size(), 1U);
  EXPECT_EQ(of_rule(findings, "card-price-as-node")[0].field, "4");
  ASSERT_EQ(of_rule(findings, "node-price-as-card").size(), 1U);
  EXPECT_EQ(of_rule(findings, "node-price-as-card")[0].field, "5");
  ASSERT_EQ(of_rule(findings, "month-as-year").size(), 1U);
  EXPECT_EQ(of_rule(findings, "month-as-year")[0].field, "7");
}

TEST(OfferLint, BuiltInBooksHaveNoErrors) {
  for (const std::string& id : built_in_books()) {
    const auto book = load_book(id, built_in_catalog());
    ASSERT_TRUE(book) << messages(book);
    for (const Finding& finding : lint(*book, kToday)) {
      EXPECT_NE(finding.severity, catalog::Severity::kError) << finding.what;
    }
  }
}

TEST(OfferLint, BuiltInBooksShowWhatIsKnownOfThem) {
  const auto article = lint(*load_book("article", built_in_catalog()), kToday);
  EXPECT_EQ(only(article, "no-date"), "12: 15 of 15 offers without a date");
  const auto rental = lint(*load_book("gpurentalprices", built_in_catalog()), kToday);
  EXPECT_EQ(of_rule(rental, "withdrawn-price").size(), 1U) << "AWS p5 at its price of 2023";
  EXPECT_EQ(of_rule(rental, "two-prices").size(), 4U) << "plain names that are not SXM";
  EXPECT_EQ(of_rule(rental, "outlier").size(), 0U);
}

TEST(OfferLint, OrderIsThatOfTheFile) {
  for (std::size_t i = 1; i < cards().size(); ++i) {
    EXPECT_LE(cards()[i - 1].where.line, cards()[i].where.line);
  }
}

}  // namespace
}  // namespace assay::market
