// offers_bench.cpp — importing and linting a cloud's whole price list: 100,000 rows in the shape of
// SkyPilot's catalogs. Expected on a 2020s server core: well below a second each.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "catalog/catalog.h"
#include "market/offer_book.h"
#include "market/offer_lint.h"

namespace {

using namespace assay;

struct List {
  std::string text;
  double sum{};  // of all prices, on-demand and spot
  std::size_t offers{}, skipped{};
};

// Every eighth row names an accelerator that the catalog lacks, each by another name: the slow
// case.
List list_of(int rows) {
  constexpr std::array kNames{"H100", "H200", "B200", "A100-80GB", "L40S", "MI300X", "L4", "XPU"};
  List list;
  list.text =
      "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,SpotPrice,Region,"
      "GpuInfo,"
      "AvailabilityZone\n";
  for (int i = 0; i < rows; ++i) {
    const auto kind = static_cast<std::size_t>(i) % kNames.size();
    const bool unknown = kind + 1 == kNames.size();
    std::string name = kNames[kind];
    if (unknown) name += std::to_string(i);
    const int price = 10 + i % 90;
    const std::string text = std::to_string(price);
    list.text += "machine-" + std::to_string(i % 500) + "," + name + ",8.0,96,1800," + text + "," +
                 text + ".5,region-" + std::to_string(i % 40) + ",,zone-" + std::to_string(i) +
                 "\n";
    if (unknown) {
      ++list.skipped;
    } else {
      list.offers += 2;
      list.sum += price + price + 0.5;
    }
  }
  return list;
}

const catalog::Catalog& built_in_catalog() {
  static const auto loaded = catalog::load_catalog({});
  return loaded.value();
}

void import_list(benchmark::State& state) {
  const List list = list_of(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const auto book = market::read_offers("cloud.csv", list.text, built_in_catalog());
    double sum = 0;
    if (book) {
      for (const market::Offer& offer : book->offers) sum += offer.price;
    }
    if (!book || book->offers.size() != list.offers || book->skipped.size() != list.skipped ||
        std::abs(sum - list.sum) > 1e-6) {
      state.SkipWithError("the list was not read as it was written");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(import_list)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void lint_list(benchmark::State& state) {
  const List list = list_of(static_cast<int>(state.range(0)));
  const auto book = market::read_offers("cloud.csv", list.text, built_in_catalog());
  for (auto _ : state) {
    const auto findings = market::lint(*book, "2026-11-22");
    // Of each of seven accelerators, spot stands above on-demand; and no price has a date.
    std::size_t above = 0;
    for (const auto& finding : findings) above += finding.rule == "spot-above-on-demand" ? 1 : 0;
    if (above != 7) {
      state.SkipWithError("expected one finding of spot-above-on-demand an accelerator");
      return;
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(lint_list)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
