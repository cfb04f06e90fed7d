#include "present/simulate_json.h"

#include <array>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"
#include "present/predict_json.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using plan::SimulatedPool;
using plan::Simulation;
using plan::SimulationAnswer;
using simulate::FleetFigures;
using simulate::LatencyFigures;

Json figure(const search::ServingFigure& f, double scale = 1) {
  return {{"value", f.estimate.value * scale},
          {"low", f.estimate.low * scale},
          {"high", f.estimate.high * scale},
          {"coverage", kCoverage},
          {"regime", f.regime}};
}

Json figure_or_null(const std::optional<search::ServingFigure>& f) {
  return f ? figure(*f) : Json(nullptr);
}

template <class Q>
Json base_or_null(const std::optional<Q>& value, double scale = 1) {
  return value ? Json(value->base() * scale) : Json(nullptr);
}

Json number_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json latency_json(const LatencyFigures& l) {
  if (l.count == 0) return nullptr;
  return {{"count", l.count},      {"mean_ms", l.mean * 1e3}, {"deviation_ms", l.deviation * 1e3},
          {"p50_ms", l.p50 * 1e3}, {"p90_ms", l.p90 * 1e3},   {"p95_ms", l.p95 * 1e3},
          {"p99_ms", l.p99 * 1e3}, {"max_ms", l.max * 1e3}};
}

Json traffic_json(const Simulation& simulation, const SimulationAnswer& answer) {
  const plan::AskedTraffic& t = answer.traffic;
  Json trace = nullptr;
  if (t.traced) {
    trace = {{"lines", t.report.lines},
             {"requests", t.report.requests},
             {"bad_lines", t.report.bad_lines},
             {"unanswered", t.report.unanswered},
             {"reordered", t.report.reordered}};
  }
  return {
      {"description", t.description},
      {"rate_per_s", number_or_null(t.rate)},
      {"concurrency", simulation.concurrency > 0 ? Json(simulation.concurrency) : Json(nullptr)},
      {"requests_looked_at", t.looked_at},
      {"input_tokens_mean", t.input_mean},
      {"output_tokens_mean", t.output_mean},
      {"input_tokens_max", t.input_max},
      {"output_tokens_max", t.output_max},
      {"trace", std::move(trace)}};
}

Json limits_json(const SimulatedPool& pool) {
  Json limits = Json::array();
  for (const plan::LimitSource& limit : pool.sources) {
    limits.push_back({{"name", limit.name}, {"value", limit.value}, {"source", limit.source}});
  }
  return limits;
}

Json power_json(const search::PoolPower& power) {
  if (!power.run) return {{"unknown", power.unknown}};
  const search::RunPower& run = *power.run;
  return {{"board_mean_w", figure(run.mean)},
          {"board_limit_w", run.limit.base()},
          {"boards_j", figure(run.energy)},
          {"boards_j_per_output_token", figure_or_null(run.joules_per_token)},
          {"energy_share",
           {{"prompts", run.shares.prompts},
            {"decoding", run.shares.decoding},
            {"idle", run.shares.idle}}},
          {"server_w", run.node ? Json(run.node->total.base()) : Json(nullptr)},
          {"server_unknown", run.node ? Json(nullptr) : Json(run.node_unknown)},
          {"servers_j", base_or_null(run.energy_node)},
          {"servers_j_per_output_token", number_or_null(run.joules_per_token_node)}};
}

Json pool_json(const SimulatedPool& pool, const simulate::PoolFigures& f) {
  constexpr std::array kRoles{"both", "prefill", "decode"};
  const model::MemoryFit& m = pool.limits.memory;
  Json deployment = deployment_json(pool.chosen.deployment, pool.chosen.replicas);
  deployment["idle_accelerators"] = pool.chosen.idle;
  return {{"name", pool.name},
          {"model", pool.model},
          {"accelerator", pool.hardware.accelerator},
          {"system", pool.system != nullptr ? Json(pool.system->id) : Json(nullptr)},
          {"role", kRoles.at(static_cast<std::size_t>(pool.role))},
          {"deployment", std::move(deployment)},
          {"limits", limits_json(pool)},
          {"kv_blocks_per_replica", pool.limits.limits.kv_blocks},
          {"block_tokens", pool.limits.limits.block_tokens},
          {"memory",
           {{"usable_bytes_per_accelerator", m.usable.base()},
            {"weights_bytes_per_accelerator", m.weights.base()},
            {"activations_bytes_per_accelerator", m.activations.base()},
            {"reserve_bytes_per_accelerator", m.reserve.base()},
            {"kv_cache_bytes_per_accelerator", m.kv_available.base()}}},
          {"transfer_bytes_per_s", base_or_null(pool.transfer_bandwidth)},
          {"replicas_mean", f.replicas_mean},
          {"replicas_most", f.replicas_most},
          {"replica_seconds", f.replica_seconds},
          {"failures", f.failures},
          {"utilisation", f.utilisation},
          {"decode_batch_mean", f.batch_mean},
          {"kv_share_mean", f.kv_share_mean},
          {"kv_share_most", f.kv_share_most},
          {"iterations", f.record.iterations},
          {"preemptions", f.record.preemptions},
          {"prompt_tokens_computed", f.record.prompt_tokens},
          {"prompt_tokens_cached", f.record.cached_tokens},
          {"decoded_tokens", f.decoded_tokens},
          {"power", power_json(pool.power)},
          {"price_usd_per_accelerator_hour", base_or_null(pool.price, kHour.base())},
          {"cost_usd", base_or_null(pool.cost)}};
}

Json reading_json(const simulate::LimitReading& r) {
  const bool latency = r.metric <= simulate::RateMetric::kEndToEnd;
  constexpr std::array kStatistics{"mean", "p50", "p90", "p95", "p99"};
  Json json{{"metric", simulate::name(r.metric)}};
  json["statistic"] =
      latency ? Json(kStatistics.at(static_cast<std::size_t>(r.statistic))) : Json(nullptr);
  json[latency ? "value_ms" : "value"] = r.value * (latency ? 1e3 : 1);
  json[latency ? "limit_ms" : "limit"] = r.limit * (latency ? 1e3 : 1);
  json["met"] = r.met();
  return json;
}

Json run_json(const simulate::RateRun& run) {
  Json readings = Json::array();
  for (const simulate::LimitReading& reading : run.readings) {
    readings.push_back(reading_json(reading));
  }
  return {{"rate_per_s", run.rate}, {"met", run.met}, {"readings", std::move(readings)}};
}

Json found_json(const std::optional<simulate::FoundRate>& found) {
  if (!found) return nullptr;
  Json runs = Json::array(), binds = Json::array();
  for (const simulate::RateRun& run : found->runs) runs.push_back(run_json(run));
  for (const simulate::LimitReading& r : found->binds) binds.push_back(reading_json(r));
  return {{"rate_per_s", number_or_null(found->rate)},
          {"tolerance", found->stopped ? Json(nullptr) : Json(0.01)},
          {"limited", found->limited},
          {"stopped", found->stopped},
          {"binds", std::move(binds)},
          {"runs", std::move(runs)}};
}

Json samples_json(const FleetFigures& f) {
  Json samples = Json::array();
  for (const simulate::FleetSample& s : f.samples) {
    samples.push_back({{"at_s", (s.at - SimTime{}).base()},
                       {"arrived", s.arrived},
                       {"completed", s.completed},
                       {"running", s.running},
                       {"waiting", s.waiting},
                       {"replicas", s.replicas},
                       {"kv_share", s.kv_share},
                       {"prompt_tokens", s.prompt_tokens},
                       {"decoded_tokens", s.decoded_tokens}});
  }
  return samples;
}

Json goals_json(const Simulation& simulation, const SimulationAnswer& answer) {
  const simulate::LatencyGoals& each = simulation.each;
  const bool any = each.ttft || each.tpot || each.end_to_end;
  return {{"ttft_ms", base_or_null(each.ttft, 1e3)},
          {"tpot_ms", base_or_null(each.tpot, 1e3)},
          {"e2e_ms", base_or_null(each.end_to_end, 1e3)},
          {"goodput_per_s", any ? Json(answer.figures.goodput_per_s) : Json(nullptr)},
          {"good_share", any ? Json(answer.figures.good_share) : Json(nullptr)},
          {"readings", answer.goals ? run_json(*answer.goals)["readings"] : Json::array()}};
}

Json requests_json(const FleetFigures& f) {
  return {{"arrived", f.arrived},     {"completed", f.completed}, {"too_long", f.too_long},
          {"timed_out", f.timed_out}, {"lost", f.lost},           {"retried", f.retried}};
}

}  // namespace

std::string simulate_json(const catalog::Catalog& catalog, const Simulation& simulation,
                          const SimulationAnswer& answer) {
  const FleetFigures& f = answer.figures;
  Json pools = Json::array();
  std::vector<model::UsedFact> facts;
  for (std::size_t i = 0; i < answer.pools.size(); ++i) {
    const SimulatedPool& pool = answer.pools[i];
    pools.push_back(pool_json(pool, f.pools[i]));
    bool seen = false;
    for (std::size_t j = 0; j < i; ++j) {
      seen = seen || answer.pools[j].hardware.accelerator == pool.hardware.accelerator;
    }
    if (!seen) facts.insert(facts.end(), pool.hardware.facts.begin(), pool.hardware.facts.end());
  }
  const Json out{{"schema", "assay.simulate/1"},
                 {"name", simulation.name.empty() ? Json(nullptr) : Json(simulation.name)},
                 {"seed", simulation.seed},
                 {"routing", simulate::name(simulation.routing)},
                 {"traffic", traffic_json(simulation, answer)},
                 {"requests", requests_json(f)},
                 {"stopped", f.stopped},
                 {"ttft", latency_json(f.ttft)},
                 {"tpot", latency_json(f.tpot)},
                 {"itl", latency_json(f.itl)},
                 {"e2e", latency_json(f.end_to_end)},
                 {"ttft_mean_ms", figure(answer.ttft, 1e3)},
                 {"tpot_mean_ms", figure(answer.tpot, 1e3)},
                 {"output_tokens_per_s", figure(answer.tokens_per_s)},
                 {"input_tokens_per_s", f.input_tokens_per_s},
                 {"requests_per_s", f.requests_per_s},
                 {"duration_s", f.seconds},
                 {"input_tokens", f.input_tokens},
                 {"output_tokens", f.output_tokens},
                 {"cached_tokens", f.cached_tokens},
                 {"preemptions", f.preemptions},
                 {"goals", goals_json(simulation, answer)},
                 {"found", found_json(answer.found)},
                 {"boards_j", figure_or_null(answer.energy)},
                 {"boards_j_per_output_token", figure_or_null(answer.joules_per_token)},
                 {"cost_usd", base_or_null(answer.cost)},
                 {"cost_usd_per_hour", base_or_null(answer.cost_rate, kHour.base())},
                 {"usd_per_million_output_tokens", number_or_null(answer.usd_per_million_tokens)},
                 {"pools", std::move(pools)},
                 {"samples", samples_json(f)},
                 {"assumed", answer.assumed},
                 {"notes", answer.notes},
                 {"provenance", answer.provenance},
                 {"inputs", inputs_json(facts)},
                 {"question", simulation.hash},
                 {"assay", version()},
                 {"catalog", catalog_stamp(catalog)}};
  return dump(out);
}

}  // namespace assay::present
