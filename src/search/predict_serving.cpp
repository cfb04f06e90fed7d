#include "search/predict_serving.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/infeasible.h"
#include "base/text.h"

namespace assay::search {

namespace {

using simulate::LoadKind;
using simulate::ServingFigures;
using simulate::ServingLoad;

// The mode of a regime: closed-form steps, a replica that is always full, or queues.
std::string_view interval_mode(simulate::LoadKind kind) {
  switch (kind) {
    case simulate::LoadKind::kFixedBatch:
    case simulate::LoadKind::kDecode:
      return "batch";
    case simulate::LoadKind::kOffline:
      return "offline";
    default:
      return "server";
  }
}

// The load of all replicas.
ServingLoad of_all(ServingLoad load, int replicas) {
  if (load.kind == LoadKind::kFixedBatch) load.amount *= replicas;
  return load;
}

// Whether so many sequences can start together and end together.
std::optional<Error> batch_refusal(const PredictedServing& p, double batch) {
  const model::Deployment& d = p.chosen.deployment;
  const std::string layout = layout_text(d);
  if (batch < d.data) {
    return infeasible(fmt::format("a batch of {} over {} attention ranks at {}", number_text(batch),
                                  d.data, layout),
                      "at least one sequence a rank");
  }
  if (batch <= p.sequences_fit) return std::nullopt;
  const std::string most = fmt::format("at most {}", grouped_text(std::floor(p.sequences_fit)));
  if (p.cache_binds) {
    return infeasible(
        fmt::format("a batch of {} requests of {} tokens, the KV cache of a replica "
                    "holds {} tokens at {}",
                    grouped_text(batch), grouped_text(p.load.input_tokens + p.load.output_tokens),
                    grouped_text(std::floor(p.figures.memory.kv_tokens)), layout),
        most);
  }
  return infeasible(
      fmt::format("a batch of {}, {} runs no more than {} sequences at {}", grouped_text(batch),
                  d.engine, grouped_text(std::floor(p.sequences_fit)), layout),
      most);
}

// The two iterations that stand for a run: their operators are listed, and draw power.
struct Phases {
  model::Iteration decode, prefill;
};

Phases phases_of(const PredictedServing& p) {
  const double input = std::max(p.load.input_tokens, 1.0);
  const double output = std::max(p.load.output_tokens, 1.0);
  const double prompts = p.prefill_sequences;
  return {
      .decode = {.decode_sequences = p.figures.batch, .decode_context = input + output / 2},
      .prefill = {
          .prefill_tokens = prompts * input, .prefill_pieces = prompts, .prefill_ends = prompts}};
}

// Time of prompts and of decoding in a second of one replica: requests times what each needs.
// Only a replica that waits for requests is ever idle; where prompts run beside decoding both fill
// the whole time between them.
PhaseShares shares_of(const PredictedServing& p) {
  const double each = p.figures.requests_per_s / p.chosen.replicas;
  const double output = std::max(p.load.output_tokens, 1.0);
  const double yields = std::max(p.figures.batch, 1e-9) *
                        model::tokens_per_iteration(p.chosen.deployment.speculation);
  PhaseShares shares{.prefill = each * p.prefill.time.base() / p.prefill_sequences,
                     .decode = each * (output - 1) / yields * p.decode.time.base()};
  const double all = shares.prefill + shares.decode;
  if (all > 0 && (all > 1 || p.load.kind != LoadKind::kRate)) {
    shares.prefill /= all;
    shares.decode /= all;
  }
  return shares;
}

void add_node(ServingPower& power, const ServingSubject& subject, const ServingTables& tables,
              double tokens_per_s) {
  const Watts mean = Watts::from_base(power.mean.estimate.value);
  const ServerPower server = server_power(subject, tables, {.mean = mean, .limit = power.limit});
  power.node = server.node;
  power.node_unknown = server.unknown;
  if (power.node && tokens_per_s > 0) {
    power.joules_per_token_node = power.node->total.base() * server.count / tokens_per_s;
  }
}

std::optional<ServingPower> power_of(const ServingSubject& subject, const ServingTables& tables,
                                     const PredictedServing& p, const Phases& phases) {
  const model::Deployment& d = p.chosen.deployment;
  const catalog::PowerCurve& curve = tables.power.family(subject.hardware.family);
  const double tokens_max = tables.efficiency.engine(d.engine).tokens_max;
  const auto use = [&](const model::Step& step, const model::Iteration& it) {
    return board_use(subject.model, subject.hardware, d, step, it, tokens_max);
  };
  const auto board = phase_power(curve, subject.hardware, use(p.prefill, phases.prefill),
                                 use(p.decode, phases.decode), p.shares);
  if (!board) return std::nullopt;
  const std::string_view mode = interval_mode(p.load.kind);
  const IntervalWidth width = interval_width(subject, tables, mode, "power");
  const auto of_board = [&](Watts drawn) {
    return figure_at_most(drawn.base(), board->limit.base(), width);
  };
  ServingPower power{.prefill = of_board(board->prefill),
                     .decode = of_board(board->decode),
                     .mean = of_board(board->mean),
                     .limit = board->limit,
                     .node = {},
                     .node_unknown = {},
                     .joules_per_token = {},
                     .joules_per_token_node = {},
                     .origin = curve.origin};
  const double rate = p.figures.output_tokens_per_s;
  const int serving = subject.accelerators - p.chosen.idle;
  const Watts all = board->mean * serving + board->idle * p.chosen.idle;
  const IntervalWidth tokens = interval_width(subject, tables, mode, "throughput");
  power.joules_per_token = figure(rate > 0 ? all.base() / rate : 0, independent(width, tokens));
  add_node(power, subject, tables, rate);
  return power;
}

void add_figures(const ServingSubject& subject, const ServingTables& tables, PredictedServing& p) {
  const ServingFigures& f = p.figures;
  const std::string_view mode = interval_mode(p.load.kind);
  const IntervalWidth tpot = interval_width(subject, tables, mode, "tpot");
  const IntervalWidth rate = interval_width(subject, tables, mode, "throughput");
  p.ttft = figure(f.ttft.base(), interval_width(subject, tables, mode, "ttft"));
  p.tpot = figure(f.tpot.base(), tpot);
  p.tokens_per_s = figure(f.output_tokens_per_s, rate);
  p.tokens_per_s_per_accelerator = figure(f.output_tokens_per_s / subject.accelerators, rate);
  if (f.tpot > Seconds{}) p.tokens_per_s_per_user = figure(1 / f.tpot.base(), tpot);
}

}  // namespace

Result<PredictedServing> predict_deployment(const ServingSubject& subject,
                                            const ServingTables& tables,
                                            const ChosenDeployment& chosen,
                                            const ServingLoad& load) {
  ASSAY_ASSERT(chosen.replicas >= 1 && subject.accelerators >= 1);
  PredictedServing p;
  p.chosen = chosen;
  p.load = of_all(load, chosen.replicas);
  const model::Deployment& d = chosen.deployment;
  const auto figures = simulate::predict_serving(subject.model, subject.hardware, d,
                                                 tables.efficiency, p.load, chosen.replicas);
  if (!figures) return tl::unexpected(figures.error());
  p.figures = *figures;
  if (!std::isfinite((p.figures.ttft + p.figures.tpot).base())) {
    return tl::unexpected(infeasible(layout_text(d) + ": a figure that its time needs is unknown",
                                     "a layout without it"));
  }
  const double length = load.input_tokens + load.output_tokens;
  const catalog::EngineOverhead& engine = tables.efficiency.engine(d.engine);
  p.sequences_fit = sequences_that_fit(p.figures.memory, engine, d, length);
  p.cache_binds = p.sequences_fit < engine.sequences_max * d.data;
  if (load.kind == LoadKind::kFixedBatch) {
    if (const auto refusal = batch_refusal(p, load.amount)) return tl::unexpected(*refusal);
    p.prefill_sequences = load.amount;
  }
  const Phases phases = phases_of(p);
  const model::StepModel step{subject.model, subject.hardware, d, tables.efficiency};
  p.decode = step.step(phases.decode);
  p.prefill = step.step(phases.prefill);
  p.shares = shares_of(p);
  add_figures(subject, tables, p);
  p.power = power_of(subject, tables, p, phases);
  return p;
}

std::vector<std::string> provenance(const ServingSubject& subject, const ServingTables& tables,
                                    const model::Deployment& deployment) {
  const std::string& wanted = subject.hardware.family;
  const catalog::FamilyEfficiency& family = tables.efficiency.family(wanted);
  std::vector<std::string> lines;
  const std::string_view curves = family.operators.family;
  lines.push_back(
      family.borrowed || family.family != wanted
          ? fmt::format("operators: curves borrowed from {}: those of {} were not measured", curves,
                        wanted)
          : fmt::format("operators: curves measured on {} ({})", curves, family.operators.origin));
  lines.push_back(fmt::format("family {}{}: {}; {}", family.family,
                              family.family == wanted ? "" : " for " + wanted,
                              catalog::name(family.confidence), family.origin));
  if (deployment.accelerators() > 1) {
    const catalog::LinkEfficiency& link = tables.efficiency.link(subject.hardware.link.kind);
    lines.push_back(fmt::format("link {}: {}; {}", catalog::name(subject.hardware.link.kind),
                                catalog::name(link.confidence), link.origin));
  }
  const catalog::EngineOverhead& engine = tables.efficiency.engine(deployment.engine);
  lines.push_back(fmt::format("engine {}, generation {} and later: {}; {}", engine.engine,
                              engine.since, catalog::name(engine.confidence), engine.origin));
  const catalog::PowerCurve& power = tables.power.family(wanted);
  lines.push_back(fmt::format("power curve {}: {}; {}", power.family,
                              catalog::name(power.confidence), power.origin));
  return lines;
}

}  // namespace assay::search
