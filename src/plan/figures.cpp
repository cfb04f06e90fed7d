#include "plan/figures.h"

#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "base/unit_text.h"

namespace assay::plan {

namespace {

using model::UsedFact;

std::string with_interval(const Estimate<Seconds>& estimate, std::string_view what,
                          const SimulatedServing& simulated) {
  return fmt::format("{} ({} at {:.0f} %; {} of {} simulated requests)", to_text(estimate.value, 3),
                     interval_text(estimate), kCoverage * 100, what,
                     grouped_text(static_cast<double>(simulated.requests)));
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
  inputs.push_back(
      {fmt::format("share of the memory bandwidth that they reach alone ({})", operators.family),
       number_text(operators.gemm.memory, 3), operators.origin, "data/operators.yaml", confidence});
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
  const SimulatedServing& simulated = *fleet.simulated;
  struct Latency {
    std::string_view name, formula;
    const simulate::LatencyFigures& figures;
    const Estimate<Seconds>& mean;
  };
  const Latency latencies[] = {
      {"ttft", "first token − arrival, over the requests; router: fewest outstanding",
       simulated.ttft, fleet.serving.ttft},
      {"tpot", "(last token − first token) ÷ (output − 1), over the requests", simulated.tpot,
       fleet.serving.tpot}};
  for (const Latency& latency : latencies) {
    for (const auto& [statistic, name] : {std::pair{workload::Statistic::kMean, "mean"},
                                          std::pair{workload::Statistic::kP99, "p99"}}) {
      out.push_back({fmt::format("{}_{}", latency.name, name),
                     with_interval(latency_statistic(latency.figures, latency.mean, statistic),
                                   name, simulated),
                     std::string{latency.formula}, "Serving, simulated", behind});
    }
  }
  out.push_back(
      {"replica_rate_max", to_text(Hertz::from_base(simulated.replica_rate_max), 3) + " a replica",
       simulated.binds.empty()
           ? std::string{"largest rate within the limits, by simulation"}
           : "largest rate within the limits, by simulation; beyond it: " + simulated.binds,
       "Serving, simulated", behind});
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
