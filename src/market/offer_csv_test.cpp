#include "market/offer_csv.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "market/market_test_support.h"

namespace assay::market {
namespace {

const Offer* find(const OfferBook& book, std::string_view id) {
  const auto found = std::ranges::find(book.offers, id, &Offer::id);
  return found == book.offers.end() ? nullptr : &*found;
}

TEST(SkypilotCsv, ARowIsAnInstanceWithUpToTwoOffers) {
  const OfferBook book = read_test_book("skypilot_defects.csv");
  const Offer* firm = find(book, "skypilot_defects/Standard_NC40ads_H100_v5-eastus-on-demand");
  ASSERT_NE(firm, nullptr);
  EXPECT_EQ(firm->price, 6.98);
  EXPECT_EQ(firm->unit, PriceUnit::kNode);
  EXPECT_EQ(firm->seller, "skypilot_defects") << "a loose file is named by its cloud";
  EXPECT_EQ(firm->where.line, 5);
  const Offer* spot = find(book, "skypilot_defects/Standard_ND96isr_H100_v5-eastus-spot");
  ASSERT_NE(spot, nullptr);
  EXPECT_NEAR(usd_per_accelerator_hour(*spot), 36.87 / 8, 1e-12);
}

TEST(SkypilotCsv, TheMachineSettlesTheForm) {
  const OfferBook book = read_test_book("skypilot_defects.csv");
  const Offer* nc = find(book, "skypilot_defects/Standard_NC40ads_H100_v5-eastus-on-demand");
  const Offer* nd = find(book, "skypilot_defects/Standard_ND96isr_H100_v5-eastus-on-demand");
  const Offer* bare = find(book, "skypilot_defects/H100-8-us-central1-a-on-demand");
  ASSERT_TRUE(nc != nullptr && nd != nullptr && bare != nullptr);
  EXPECT_EQ(nc->accelerator, "h100-nvl");
  EXPECT_EQ(nc->assumed, "");
  EXPECT_EQ(nd->accelerator, "h100");
  EXPECT_EQ(nd->assumed, "");
  EXPECT_EQ(bare->accelerator, "h100");
  EXPECT_EQ(bare->assumed, "form not stated; taken as SXM");
  EXPECT_FALSE(bare->host_included);
}

TEST(SkypilotCsv, WhatIsNoOfferIsCountedOrSkippedWithItsPlace) {
  const OfferBook book = read_test_book("skypilot_defects.csv");
  EXPECT_EQ(book.rows_without_accelerator, 1U);
  EXPECT_EQ(book.offers.size(), 13U);
  EXPECT_EQ(
      messages(book.skipped),
      "skypilot_defects.csv:10:6: error: a row without a price\n"
      "skypilot_defects.csv:11:3: error: 0.167 of an accelerator; expected whole accelerators: "
      "parts of a card are not compared\n"
      "skypilot_defects.csv:12:2: error: 'V100' stands for a V100 with 16 GB; the catalog has the "
      "one with 32 GB; expected an accelerator of the catalog\n"
      "skypilot_defects.csv:13:2: error: unknown accelerator 'H1000'; expected an id of the "
      "catalog (did you mean 'h100'?)\n");
}

TEST(SkypilotCsv, TheFolderNamesTheCloud) {
  const std::string text =
      "InstanceType,AcceleratorName,AcceleratorCount,Price,Region\np5,H200,8,10,x\n";
  const auto book = read_offers("catalogs/v8/aws/vms.csv", text, built_in_catalog());
  ASSERT_TRUE(book) << messages(book);
  EXPECT_EQ(book->offers.at(0).seller, "aws");
  EXPECT_EQ(read_offers("vms.csv", text, built_in_catalog())->offers.at(0).seller, "");
}

TEST(GpurentalpricesCsv, ARowIsACardAndHour) {
  const OfferBook book = read_test_book("gpurentalprices_defects.csv");
  const Offer* offer = find(book, "gpurentalprices_defects/two-h100-x8-on-demand");
  ASSERT_NE(offer, nullptr);
  EXPECT_EQ(offer->accelerator, "h100");
  EXPECT_EQ(offer->assumed, "form not stated; taken as SXM");
  EXPECT_EQ(offer->lot_min, 8);
  EXPECT_EQ(offer->unit, PriceUnit::kCard);
  EXPECT_EQ(offer->date, "2026-08-22");
  const Offer* secure = find(book, "gpurentalprices_defects/three-h100-sxm-secure");
  ASSERT_NE(secure, nullptr);
  EXPECT_EQ(secure->kind, OfferKind::kOnDemand);
  EXPECT_EQ(secure->note, "https://three.example; listed as 'secure'");
}

TEST(GpurentalpricesCsv, MemoryTellsAnotherCardOfThatName) {
  const OfferBook book = read_test_book("gpurentalprices_defects.csv");
  EXPECT_EQ(
      messages(book.skipped),
      "gpurentalprices_defects.csv:17:4: error: 'a100-pcie-80' with 40 GB; expected "
      "a100-pcie-80g with 80 GB\n"
      "gpurentalprices_defects.csv:19:3: error: unknown accelerator 'rtx-5080x'; expected an id "
      "of the catalog (did you mean 'rtx-3080'?)\n");
  const Offer* near = find(book, "gpurentalprices_defects/near-h200-nvl-secure");
  ASSERT_NE(near, nullptr);
  EXPECT_EQ(near->note, "https://near.example; listed as 'secure'; listed with 143 GB");
}

TEST(GpurentalpricesCsv, RepeatedRowsGetIdsOfTheirOwn) {
  const OfferBook book = read_test_book("gpurentalprices_defects.csv");
  EXPECT_NE(find(book, "gpurentalprices_defects/one-h100-sxm-on-demand"), nullptr);
  EXPECT_NE(find(book, "gpurentalprices_defects/one-h100-sxm-on-demand-2"), nullptr);
}

TEST(GpurentalpricesCsv, FindsAllErrorsAtOnce) {
  const auto book = read_offers("gpurentalprices_broken.csv",
                                test_file("gpurentalprices_broken.csv"), built_in_catalog());
  ASSERT_FALSE(book);
  EXPECT_EQ(
      messages(book),
      "gpurentalprices_broken.csv:2:1: error: '22.08.2026' is not a date; expected a date such as "
      "2026-08-22\n"
      "gpurentalprices_broken.csv:3:5: error: 'free' in usd_per_gpu_hr; expected a number from 0 "
      "to 1,000,000,000\n"
      "gpurentalprices_broken.csv:3:6: error: unknown kind 'on-demnd'; expected on-demand, "
      "reserved, spot, community, serverless or secure (did you mean 'on-demand'?)\n"
      "gpurentalprices_broken.csv:4:5: error: '-1' in usd_per_gpu_hr; expected a number from 0 to "
      "1,000,000,000\n"
      "gpurentalprices_broken.csv:4:7: error: '0' in min_gpus; expected a whole number of at "
      "least 1\n"
      "gpurentalprices_broken.csv:5:4: error: 'eighty' in vram_gb; expected a number from 0 to "
      "1,000,000,000\n");
}

TEST(OfferCsv, ManyErrorsAreCounted) {
  std::string text = "date,provider,gpu,usd_per_gpu_hr,kind\n";
  for (int i = 0; i < 200; ++i) text += "2026-08-22,p,h100-sxm,none,spot\n";
  const auto book = read_offers("bad.csv", text, built_in_catalog());
  ASSERT_FALSE(book);
  EXPECT_EQ(book.error().size(), 51U);
  EXPECT_EQ(render(book.error().back()), "bad.csv: error: and 150 more errors");
}

TEST(OfferCsv, UnknownColumnsNameTheListsThatAreRead) {
  const auto book = read_offers("x.csv", "a,b\n1,2\n", built_in_catalog());
  ASSERT_FALSE(book);
  EXPECT_EQ(messages(book).substr(0, 32), "x.csv:1:1: error: columns a,b; e");
}

TEST(PriceNames, SuggestsOnlyForTheFirstFewHundredNames) {
  PriceNames names{built_in_catalog()};
  EXPECT_FALSE(names.read("h1000", "").error().near.empty());
  for (int i = 0; i < 600; ++i) names.read("card-" + std::to_string(i), "");
  EXPECT_TRUE(names.read("h1001", "").error().near.empty());
}

TEST(PriceNames, IdsAliasesAndSpacesAreUnderstood) {
  PriceNames names{built_in_catalog()};
  EXPECT_EQ(names.read("A100 NVLink 80G", "")->accelerator->id, "a100-sxm-80g");
  EXPECT_EQ(names.read("RTX 4090D", "")->accelerator->id, "rtx-4090d");
  EXPECT_EQ(names.read("rtx_6000_ada", "")->accelerator->id, "rtx-6000-ada");
}

}  // namespace
}  // namespace assay::market
