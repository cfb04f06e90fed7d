// unit_text_bench.cpp — reading and printing quantities: what loading the catalog does thousands of
// times. Expected on a 2020s server core: well below 1 µs each.
#include <benchmark/benchmark.h>

#include "base/quantity.h"
#include "base/unit_text.h"

namespace {

void read_bandwidth(benchmark::State& state) {
  for (auto _ : state) {
    const auto parsed = assay::parse<assay::BytesPerSecond>("4.8 TB/s");
    if (!parsed || parsed->base() != 4.8e12) return state.SkipWithError("wrong value");
    benchmark::DoNotOptimize(parsed);
  }
}
BENCHMARK(read_bandwidth);

void print_bandwidth(benchmark::State& state) {
  const auto bandwidth = assay::BytesPerSecond::from_base(4.8e12);
  for (auto _ : state) {
    const auto text = assay::to_text(bandwidth);
    if (text != "4.8 TB/s") return state.SkipWithError("wrong text");
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(print_bandwidth);

void refuse_unknown_unit(benchmark::State& state) {
  for (auto _ : state) {
    const auto parsed = assay::parse<assay::Bytes>("141 GiP");
    if (parsed) return state.SkipWithError("an unknown unit was read");
    benchmark::DoNotOptimize(parsed);
  }
}
BENCHMARK(refuse_unknown_unit);

}  // namespace
