#include "model/serving_estimate.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "model/batch_limits.h"
#include "model/runnable.h"

namespace assay::model {

namespace {

using catalog::LanguageModel;
using workload::ServingDemand;

// A steady state exists below full load only; at the brink its queues have no end.
constexpr double kLoadMax = 0.99;
// Iterations of a bisection: 2^-50 of the range.
constexpr int kHalvings = 50;
// Mean length of a sequence in the cache, between the mean over its life (prompt + half of the
// output) and its end: room for those that are long at the same time.
constexpr double kOutputHeld = 0.75;
// Prompts are prefilled together up to this many tokens; beyond it one more costs the same again.
constexpr double kPrefillTokens = 4096;

// A deployment with all that does not change with the rate.
struct Replica {
  const LanguageModel& model;
  const Hardware& hardware;
  const Deployment& deployment;
  const catalog::EfficiencyTable& efficiency;
  double decodes{};  // iterations that a request decodes in; its first token comes from the prefill
  double context{};  // mean, of a decoding sequence
  Seconds prefill, prefill_marginal;
  double prefill_busy{};
  double batch_max{};
  bool cache_binds{};  // else the engine's limit of sequences
};

// One steady state, at a share `load` of the largest.
struct State {
  Hertz rate;
  double batch{};
  Seconds tpot, ttft;
  double prefill_share{};
  Step decode;
};

Error infeasible(std::string what) {
  return {.kind = Error::Kind::kInfeasible,
          .what = std::move(what),
          .expected = {},
          .near = {},
          .where = {}};
}

// "the smallest that fits is tp4", or that none does.
std::string smallest_that_fits(const LanguageModel& model, const Hardware& hardware,
                               Deployment deployment, const catalog::EfficiencyTable& efficiency,
                               double input, double length) {
  const Deployment asked = deployment;
  for (int tensor = 1; tensor <= hardware.link.domain; ++tensor) {
    deployment.tensor = tensor;
    if (!runnable(model, hardware, deployment)) continue;
    const MemoryFit fit = memory_fit(model, hardware, deployment, efficiency, input, length);
    if (fit.kv_tokens >= length) return fmt::format("the smallest that fits is tp{}", tensor);
  }
  return fmt::format("no tensor parallelism up to {} fits{}", hardware.link.domain,
                     asked.weights == catalog::Format::kBf16 ? " in this format" : "");
}

Result<Replica> prepare(const LanguageModel& model, const Hardware& hardware,
                        const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                        const ServingDemand& demand) {
  if (const auto ok = runnable(model, hardware, deployment); !ok) return tl::unexpected(ok.error());
  const double input = std::max(demand.input_tokens, 1.0),
               output = std::max(demand.output_tokens, 1.0);
  const double length = input + output;
  if (model.context_max > 0 && length > model.context_max) {
    return tl::unexpected(
        infeasible(fmt::format("a request of {:.0f} tokens exceeds the context of {}, {} tokens",
                               length, model.id, model.context_max)));
  }
  const MemoryFit fit = memory_fit(model, hardware, deployment, efficiency, input, length);
  if (fit.kv_tokens < length) {
    return tl::unexpected(
        infeasible(memory_shortage(fit, deployment, length) + "; " +
                   smallest_that_fits(model, hardware, deployment, efficiency, input, length)));
  }
  Replica r{.model = model,
            .hardware = hardware,
            .deployment = deployment,
            .efficiency = efficiency,
            .decodes = output - 1,
            .context = input + output / 2,
            .prefill = {},
            .prefill_marginal = {}};
  const Step alone = prefill_step(model, hardware, deployment, efficiency, 1, input);
  const double together = std::max(1.0, kPrefillTokens / input);
  const Step many = prefill_step(model, hardware, deployment, efficiency, together, input);
  r.prefill = alone.time;
  // Launches and host work belong to the iteration that decodes as well.
  r.prefill_marginal = (many.time - many[OperatorKind::kLayerOverhead].time -
                        many[OperatorKind::kStepOverhead].time) /
                       together;
  r.prefill_busy = busy_share(many);
  const double held = input + kOutputHeld * output;
  const double in_cache = fit.kv_available / kv_bytes_per_accelerator(model, deployment, held);
  const double sequences_max =
      batch_limits(efficiency.engine(deployment.engine), hardware).sequences;
  r.batch_max = std::max(1.0, std::min(in_cache, sequences_max));
  r.cache_binds = in_cache < sequences_max;
  return r;
}

// Mean wait for one of `places` with equal service times: half of Sakasegawa's for M/M/c (Annals of
// the Institute of Statistical Mathematics 29, 1977).
Seconds wait_for_place(Seconds service, double places, double load) {
  const double queue = std::pow(load, std::sqrt(2.0 * (places + 1.0)) - 1.0);
  return service * (0.5 * queue / (places * (1.0 - load)));
}

// Pollaczek and Khinchine, constant service (M/D/1).
Seconds wait_for_server(Seconds service, double load) {
  return service * (0.5 * load / (1.0 - load));
}

// B sequences decode at once if rate·decodes·TPOT = B, where every iteration also carries its share
// of prefill: TPOT = decode/(1 − rate·prefill). Solved for the rate; it grows with B
// (docs/models.md, "Serving, steady state").
State at_load(const Replica& r, double load) {
  State s;
  const bool decodes = r.decodes > 0;
  s.batch = decodes ? load * kLoadMax * r.batch_max : 0;
  const double seen = std::min(1.0 + s.batch, r.batch_max);  // a sequence sees itself and B others
  s.decode = decode_step(r.model, r.hardware, r.deployment, r.efficiency, seen, r.context);
  const Seconds life = s.decode.time * r.decodes + r.prefill_marginal * s.batch;
  s.rate = decodes ? Hertz::from_base(s.batch / life.base())
                   : Hertz::from_base(load * kLoadMax / r.prefill_marginal.base());
  s.prefill_share = s.rate * r.prefill_marginal;
  s.tpot = decodes ? life / r.decodes : s.decode.time;
  const Seconds running = s.decode.time * (0.5 * std::min(1.0, s.batch));
  s.ttft = r.prefill + running + wait_for_server(r.prefill_marginal, s.prefill_share) +
           wait_for_place(life, r.batch_max, s.batch / r.batch_max);
  return s;
}

// Largest load in [0, 1] at which `holds`, which holds at 0 and never again once it has ceased to.
template <class Holds>
State largest_load(const Replica& r, Holds holds) {
  if (State full = at_load(r, 1.0); holds(full)) return full;
  double low = 0, high = 1;
  for (int i = 0; i < kHalvings && high - low > 1e-4 * low; ++i) {
    const double middle = 0.5 * (low + high);
    (holds(at_load(r, middle)) ? low : high) = middle;
  }
  return at_load(r, low);
}

// The state that serves `rate`, which is below the largest.
State at_rate(const Replica& r, Hertz rate) {
  double low = 0, high = 1;
  for (int i = 0; i < kHalvings && high - low > 1e-6 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (at_load(r, middle).rate < rate ? low : high) = middle;
  }
  return at_load(r, high);
}

Estimate<Watts> mean_power(const Replica& r, const State& s, double half_width) {
  const catalog::EfficiencyTable& table = r.efficiency;
  const double decoding = (1.0 - s.prefill_share) * -std::expm1(-s.batch);
  const double busy = s.prefill_share * r.prefill_busy + decoding * busy_share(s.decode);
  const double share = table.power_idle + (table.power_busy - table.power_idle) * busy;
  const Watts board = r.hardware.power.value_or(Watts{}) * r.deployment.tensor;
  Estimate<Watts> power = estimate(board * share, half_width);
  power.high = std::min(power.high, board);  // a board does not exceed its limit for long
  return power;
}

std::string limit_text(std::string_view figure, Seconds reached, Seconds limit, Bound bound) {
  return fmt::format("{} {} (mean, analytic, one request alone; {}-bound) against a limit of {}",
                     figure, to_text(reached, 3), name(bound), to_text(limit, 3));
}

}  // namespace

Result<ServingEstimate> estimate_serving(const LanguageModel& model, const Hardware& hardware,
                                         const Deployment& deployment,
                                         const catalog::EfficiencyTable& efficiency,
                                         const ServingDemand& demand, Hertz rate) {
  const auto replica = prepare(model, hardware, deployment, efficiency, demand);
  if (!replica) return tl::unexpected(replica.error());
  const State full = at_load(*replica, 1.0);
  if (rate > full.rate) {
    return tl::unexpected(infeasible(
        fmt::format("{} requests/s exceed the {} requests/s of one replica at tp{}: {} {:.0f} "
                    "sequences, prefill takes "
                    "{:.0f} % of the time",
                    number_text(rate.base()), number_text(full.rate.base()), deployment.tensor,
                    replica->cache_binds ? "the KV cache holds" : "the engine runs at most",
                    replica->batch_max, 100 * full.prefill_share)));
  }
  const State s = at_rate(*replica, rate);
  const bool moe = catalog::is_mixture_of_experts(model),
             measured = efficiency.family(hardware.family).measured();
  const auto width = [&](std::string_view metric) {
    return efficiency.interval("server", metric, moe, measured).half_width;
  };
  return ServingEstimate{
      .ttft = estimate(s.ttft, width("ttft")),
      .tpot = estimate(s.tpot, width("tpot")),
      .batch = s.batch,
      .batch_max = replica->batch_max,
      .kv_share = s.batch / replica->batch_max,
      .prefill_share = s.prefill_share,
      .power = mean_power(*replica, s, width("power")),
      .power_known = hardware.power.has_value(),
      .bound = s.decode.bound,
      .interval_regime = std::string{moe ? "moe" : "dense"} + (measured ? "" : " unmeasured")};
}

Result<Hertz> rate_max(const LanguageModel& model, const Hardware& hardware,
                       const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                       const ServingDemand& demand) {
  const auto replica = prepare(model, hardware, deployment, efficiency, demand);
  if (!replica) return tl::unexpected(replica.error());
  const auto meets = [](const auto& limit, Seconds reached) {
    return !limit || reached <= limit->at_most;
  };
  const State alone = at_load(*replica, 0.0);
  if (!meets(demand.ttft, alone.ttft)) {
    const Step prefill = prefill_step(model, hardware, deployment, efficiency, 1,
                                      std::max(demand.input_tokens, 1.0));
    return tl::unexpected(
        infeasible(limit_text("TTFT", alone.ttft, demand.ttft->at_most, prefill.bound)));
  }
  if (!meets(demand.tpot, alone.tpot)) {
    return tl::unexpected(
        infeasible(limit_text("TPOT", alone.tpot, demand.tpot->at_most, alone.decode.bound)));
  }
  const State best = largest_load(*replica, [&](const State& s) {
    return meets(demand.ttft, s.ttft) && meets(demand.tpot, s.tpot);
  });
  return best.rate;
}

}  // namespace assay::model
