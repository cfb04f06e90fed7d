#include "evidence/predict.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "base/parallel.h"
#include "catalog/model_size.h"
#include "evidence/layout_choice.h"
#include "evidence/measured_load.h"
#include "model/step_model.h"
#include "simulate/serving_prediction.h"

namespace assay::evidence {

namespace {

using catalog::EfficiencyTable;
using model::Deployment;
using simulate::LoadKind;
using simulate::ServingFigures;
using simulate::ServingLoad;

// A measurement may be this much better than the data sheet's limit before it is called
// impossible: printed figures are rounded, and so are clocks.
constexpr double kBeyondTheSheet = 1.05;

Prediction refused(Refusal kind, std::string why) {
  Prediction p;
  p.refusal = kind;
  p.why = std::move(why);
  return p;
}

// Peak rates under a power limit are taken to fall as (limit/board power)^0.7, while memory keeps
// its rate: assumed (docs/models.md, "Power").
constexpr double kPowerExponent = 0.7;

std::shared_ptr<const model::Hardware> under_limit(const ResolvedMeasurement& r) {
  const auto& board = r.hardware->power;
  if (!r.power_limit || !board || *r.power_limit >= *board) return r.hardware;
  auto limited = std::make_shared<model::Hardware>(*r.hardware);
  const double share = std::pow(*r.power_limit / *board, kPowerExponent);
  for (auto& peak : limited->peaks) {
    if (peak) peak = *peak * share;
  }
  return limited;
}

// Multi-token prediction drafts with one more layer a token, of which this share is accepted
// (DeepSeek-V3, arXiv:2412.19437, section 5.4.3: 85 to 90 % of second tokens).
model::Speculation multi_token(const Measurement& m, const catalog::LanguageModel& model) {
  return {.draft_tokens = m.draft_tokens,
          .acceptance = 0.85,
          .draft_cost = 1.0 / std::max(model.layers(), 1)};
}

struct Outcome {
  ServingFigures figures;
  std::string layout;
  bool assumed{};
};

Result<Outcome> run(const Measurement& m, const ResolvedMeasurement& resolved,
                    const EfficiencyTable& efficiency) {
  ResolvedMeasurement r = resolved;
  r.hardware = under_limit(resolved);
  const ServingLoad load = measured_load(m, r);
  if (r.prefill && r.decode) {
    const simulate::Disaggregation pools{
        .prefill = r.prefill->deployment,
        .decode = r.decode->deployment,
        .prefill_replicas = std::max(1, static_cast<int>(std::lround(r.prefill->replicas))),
        .decode_replicas = std::max(1, static_cast<int>(std::lround(r.decode->replicas)))};
    const auto f = simulate::predict_disaggregated(*r.model, *r.hardware, pools, efficiency, load);
    if (!f) return tl::unexpected(f.error());
    return Outcome{.figures = *f,
                   .layout = fmt::format("{} × {} → {} × {}", pools.prefill_replicas,
                                         layout_text(pools.prefill), pools.decode_replicas,
                                         layout_text(pools.decode))};
  }
  auto pool = r.layout ? Result<Pool>{*r.layout} : best_layout(m, r, load, efficiency);
  if (!pool) return tl::unexpected(pool.error());
  if (m.draft_tokens > 0) pool->deployment.speculation = multi_token(m, *r.model);
  const auto f = predict_load(*r.model, *r.hardware, *pool, efficiency, load);
  if (!f) return tl::unexpected(f.error());
  return Outcome{
      .figures = *f, .layout = layout_text(pool->deployment), .assumed = !r.layout.has_value()};
}

double value_of(const Measurement& m, const ResolvedMeasurement& r, const ServingFigures& f) {
  const double scope = m.per_accelerator ? 1.0 / std::max(r.accelerators, 1) : 1.0;
  switch (m.metric) {
    case Metric::kTtft:
      return 1e3 * f.ttft.base();
    case Metric::kTpot:
      return 1e3 * f.tpot.base();
    case Metric::kOutputTokensPerSecond:  // of a single stream: the rate of its answer
      if (m.scenario == Scenario::kSingleStream) return 1 / f.tpot.base();
      return f.output_tokens_per_s * scope;
    case Metric::kRequestsPerSecond:
      return f.requests_per_s * scope;
    case Metric::kTotalTokensPerSecond:
      if (m.scenario == Scenario::kPrefillOnly) return f.input_tokens_per_s * scope;
      return (f.input_tokens_per_s + f.output_tokens_per_s) * scope;
  }
  return 0;
}

// Rows that no choice of layout, batch or software can reach: more operations a second than all
// accelerators together have by their data sheets, or a token sooner than its weights are read.
std::optional<std::string> beyond_the_sheet(const Measurement& m, const ResolvedMeasurement& r,
                                            const EfficiencyTable& ideal) {
  if (m.speculative || m.cached_share || (r.prefill && r.decode)) return {};
  const auto peak = r.hardware->matrix_peak(r.formats.activations);
  if (!peak) return {};
  const double input = r.input_tokens.value_or(0), output = r.output_tokens.value_or(1);
  const double prompt = input * catalog::flops_per_token(*r.model, input / 2).base();
  const double answer = output * catalog::flops_per_token(*r.model, input + output / 2).base();
  const double all = peak->base() * std::max(r.accelerators, 1);
  const double scope = m.per_accelerator ? std::max(r.accelerators, 1) : 1;
  double needed = 0;  // operations a second
  switch (m.metric) {
    case Metric::kOutputTokensPerSecond:
      needed = m.scenario == Scenario::kDecodeOnly ? m.value * scope * answer / output
                                                   : m.value * scope * (prompt + answer) / output;
      break;
    case Metric::kRequestsPerSecond:
      needed = m.value * scope * (prompt + answer);
      break;
    case Metric::kTotalTokensPerSecond:
      needed = input > 0 ? m.value * scope * prompt / input : 0;
      break;
    case Metric::kTtft:
      if (m.scenario == Scenario::kFixedBatch) {
        needed = prompt * std::max(m.load, 1.0) / (1e-3 * m.value);
      } else {
        needed = prompt / (1e-3 * m.value);
      }
      break;
    case Metric::kTpot: {
      const Deployment deployment = r.layout ? r.layout->deployment : Deployment{};
      if (!r.layout) return {};
      const model::StepModel step{*r.model, *r.hardware, deployment, ideal};
      const Seconds least = step.time({.decode_sequences = 1, .decode_context = input});
      needed = all * (1e3 * least.base() / m.value);
      break;
    }
  }
  if (needed <= kBeyondTheSheet * all) return {};
  return fmt::format("{:.3g} times what the data sheet allows", needed / all);
}

std::string class_of(const catalog::LanguageModel& model) {
  for (const catalog::Block& block : model.blocks) {
    if (std::holds_alternative<catalog::LinearAttention>(block.mixer) ||
        std::holds_alternative<catalog::StateSpace>(block.mixer)) {
      return "hybrid";
    }
  }
  return catalog::is_mixture_of_experts(model) ? "moe" : "dense";
}

std::string_view interval_metric(Metric metric) {
  switch (metric) {
    case Metric::kTtft:
      return "ttft";
    case Metric::kTpot:
      return "tpot";
    default:
      return "throughput";
  }
}

std::string_view interval_mode(Scenario scenario) {
  switch (scenario) {
    case Scenario::kServer:
      return "server";
    case Scenario::kOffline:
      return "offline";
    default:
      return "batch";
  }
}

catalog::IntervalWidth interval_of(const Measurement& m, const Prediction& p,
                                   const EfficiencyTable& efficiency) {
  const bool measured = efficiency.family(p.family).measured() &&
                        efficiency.engine(p.engine).confidence == catalog::Confidence::kMeasured;
  return efficiency.interval(interval_mode(m.scenario), interval_metric(m.metric),
                             p.model_class != "dense", measured);
}

Prediction predict(const Measurement& m, const Case& resolved, const EfficiencyTable& efficiency,
                   const EfficiencyTable* ideal) {
  if (!resolved) return refused(resolved.error().kind, resolved.error().why);
  const ResolvedMeasurement& r = *resolved;
  Prediction p;
  p.model_class = class_of(*r.model);
  p.family = r.hardware->family;
  p.engine = r.engine;
  const auto refuse = [&](Refusal kind, std::string why) {
    p.refusal = kind;
    p.why = std::move(why);
    return p;
  };
  if (const auto why = unmodelled(m, r)) return refuse(Refusal::kUnmodelled, *why);
  const auto outcome = run(m, r, efficiency);
  if (!outcome) return refuse(Refusal::kRefused, outcome.error().what);
  if (ideal != nullptr) {
    if (const auto why = beyond_the_sheet(m, r, *ideal)) return refuse(Refusal::kImpossible, *why);
  }
  p.value = value_of(m, r, outcome->figures);
  p.layout = outcome->layout + (outcome->assumed ? " (assumed)" : "");
  p.layout_assumed = outcome->assumed;
  const catalog::IntervalWidth width = interval_of(m, p, efficiency);
  p.regime = width.regime;
  p.half_width_80 = width.half_width_80;
  p.half_width_90 = width.half_width;
  return p;
}

}  // namespace

Checked<std::vector<Case>> resolve_all(std::span<const Measurement> measurements,
                                       const catalog::Catalog& catalog) {
  auto resolver = Resolver::create(catalog);
  if (!resolver) return tl::unexpected(resolver.error());
  std::vector<Case> cases;
  cases.reserve(measurements.size());
  for (const Measurement& m : measurements) cases.push_back(resolver->resolve(m));
  return cases;
}

std::vector<Prediction> predict_cases(std::span<const Measurement> measurements,
                                      std::span<const Case> cases,
                                      const EfficiencyTable& efficiency, int jobs) {
  const EfficiencyTable ideal = catalog::speed_of_light();
  std::vector<Prediction> predictions(measurements.size());
  parallel_for(measurements.size(), jobs, [&](std::size_t i) {
    predictions[i] = predict(measurements[i], cases[i], efficiency, &ideal);
  });
  return predictions;
}

Checked<std::vector<Prediction>> predict_all(std::span<const Measurement> measurements,
                                             const catalog::Catalog& catalog,
                                             const EfficiencyTable& efficiency, int jobs) {
  const auto cases = resolve_all(measurements, catalog);
  if (!cases) return tl::unexpected(cases.error());
  return predict_cases(measurements, *cases, efficiency, jobs);
}

}  // namespace assay::evidence
