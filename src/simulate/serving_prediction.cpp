#include "simulate/serving_prediction.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "model/batch_limits.h"
#include "model/runnable.h"
#include "model/steady_state.h"
#include "simulate/replica_run.h"

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

struct Replica {
  StepModel step;
  model::MemoryFit memory;
  const EngineOverhead& engine;
  double input{}, output{};
  double batch_max{};
  bool cache_binds{};
  double tokens_max{}, sequences_max{};
  double beams{1};
};

Error infeasible(std::string what) {
  return {.kind = Error::Kind::kInfeasible,
          .what = std::move(what),
          .expected = {},
          .near = {},
          .where = {}};
}

Result<Replica> prepare(const LanguageModel& model, const Hardware& hardware,
                        const Deployment& deployment, const EfficiencyTable& efficiency,
                        const ServingLoad& load) {
  if (const auto ok = model::runnable(model, hardware, deployment); !ok) {
    return tl::unexpected(ok.error());
  }
  const EngineOverhead& engine = efficiency.engine(deployment.engine);
  const model::BatchLimits limits = model::batch_limits(engine, hardware);
  Replica r{.step = StepModel{model, hardware, deployment, efficiency},
            .memory = {},
            .engine = engine,
            .input = std::max(load.input_tokens, 1.0),
            .output = std::max(load.output_tokens, 1.0),
            .tokens_max = (load.tokens_max > 0 ? load.tokens_max : limits.tokens) * deployment.data,
            .sequences_max = limits.sequences * deployment.data,
            .beams = load.beams};
  const double length = r.input + r.output;
  r.memory = model::memory_fit(model, hardware, deployment, efficiency, r.input, length);
  if (load.known_to_fit && r.memory.weights < r.memory.usable) {
    r.memory.kv_tokens = std::max(r.memory.kv_tokens, length * deployment.data);
  }
  if (r.memory.kv_tokens < length) {
    return tl::unexpected(infeasible(model::memory_shortage(r.memory, deployment, length)));
  }
  const double in_cache =
      model::sequences_in_cache(r.memory, r.input, r.output, engine.output_reserved);
  double most = r.sequences_max;
  if (load.batch_limit > 0) most = std::min(most, load.batch_limit);
  r.batch_max = std::min(in_cache, most) / r.beams;
  r.cache_binds = in_cache < most;
  return r;
}

ServingFigures figures(const Replica& r) {
  ServingFigures f;
  f.batch_max = r.batch_max;
  f.cache_binds = r.cache_binds;
  f.memory = r.memory;
  return f;
}

// Iterations that a request decodes in; its first token comes from the prefill.
double decode_iterations(const Replica& r) {
  return (r.output - 1) / r.step.tokens_per_iteration();
}

Iteration prompts(double count, double tokens) {
  return {.prefill_tokens = count * tokens, .prefill_pieces = count, .prefill_ends = count};
}

ServingFigures fixed_batch(const Replica& r, double batch) {
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
ServingFigures decode_only(const Replica& r, double batch) {
  ServingFigures f = figures(r);
  const Seconds decode =
      r.step.time({.decode_sequences = batch, .decode_context = r.input + (r.output - 1) / 2});
  f.tpot = decode / r.step.tokens_per_iteration();
  f.output_tokens_per_s = batch / f.tpot.base();
  f.requests_per_s = f.output_tokens_per_s / r.output;
  f.batch = batch;
  return f;
}

ServingFigures steady(const Replica& r, double batch) {
  ServingFigures f = figures(r);
  const model::SteadyLoad load{.batch = batch,
                               .input = r.input,
                               .output = r.output,
                               .tokens_max = r.tokens_max,
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
ServingFigures capacity(const Replica& r, const ServingLoad& load) {
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

ReplicaLoad replica_load(const ServingLoad& load, double replicas) {
  ReplicaLoad run;
  run.input_tokens = load.input_tokens;
  run.output_tokens = load.output_tokens;
  run.length_spread = load.length_spread;
  const double each = load.amount / replicas;
  double requests = load.requests > 0 ? static_cast<double>(load.requests) / replicas : 0;
  switch (load.kind) {
    case LoadKind::kConcurrency:
      run.arrivals = Arrivals::kClosedLoop;
      run.concurrency = std::max(1.0, each);
      if (requests <= 0) {
        requests =
            std::min(kTurns * run.concurrency, std::max(kRequestsEnough, 3 * run.concurrency));
      }
      break;
    case LoadKind::kAtOnce:
      run.arrivals = Arrivals::kAtOnce;
      requests = each;
      break;
    default:
      run.arrivals = Arrivals::kPoisson;
      run.rate = Hertz::from_base(each);
      if (requests <= 0) requests = kRequestsEnough;
  }
  run.requests = std::max<std::int64_t>(1, std::llround(requests));
  run.concurrency = std::min(run.concurrency, static_cast<double>(run.requests));
  return run;
}

ServingFigures simulated(const Replica& r, const ServingLoad& load, double replicas) {
  const ReplicaLoad run = replica_load(load, replicas);
  const double longest = r.input * (1 + load.length_spread) + r.output * (1 + load.length_spread);
  const EngineLimits limits{
      .tokens_max = r.tokens_max,
      .sequences_max = std::max(1.0, load.batch_limit > 0 ? load.batch_limit : r.sequences_max),
      .kv_tokens = std::max(r.memory.kv_tokens, longest + r.step.tokens_per_iteration() + 2),
      .chunked_prefill = r.engine.chunked_prefill,
      .output_reserved = r.engine.output_reserved,
      .tokens_per_iteration = r.step.tokens_per_iteration()};
  const ReplicaFigures got = run_replica(r.step, limits, run);
  ServingFigures f = figures(r);
  f.ttft = got.ttft.mean + r.engine.per_request;
  f.tpot = got.tpot.mean;
  f.ttft_p99 = got.ttft.p99 + r.engine.per_request;
  f.tpot_p99 = got.tpot.p99;
  f.output_tokens_per_s = got.output_tokens_per_s;
  f.requests_per_s = got.requests_per_s;
  f.batch = got.batch_mean;
  f.prefill_share = got.prefill_share;
  f.saturated = load.kind == LoadKind::kRate && got.requests_per_s < 0.95 * run.rate.base();
  return f;
}

// The load at which the 99th percentile of the wait for other prompts, by the exponential tail of
// M/D/1 in heavy traffic (service·ln(100)/(2·(1 − load))), keeps within what a limit on TTFT
// leaves.
double load_within(const Replica& r, const ServingLoad& load, Seconds own) {
  if (!load.ttft) return kCapacityLoad;
  const double many = std::max(1.0, r.tokens_max / r.input);
  const Seconds each = r.step.time(prompts(many, r.input)) / many;
  const Seconds left = *load.ttft - own;
  if (left <= each) return 0.1;
  return std::clamp(1 - 0.5 * kQueueTail * (each / left), 0.1, kCapacityLoad);
}

// What arrivals that bunch leave of a capacity: its share, at the batch that yields it.
ServingFigures tuned(const Replica& r, const ServingLoad& load) {
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
  // A prompt waits for the iteration under way and, as M/D/1, for other prompts; then it runs in
  // the next one, or as long as it takes alone.
  const Seconds iteration = f.tpot * r.step.tokens_per_iteration();
  const double many = std::max(1.0, r.tokens_max / r.input);
  const Seconds each = r.step.time(prompts(many, r.input)) / many;
  const double busy = std::min(f.requests_per_s * each.base(), kCapacityLoad);
  f.ttft = iteration * 0.5 + std::max(iteration, r.step.time(prompts(1, r.input))) +
           each * (0.5 * busy / (1 - busy)) + r.engine.per_request;
  return f;
}

ServingFigures of_all(ServingFigures f, const Replica& r, double replicas) {
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

// The cache of one prompt over the network, or over the fast link where both pools share it.
Seconds transfer(const LanguageModel& model, const Hardware& hardware, const Deployment& to,
                 double input) {
  const BytesPerSecond bandwidth = hardware.link.beyond_one_way.value_or(hardware.link.one_way);
  if (bandwidth.base() <= 0) return {};
  return model::kv_bytes_per_accelerator(model, to, input) / bandwidth;
}

}  // namespace

// Two stations in a closed loop. Little's law: of C requests those that decode are
// C·decode/(decode + TTFT); prompts wait for each other as M/D/1 at the prefill replicas' load, and
// when these are the bottleneck the loop's time is C prompts long.
Result<ServingFigures> predict_disaggregated(const LanguageModel& model, const Hardware& hardware,
                                             const Disaggregation& pools,
                                             const EfficiencyTable& efficiency,
                                             const ServingLoad& load) {
  const auto prefill = prepare(model, hardware, pools.prefill, efficiency, load);
  if (!prefill) return tl::unexpected(prefill.error());
  const auto decode = prepare(model, hardware, pools.decode, efficiency, load);
  if (!decode) return tl::unexpected(decode.error());
  const Replica &p = *prefill, &d = *decode;
  const double together = std::max(1.0, p.tokens_max / p.input);
  const Seconds alone = p.step.time(prompts(1, p.input));
  const Seconds each = p.step.time(prompts(together, p.input)) / together;
  const Seconds sent = transfer(model, hardware, pools.decode, d.input);
  const double iterations = decode_iterations(d);
  const double most = d.batch_max * pools.decode_replicas;
  double rate = load.amount, decoding = std::min(load.amount, most);
  const Seconds own = alone + sent + p.engine.per_request;
  Seconds ttft = own, tpot, life;
  for (int pass = 0; pass < 60; ++pass) {
    const double batch = std::max(decoding / pools.decode_replicas, 1.0);
    const Seconds iteration =
        d.step.time({.decode_sequences = batch, .decode_context = d.input + d.output / 2});
    tpot = iteration / d.step.tokens_per_iteration();
    life = iteration * iterations;
    if (load.kind == LoadKind::kConcurrency) rate = load.amount / (life + ttft).base();
    // In a closed loop a prompt waits for those of the others.
    const double others = load.kind == LoadKind::kConcurrency
                              ? std::max(load.amount - 1, 0.0) / std::max(load.amount, 1.0)
                              : 1.0;
    const double busy = std::min(rate * others * each.base() / pools.prefill_replicas, 0.98);
    Seconds wait = each * (0.5 * busy / (1 - busy));
    if (load.kind == LoadKind::kConcurrency) {
      const Seconds bottleneck = each * (load.amount / pools.prefill_replicas) - life;
      wait = std::min(wait, each * (load.amount / pools.prefill_replicas));
      wait = std::max(wait, bottleneck - alone - sent);
    }
    ttft = ttft * 0.5 + (own + wait) * 0.5;
    const double next = std::min(most, rate * life.base());
    decoding = 0.5 * decoding + 0.5 * next;
  }
  ServingFigures f = figures(d);
  f.ttft = ttft;
  f.tpot = tpot;
  f.batch = decoding / pools.decode_replicas;
  f.requests_per_s =
      load.kind == LoadKind::kConcurrency ? load.amount / (life + ttft).base() : rate;
  f.output_tokens_per_s = f.requests_per_s * d.output;
  f.input_tokens_per_s = f.requests_per_s * d.input;
  return f;
}

}  // namespace assay::simulate
