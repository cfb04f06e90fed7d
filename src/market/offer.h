// offer.h — a price someone asks for accelerators: unit basis, term, kind, seller, region, lot,
// date. Prices are kept as printed and converted by name: price_per_accelerator (730 h a month).
// USD only: the readers refuse other currencies at the place where they stand. Plain values.
// What the price data of the field gets wrong: offer_lint.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/quantity.h"

namespace assay::market {

enum class PriceUnit : std::uint8_t { kCard, kNode, kRack };
enum class PricePeriod : std::uint8_t { kHour, kMonth, kYear };
enum class OfferKind : std::uint8_t { kOnDemand, kReserved, kSpot, kCommunity, kServerless };

std::string_view name(PriceUnit unit);      // "card", "node", "rack"
std::string_view name(PricePeriod period);  // "hour", "month", "year"
std::string_view name(OfferKind kind);      // "on-demand", "reserved", …

// A price beyond this is a mistake of the file, not an offer; it also keeps conversions finite.
inline constexpr double kPriceMax = 1e9;

// Their names in the order of the enumerators, for messages and schemas.
std::span<const std::string> price_unit_names();
std::span<const std::string> price_period_names();
std::span<const std::string> offer_kind_names();

struct Offer {
  std::string id{};            // "article/h200-node", stable within its file
  std::string accelerator{};   // id of the catalog
  std::string system{};        // id of the catalog; empty: not stated
  std::string printed_name{};  // the accelerator as the list names it: "A100 nvlink80G"
  std::string instance{};  // the machine as the seller names it: "p5.48xlarge"; empty: not stated
  int accelerators{1};     // in one priced unit: 8 for a node of 8, 1 for a card
  double price{};          // as printed, in `currency` per unit and period
  PriceUnit unit{};
  PricePeriod period{};
  std::string currency{"USD"};  // ISO 4217
  OfferKind kind{};
  int term_months{};               // commitment; 0: none
  int lot_min{1};                  // smallest number of priced units
  std::optional<int> units_max{};  // how many units the seller has; unset: not stated
  bool host_included{true};        // false: the machine around the accelerators is priced apart
  std::string seller{}, region{}, zone{};  // empty: not stated
  std::string date{};                      // of the price, "2026-08-22"; empty: not stated
  std::string source{};                    // id of data/sources.yaml, or the imported file's name
  std::string assumed{};  // what the list leaves open and how it was read; shown with the offer
  std::string note{};
  Where where{};
};

// A commitment of one side to the other: on-demand and reserved. Spot can be withdrawn, community
// hosts come and go, serverless is paid by use.
bool is_firm(OfferKind kind);

// Price of one accelerator for one hour in USD; 730 h a month, 8,760 h a year.
// REQUIRES: currency is USD, accelerators > 0.
UsdPerSecond price_per_accelerator(const Offer& offer);
// The same as a number of USD per hour, as people say it.
double usd_per_accelerator_hour(const Offer& offer);
// Price of one whole priced unit for one month in USD. REQUIRES: currency is USD.
Usd price_per_unit_month(const Offer& offer);

}  // namespace assay::market
