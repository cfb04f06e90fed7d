// step_bench.cpp — how many candidates a second the model can judge: one decode iteration, one
// prefill, the largest rate of one deployment. Each checks that its figure is a plausible one.
#include <benchmark/benchmark.h>

#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "model/serving_estimate.h"

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
  for ([[maybe_unused]] auto _ : state) {
    const auto rate = rate_max(f.model, f.hardware, f.deployment, f.table, demand);
    if (!rate || *rate <= Hertz{}) {
      state.SkipWithError("eight H200 serve the model within 50 ms a token");
      break;
    }
  }
}

BENCHMARK_CAPTURE(decode, llama_70b, "llama-3.1-70b");
BENCHMARK_CAPTURE(decode, deepseek_v3, "deepseek-v3");
BENCHMARK_CAPTURE(decode, gpt_oss_120b, "gpt-oss-120b");
BENCHMARK_CAPTURE(prefill, llama_70b, "llama-3.1-70b");
BENCHMARK_CAPTURE(largest_rate, llama_70b, "llama-3.1-70b");
BENCHMARK_CAPTURE(largest_rate, deepseek_v3, "deepseek-v3");

}  // namespace
}  // namespace assay::model
