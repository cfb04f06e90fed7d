#include "market/lease.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace assay::market {

namespace {

Seconds billed_in(PricePeriod period) {
  if (period == PricePeriod::kHour) return kHour;
  return period == PricePeriod::kMonth ? kMonth : kYear;
}

// Beyond it nothing is rented: a run that may need so many periods needs another offer.
constexpr int kPeriodsMax = 10'000;
constexpr double kNever = 1e-9;

Seconds whole_periods(const Offer& offer, Seconds needed) {
  const Seconds period = billed_in(offer.period);
  // A rounding error beyond a whole period does not begin another one.
  const double periods = std::max(1.0, std::ceil(needed / period * (1 - 1e-9)));
  return std::max(period * periods, kMonth * offer.term_months);
}

Lease rented(const Offer& offer, int accelerators, Seconds needed, Seconds paid) {
  ASSAY_ASSERT(accelerators >= 1 && offer.accelerators >= 1 && needed >= Seconds{});
  Lease lease;
  const int units = (accelerators - 1) / offer.accelerators + 1;
  lease.units = std::max(units, offer.lot_min);
  lease.accelerators = lease.units * offer.accelerators;
  lease.needed = needed;
  lease.paid = paid;
  const UsdPerSecond price = price_per_unit_month(offer) / kMonth * lease.units;
  lease.cost = price * paid;
  lease.used = price * needed;
  return lease;
}

}  // namespace

Lease lease_for(const Offer& offer, int accelerators, Seconds needed) {
  return rented(offer, accelerators, needed, whole_periods(offer, needed));
}

Lease mean_lease(const Offer& offer, int accelerators, Seconds needed,
                 const std::function<double(Seconds)>& longer_than) {
  const Seconds period = billed_in(offer.period);
  Seconds paid = whole_periods(offer, Seconds{});
  // Of many short periods half of the last one is not used, on average.
  const bool many = needed > period * 200.0;
  if (many) paid = std::max(paid, needed + period * 0.5);
  for (int k = 0; !many && k < kPeriodsMax; ++k) {
    const double begins = longer_than(whole_periods(offer, Seconds{}) + period * (1.0 * k));
    if (begins < kNever) break;
    paid += period * begins;
  }
  return rented(offer, accelerators, needed, paid);
}

}  // namespace assay::market
