#include "market/offer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "market/offer_date.h"

namespace assay::market {
namespace {

Offer node_of_eight(double usd_per_month) {
  return {.accelerators = 8,
          .price = usd_per_month,
          .unit = PriceUnit::kNode,
          .period = PricePeriod::kMonth};
}

TEST(Offer, ArticlePricesPerAcceleratorHour) {
  // Hand-checked: price / 8 / 730.
  EXPECT_NEAR(usd_per_accelerator_hour(node_of_eight(8000)), 1.370, 0.0005);
  EXPECT_NEAR(usd_per_accelerator_hour(node_of_eight(9200)), 1.575, 0.0005);
  EXPECT_NEAR(usd_per_accelerator_hour(node_of_eight(13000)), 2.226, 0.0005);
  EXPECT_NEAR(usd_per_accelerator_hour(node_of_eight(4000)), 0.685, 0.0005);
  EXPECT_NEAR(usd_per_accelerator_hour(node_of_eight(2000)), 0.342, 0.0006);
}

TEST(Offer, AMonthHas730HoursAndAYearTwelveMonths) {
  const Offer hour{.price = 1, .unit = PriceUnit::kCard, .period = PricePeriod::kHour};
  EXPECT_NEAR(price_per_unit_month(hour).base(), 730, 1e-9);
  Offer year = node_of_eight(12000);
  year.period = PricePeriod::kYear;
  EXPECT_NEAR(price_per_unit_month(year).base(), 1000, 1e-9);
  EXPECT_NEAR(price_per_unit_month(node_of_eight(8000)).base(), 8000, 1e-9);
}

TEST(Offer, NamesFollowTheEnumerators) {
  EXPECT_EQ(name(PriceUnit::kRack), "rack");
  EXPECT_EQ(name(PricePeriod::kYear), "year");
  EXPECT_EQ(name(OfferKind::kOnDemand), "on-demand");
  EXPECT_EQ(name(OfferKind::kServerless), "serverless");
}

TEST(Offer, OnlyCommitmentsAreFirm) {
  EXPECT_TRUE(is_firm(OfferKind::kOnDemand));
  EXPECT_TRUE(is_firm(OfferKind::kReserved));
  EXPECT_FALSE(is_firm(OfferKind::kSpot));
  EXPECT_FALSE(is_firm(OfferKind::kCommunity));
  EXPECT_FALSE(is_firm(OfferKind::kServerless));
}

TEST(OfferDate, CountsDays) {
  EXPECT_EQ(day_number("1970-01-01"), 0);
  EXPECT_EQ(*day_number("2026-11-22") - *day_number("2026-08-22"), 92);
  EXPECT_EQ(day_number("2026-08"), day_number("2026-08-01"));
}

TEST(OfferDate, RefusesWhatIsNoDate) {
  for (const char* text : {"", "2026", "2026-13-01", "2026-02-29", "2026/08/22", "2026-8-22",
                           "22-08-2026", "2026-08-22T06:21", "+026-08-22"}) {
    EXPECT_FALSE(day_number(text).has_value()) << text;
  }
}

RC_GTEST_PROP(OfferProperty, ScalingAPriceScalesItsConversions, ()) {
  const double k = *rc::gen::inRange(1, 1000) / 8.0;
  Offer offer;
  offer.accelerators = *rc::gen::inRange(1, 73);
  offer.price = *rc::gen::inRange(0, 1'000'000) / 100.0;
  offer.period = *rc::gen::element(PricePeriod::kHour, PricePeriod::kMonth, PricePeriod::kYear);
  Offer scaled = offer;
  scaled.price *= k;
  const auto close = [](double a, double b) { return std::abs(a - b) <= 1e-12 * std::abs(b); };
  RC_ASSERT(close(usd_per_accelerator_hour(scaled), k * usd_per_accelerator_hour(offer)));
  RC_ASSERT(close(price_per_unit_month(scaled).base(), k * price_per_unit_month(offer).base()));
}

RC_GTEST_PROP(OfferProperty, AUnitMonthIsItsAcceleratorsFor730Hours, ()) {
  Offer offer;
  offer.accelerators = *rc::gen::inRange(1, 73);
  offer.price = *rc::gen::inRange(1, 1'000'000) / 100.0;
  offer.period = *rc::gen::element(PricePeriod::kHour, PricePeriod::kMonth, PricePeriod::kYear);
  const double sum = usd_per_accelerator_hour(offer) * offer.accelerators * 730;
  RC_ASSERT(std::abs(sum - price_per_unit_month(offer).base()) <= 1e-12 * sum);
}

}  // namespace
}  // namespace assay::market
