#include "present/plan_training_json.h"

#include <nlohmann/json.hpp>

#include "plan/training_figures.h"
#include "present/cli.h"
#include "present/figure_json.h"
#include "present/plan_parts_json.h"

namespace assay::present {

namespace {

using Json = nlohmann::ordered_json;
using plan::TrainingOption;
using plan::TrainingPlan;

double days(Seconds s) { return s / (kHour * 24.0); }

template <class T>
Json or_null(const std::optional<T>& quantity) {
  return quantity ? Json(quantity->base()) : Json(nullptr);
}

Json figure(const Estimate<double>& e) {
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}, {"coverage", kCoverage}};
}

Json lease_json(const market::Lease& l) {
  return {{"units", l.units},
          {"accelerators", l.accelerators},
          {"needed_days", days(l.needed)},
          {"paid_days", days(l.paid)},
          {"cost_usd", l.cost.base()},
          {"used_usd", l.used.base()}};
}

Json layout_json(const model::TrainingLayout& l) {
  return {{"layout", to_text(l)},
          {"tensor_parallel", l.tensor},
          {"pipeline_parallel", l.pipeline},
          {"virtual_stages", l.virtual_stages},
          {"context_parallel", l.context},
          {"data_parallel", l.data},
          {"expert_parallel", l.expert},
          {"expert_tensor_parallel", l.expert_tensor},
          {"micro_batch", l.micro_batch},
          {"sequence_parallel", l.sequence_parallel},
          {"sharding", model::name(l.sharding)},
          {"recompute", model::name(l.recompute)},
          {"schedule", model::name(l.schedule)}};
}

Json run_json(const TrainingOption& o) {
  const model::TrainingRunEstimate& run = *o.predicted.run;
  return {{"steps", run.steps},
          {"full_speed_days", days(run.full_speed)},
          {"expected_days", days(run.expected)},
          {"p10_days", days(run.finish.p10)},
          {"p50_days", days(run.finish.p50)},
          {"p90_days", days(run.finish.p90)},
          {"sure_days", days(o.sure)},
          {"deadline_probability", run.in_time ? Json(*run.in_time) : Json(nullptr)},
          {"failures", run.failures},
          {"goodput", run.goodput.useful},
          {"checkpoint_interval_s", run.goodput.interval.base()},
          {"accelerator_hours", run.accelerator_time / kHour},
          {"spare_hours", run.spare_time / kHour},
          {"energy_j", or_null(run.energy)}};
}

Json option_json(const TrainingOption& o) {
  const search::PredictedTraining& p = o.predicted;
  return {{"accelerator", o.offer.accelerator},
          {"system", o.system.empty() ? Json(nullptr) : Json(o.system)},
          {"accelerators", o.accelerators},
          {"spare_accelerators", o.spare_accelerators},
          {"precision", model::name(o.format)},
          {"layout", layout_json(p.layout)},
          {"step_s", figure(p.seconds)},
          {"mfu", figure(p.mfu)},
          {"tokens_per_s", figure(p.tokens_per_s)},
          {"interval_regime", p.interval.tier},
          {"memory_bytes_per_accelerator", p.step.memory.total()},
          {"usable_bytes_per_accelerator", p.usable.base()},
          {"run", run_json(o)},
          {"lease", lease_json(o.lease)},
          {"lease_sure", lease_json(o.sure_lease)},
          {"power_w", or_null(o.power)},
          {"power_basis", o.power_basis},
          {"assumed", o.assumed},
          {"provenance", o.provenance},
          {"why_not_first", o.why_not_first},
          {"offer", plan_offer_json(o.offer)}};
}

Json question_json(const TrainingPlan& p) {
  const plan::TrainingScenario& s = p.scenario;
  Json assumed = Json::object(), formats = Json::array();
  for (const plan::Assumed& item : s.assumed) assumed[item.key] = item.value;
  for (const model::TrainingFormat format : s.formats) formats.push_back(model::name(format));
  return {{"file", s.file},
          {"name", s.name},
          {"model", p.model.id},
          {"tokens", s.run.tokens},
          {"sequence_tokens", s.job.sequence},
          {"batch_sequences", s.job.batch},
          {"precisions", std::move(formats)},
          {"lora_rank", s.job.lora_rank > 0 ? Json(s.job.lora_rank) : Json(nullptr)},
          {"stack", s.job.stack},
          {"deadline_days", s.run.deadline ? Json(days(*s.run.deadline)) : Json(nullptr)},
          {"confidence", s.confidence},
          {"objective", s.objective == plan::Objective::kCost ? "cost" : "time"},
          {"budget_usd", or_null(s.budget)},
          {"power_w", or_null(s.power)},
          {"accelerators_max", s.accelerators_max},
          {"accelerator_mtbf_h", s.run.failures.accelerator_mtbf / kHour},
          {"pue", s.pue},
          {"assumed", std::move(assumed)}};
}

Json relaxations_json(const TrainingPlan& p) {
  Json out = Json::array();
  for (const plan::TrainingRelaxation& r : p.relaxations) {
    out.push_back({{"constraint", r.constraint},
                   {"asked", r.asked},
                   {"feasible_at", r.needed},
                   {"option", r.option},
                   {"cost_usd", r.cost.base()},
                   {"expected_days", days(r.expected)}});
  }
  return out;
}

Json sensitivities_json(const TrainingPlan& p) {
  Json out = Json::array();
  for (const plan::TrainingSensitivity& s : p.sensitivities) {
    const bool feasible = s.cost_ratio > 0;
    out.push_back({{"change", s.change},
                   {"cost_ratio", feasible ? Json(s.cost_ratio) : Json(nullptr)},
                   {"time_ratio", feasible ? Json(s.time_ratio) : Json(nullptr)},
                   {"option", s.option}});
  }
  return out;
}

Json fixes_json(const TrainingPlan& p) {
  Json out = Json::array();
  for (const model::TrainingFix& fix : p.fixes) {
    out.push_back({{"change", fix.change},
                   {"layout", layout_json(fix.layout)},
                   {"step_s", fix.step.time.total},
                   {"memory_bytes_per_accelerator", fix.step.memory.total()}});
  }
  return out;
}

}  // namespace

std::string plan_training_json(const TrainingPlan& p, const catalog::TrainingTable& table,
                               const catalog::PowerTable& power) {
  Json options = Json::array(), misses = Json::array(), chains = Json::object();
  for (const TrainingOption& option : p.options) options.push_back(option_json(option));
  for (const plan::TrainingMiss& m : p.misses) {
    misses.push_back(
        {{"accelerator", m.accelerator}, {"reason", name(m.reason)}, {"nearest", m.text}});
  }
  if (p.is_feasible()) chains = chains_json(plan::training_figures(p, table, power));
  return dump({{"schema", "assay.plan.train/1"},
               {"status", p.is_feasible() ? "feasible" : "infeasible"},
               {"question", question_json(p)},
               {"options", std::move(options)},
               {"shortlist", p.shortlist},
               {"other_period", p.other_period ? Json(*p.other_period) : Json(nullptr)},
               {"candidates", p.candidates},
               {"feasible", p.feasible},
               {"layouts", p.layouts},
               {"rejected", rejected_json(p.rejected)},
               {"misses", std::move(misses)},
               {"fixes", fixes_json(p)},
               {"relaxations", relaxations_json(p)},
               {"no_help", p.no_help},
               {"sensitivities", sensitivities_json(p)},
               {"notes", p.notes},
               {"oldest_price", p.oldest_price.empty() ? Json(nullptr) : Json(p.oldest_price)},
               {"explain", std::move(chains)},
               {"assay", version()},
               {"catalog_date", p.catalog_date},
               {"catalog_hash", p.catalog_hash},
               {"scenario_hash", p.scenario.hash}});
}

}  // namespace assay::present
