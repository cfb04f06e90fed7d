// offers_fuzz.cpp — any text as a price list, as CSV and as YAML: refused with reasons, or offers
// that convert to finite prices and can be linted.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "catalog/catalog.h"
#include "market/offer_book.h"
#include "market/offer_lint.h"

namespace {

const assay::catalog::Catalog& catalog() {
  static const auto loaded = assay::catalog::load_catalog({});
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

void check(const std::string& file, std::string_view text) {
  const auto book = assay::market::read_offers(file, text, catalog());
  if (!book) {
    ASSAY_ASSERT(!book.error().empty());
    for (const assay::Error& error : book.error()) ASSAY_ASSERT(!error.what.empty());
    return;
  }
  for (const assay::market::Offer& offer : book->offers) {
    ASSAY_ASSERT(offer.price >= 0 && offer.accelerators >= 1 && offer.lot_min >= 1);
    ASSAY_ASSERT(std::isfinite(assay::market::usd_per_accelerator_hour(offer)));
    ASSAY_ASSERT(std::isfinite(assay::market::price_per_unit_month(offer).base()));
    ASSAY_ASSERT(catalog().accelerator(offer.accelerator) != nullptr);
  }
  for (const auto& finding : assay::market::lint(*book, "2026-11-22")) {
    ASSAY_ASSERT(!finding.rule.empty() && !finding.what.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check("list.csv", text);
  check("list.yaml", text);
  return 0;
}
