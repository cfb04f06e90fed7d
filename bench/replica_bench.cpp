// replica_bench.cpp — how many requests a second the simulation of one replica goes through, with
// a step time that costs nothing and with that of a model: the two bounds of a search. Each checks
// that its figures obey Little's law or the rate of arrivals.
#include <benchmark/benchmark.h>

#include <cmath>

#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "model/step_model.h"
#include "simulate/replica_engine.h"

namespace assay::simulate {
namespace {

constexpr std::int64_t kRequests = 4000;

struct AffineStep {
  Seconds time(const model::Iteration& i) const {
    return Seconds::from_base(8e-3 + 4e-5 * i.prefill_tokens +
                              i.decode_sequences * (2e-5 + 1e-8 * i.decode_context));
  }
};

AffineStep affine() { return {}; }

model::StepModel llama_8b() {
  const auto catalog = catalog::load_catalog({}).value();
  return {catalog::load_model("llama-3.1-8b").value(),
          model::resolve_hardware(catalog, *catalog.accelerator("h100"), catalog.system("hgx-h100"))
              .value(),
          {},
          catalog::load_efficiency().value()};
}

EngineLimits limits() {
  return {.tokens_max = 8192, .sequences_max = 256, .kv_tokens = 400'000, .chunked_prefill = true};
}

ReplicaLoad load(Arrivals arrivals, double spread) {
  return {.arrivals = arrivals,
          .concurrency = 64,
          .rate = Hertz::from_base(5),
          .requests = kRequests,
          .input_tokens = 1024,
          .output_tokens = 256,
          .length_spread = spread};
}

template <class StepTime>
void closed_loop(benchmark::State& state, StepTime (*make)(), double spread) {
  const StepTime step = make();
  for ([[maybe_unused]] auto _ : state) {
    const ReplicaFigures f = run_replica_with(step, limits(), load(Arrivals::kClosedLoop, spread));
    // Outputs and TPOT hardly depend on each other, so that the product of the means will do.
    const double in_system = f.requests_per_s * (f.ttft.mean + 255 * f.tpot.mean).base();
    if (std::abs(in_system - 64) > 3) {
      state.SkipWithError("64 requests are in a closed loop of 64");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * kRequests);
}

template <class StepTime>
void poisson(benchmark::State& state, StepTime (*make)(), double spread) {
  const StepTime step = make();
  for ([[maybe_unused]] auto _ : state) {
    const ReplicaFigures f = run_replica_with(step, limits(), load(Arrivals::kPoisson, spread));
    if (std::abs(f.requests_per_s - 5) > 0.3) {
      state.SkipWithError("as many requests leave as come, when the replica keeps up");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * kRequests);
}

BENCHMARK_CAPTURE(closed_loop, affine_equal, affine, 0);
BENCHMARK_CAPTURE(closed_loop, affine_spread, affine, 0.5);
BENCHMARK_CAPTURE(poisson, affine_equal, affine, 0);
BENCHMARK_CAPTURE(poisson, affine_spread, affine, 0.5);
BENCHMARK_CAPTURE(closed_loop, llama_8b_equal, llama_8b, 0);
BENCHMARK_CAPTURE(closed_loop, llama_8b_spread, llama_8b, 0.5);
BENCHMARK_CAPTURE(poisson, llama_8b_equal, llama_8b, 0);
BENCHMARK_CAPTURE(poisson, llama_8b_spread, llama_8b, 0.5);

}  // namespace
}  // namespace assay::simulate
