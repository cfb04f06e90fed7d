// fleet_bench.cpp — how many requests a second of wall time the simulation of a fleet goes through,
// on one thread, from a single replica to a cloud's hour a hundredfold. Traces are read beforehand;
// drawing the requests is part of it. Expected on a 2020s server core: a million requests a second
// of one replica, half a million of a fleet, in less than 300 MB. Each checks its figures.
//
// Those named long_… are left out of the smoke test. A billion requests in the same memory take
// minutes to an hour: ASSAY_BENCH_REQUESTS=1000000000 build/release/bench/fleet_bench
// --benchmark_filter=long_stream
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "model/step_model.h"
#include "simulate/fleet.h"
#include "simulate/replica_limits.h"
#include "workload/open_traffic.h"

namespace assay::simulate {
namespace {

using workload::LognormalLength;
using workload::Traffic;
using workload::TrafficSpec;

struct Setting {
  const char *model, *accelerator, *system;
  std::int32_t replicas{1};
  bool prefix_caching{};
};

constexpr Setting kOneA100{"llama-2-7b", "a100-sxm-80g", "hgx-a100"};
constexpr Setting kEightH100{"qwen3-14b", "h100", "hgx-h100", 8, true};
constexpr Setting kManyH100{"llama-3.1-8b", "h100", "hgx-h100", 128};

class Served {
 public:
  explicit Served(const Setting& setting) : Served{setting, catalog::load_catalog({}).value()} {}
  const Fleet& fleet() const { return fleet_; }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

 private:
  Served(const Setting& setting, const catalog::Catalog& catalog)
      : model_{catalog::load_model(setting.model).value()},
        hardware_{model::resolve_hardware(catalog, *catalog.accelerator(setting.accelerator),
                                          catalog.system(setting.system))
                      .value()},
        efficiency_{catalog::load_efficiency().value()},
        step_{model_, hardware_, {}, efficiency_} {
    EngineSettings settings;
    settings.prefix_caching = setting.prefix_caching;
    const auto limits = replica_limits(model_, hardware_, {}, efficiency_, settings,
                                       {.input = 1024, .output = 256});
    FleetPool pool;
    pool.step = &step_;
    pool.limits = limits.value().limits;
    pool.replicas = setting.replicas;
    fleet_.pools = {pool};
    fleet_.routing = Routing::kLeastOutstanding;
  }

  catalog::LanguageModel model_;
  model::Hardware hardware_;
  catalog::EfficiencyTable efficiency_;
  model::StepModel step_;
  Fleet fleet_;
};

TrafficSpec synthetic(double rate, std::int64_t requests, const LognormalLength& input,
                      const LognormalLength& output) {
  TrafficSpec spec;
  spec.rate = Hertz::from_base(rate);
  spec.requests_max = requests;
  spec.synthetic.input = input;
  spec.synthetic.output = output;
  return spec;
}

// Lengths as those of chats.
TrafficSpec chats(double rate, std::int64_t requests) {
  return synthetic(rate, requests, {.mean = 220, .variation = 1.2, .at_most = 2048},
                   {.mean = 200, .variation = 0.9, .at_most = 1500});
}

FleetFigures simulated(const Fleet& fleet, const Traffic& traffic, bool every_iteration = false) {
  Traffic own = traffic.again();
  FleetRun run;
  run.next = [&own](workload::TrafficRequest& request) { return own.next(request); };
  run.every_iteration = every_iteration;
  return run_fleet(fleet, run);
}

// Peak of the resident memory since reset_peak(), in MB; 0 where the system does not say.
void reset_peak() { std::ofstream{"/proc/self/clear_refs"} << "5"; }
double peak_mb() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024 / 1e6;
  }
  return 0;
}

// Why these are not the figures of a fleet that keeps up with `requests` at `rate`; or nothing.
const char* wrong(const FleetFigures& f, std::int64_t requests, double rate) {
  if (f.arrived != requests || f.completed != requests) return "every request is answered";
  // Up to what the last one takes.
  const double most = static_cast<double>(f.completed) / (f.seconds - f.end_to_end.max);
  if (f.requests_per_s > 1.1 * rate || !(most > 0.9 * rate)) return "as many leave as come";
  if (!(f.ttft.p50 > 0 && f.ttft.p50 <= f.ttft.p99 && f.ttft.p99 < 60)) return "TTFT is plausible";
  if (!(f.tpot.p50 > 1e-3 && f.tpot.p99 < 1)) return "TPOT is plausible";
  if (f.end_to_end.mean < f.ttft.mean) return "the first token comes before the last";
  return nullptr;
}

struct Load {
  Setting setting;
  TrafficSpec traffic;
  double memory_max_mb{300};
  bool shares_prefixes{};
};

void serve(benchmark::State& state, const Load& load) {
  const Served served{load.setting};
  const auto traffic = workload::open_traffic(load.traffic);
  if (!traffic || !traffic->requests() || !traffic->mean_rate()) {
    state.SkipWithError("the traffic is known");
    return;
  }
  const std::int64_t requests = *traffic->requests();
  double peak = 0;
  for ([[maybe_unused]] auto _ : state) {
    reset_peak();
    const FleetFigures f = simulated(served.fleet(), *traffic);
    peak = std::max(peak, peak_mb());
    const char* error = wrong(f, requests, traffic->mean_rate()->base());
    if (error == nullptr && (f.cached_tokens > 0) != load.shares_prefixes) {
      error = "shared prefixes are computed once";
    }
    if (error == nullptr && peak > load.memory_max_mb) error = "the memory is bounded";
    if (error != nullptr) {
      state.SkipWithError(error);
      break;
    }
  }
  state.counters["peak_MB"] = peak;
  state.counters["requests/s"] = benchmark::Counter(static_cast<double>(requests),
                                                    benchmark::Counter::kIsIterationInvariantRate);
}

void one_replica(benchmark::State& state, bool equal) {
  TrafficSpec spec = chats(3, 4'000);
  if (equal) {
    spec.synthetic.input = workload::FixedLength{512};
    spec.synthetic.output = workload::FixedLength{128};
  }
  serve(state, {kOneA100, spec});
}
BENCHMARK_CAPTURE(one_replica, chats, false)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(one_replica, equal, true)->UseRealTime()->Unit(benchmark::kMillisecond);

void eight_replicas(benchmark::State& state) {
  TrafficSpec spec = synthetic(state.range(1) > 0 ? 40 : 30, state.range(0),
                               {.mean = 1024, .variation = 0.6, .at_least = 16, .at_most = 16'384},
                               {.mean = 200, .variation = 0.9, .at_most = 2'000});
  if (state.range(1) > 0) spec.synthetic.prefix = {.groups = 64, .tokens = 512, .zipf = 1};
  serve(state, {kEightH100, spec, 300, state.range(1) > 0});
}
BENCHMARK(eight_replicas)
    ->ArgNames({"requests", "shared"})
    ->Args({20'000, 1})
    ->Args({20'000, 0})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// 557 requests a second with a hundred copies.
void azure(benchmark::State& state) {
  TrafficSpec spec;
  spec.traces = {ASSAY_SOURCE_DIR "/bench/data/azure_conv_2023.csv.gz"};
  spec.copies = state.range(0);
  serve(state, {kManyH100, spec});
}
BENCHMARK(azure)->Name("azure")->ArgName("copies")->Arg(1)->UseRealTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(azure)
    ->Name("long_azure")
    ->ArgName("copies")
    ->Arg(100)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

std::int64_t asked_requests() {
  const char* text = std::getenv("ASSAY_BENCH_REQUESTS");
  return text == nullptr ? 10'000'000 : std::max(1LL, std::atoll(text));
}

void stream(benchmark::State& state, std::int64_t requests) {
  serve(state, {kManyH100, chats(500, requests)});
}
BENCHMARK_CAPTURE(stream, short, 20'000)->UseRealTime()->Unit(benchmark::kMillisecond);
void long_stream(benchmark::State& state) { stream(state, asked_requests()); }
BENCHMARK(long_stream)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(1);

bool close(const LatencyFigures& a, const LatencyFigures& b) {
  const auto same = [](double x, double y) { return std::abs(x - y) <= 1e-3 * std::max(x, y); };
  return same(a.mean, b.mean) && same(a.p50, b.p50) && same(a.p90, b.p90) && same(a.p95, b.p95) &&
         same(a.p99, b.p99);
}

// The same requests with the step called for each iteration: what the stretches save.
void every_iteration(benchmark::State& state) {
  constexpr std::int64_t kRequests = 1'000;
  const Served served{kOneA100};
  const auto traffic = workload::open_traffic(chats(3, kRequests));
  const FleetFigures fast = simulated(served.fleet(), traffic.value());
  for ([[maybe_unused]] auto _ : state) {
    const FleetFigures slow = simulated(served.fleet(), *traffic, true);
    if (slow.completed != kRequests || !close(fast.ttft, slow.ttft) ||
        !close(fast.tpot, slow.tpot) || !close(fast.itl, slow.itl) ||
        !close(fast.end_to_end, slow.end_to_end)) {
      state.SkipWithError("stretches and single iterations come to the same percentiles");
      break;
    }
  }
  state.counters["requests/s"] = benchmark::Counter(static_cast<double>(kRequests),
                                                    benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(every_iteration)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace assay::simulate
