#include "market/offer_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "market/market_test_support.h"
#include "market/price_names.h"

namespace assay::market {
namespace {

OfferBook built_in(std::string_view id) {
  auto book = load_book(id, built_in_catalog());
  EXPECT_TRUE(book) << messages(book);
  return book ? std::move(*book) : OfferBook{};
}

TEST(OfferBook, BuiltInBooksLoad) {
  for (const std::string& id : built_in_books()) {
    const OfferBook book = built_in(id);
    EXPECT_EQ(book.id, id);
    EXPECT_FALSE(book.title.empty());
    std::set<std::string> ids;
    for (const Offer& offer : book.offers) {
      EXPECT_TRUE(offer.id.starts_with(id + "/")) << offer.id;
      EXPECT_TRUE(ids.insert(offer.id).second) << offer.id;
      EXPECT_GT(offer.price, 0) << offer.id;
      EXPECT_NE(built_in_catalog().accelerator(offer.accelerator), nullptr) << offer.id;
      const auto same = [&](const catalog::Source& s) { return s.id == offer.source; };
      EXPECT_TRUE(std::ranges::any_of(built_in_catalog().sources, same)) << offer.source;
    }
  }
}

TEST(OfferBook, ArticlePerAcceleratorHour) {
  const OfferBook book = built_in("article");
  ASSERT_EQ(book.offers.size(), 15U);
  EXPECT_TRUE(book.skipped.empty());
  std::map<std::string, double> price;
  for (const Offer& offer : book.offers) price[offer.id] = usd_per_accelerator_hour(offer);
  EXPECT_NEAR(price["article/h100-node"], 1.370, 0.0005);
  EXPECT_NEAR(price["article/h200-node"], 1.575, 0.0005);
  EXPECT_NEAR(price["article/b200-node"], 2.226, 0.0005);
  EXPECT_NEAR(price["article/h20-node"], 0.685, 0.0005);
  EXPECT_NEAR(price["article/ascend-910b-node"], 0.3425, 0.0005);
  EXPECT_NEAR(price["article/a100-pcie-40g-card"], 0.274, 0.0005);
  EXPECT_NEAR(price["article/b200-node"] / price["article/h200-node"], 1.413, 0.0005);
}

TEST(OfferBook, ArticleAsTableAndAsYamlAgree) {
  const OfferBook written = built_in("article");
  const OfferBook table = read_test_book("article_price_list.csv");
  ASSERT_EQ(table.offers.size(), written.offers.size());
  for (std::size_t i = 0; i < table.offers.size(); ++i) {
    const Offer& a = table.offers[i];
    const Offer& b = written.offers[i];
    EXPECT_EQ(a.accelerator, b.accelerator) << b.id;
    EXPECT_EQ(a.accelerators, b.accelerators) << b.id;
    EXPECT_EQ(a.price, b.price) << b.id;
    EXPECT_EQ(a.unit, b.unit) << b.id;
    EXPECT_EQ(a.period, b.period) << b.id;
    EXPECT_EQ(a.assumed, b.assumed) << b.id;
  }
}

TEST(OfferBook, GpurentalpricesKeepsAllRows) {
  const OfferBook book = built_in("gpurentalprices");
  EXPECT_EQ(book.offers.size() + book.skipped.size(), 293U);
  std::map<OfferKind, int> kinds;
  for (const Offer& offer : book.offers) {
    ++kinds[offer.kind];
    EXPECT_EQ(offer.date, "2026-08-22");
    EXPECT_NE(offer.seller, "");
  }
  EXPECT_GT(kinds[OfferKind::kOnDemand], 150);
  EXPECT_EQ(kinds[OfferKind::kServerless], 51);
}

TEST(OfferBook, ANameThatSaysNoFormIsMarked) {
  for (const Offer& offer : built_in("gpurentalprices").offers) {
    const bool open = offer.printed_name == "h100" || offer.printed_name == "a100" ||
                      offer.printed_name == "h200" || offer.printed_name == "rtx-pro-6000";
    EXPECT_EQ(!offer.assumed.empty(), open) << offer.id;
  }
}

TEST(OfferBook, NamesOfEveryListResolve) {
  for (const char* list : {"skypilot", "gpurentalprices", "article"}) {
    const auto names = load_price_names(list, built_in_catalog());
    EXPECT_TRUE(names) << messages(names.error());
  }
}

TEST(OfferBook, UnknownBookNamesTheKnownOnes) {
  const auto book = load_book("artcle", built_in_catalog());
  ASSERT_FALSE(book);
  EXPECT_EQ(messages(book),
            "error: unknown price list 'artcle'; expected article or gpurentalprices (did you mean "
            "'article'?)\n");
}

TEST(OfferBook, TheFileNameSaysTheForm) {
  EXPECT_EQ(
      messages(read_offers("prices.txt", "", built_in_catalog())),
      "prices.txt: error: a price list of unknown form; expected a file name that ends in .yaml, "
      ".json or .csv\n");
  EXPECT_FALSE(read_offers("prices.csv", "", built_in_catalog()));
  EXPECT_FALSE(read_offers("prices.yaml", "", built_in_catalog()));
}

}  // namespace
}  // namespace assay::market
