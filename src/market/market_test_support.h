// market_test_support.h — what the tests of this room share: the built-in catalog, files, findings
// by rule. For *_test.cpp only.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/lint.h"
#include "market/offer_book.h"

namespace assay::market {

inline const catalog::Catalog& built_in_catalog() {
  static const auto loaded = catalog::load_catalog({});
  if (!loaded) {
    for (const Error& error : loaded.error()) ADD_FAILURE() << render(error);
    static const catalog::Catalog empty;
    return empty;
  }
  return *loaded;
}

inline std::string test_file(const std::string& name) {
  std::ifstream stream(ASSAY_SOURCE_DIR "/tests/data/offers/" + name, std::ios::binary);
  EXPECT_TRUE(stream) << name;
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Every message of a refused file, one a line.
inline std::string messages(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) text += render(error) + "\n";
  return text;
}

inline std::string messages(const Checked<OfferBook>& book) {
  return book ? "" : messages(book.error());
}

inline OfferBook read_test_book(const std::string& name) {
  auto book = read_offers(name, test_file(name), built_in_catalog());
  EXPECT_TRUE(book) << messages(book);
  return book ? std::move(*book) : OfferBook{};
}

inline std::vector<catalog::Finding> of_rule(const std::vector<catalog::Finding>& findings,
                                             std::string_view rule) {
  std::vector<catalog::Finding> some;
  for (const catalog::Finding& finding : findings) {
    if (finding.rule == rule) some.push_back(finding);
  }
  return some;
}

}  // namespace assay::market
