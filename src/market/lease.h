// lease.h — what it takes and costs to rent so many accelerators for so long from one offer: whole
// units, whole periods of its price, and no less than its lot and its term.
// Paid is what the offer bills; used is the same price for the time that was needed. Pure.
#pragma once

#include <functional>

#include "base/quantity.h"
#include "market/offer.h"

namespace assay::market {

struct Lease {
  int units{};
  int accelerators{};  // rented: at least those that are needed
  Seconds needed, paid;
  Usd cost;  // of the time that is paid
  Usd used;  // of the time that is needed

  // Whether the offer bills noticeably more time than is needed.
  bool rounds_up() const { return cost > used * 1.01; }
};

// REQUIRES: accelerators >= 1, needed >= 0, the offer is priced in USD.
Lease lease_for(const Offer& offer, int accelerators, Seconds needed);

// The mean over a time that is not known yet: `needed` on average, longer than t with probability
// longer_than(t). Each further period is paid with the probability that it begins:
// E[paid] = first + period · Σ P(needed > first + k · period), k = 0, 1, …
Lease mean_lease(const Offer& offer, int accelerators, Seconds needed,
                 const std::function<double(Seconds)>& longer_than);

}  // namespace assay::market
