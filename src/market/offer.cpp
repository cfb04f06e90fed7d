#include "market/offer.h"

#include <array>

#include "base/assert.h"

namespace assay::market {

namespace {

const std::array<std::string, 3> kUnits{"card", "node", "rack"};
const std::array<std::string, 3> kPeriods{"hour", "month", "year"};
const std::array<std::string, 5> kKinds{"on-demand", "reserved", "spot", "community", "serverless"};

Seconds length(PricePeriod period) {
  switch (period) {
    case PricePeriod::kHour:
      return kHour;
    case PricePeriod::kMonth:
      return kMonth;
    case PricePeriod::kYear:
      return kYear;
  }
  ASSAY_ASSERT(false);
  return kHour;
}

UsdPerSecond price_per_unit(const Offer& offer) {
  ASSAY_ASSERT(offer.currency == "USD");
  return Usd::from_base(offer.price) / length(offer.period);
}

}  // namespace

std::string_view name(PriceUnit unit) { return kUnits[static_cast<std::size_t>(unit)]; }
std::string_view name(PricePeriod period) { return kPeriods[static_cast<std::size_t>(period)]; }
std::string_view name(OfferKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::span<const std::string> price_unit_names() { return kUnits; }
std::span<const std::string> price_period_names() { return kPeriods; }
std::span<const std::string> offer_kind_names() { return kKinds; }

bool is_firm(OfferKind kind) {
  return kind == OfferKind::kOnDemand || kind == OfferKind::kReserved;
}

UsdPerSecond price_per_accelerator(const Offer& offer) {
  ASSAY_ASSERT(offer.accelerators > 0);
  return price_per_unit(offer) / offer.accelerators;
}

double usd_per_accelerator_hour(const Offer& offer) {
  return (price_per_accelerator(offer) * kHour).base();
}

Usd price_per_unit_month(const Offer& offer) { return price_per_unit(offer) * kMonth; }

}  // namespace assay::market
