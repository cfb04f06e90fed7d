// step_bench.cpp — how many candidates a second the model can judge: one decode iteration, one
// prefill, the same with all but the batch worked out beforehand and as a line in the context, the
// largest rate of one deployment, every layout on every accelerator. Each checks that its figure is
// a plausible one.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "model/step_model.h"
#include "plan/compare.h"
#include "search/search_serving.h"
#include "search/serving_layouts.h"

namespace assay::model {
namespace {

struct Fixture {
  catalog::LanguageModel model;
  Hardware hardware;
  catalog::EfficiencyTable table;
  Deployment deployment;
};

Fixture fixture(const char* model) {
  const auto catalog = catalog::load_catalog({}).value();
  return {.model = catalog::load_model(model).value(),
          .hardware =
              resolve_hardware(catalog, *catalog.accelerator("h200"), catalog.system("hgx-h200"))
                  .value(),
          .table = catalog::load_efficiency().value(),
          .deployment = {.tensor = 8,
                         .weights = catalog::Format::kFp8,
                         .activations = catalog::Format::kFp8,
                         .kv_cache = catalog::Format::kFp8,
                         .engine = "vllm"}};
}

void decode(benchmark::State& state, const char* model) {
  const Fixture f = fixture(model);
  double sequences = 1;
  for ([[maybe_unused]] auto _ : state) {
    const Step step = decode_step(f.model, f.hardware, f.deployment, f.table, sequences, 4096);
    if (!(step.time > Seconds{} && step.time < Seconds::from_base(1))) {
      state.SkipWithError("a decode iteration of up to 256 sequences takes less than a second");
      break;
    }
    sequences = sequences < 256 ? sequences + 1 : 1;
  }
}

// Only batch and context change.
void batch_time(benchmark::State& state, const char* model) {
  const Fixture f = fixture(model);
  const StepModel step{f.model, f.hardware, f.deployment, f.table};
  const Step first = decode_step(f.model, f.hardware, f.deployment, f.table, 1, 1024);
  if (std::abs(step.time({.decode_sequences = 1, .decode_context = 1024}) / first.time - 1) >
      1e-9) {
    state.SkipWithError("the time of a step is the sum of its operators");
  }
  double sequences = 1;
  Seconds before;
  for ([[maybe_unused]] auto _ : state) {
    const Seconds time =
        step.time({.decode_sequences = sequences, .decode_context = 1024 + sequences});
    if (time <= before) {
      state.SkipWithError("more sequences of more context take longer");
      break;
    }
    before = sequences < 256 ? time : Seconds{};
    sequences = sequences < 256 ? sequences + 1 : 1;
  }
}

// The same as a line in the context.
void decode_time(benchmark::State& state, const char* model) {
  const Fixture f = fixture(model);
  const StepModel step{f.model, f.hardware, f.deployment, f.table};
  double sequences = 1;
  for ([[maybe_unused]] auto _ : state) {
    const DecodeTime line = step.decode_time(sequences, 1024 + sequences);
    if (!(line.seconds > 0 && line.per_token > 0 && line.until > line.at)) {
      state.SkipWithError("an iteration takes time, and longer with more context");
      break;
    }
    sequences = sequences < 256 ? sequences + 1 : 1;
  }
}

void prefill(benchmark::State& state, const char* model) {
  const Fixture f = fixture(model);
  for ([[maybe_unused]] auto _ : state) {
    const Step step = prefill_step(f.model, f.hardware, f.deployment, f.table, 1, 4096);
    if (step[OperatorKind::kDenseFfn].bound != Bound::kCompute) {
      state.SkipWithError("the matrices of a long prompt are bound by compute");
      break;
    }
  }
}

void largest_rate(benchmark::State& state, const char* model) {
  const Fixture f = fixture(model);
  const workload::ServingDemand demand{
      .rate = {},
      .input_tokens = 2000,
      .output_tokens = 300,
      .ttft = {},
      .tpot = workload::LatencyLimit{.at_most = Seconds::from_base(0.05), .statistic = {}}};
  const std::vector<catalog::Format> weights{catalog::Format::kFp8};
  for ([[maybe_unused]] auto _ : state) {
    const auto layouts = search::serving_layouts(
        f.model, f.hardware, f.table, demand,
        {.weights = weights, .kv_cache = {}, .tensor_max = 8, .engine = "vllm"});
    const bool serves = std::any_of(layouts.begin(), layouts.end(), [](const auto& layout) {
      return !layout.reject && layout.rate_max > Hertz{};
    });
    if (!serves) {
      state.SkipWithError("eight H200 serve the model within 50 ms a token");
      break;
    }
  }
}

// Every layout, format and batch on eight of every accelerator that the catalog knows enough of.
void search_catalog(benchmark::State& state, const char* model) {
  const auto catalog = catalog::load_catalog({}).value();
  const auto shape = catalog::load_model(model).value();
  const auto efficiency = catalog::load_efficiency().value();
  const auto power = catalog::load_power().value();
  std::vector<std::string> names;
  for (const auto& accelerator : catalog.accelerators) names.push_back(accelerator.id + ":8");
  const auto found = plan::read_subjects(catalog, names).value();
  std::vector<Hardware> hardware;
  hardware.reserve(found.size());
  std::vector<search::ServingSubject> subjects;
  for (const plan::CompareSubject& subject : found) {
    auto resolved = resolve_hardware(catalog, *subject.accelerator, subject.system);
    if (!resolved) continue;
    hardware.push_back(*std::move(resolved));
    subjects.push_back({shape, hardware.back(), subject.system, subject.count});
  }
  const search::SearchSpace space{.weights = {}, .input_tokens = 1024, .output_tokens = 256};
  std::size_t considered = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto searches = search::search_all(subjects, {efficiency, power}, space, 2);
    considered = 0;
    std::size_t front = 0;
    for (const search::ServingSearch& s : searches) {
      considered += s.considered;
      front += s.points.size();
    }
    if (front == 0 || front > considered) {
      state.SkipWithError("some accelerators serve the model, and a front is part of its points");
      break;
    }
  }
  state.counters["accelerators"] = static_cast<double>(subjects.size());
  state.counters["points"] = static_cast<double>(considered);
}

BENCHMARK_CAPTURE(decode, llama_70b, "llama-3.1-70b");
BENCHMARK_CAPTURE(decode, deepseek_v3, "deepseek-v3");
BENCHMARK_CAPTURE(decode, gpt_oss_120b, "gpt-oss-120b");
BENCHMARK_CAPTURE(batch_time, llama_70b, "llama-3.1-70b");
BENCHMARK_CAPTURE(batch_time, deepseek_v3, "deepseek-v3");
BENCHMARK_CAPTURE(batch_time, gpt_oss_120b, "gpt-oss-120b");
BENCHMARK_CAPTURE(decode_time, llama_70b, "llama-3.1-70b");
BENCHMARK_CAPTURE(decode_time, deepseek_v3, "deepseek-v3");
BENCHMARK_CAPTURE(decode_time, gpt_oss_120b, "gpt-oss-120b");
BENCHMARK_CAPTURE(prefill, llama_70b, "llama-3.1-70b");
BENCHMARK_CAPTURE(largest_rate, llama_70b, "llama-3.1-70b");
BENCHMARK_CAPTURE(largest_rate, deepseek_v3, "deepseek-v3");
BENCHMARK_CAPTURE(search_catalog, llama_70b, "llama-3.1-70b")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(search_catalog, deepseek_v3, "deepseek-v3")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace assay::model
