// Rules on offers beside each other: spot against on-demand, repeats, kinds that do not compare.
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "market/offer_lint_rules.h"

namespace assay::market {

namespace {

using catalog::Severity;

constexpr double kEqual =
    1e-6;  // relative: prices that were divided by a count may differ in a bit

bool same_price(double a, double b) { return std::abs(a - b) <= kEqual * b; }

// What two offers must share to be offers of the same thing. What differs most comes first: a
// cloud's list repeats its seller a hundred thousand times.
using Thing = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view,
                         std::string_view, int, int, PriceUnit, bool>;
Thing thing_of(const Offer& o) {
  return {o.zone,         o.instance, o.region, o.accelerator,  o.seller,
          o.accelerators, o.lot_min,  o.unit,   o.host_included};
}

// Findings of one seller and accelerator told as one: lists repeat a mistake in every region.
struct Group {
  const Offer* first{};
  const Offer* other{};
  std::size_t count{};
};
using Groups = std::map<std::pair<std::string_view, std::string_view>, Group>;

void add(Groups& groups, const Offer& offer, const Offer& other) {
  Group& group = groups[{offer.accelerator, offer.seller}];
  if (group.count++ == 0) group.first = &offer, group.other = &other;
}

std::string of_seller(const Offer& offer) {
  return offer.seller.empty() ? "" : " of " + offer.seller;
}

std::string said_of(const Offer& offer) {
  std::string text = price_text(usd_per_accelerator_hour(offer));
  if (!offer.printed_name.empty()) text += fmt::format(" for '{}'", offer.printed_name);
  if (!offer.assumed.empty()) text += fmt::format(" ({})", offer.assumed);
  return text;
}

}  // namespace

void check_spot(const OfferBook& book, Findings& findings) {
  // The name tells H100 from H100-MEGA.
  using Key = std::tuple<Thing, std::string_view, std::string_view>;
  const auto key_of = [](const Offer& o) { return Key{thing_of(o), o.printed_name, o.date}; };
  std::map<Key, const Offer*> on_demand;
  for (const Offer& offer : book.offers) {
    if (offer.kind == OfferKind::kOnDemand) on_demand.emplace(key_of(offer), &offer);
  }
  Groups equal, above;
  for (const Offer& spot : book.offers) {
    if (spot.kind != OfferKind::kSpot || spot.price <= 0) continue;
    const auto found = on_demand.find(key_of(spot));
    if (found == on_demand.end()) continue;
    const double price = usd_per_accelerator_hour(spot);
    const double firm = usd_per_accelerator_hour(*found->second);
    if (same_price(price, firm)) {
      add(equal, spot, *found->second);
    } else if (price > firm) {
      add(above, spot, *found->second);
    }
  }
  for (const auto& [key, group] : equal) {
    const double price = usd_per_accelerator_hour(*group.first);
    findings.push_back(finding(
        Severity::kWarning, "spot-equals-on-demand", *group.first,
        fmt::format("{}{} equal on-demand, the first at {}", counted(group.count, "spot price"),
                    of_seller(*group.first), price_text(price)),
        "a placeholder: no spot price is known"));
  }
  for (const auto& [key, group] : above) {
    findings.push_back(
        finding(Severity::kWarning, "spot-above-on-demand", *group.first,
                fmt::format("{}{} above on-demand, the first {} against {}",
                            counted(group.count, "spot price"), of_seller(*group.first),
                            price_text(usd_per_accelerator_hour(*group.first)),
                            price_text(usd_per_accelerator_hour(*group.other))),
                "the on-demand price, which is never worse"));
  }
}

// Names do not tell offers apart here: a plain 'h100' beside an 'h100-sxm' at another price is how
// an assumption of this importer shows that it is wrong.
void check_repeats(const OfferBook& book, Findings& findings) {
  using Key = std::tuple<Thing, OfferKind, int, std::string_view>;
  std::map<Key, const Offer*> seen;
  Groups repeats, contradictions;
  for (const Offer& offer : book.offers) {
    const Key key{thing_of(offer), offer.kind, offer.term_months, offer.date};
    const auto [first, is_new] = seen.emplace(key, &offer);
    if (is_new) continue;
    const bool same =
        same_price(usd_per_accelerator_hour(offer), usd_per_accelerator_hour(*first->second));
    add(same ? repeats : contradictions, offer, *first->second);
  }
  for (const auto& [key, group] : repeats) {
    findings.push_back(
        finding(Severity::kNote, "repeated-offer", *group.first,
                fmt::format("{}{} repeated, the first of line {}", counted(group.count, "offer"),
                            of_seller(*group.first), group.other->where.line),
                "one row an offer"));
  }
  for (const auto& [key, group] : contradictions) {
    findings.push_back(finding(
        Severity::kWarning, "two-prices", *group.first,
        fmt::format("{}{} on the same terms as another at another price, the first {} against {}",
                    counted(group.count, "offer"), of_seller(*group.first), said_of(*group.first),
                    said_of(*group.other)),
        "something tells them apart that the list does not say, such as the card's form"));
  }
}

// A cheapest offer that is not firm makes a wrong reference: say so where it happens.
void check_kinds(const OfferBook& book, Findings& findings) {
  struct Cheapest {
    const Offer* firm{};
    const Offer* loose{};  // community or serverless
  };
  std::map<std::string_view, Cheapest> cheapest;
  const auto keep_cheaper = [](const Offer*& kept, const Offer& offer) {
    if (kept == nullptr || usd_per_accelerator_hour(offer) < usd_per_accelerator_hour(*kept)) {
      kept = &offer;
    }
  };
  for (const Offer& offer : book.offers) {
    if (offer.price <= 0) continue;
    Cheapest& of = cheapest[offer.accelerator];
    if (is_firm(offer.kind)) keep_cheaper(of.firm, offer);
    else if (offer.kind != OfferKind::kSpot) keep_cheaper(of.loose, offer);
  }
  for (const auto& [accelerator, of] : cheapest) {
    if (of.firm == nullptr || of.loose == nullptr) continue;
    const double firm = usd_per_accelerator_hour(*of.firm);
    const double loose = usd_per_accelerator_hour(*of.loose);
    if (loose >= firm) continue;
    findings.push_back(
        finding(Severity::kNote, "kinds-do-not-compare", *of.loose,
                fmt::format("the cheapest, {}, is {}", price_text(loose), name(of.loose->kind)),
                fmt::format("the cheapest firm price: {}", price_text(firm))));
  }
}

}  // namespace assay::market
