// catalog_bench.cpp — what every command pays first: loading the built-in catalog, and what
// `catalog check` adds. Expected on a 2020s server core: loading below 25 ms, so that a query
// answers within 50 ms.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "catalog/catalog.h"
#include "catalog/lint.h"

namespace {

using namespace assay::catalog;

void load_built_in(benchmark::State& state) {
  for (auto _ : state) {
    const auto catalog = load_catalog({});
    if (!catalog || catalog->accelerator("h100") == nullptr || catalog->systems.empty()) {
      state.SkipWithError("the built-in catalog does not load");
      break;
    }
  }
}
BENCHMARK(load_built_in)->Unit(benchmark::kMillisecond)->UseRealTime();

void check_built_in(benchmark::State& state) {
  const auto catalog = load_catalog({});
  for (auto _ : state) {
    const auto findings = catalog ? lint(*catalog) : std::vector<Finding>{};
    const bool wrong = std::ranges::any_of(
        findings, [](const Finding& f) { return f.severity == Severity::kError; });
    if (findings.empty() || wrong) {
      state.SkipWithError("the built-in catalog has errors, or lint is asleep");
      break;
    }
  }
}
BENCHMARK(check_built_in)->Unit(benchmark::kMillisecond);

}  // namespace
