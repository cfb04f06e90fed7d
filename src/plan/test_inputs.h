// test_inputs.h — the built-in data, loaded once for the tests of this room.
// Fails the process when the built-in data do not load: every test would.
#pragma once

#include "base/assert.h"
#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "catalog/model_library.h"
#include "market/offer_book.h"

namespace assay::plan {

inline const catalog::Catalog& built_in_catalog() {
  static const auto loaded = catalog::load_catalog({});
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

inline const catalog::EfficiencyTable& built_in_efficiency() {
  static const auto loaded = catalog::load_efficiency();
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

inline const std::vector<market::OfferBook>& article_prices() {
  static const auto loaded = market::load_book("article", built_in_catalog());
  ASSAY_ASSERT(loaded.has_value());
  static const std::vector<market::OfferBook> books{*loaded};
  return books;
}

inline catalog::LanguageModel built_in_model(std::string_view name) {
  auto loaded = catalog::load_model(name);
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

}  // namespace assay::plan
