#include "simulate/serving_prediction.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/assert.h"
#include "model/steady_state.h"
#include "simulate/fleet.h"
#include "simulate/replica_limits.h"
#include "workload/synthetic.h"

namespace assay::simulate {

namespace {

using catalog::EfficiencyTable;
using catalog::EngineOverhead;
using catalog::LanguageModel;
using model::Deployment;
using model::Hardware;
using model::Iteration;
using model::StepModel;

// Requests of a run that states none: enough for every place to be taken ten times, but a mean
// over thousands is as good.
constexpr double kTurns = 10;
constexpr double kRequestsEnough = 2000;
// A capacity under latency limits leaves room for arrivals that bunch: percentiles bind first.
constexpr double kCapacityLoad = 0.96;
// A tuned run stops where more sequences add no more than this to what it serves.
constexpr double kKnee = 0.985;
// A 99th percentile of TPOT over its mean, and the ln 100 that the tail of a queue takes to fall to
// a hundredth.
constexpr double kTpotTail = 1.2, kQueueTail = 4.6;

struct Prepared {
  StepModel step;
  model::MemoryFit memory;
  EngineLimits limits;
  const EngineOverhead& engine;
  double input{}, output{};
  double batch_max{};
  bool cache_binds{};
  double beams{1};

  double tokens_max() const { return limits.tokens_max; }
};

Result<Prepared> prepare(const LanguageModel& model, const Hardware& hardware,
                         const Deployment& deployment, const EfficiencyTable& efficiency,
                         const ServingLoad& load) {
  const MeanLengths mean{.input = std::max(load.input_tokens, 1.0),
                         .output = std::max(load.output_tokens, 1.0)};
  const double length = mean.input + mean.output;
  EngineSettings settings;
  const EngineOverhead& engine = efficiency.engine(deployment.engine);
  if (load.known_to_fit) {
    settings.kv_tokens_min = (length + engine.block_tokens) * deployment.data;
  }
  const auto replica = replica_limits(model, hardware, deployment, efficiency, settings, mean);
  if (!replica) return tl::unexpected(replica.error());
  Prepared r{.step = StepModel{model, hardware, deployment, efficiency},
             .memory = replica->memory,
             .limits = replica->limits,
             .engine = engine,
             .input = mean.input,
             .output = mean.output,
             .beams = load.beams};
  if (load.tokens_max > 0) {
    r.limits.tokens_max = static_cast<std::int32_t>(load.tokens_max * deployment.data);
  }
  const double in_cache =
      model::sequences_in_cache(r.memory, r.input, r.output, r.engine.output_reserved);
  double most = r.limits.sequences_max;
  if (load.batch_limit > 0) most = std::min(most, load.batch_limit);
  r.batch_max = std::min(in_cache, most) / r.beams;
  r.cache_binds = in_cache < most;
  return r;
}

ServingFigures figures(const Prepared& r) {
  ServingFigures f;
  f.batch_max = r.batch_max;
  f.cache_binds = r.cache_binds;
  f.memory = r.memory;
  return f;
}

// Iterations that a request decodes in; its first token comes from the prefill.
double decode_iterations(const Prepared& r) {
  return (r.output - 1) / r.step.tokens_per_iteration();
}

Iteration prompts(double count, double tokens) {
  return {.prefill_tokens = count * tokens, .prefill_pieces = count, .prefill_ends = count};
}

ServingFigures fixed_batch(const Prepared& r, double batch) {
  ServingFigures f = figures(r);
  const Seconds decode =
      r.step.time({.decode_sequences = batch, .decode_context = r.input + r.output / 2});
  f.ttft = r.step.time(prompts(batch, r.input));
  f.tpot = decode / r.step.tokens_per_iteration();
  const Seconds all = f.ttft + decode * decode_iterations(r);
  f.output_tokens_per_s = batch * r.output / all.base();
  f.requests_per_s = batch / all.base();
  f.batch = batch;
  f.prefill_share = f.ttft / all;
  return f;
}

// Nothing but decoding, at the batch or as many as fit.
ServingFigures decode_only(const Prepared& r, double batch) {
  ServingFigures f = figures(r);
  const Seconds decode =
      r.step.time({.decode_sequences = batch, .decode_context = r.input + (r.output - 1) / 2});
  f.tpot = decode / r.step.tokens_per_iteration();
  f.output_tokens_per_s = batch / f.tpot.base();
  f.requests_per_s = f.output_tokens_per_s / r.output;
  f.batch = batch;
  return f;
}

ServingFigures steady(const Prepared& r, double batch) {
  ServingFigures f = figures(r);
  const model::SteadyLoad load{.batch = batch,
                               .input = r.input,
                               .output = r.output,
                               .tokens_max = r.tokens_max(),
                               .beams = r.beams};
  const Seconds iteration = model::mean_iteration(r.step, load);
  f.tpot = iteration / r.step.tokens_per_iteration();
  f.ttft = r.step.time(prompts(1, r.input)) + iteration / 2;
  f.output_tokens_per_s = model::steady_throughput(r.step, load);
  f.requests_per_s = f.output_tokens_per_s / r.output;
  f.batch = batch;
  return f;
}

// The largest batch whose mean iteration keeps within the limit; at least 1.
ServingFigures capacity(const Prepared& r, const ServingLoad& load) {
  const auto meets = [&](double batch) {
    const ServingFigures f = steady(r, batch);
    return (!load.tpot || f.tpot * kTpotTail <= *load.tpot) && (!load.ttft || f.ttft <= *load.ttft);
  };
  double low = 1, high = r.batch_max;
  if (meets(high)) {
    low = high;
  } else {
    while (high - low > 0.01 * low) {
      const double middle = std::sqrt(low * high);
      (meets(middle) ? low : high) = middle;
    }
  }
  return steady(r, low);
}

// The requests of a load on `replicas` equal replicas, as one of them sees it.
struct RequestRun {
  workload::SyntheticTraffic traffic;
  Hertz rate = Hertz::from_base(1);
  std::int64_t concurrency{}, requests{};
};

RequestRun request_run(const ServingLoad& load, double replicas) {
  RequestRun run;
  run.traffic.arrivals = workload::AtOnce{};
  run.traffic.input = workload::UniformLength{std::max(load.input_tokens, 1.0), load.length_spread};
  run.traffic.output =
      workload::UniformLength{std::max(load.output_tokens, 1.0), load.length_spread};
  const double each = load.amount / replicas;
  double requests = load.requests > 0 ? static_cast<double>(load.requests) / replicas : 0;
  switch (load.kind) {
    case LoadKind::kConcurrency: {
      const double concurrency = std::max(1.0, each);
      if (requests <= 0) {
        requests = std::min(kTurns * concurrency, std::max(kRequestsEnough, 3 * concurrency));
      }
      requests = std::max(1.0, requests);
      run.concurrency = static_cast<std::int64_t>(std::min(concurrency, requests));
      break;
    }
    case LoadKind::kAtOnce:
      requests = each;
      break;
    default:
      run.traffic.arrivals = workload::PoissonArrivals{};
      run.rate = Hertz::from_base(each);
      if (requests <= 0) requests = kRequestsEnough;
  }
  run.requests = std::max<std::int64_t>(1, std::llround(requests));
  return run;
}

FleetFigures run_requests(const Fleet& fleet, const RequestRun& load) {
  constexpr std::uint64_t kSeed = 1;
  const workload::NextRequest draw =
      workload::synthetic_requests(load.traffic, load.rate, nullptr, kSeed);
  FleetRun run;
  run.concurrency = load.concurrency;
  run.next = [&draw, left = load.requests](workload::TrafficRequest& request) mutable {
    return left-- > 0 && draw(request);
  };
  return run_fleet(fleet, run);
}

// A pool of replicas that hold at least one request of the greatest length.
FleetPool pool_of(const Prepared& r, const ServingLoad& load) {
  FleetPool pool;
  pool.step = &r.step;
  pool.limits = r.limits;
  if (load.batch_limit > 0) {
    pool.limits.sequences_max = static_cast<std::int32_t>(std::max(1.0, load.batch_limit));
  }
  const double longest = (r.input + r.output) * (1 + load.length_spread) + r.limits.draft_tokens +
                         r.limits.tokens_per_iteration + 2;
  const double blocks = longest / r.limits.block_tokens + 2;
  pool.limits.kv_blocks = std::max(pool.limits.kv_blocks, static_cast<std::int64_t>(blocks));
  return pool;
}

double prompt_share(const PoolFigures& pool) {
  double seconds = 0;
  for (const IterationSums& sums : pool.record.profile.prompts) seconds += sums.seconds;
  return pool.replica_seconds > 0 ? seconds / pool.replica_seconds : 0;
}

ServingFigures with_latencies(ServingFigures f, const FleetFigures& got) {
  f.ttft = Seconds::from_base(got.ttft.mean);
  f.tpot = Seconds::from_base(got.tpot.mean);
  f.ttft_p99 = Seconds::from_base(got.ttft.p99);
  f.tpot_p99 = Seconds::from_base(got.tpot.p99);
  f.output_tokens_per_s = got.output_tokens_per_s;
  f.requests_per_s = got.requests_per_s;
  return f;
}

ServingFigures simulated(const Prepared& r, const ServingLoad& load, double replicas) {
  const RequestRun run = request_run(load, replicas);
  Fleet fleet;
  fleet.pools = {pool_of(r, load)};
  fleet.front_end = r.engine.per_request;
  const FleetFigures got = run_requests(fleet, run);
  ServingFigures f = with_latencies(figures(r), got);
  f.batch = got.pools.front().batch_mean;
  f.prefill_share = prompt_share(got.pools.front());
  f.saturated = load.kind == LoadKind::kRate && got.requests_per_s < 0.95 * run.rate.base();
  return f;
}

// The load at which the 99th percentile of the wait for other prompts, by the exponential tail of
// M/D/1 in heavy traffic (service·ln(100)/(2·(1 − load))), keeps within what a limit on TTFT
// leaves.
double load_within(const Prepared& r, const ServingLoad& load, Seconds own) {
  if (!load.ttft) return kCapacityLoad;
  const double many = std::max(1.0, r.tokens_max() / r.input);
  const Seconds each = r.step.time(prompts(many, r.input)) / many;
  const Seconds left = *load.ttft - own;
  if (left <= each) return 0.1;
  return std::clamp(1 - 0.5 * kQueueTail * (each / left), 0.1, kCapacityLoad);
}

// What arrivals that bunch leave of a capacity: its share, at the batch that yields it.
ServingFigures tuned(const Prepared& r, const ServingLoad& load) {
  const ServingFigures most = capacity(r, load);
  const double wanted =
      most.output_tokens_per_s * kKnee * load_within(r, load, most.ttft) / kCapacityLoad;
  double low = std::min(1.0, most.batch), high = most.batch;
  while (high - low > 0.01 * low) {
    const double middle = std::sqrt(low * high);
    (steady(r, middle).output_tokens_per_s < wanted ? low : high) = middle;
  }
  ServingFigures f = steady(r, high);
  f.output_tokens_per_s *= kCapacityLoad;
  f.requests_per_s *= kCapacityLoad;
  // A prompt waits for the iteration under way, for the one that is planned already, and, as M/D/1,
  // for other prompts; then it runs in the next one, or as long as it takes alone.
  const Seconds iteration = f.tpot * r.step.tokens_per_iteration();
  const double many = std::max(1.0, r.tokens_max() / r.input);
  const Seconds each = r.step.time(prompts(many, r.input)) / many;
  const double busy = std::min(f.requests_per_s * each.base(), kCapacityLoad);
  const double ahead = r.limits.schedules_ahead ? 1 : 0;
  f.ttft = iteration * (0.5 + ahead) + std::max(iteration, r.step.time(prompts(1, r.input))) +
           each * (0.5 * busy / (1 - busy)) + r.engine.per_request;
  return f;
}

ServingFigures of_all(ServingFigures f, const Prepared& r, double replicas) {
  f.output_tokens_per_s *= replicas;
  f.requests_per_s *= replicas;
  f.input_tokens_per_s = f.requests_per_s * r.input;
  return f;
}

}  // namespace

Result<ServingFigures> predict_serving(const LanguageModel& model, const Hardware& hardware,
                                       const Deployment& deployment,
                                       const EfficiencyTable& efficiency, const ServingLoad& load,
                                       int replicas) {
  const auto replica = prepare(model, hardware, deployment, efficiency, load);
  if (!replica) return tl::unexpected(replica.error());
  switch (load.kind) {
    case LoadKind::kFixedBatch:
      return of_all(fixed_batch(*replica, load.amount / replicas), *replica, replicas);
    case LoadKind::kDecode: {
      const double each = load.amount / replicas;
      return of_all(decode_only(*replica, each > 0 ? each : replica->batch_max), *replica,
                    replicas);
    }
    case LoadKind::kOffline:
      return of_all(steady(*replica, replica->batch_max), *replica, replicas);
    case LoadKind::kCapacity:
      return of_all(tuned(*replica, load), *replica, replicas);
    case LoadKind::kConcurrency:
    case LoadKind::kAtOnce:
    case LoadKind::kRate:
      break;
  }
  return of_all(simulated(*replica, load, replicas), *replica, replicas);
}

namespace {

// The cache of a token of a prompt over the network, or over the fast link where both pools share
// it. The replica sends with one accelerator at a time what each of them holds.
Seconds transfer_of_token(const LanguageModel& model, const Hardware& hardware,
                          const Deployment& from, double input) {
  const BytesPerSecond bandwidth = hardware.link.beyond_one_way.value_or(hardware.link.one_way);
  if (bandwidth.base() <= 0) return {};
  return model::kv_bytes_per_accelerator(model, from, input) / bandwidth / input;
}

}  // namespace

Result<ServingFigures> predict_disaggregated(const LanguageModel& model, const Hardware& hardware,
                                             const Disaggregation& pools,
                                             const EfficiencyTable& efficiency,
                                             const ServingLoad& load) {
  ASSAY_ASSERT(load.kind == LoadKind::kConcurrency || load.kind == LoadKind::kRate);
  const auto prefill = prepare(model, hardware, pools.prefill, efficiency, load);
  if (!prefill) return tl::unexpected(prefill.error());
  const auto decode = prepare(model, hardware, pools.decode, efficiency, load);
  if (!decode) return tl::unexpected(decode.error());
  Fleet fleet;
  fleet.routing = Routing::kLeastOutstanding;
  fleet.front_end = prefill->engine.per_request;
  fleet.pools = {pool_of(*prefill, load), pool_of(*decode, load)};
  fleet.pools[0].role = Role::kPrefill;
  fleet.pools[0].replicas = pools.prefill_replicas;
  fleet.pools[0].transfer.per_token =
      transfer_of_token(model, hardware, pools.prefill, prefill->input);
  fleet.pools[1].role = Role::kDecode;
  fleet.pools[1].replicas = pools.decode_replicas;
  const FleetFigures got = run_requests(fleet, request_run(load, 1));
  ServingFigures f = with_latencies(figures(*decode), got);
  f.batch = got.pools[1].batch_mean;
  f.input_tokens_per_s = got.input_tokens_per_s;
  return f;
}

}  // namespace assay::simulate
