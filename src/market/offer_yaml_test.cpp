#include "market/offer_yaml.h"

#include <gtest/gtest.h>

#include "market/market_test_support.h"

namespace assay::market {
namespace {

Checked<OfferBook> read(std::string_view text) {
  return read_offers("quotes.yaml", text, built_in_catalog());
}

TEST(PrintedPrice, ReadsAmountCurrencyAndPeriod) {
  const auto price = parse_price("9200 USD/month");
  ASSERT_TRUE(price) << render(price.error());
  EXPECT_EQ(price->value, 9200);
  EXPECT_EQ(price->currency, "USD");
  EXPECT_EQ(price->period, PricePeriod::kMonth);
  EXPECT_EQ(parse_price("2.35USD / hour")->value, 2.35);
  EXPECT_EQ(parse_price("1e4 USD/year")->period, PricePeriod::kYear);
}

TEST(PrintedPrice, SaysWhatIsWrong) {
  EXPECT_EQ(
      render(parse_price("66000 CNY/month").error()),
      "error: '66000 CNY/month' is in CNY, which is not converted; expected the price in USD, "
      "with the rate and its date in the note");
  EXPECT_EQ(render(parse_price("9200 USD").error()),
            "error: '9200 USD' has no period; expected '/' and hour, month or year");
  EXPECT_EQ(
      render(parse_price("2 USD/huor").error()),
      "error: '2 USD/huor' has an unknown period; expected '/' and hour, month or year (did you "
      "mean 'hour'?)");
  for (const char* text : {"", "USD/hour", "$9200/month", "9,200 USD/month", "9200/month",
                           "-1 USD/hour", "1e300 USD/hour", "nan USD/hour", "9200 usd/month"}) {
    EXPECT_FALSE(parse_price(text)) << text;
  }
}

TEST(Term, IsMonthsOrYears) {
  EXPECT_EQ(*parse_term("1 month"), 1);
  EXPECT_EQ(*parse_term("18 months"), 18);
  EXPECT_EQ(*parse_term("3 years"), 36);
  for (const char* text : {"", "12", "months", "1.5 years", "-1 months", "2 weeks", "99 years"}) {
    EXPECT_FALSE(parse_term(text)) << text;
  }
}

TEST(OfferYaml, ReadsAnOfferWithDefaults) {
  const auto book = read(R"(title: Quotes of October
defaults: { seller: Acme, date: 2026-10-05, unit: node, system: hgx-h100, accelerator: h100 }
offers:
  - { id: one, price: 2.10 USD/hour, accelerators: 8, kind: reserved, term: 3 years, lot: 4 }
  - { id: two, price: 14000 USD/month, kind: on-demand, date: 2026-10, units: 16, seller: Other }
)");
  ASSERT_TRUE(book) << messages(book);
  EXPECT_EQ(book->title, "Quotes of October");
  ASSERT_EQ(book->offers.size(), 2U);
  const Offer& one = book->offers[0];
  EXPECT_EQ(one.id, "quotes/one");
  EXPECT_EQ(one.accelerator, "h100");
  EXPECT_EQ(one.system, "hgx-h100");
  EXPECT_EQ(one.kind, OfferKind::kReserved);
  EXPECT_EQ(one.term_months, 36);
  EXPECT_EQ(one.lot_min, 4);
  EXPECT_EQ(one.seller, "Acme");
  EXPECT_EQ(one.source, "quotes.yaml");
  EXPECT_EQ(one.where.line, 4);
  const Offer& two = book->offers[1];
  EXPECT_EQ(two.accelerators, 8) << "known from the system";
  EXPECT_EQ(two.units_max, 16);
  EXPECT_EQ(two.seller, "Other");
  EXPECT_EQ(two.date, "2026-10");
}

TEST(OfferYaml, FindsAllErrorsAtOnce) {
  const auto book = read(R"(title: Quotes
offers:
  - { id: a, accelerator: h20O, unit: card, kind: on-demand, price: 1 USD/hour }
  - { id: a, accelerator: h100, unit: nod, kind: spott, price: 9200 USD, region: x }
  - { id: b, accelerator: h100, system: hgx-h200, unit: node, kind: reserved, price: 1 USD/hour }
  - { id: c, accelerator: h100, unit: node, kind: spot, price: 1 EUR/hour, date: 2026-02-30 }
  - { id: d, accelerator: h100, unit: card, accelerators: 8, kind: spot, price: 1 USD/hour, lo: 2 }
  - just a line
)");
  ASSERT_FALSE(book);
  const std::string text = messages(book);
  for (const char* expected : {
           "quotes.yaml:3:27: error: unknown accelerator 'h20O'",
           "quotes.yaml:4:11: error: id 'a' is taken by line 3; expected an id of its own",
           "did you mean 'node'?",
           "did you mean 'spot'?",
           "'9200 USD' has no period",
           "quotes.yaml:5:41: error: system 'hgx-h200' is made of h200; expected a system of h100",
           "a reserved offer without a term; expected 'term', such as '12 months'",
           "quotes.yaml:6:5: error: a node of unknown size; expected 'accelerators', or a 'system' "
           "of "
           "the catalog that says it",
           "'1 EUR/hour' is in EUR, which is not converted",
           "'2026-02-30' is not a date; expected a date such as 2026-08-22",
           "8 accelerators in a card; expected 1",
           "did you mean 'lot'?",
           "quotes.yaml:8:5: error: the offer is text; expected a mapping",
       }) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\nin\n" << text;
  }
}

TEST(OfferYaml, AWrongDefaultIsReportedOnce) {
  const auto book = read(R"(title: Quotes
defaults: { unit: card, kind: on-demand, date: yesterday, acelerator: h100 }
offers:
  - { id: a, accelerator: h100, price: 1 USD/hour }
  - { id: b, accelerator: h200, price: 2 USD/hour }
)");
  ASSERT_FALSE(book);
  EXPECT_EQ(book.error().size(), 2U) << messages(book);
}

TEST(OfferYaml, RefusesAListWithoutOffers) {
  EXPECT_NE(messages(read("title: x\noffers: []\n")).find("no offers"), std::string::npos);
  EXPECT_NE(messages(read("title: x\n")).find("'offers'"), std::string::npos);
  EXPECT_NE(messages(read("- a\n")).find("a mapping"), std::string::npos);
  EXPECT_FALSE(read(""));
}

TEST(OfferYaml, JsonIsReadTheSameWay) {
  const auto book =
      read_offers("quotes.json",
                  R"({"title": "Q", "offers": [{"id": "a", "accelerator": "h100", "unit": "card",
          "kind": "spot", "price": "1.5 USD/hour"}]})",
                  built_in_catalog());
  ASSERT_TRUE(book) << messages(book);
  EXPECT_EQ(book->offers.at(0).price, 1.5);
}

}  // namespace
}  // namespace assay::market
