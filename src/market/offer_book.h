// offer_book.h — offers from the built-in lists, from a user's YAML or from SkyPilot-style CSV.
// All problems of a file at once. Names are resolved against the catalog; what cannot be resolved
// is reported with its line and counted, never dropped silently (foreign lists name what it lacks).
// Every offer of a book is priced in USD, in one or more accelerators of the catalog.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "market/offer.h"

namespace assay::market {

struct OfferBook {
  std::string id;  // "article", "gpurentalprices", or the file's name
  std::string title;
  std::vector<Offer> offers;  // in file order
  Errors skipped;             // rows that cannot be offers here, each with its place and reason
  std::size_t rows_without_accelerator{};  // rows of a cloud's list that price a plain machine
};

// Names of the built-in books: {"article", "gpurentalprices"}.
std::vector<std::string> built_in_books();
Checked<OfferBook> load_book(std::string_view id, const catalog::Catalog& catalog);

// A user's file by its extension and header: .yaml/.json (docs/offers-format.md), or .csv in the
// shape of SkyPilot's catalogs (InstanceType,AcceleratorName,AcceleratorCount,…,Price,SpotPrice,
// Region), of gpurentalprices.com (date,provider,gpu,…), or of the article's list.
Checked<OfferBook> read_offers(const std::string& file, std::string_view text,
                               const catalog::Catalog& catalog);

}  // namespace assay::market
