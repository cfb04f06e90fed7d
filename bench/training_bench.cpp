// training_bench.cpp — how many training layouts a second one core goes through, and how long the
// search of a whole space takes: GPT-3 175B on 512 A100 in Calculon's dimensions, Llama-3.1-405B on
// 16,384 H100 and on 4,096 B200. Expected on a 2020s server core: millions of evaluations a second
// (each the time, memory and MFU of another layout), and with pruning a space in under a second.
// Each checks its result: the sum of hashes over all that was evaluated against model::predict_step
// of a part of the space, one layout after another; the pruned answer against the exhaustive one.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "catalog/training_table.h"
#include "model/training_step.h"
#include "search/search_training.h"
#include "search/training_space.h"

namespace assay::search {
namespace {

using model::TrainingLayout;

struct Setting {
  const char *model, *accelerator, *system;
  int accelerators{}, sequence{}, batch{};
  TrainingSpace (*space)(const model::TrainingSubject&, int);
};

constexpr Setting kGpt3{"gpt-3-175b", "a100-sxm-80g", "hgx-a100", 512, 2048, 512, calculon_space};
constexpr Setting kH100{"llama-3.1-405b", "h100", "hgx-h100", 16384, 8192, 2048, full_space};
constexpr Setting kB200{"llama-3.1-405b", "b200", "hgx-b200", 4096, 8192, 2048, full_space};

class Asked {
 public:
  explicit Asked(const Setting& setting) : Asked{setting, catalog::load_catalog({}).value()} {}
  const model::TrainingSubject& subject() const { return subject_; }
  const TrainingSpace& space() const { return space_; }
  int accelerators() const { return accelerators_; }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  TrainingSearch searched(const TrainingSearchOptions& options) const {
    return search_training(subject_, accelerators_, space_, options);
  }

 private:
  Asked(const Setting& s, const catalog::Catalog& catalog)
      : accelerators_{s.accelerators},
        model_{catalog::load_model(s.model).value()},
        hardware_{model::resolve_hardware(catalog, *catalog.accelerator(s.accelerator),
                                          catalog.system(s.system))
                      .value()},
        table_{catalog::load_training().value()},
        subject_{model_, hardware_, table_, {.sequence = s.sequence, .batch = s.batch}},
        space_{s.space(subject_, s.accelerators)} {}

  int accelerators_;
  catalog::LanguageModel model_;
  model::Hardware hardware_;
  catalog::TrainingTable table_;
  model::TrainingSubject subject_;
  TrainingSpace space_;
};

// A part of the space that brute force is through with at once.
TrainingSpace part_of(TrainingSpace space) {
  space.tensor = {space.tensor.back()};
  space.pipeline = {space.pipeline[space.pipeline.size() / 2]};
  space.micro_batch = {space.micro_batch[std::min<std::size_t>(1, space.micro_batch.size() - 1)]};
  return space;
}

// Whether the sum over a part is that of layouts that are predicted one after another.
bool sums_agree(const Asked& asked) {
  const TrainingSpace part = part_of(asked.space());
  std::uint64_t sum = 0;
  std::int64_t count = 0;
  for_each_layout(part, asked.accelerators(), [&](const TrainingLayout& layout) {
    const auto step = model::predict_step(asked.subject(), layout);
    if (!step) return;
    sum += result_hash(layout, *step);
    ++count;
  });
  const TrainingSearch search =
      search_training(asked.subject(), asked.accelerators(), part, {.prune = false});
  return count > 0 && search.checksum == sum && search.counts.evaluated() == count;
}

bool same(const TrainingSearch& a, const TrainingSearch& b) {
  const auto equal = [](const auto& x, const auto& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [](const auto& f, const auto& g) { return f.layout == g.layout; });
  };
  return equal(a.top, b.top) && equal(a.front, b.front);
}

void report(benchmark::State& state, const TrainingCounts& counts) {
  state.counters["layouts"] = static_cast<double>(counts.candidates - counts.cannot_run);
  state.counters["evaluations/s"] = benchmark::Counter(
      static_cast<double>(counts.evaluated()), benchmark::Counter::kIsIterationInvariantRate);
}

// Everything is evaluated, on one thread.
void every_layout(benchmark::State& state, const Setting& setting) {
  const Asked asked{setting};
  if (!sums_agree(asked)) {
    state.SkipWithError("the sum is that of layouts predicted one after another");
    return;
  }
  TrainingSearch search;
  std::uint64_t first = 0;
  for ([[maybe_unused]] auto _ : state) {
    search = asked.searched({.prune = false});
    if (first == 0) first = search.checksum;
    if (search.checksum != first) {
      state.SkipWithError("the sum is the same each time");
      break;
    }
  }
  report(state, search.counts);
}

// Only what may be among the best or on the front, on `jobs` threads.
void pruned(benchmark::State& state, const Setting& setting) {
  const Asked asked{setting};
  const TrainingSearch all = asked.searched({.prune = false, .jobs = 2});
  TrainingSearch search;
  for ([[maybe_unused]] auto _ : state) {
    search = asked.searched({.jobs = static_cast<int>(state.range(0))});
    if (search.top.empty() || !same(all, search)) {
      state.SkipWithError("the answer is that of the exhaustive search");
      break;
    }
  }
  report(state, search.counts);
}

constexpr Setting megatron(Setting setting) {
  setting.space = megatron_space;
  return setting;
}

BENCHMARK_CAPTURE(every_layout, megatron_gpt3_512_a100, megatron(kGpt3))
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(pruned, megatron_llama_16384_h100, megatron(kH100))
    ->ArgName("jobs")
    ->Arg(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void long_every_layout(benchmark::State& state, const Setting& setting) {
  every_layout(state, setting);
}
BENCHMARK_CAPTURE(long_every_layout, gpt3_512_a100, kGpt3)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(long_every_layout, llama_16384_h100, kH100)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(long_every_layout, llama_4096_b200, kB200)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void long_pruned(benchmark::State& state, const Setting& setting) { pruned(state, setting); }
BENCHMARK_CAPTURE(long_pruned, gpt3_512_a100, kGpt3)
    ->ArgName("jobs")
    ->Arg(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(long_pruned, llama_16384_h100, kH100)
    ->ArgName("jobs")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(long_pruned, llama_4096_b200, kB200)
    ->ArgName("jobs")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace assay::search
