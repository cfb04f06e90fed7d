#include "present/predict_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using search::PredictedServing;
using search::ServingFigure;

// {value, low, high, coverage, regime}, in the unit that `scale` makes of the base unit.
Json figure(const ServingFigure& f, double scale = 1) {
  return {{"value", f.estimate.value * scale},
          {"low", f.estimate.low * scale},
          {"high", f.estimate.high * scale},
          {"coverage", kCoverage},
          {"regime", f.regime}};
}

Json figure_or_null(const std::optional<ServingFigure>& f) {
  return f ? figure(*f) : Json(nullptr);
}

Json power_json(const PredictedServing& p) {
  if (!p.power) return nullptr;
  const search::ServingPower& power = *p.power;
  Json node = nullptr;
  if (power.node) {
    node = {{"total_w", power.node->total.base()},
            {"accelerators_w", power.node->accelerators.base()},
            {"host_w", power.node->host.base()}};
  }
  return {{"board_decode_w", figure(power.decode)},
          {"board_prefill_w", figure(power.prefill)},
          {"board_mean_w", figure(power.mean)},
          {"board_limit_w", power.limit.base()},
          {"server", std::move(node)},
          {"server_unknown", power.node ? Json(nullptr) : Json(power.node_unknown)},
          {"boards_j_per_output_token", figure(power.joules_per_token)},
          {"servers_j_per_output_token",
           power.joules_per_token_node ? Json(*power.joules_per_token_node) : Json(nullptr)}};
}

Json memory_json(const PredictedServing& p) {
  const model::MemoryFit& m = p.figures.memory;
  return {{"usable_bytes_per_accelerator", m.usable.base()},
          {"weights_bytes_per_accelerator", m.weights.base()},
          {"activations_bytes_per_accelerator", m.activations.base()},
          {"reserve_bytes_per_accelerator", m.reserve.base()},
          {"kv_cache_bytes_per_accelerator", m.kv_available.base()},
          {"kv_tokens_per_replica", m.kv_tokens},
          {"sequences_fit_per_replica", p.sequences_fit},
          {"sequences_limit", p.cache_binds ? "KV cache" : "engine"}};
}

Json operators_json(const model::Step& step) {
  Json operators = Json::array();
  for (const model::Operator& op : step.operators) {
    if (op.time <= Seconds{}) continue;
    operators.push_back({{"operator", model::name(op.kind)},
                         {"flop", op.flops.base()},
                         {"bytes", op.bytes.base()},
                         {"time_ms", op.time.base() * 1e3},
                         {"share", op.time / step.time},
                         {"bound", model::name(op.bound)}});
  }
  return {{"time_ms", step.time.base() * 1e3},
          {"bound", model::name(step.bound)},
          {"operators", std::move(operators)}};
}

Json milliseconds_or_null(Seconds s) {
  return s > Seconds{} ? Json(s.base() * 1e3) : Json(nullptr);
}

Json predicted_json(const PredictedServing& p, bool operators) {
  Json json{{"status", "feasible"},
            {"ttft_mean_ms", figure(p.ttft, 1e3)},
            {"tpot_mean_ms", figure(p.tpot, 1e3)},
            {"ttft_p99_ms", milliseconds_or_null(p.figures.ttft_p99)},
            {"tpot_p99_ms", milliseconds_or_null(p.figures.tpot_p99)},
            {"output_tokens_per_s", figure(p.tokens_per_s)},
            {"output_tokens_per_s_per_accelerator", figure(p.tokens_per_s_per_accelerator)},
            {"output_tokens_per_s_per_user", figure_or_null(p.tokens_per_s_per_user)},
            {"requests_per_s", p.figures.requests_per_s},
            {"decode_batch_mean", p.figures.batch},
            {"decode_bound", model::name(p.decode.bound)},
            {"prefill_bound", model::name(p.prefill.bound)},
            {"saturated", p.figures.saturated},
            {"time_share", {{"prefill", p.shares.prefill}, {"decode", p.shares.decode}}},
            {"memory", memory_json(p)},
            {"power", power_json(p)}};
  if (operators) {
    json["decode_step"] = operators_json(p.decode);
    json["prefill_step"] = operators_json(p.prefill);
  }
  return json;
}

Json load_json(const PredictOptions& options) {
  constexpr const char* kNames[] = {"batch", "concurrency", "rate", "offline", "at-once"};
  const auto amount = [&](LoadChoice choice) {
    return options.load == choice ? Json(options.amount) : Json(nullptr);
  };
  Json json{{"kind", kNames[static_cast<std::size_t>(options.load)]}};
  if (options.load == LoadChoice::kBatch) json["batches_per_replica"] = options.batches;
  if (options.load == LoadChoice::kRate) json["rate_per_s"] = amount(LoadChoice::kRate);
  if (options.load == LoadChoice::kConcurrency) json["requests_at_any_time"] = options.amount;
  if (options.load == LoadChoice::kAtOnce) json["requests_at_once"] = options.amount;
  json["input_tokens"] = options.input;
  json["output_tokens"] = options.output;
  return json;
}

}  // namespace

Json deployment_json(const model::Deployment& d, int replicas) {
  return {{"layout", layout_text(d)},
          {"tensor_parallel", d.tensor},
          {"pipeline_parallel", d.pipeline},
          {"data_parallel", d.data},
          {"expert_parallel", d.expert},
          {"accelerators_per_replica", d.accelerators()},
          {"replicas", replicas},
          {"weights", catalog::name(d.weights)},
          {"activations", catalog::name(d.activations)},
          {"kv_cache", catalog::name(d.kv_cache)},
          {"engine", d.engine}};
}

Json subject_json(const search::ServingSubject& subject) {
  return {{"accelerator", subject.hardware.accelerator},
          {"count", subject.accelerators},
          {"system", subject.system != nullptr ? Json(subject.system->id) : Json(nullptr)}};
}

std::string predict_json(const catalog::Catalog& catalog, const search::ServingSubject& subject,
                         const search::ServingTables& tables, std::span<const BatchAnswer> answers,
                         const search::ChosenDeployment& chosen, const PredictOptions& options) {
  Json predictions = Json::array();
  for (const BatchAnswer& answer : answers) {
    Json json = Json::object();
    if (options.load == LoadChoice::kBatch) json["batch_per_replica"] = answer.batch;
    if (answer.predicted) {
      json.update(predicted_json(*answer.predicted, options.operators));
    } else {
      json["status"] = "infeasible";
      json["why"] = answer.predicted.error().what;
      json["expected"] = answer.predicted.error().expected;
    }
    predictions.push_back(std::move(json));
  }
  Json deployment = deployment_json(chosen.deployment, chosen.replicas);
  deployment["idle_accelerators"] = chosen.idle;
  deployment["draft_tokens"] = options.draft_tokens;
  deployment["draft_acceptance"] = options.acceptance;
  const Json out{{"schema", "assay.predict.serve/1"},
                 {"model", subject.model.id},
                 {"subject", subject_json(subject)},
                 {"load", load_json(options)},
                 {"deployment", std::move(deployment)},
                 {"predictions", std::move(predictions)},
                 {"assumed", chosen.assumed},
                 {"notes", predict_notes(subject, chosen, options)},
                 {"provenance", provenance(subject, tables, chosen.deployment)},
                 {"inputs", inputs_json(subject.hardware.facts)},
                 {"assay", version()},
                 {"catalog", catalog_stamp(catalog)}};
  return dump(out);
}

}  // namespace assay::present
