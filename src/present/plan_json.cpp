#include "present/plan_json.h"

#include <nlohmann/json.hpp>

#include "base/unit_text.h"
#include "plan/figures.h"
#include "present/cli.h"
#include "present/figure_json.h"
#include "present/plan_parts_json.h"

namespace assay::present {

namespace {

using Json = nlohmann::ordered_json;
using plan::Fleet;
using plan::Plan;

double milliseconds(Seconds s) { return s.base() * 1e3; }

Json latency(const Estimate<Seconds>& estimate) {
  return {{"mean_ms", milliseconds(estimate.value)},
          {"low_ms", milliseconds(estimate.low)},
          {"high_ms", milliseconds(estimate.high)},
          {"coverage", kCoverage},
          {"basis", "mean, simulated"}};
}

constexpr std::string_view kStatistics[] = {"mean", "p50", "p90", "p95", "p99"};

// What a limit says and whether the answer shows that it holds.
Json verdict(const std::optional<workload::LatencyLimit>& limit,
             const simulate::LatencyFigures& figures, const Estimate<Seconds>& mean) {
  if (!limit) return nullptr;
  const Estimate<Seconds> reached = plan::latency_statistic(figures, mean, limit->statistic);
  return {{"statistic", kStatistics[static_cast<std::size_t>(limit->statistic)]},
          {"limit_ms", milliseconds(limit->at_most)},
          {"verified", "by simulation"},
          {"reached_ms", milliseconds(reached.value)},
          {"interval_within_limit", reached.high <= limit->at_most}};
}

Json percentiles(const simulate::LatencyFigures& f) {
  return {{"mean_ms", f.mean * 1e3}, {"p50_ms", f.p50 * 1e3}, {"p90_ms", f.p90 * 1e3},
          {"p95_ms", f.p95 * 1e3},   {"p99_ms", f.p99 * 1e3}, {"max_ms", f.max * 1e3}};
}

Json simulated_json(const plan::SimulatedServing& s) {
  return {{"requests", s.requests},           {"ttft", percentiles(s.ttft)},
          {"tpot", percentiles(s.tpot)},      {"end_to_end", percentiles(s.end_to_end)},
          {"goodput_per_s", s.goodput_per_s}, {"good_share", s.good_share},
          {"kv_share_peak", s.kv_most},       {"busy_share", s.utilisation},
          {"preemptions", s.preemptions},     {"too_long", s.too_long},
          {"routing", "least-outstanding"},   {"replica_rate_max_per_s", s.replica_rate_max},
          {"rate_bound_by", s.binds}};
}

Json fleet_json(const Fleet& f, const plan::Scenario& scenario) {
  return {{"accelerator", f.offer.accelerator},
          {"accelerators", f.accelerators},
          {"units", f.units},
          {"replicas", f.replicas},
          {"tensor_parallel", f.deployment.tensor},
          {"engine", f.deployment.engine},
          {"weights", catalog::name(f.deployment.weights)},
          {"activations", catalog::name(f.deployment.activations)},
          {"kv_cache", catalog::name(f.deployment.kv_cache)},
          {"cost_usd_per_month", f.usd_per_month.base()},
          {"cost_usd_per_million_output_tokens", f.usd_per_million_output_tokens},
          {"ttft", latency(f.serving.ttft)},
          {"ttft_limit", verdict(scenario.demand.ttft, f.simulated->ttft, f.serving.ttft)},
          {"tpot", latency(f.serving.tpot)},
          {"tpot_limit", verdict(scenario.demand.tpot, f.simulated->tpot, f.serving.tpot)},
          {"interval_regime", f.serving.interval_regime},
          {"load_share", f.rate_share.value},
          {"load_share_low", f.rate_share.low},
          {"load_share_high", f.rate_share.high},
          {"batch_mean", f.serving.batch},
          {"batch_max", f.serving.batch_max},
          {"kv_share", f.serving.kv_share},
          {"weights_bytes_per_accelerator", f.memory.weights.base()},
          {"kv_tokens_per_replica", f.memory.kv_tokens},
          {"power_w", f.power ? Json(f.power->base()) : Json(nullptr)},
          {"power_basis", f.power_basis},
          {"decode_bound", model::name(f.serving.bound)},
          {"simulated", simulated_json(*f.simulated)},
          {"assumed", f.assumed},
          {"why_not_first", f.why_not_first},
          {"offer", plan_offer_json(f.offer)}};
}

Json question_json(const Plan& p) {
  const plan::Scenario& s = p.scenario;
  Json assumed = Json::object();
  for (const plan::Assumed& item : s.assumed) assumed[item.key] = item.value;
  return {{"file", s.file},
          {"name", s.name},
          {"model", p.model.id},
          {"rate_per_s", s.demand.rate.base()},
          {"input_tokens", s.demand.input_tokens},
          {"output_tokens", s.demand.output_tokens},
          {"traffic", p.traffic.empty() ? Json("poisson, equal lengths") : Json(p.traffic)},
          {"headroom", s.headroom},
          {"assumed", assumed}};
}

}  // namespace

std::string plan_json(const Plan& p, const catalog::EfficiencyTable& efficiency) {
  Json fleets = Json::array(), relaxations = Json::array(), sensitivities = Json::array();
  for (const Fleet& fleet : p.fleets) fleets.push_back(fleet_json(fleet, p.scenario));
  for (const plan::Relaxation& r : p.relaxations) {
    relaxations.push_back({{"constraint", r.constraint},
                           {"asked", r.asked},
                           {"feasible_at", r.needed},
                           {"fleet", r.fleet},
                           {"cost_usd_per_month", r.usd_per_month.base()}});
  }
  for (const plan::Sensitivity& s : p.sensitivities) {
    sensitivities.push_back({{"change", s.change},
                             {"cost_ratio", s.cost_ratio == 0 ? Json(nullptr) : Json(s.cost_ratio)},
                             {"fleet", s.fleet}});
  }
  Json out{
      {"schema", "assay.plan/1"},
      {"status", p.is_feasible() ? "feasible" : "infeasible"},
      {"question", question_json(p)},
      {"fleets", std::move(fleets)},
      {"shortlist", p.shortlist},
      {"cautious_fleet", p.cautious ? Json(*p.cautious) : Json(nullptr)},
      {"candidates", p.candidates},
      {"feasible", p.feasible},
      {"simulated_layouts", p.simulated},
      {"unranked_offers", p.unranked},
      {"rejected", rejected_json(p.rejected)},
      {"relaxations", std::move(relaxations)},
      {"sensitivities", std::move(sensitivities)},
      {"notes", p.notes},
      {"oldest_price", p.oldest_price.empty() ? Json(nullptr) : Json(p.oldest_price)},
      {"explain", p.is_feasible() ? chains_json(plan::figures(p, efficiency)) : Json::object()},
      {"assay", version()},
      {"seed", p.scenario.seed},
      {"catalog_date", p.catalog_date},
      {"catalog_hash", p.catalog_hash},
      {"scenario_hash", p.scenario.hash}};
  return dump(out);
}

}  // namespace assay::present
