#include "plan/figures.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "base/unit_text.h"

namespace assay::plan {

namespace {

using model::UsedFact;

std::string with_interval(const Estimate<Seconds>& estimate) {
  return fmt::format("{} ({} at {:.0f} %; mean, analytic)", to_text(estimate.value, 3),
                     interval_text(estimate), kCoverage * 100);
}

UsedFact asked(std::string figure, std::string value) {
  return {std::move(figure), std::move(value), "asked", "the scenario",
          catalog::Confidence::kDerived};
}

UsedFact price_fact(const Fleet& fleet) {
  const market::Offer& o = fleet.offer;
  const std::string date = o.date.empty() ? "not dated" : o.date;
  return {fmt::format("price of {} ({})", o.printed_name, o.id),
          fmt::format("{} {}/{} per {}", grouped_text(o.price, o.price < 100 ? 2 : 0), o.currency,
                      market::name(o.period), market::name(o.unit)),
          fmt::format("{}, {} accelerators, {}", market::name(o.kind), o.accelerators, date),
          o.source, catalog::Confidence::kThirdParty};
}

// The constants of the model that stand behind a time, each with its own origin.
std::vector<UsedFact> model_inputs(const Fleet& fleet, const Plan& plan,
                                   const catalog::EfficiencyTable& efficiency,
                                   std::string_view family) {
  std::vector<UsedFact> inputs = fleet.facts;
  const catalog::FamilyEfficiency& reached = efficiency.family(family);
  const catalog::OperatorCurves& operators = reached.operators;
  const auto confidence =
      reached.borrowed ? catalog::Confidence::kDerived : catalog::Confidence::kMeasured;
  inputs.push_back({fmt::format("share of the 16-bit peak that matrix products reach alone ({})",
                                operators.family),
                    number_text(operators.gemm.compute.sixteen, 3), operators.origin,
                    "data/operators.yaml", confidence});
  inputs.push_back({fmt::format("share of the memory bandwidth that they reach alone ({})",
                                operators.family),
                    number_text(operators.gemm.memory, 3), operators.origin,
                    "data/operators.yaml", confidence});
  inputs.push_back({fmt::format("what an engine keeps of the first ({})", reached.family),
                    number_text(reached.sustained_compute, 3), reached.origin,
                    "data/efficiency.yaml", reached.confidence});
  inputs.push_back({fmt::format("what an engine keeps of the second ({})", reached.family),
                    number_text(reached.sustained_memory, 3), reached.origin,
                    "data/efficiency.yaml", reached.confidence});
  inputs.push_back(
      {"shape of the model", plan.model.id, plan.model.architecture, plan.model.source,
       plan.model.assumed ? catalog::Confidence::kAssumed : catalog::Confidence::kVendorDocument});
  inputs.push_back(asked("request rate", to_text(plan.scenario.demand.rate)));
  inputs.push_back(asked("input tokens", number_text(plan.scenario.demand.input_tokens)));
  inputs.push_back(asked("output tokens", number_text(plan.scenario.demand.output_tokens)));
  return inputs;
}

}  // namespace

std::string interval_text(const Estimate<Seconds>& estimate) {
  return fmt::format("{} .. {}", to_text(estimate.low, 3), to_text(estimate.high, 3));
}

std::vector<Figure> figures(const Plan& plan, const catalog::EfficiencyTable& efficiency) {
  ASSAY_ASSERT(plan.is_feasible());
  const Fleet& fleet = plan.fleets.front();
  const std::vector<UsedFact> behind = model_inputs(fleet, plan, efficiency, fleet.family);
  std::vector<Figure> out;
  out.push_back({"ttft_mean", with_interval(fleet.serving.ttft),
                 "wait for prefill (M/D/1) + prefill of one prompt + rest of the step in flight",
                 "Serving, steady state", behind});
  out.push_back({"tpot_mean", with_interval(fleet.serving.tpot),
                 "decode step at the mean batch ÷ (1 − share of time in prefill)",
                 "Serving, steady state", behind});
  out.push_back({"usd_per_month",
                 grouped_text(fleet.usd_per_month.base()) + " USD/month",
                 fmt::format("{} unit(s) × price of a unit, 730 h a month", fleet.units),
                 "Cost",
                 {price_fact(fleet)}});
  out.push_back({"usd_per_million_output_tokens",
                 number_text(fleet.usd_per_million_output_tokens, 3) + " USD/Mtok",
                 "cost per month ÷ (request rate × output tokens × 730 h) × 10⁶",
                 "Cost",
                 {price_fact(fleet), asked("request rate", to_text(plan.scenario.demand.rate)),
                  asked("output tokens", number_text(plan.scenario.demand.output_tokens))}});
  if (fleet.power) {
    out.push_back({"power", to_text(*fleet.power, 3), fleet.power_basis, "Power", fleet.facts});
  }
  out.push_back(
      {"kv_tokens", number_text(fleet.memory.kv_tokens, 6) + " tokens a replica",
       fmt::format(
           "({} usable − {} weights − {} activations − {} reserve) × tp{} ÷ KV bytes a token",
           to_text(fleet.memory.usable, 3), to_text(fleet.memory.weights, 3),
           to_text(fleet.memory.activations, 3), to_text(fleet.memory.reserve, 3),
           fleet.deployment.tensor),
       "Memory", fleet.facts});
  return out;
}

}  // namespace assay::plan
