// offer_site.h — what an offer stands for in the catalog, and whether it is considered at all,
// before any performance is computed. Pure.
#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "market/offer.h"
#include "plan/plan.h"
#include "plan/scenario_parts.h"

namespace assay::plan {

struct OfferSite {
  const catalog::System* system{};  // the server it names, or the catalog's usual one; null: none
  bool by_card{};                   // one priced unit is one accelerator
  std::string assumed;              // empty: the offer names its server
};
OfferSite offer_site(const catalog::Catalog& catalog, const market::Offer& offer);

// Why an offer is not considered; nothing: it is.
std::optional<Reason> filtered(const OfferChoice& choice, const market::Offer& offer,
                               const catalog::Accelerator& accelerator);

}  // namespace assay::plan
