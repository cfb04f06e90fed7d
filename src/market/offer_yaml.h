// offer_yaml.h — price lists written by hand (docs/offers-format.md) → offers.
// Every problem of the file at once, each at its place. Internal to the room.
#pragma once

#include "base/error.h"
#include "catalog/catalog.h"
#include "document/node.h"
#include "market/offer_book.h"

namespace assay::market {

// `id` names the book and opens the ids of its offers.
Checked<OfferBook> read_offer_document(const document::Document& document, std::string id,
                                       const catalog::Catalog& catalog);

// "9200 USD/month" in its parts. Errors have no place.
struct PrintedPrice {
  double value{};
  std::string currency{};
  PricePeriod period{};
};
Result<PrintedPrice> parse_price(std::string_view text);

// "12 months", "1 year", "3 years" in months. Errors have no place.
Result<int> parse_term(std::string_view text);

}  // namespace assay::market
