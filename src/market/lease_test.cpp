#include "market/lease.h"

#include <gtest/gtest.h>

namespace assay::market {
namespace {

constexpr Seconds kDay = kHour * 24.0;

Offer node_by_month() {
  return {.id = "node",
          .accelerators = 8,
          .price = 7300,
          .unit = PriceUnit::kNode,
          .period = PricePeriod::kMonth};
}

TEST(Lease, MonthsArePaidWhole) {
  const Lease lease = lease_for(node_by_month(), 12, kDay * 45.0);
  EXPECT_EQ(lease.units, 2);
  EXPECT_EQ(lease.accelerators, 16);
  EXPECT_DOUBLE_EQ(lease.paid / kMonth, 2);
  EXPECT_NEAR(lease.cost.base(), 2 * 2 * 7300.0, 1e-6);
  EXPECT_NEAR(lease.used.base(), 2 * 10.0 * 24 * 45, 1e-6);  // 7,300 USD/month is 10 USD/h
  EXPECT_TRUE(lease.rounds_up());
}

TEST(Lease, AWholeNumberOfMonthsBeginsNoOther) {
  EXPECT_DOUBLE_EQ(lease_for(node_by_month(), 8, kMonth * 3.0).paid / kMonth, 3);
}

TEST(Lease, HoursArePaidAsTheyCome) {
  Offer card{.id = "card", .accelerators = 1, .price = 2, .period = PricePeriod::kHour};
  const Lease lease = lease_for(card, 3, kDay * 10.0);
  EXPECT_NEAR(lease.cost.base(), 3 * 2 * 240.0, 1e-6);
  EXPECT_FALSE(lease.rounds_up());
}

TEST(Lease, TermAndLotAreTheLeastThatIsPaid) {
  Offer offer = node_by_month();
  offer.term_months = 12;
  offer.lot_min = 4;
  const Lease lease = lease_for(offer, 8, kDay);
  EXPECT_EQ(lease.units, 4);
  EXPECT_NEAR(lease.cost.base(), 4 * 12 * 7300.0, 1e-6);
}

// Two of three runs take 20 days, one of three 50: a month, and with 1/3 another one.
TEST(Lease, AFurtherMonthIsPaidWithTheProbabilityThatItBegins) {
  const auto longer = [](Seconds t) {
    return t < kDay * 20.0 ? 1.0 : t < kDay * 50.0 ? 1.0 / 3 : 0;
  };
  const Lease lease = mean_lease(node_by_month(), 8, kDay * 30.0, longer);
  EXPECT_NEAR(lease.paid / kMonth, 1 + 1.0 / 3, 1e-9);
  EXPECT_NEAR(lease.used.base(), 10.0 * 24 * 30, 1e-6);
}

TEST(Lease, HoursOfALongRunArePaidInTheMean) {
  const Offer card{.id = "card", .accelerators = 1, .price = 2, .period = PricePeriod::kHour};
  const Lease lease = mean_lease(card, 1, kDay * 10.0, [](Seconds) { return 0.5; });
  EXPECT_NEAR(lease.cost.base(), 2 * 240.5, 1e-6);
  EXPECT_FALSE(lease.rounds_up());
}

}  // namespace
}  // namespace assay::market
