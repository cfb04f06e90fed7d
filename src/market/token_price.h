// token_price.h — what a million tokens cost, from what the fleet costs and what it produces.
// USD/Mtok = cost per time ÷ tokens per time × 1e6, at the mean rate that is served, not at the
// peak the fleet could hold (docs/models.md, "Cost per token"). Pure, constexpr.
#pragma once

#include "base/quantity.h"

namespace assay::market {

// `tokens_per_second` > 0.
constexpr double usd_per_million_tokens(Usd per_month, Hertz tokens_per_second) {
  const Usd per_token = per_month / (kMonth * tokens_per_second);
  return per_token.base() * 1e6;
}

static_assert(usd_per_million_tokens(Usd::from_base(2628.0), Hertz::from_base(1000.0)) > 0.9999 &&
              usd_per_million_tokens(Usd::from_base(2628.0), Hertz::from_base(1000.0)) < 1.0001);

}  // namespace assay::market
