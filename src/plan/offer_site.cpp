#include "plan/offer_site.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace assay::plan {

namespace {

// Most accelerators of a server that an offer of single cards may come in.
constexpr int kServerMax = 8;

bool matches_any(const std::vector<std::string>& globs, const catalog::Accelerator& accelerator) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    if (glob_match(glob, accelerator.id)) return true;
    return std::any_of(accelerator.aliases.begin(), accelerator.aliases.end(),
                       [&](const std::string& alias) { return to_lower(alias) == to_lower(glob); });
  });
}

bool in_regions(const std::vector<std::string>& globs, const std::string& region) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return glob_match(glob, region); });
}

// The server that an offer does not name: the catalog's own of this accelerator.
const catalog::System* usual_system(const catalog::Catalog& catalog, const market::Offer& offer) {
  const int wanted = offer.unit == market::PriceUnit::kCard ? kServerMax : offer.accelerators;
  for (const catalog::System& system : catalog.systems) {
    if (system.accelerator == offer.accelerator && system.accelerators == wanted) return &system;
  }
  return nullptr;
}

}  // namespace

OfferSite offer_site(const catalog::Catalog& catalog, const market::Offer& offer) {
  OfferSite site;
  site.system = offer.system.empty() ? usual_system(catalog, offer) : catalog.system(offer.system);
  site.by_card = offer.unit == market::PriceUnit::kCard && offer.accelerators == 1;
  if (offer.system.empty() && site.system != nullptr) {
    site.assumed = fmt::format("the offer names no server: {} taken", site.system->id);
  }
  return site;
}

std::optional<Reason> filtered(const OfferChoice& choice, const market::Offer& offer,
                               const catalog::Accelerator& accelerator) {
  if (!choice.include.empty() && !matches_any(choice.include, accelerator))
    return Reason::kExcluded;
  if (matches_any(choice.exclude, accelerator)) return Reason::kExcluded;
  const auto domestic = accelerator.domestic_cn.value();
  if (choice.domestic_only && domestic.value_or("") != "yes") return Reason::kForeign;
  if (!choice.regions.empty() && !in_regions(choice.regions, offer.region)) return Reason::kRegion;
  if (std::find(choice.kinds.begin(), choice.kinds.end(), offer.kind) == choice.kinds.end()) {
    return Reason::kKind;
  }
  if (!offer.host_included) return Reason::kHostApart;
  return std::nullopt;
}

}  // namespace assay::plan
