#include "plan/relax.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"

namespace assay::plan {

namespace {

constexpr double kFactorMax = 1e6;   // a limit further away is another question
constexpr double kPrecision = 1.01;  // 1 %

// A limit that can be moved: how to set it to `factor` times what was asked.
struct Knob {
  std::string constraint, asked;
  std::function<void(Scenario&, double factor)> move;
  std::function<std::string(double factor)> text;
};

std::string statistic_key(std::string_view figure, workload::Statistic statistic) {
  constexpr std::string_view kNames[] = {"mean", "p50", "p90", "p95", "p99"};
  return fmt::format("limits.{}_{}", figure, kNames[static_cast<std::size_t>(statistic)]);
}

Knob latency_knob(std::string_view figure,
                  std::optional<workload::LatencyLimit> workload::ServingDemand::*limit,
                  const Scenario& scenario) {
  const workload::LatencyLimit asked = *(scenario.demand.*limit);
  return {statistic_key(figure, asked.statistic), to_text(asked.at_most, 3),
          [limit, asked](Scenario& s, double k) {
            s.demand.*limit = workload::LatencyLimit{asked.at_most * k, asked.statistic};
          },
          [asked](double k) { return to_text(asked.at_most * k, 3); }};
}

std::vector<Knob> knobs(const Scenario& scenario) {
  std::vector<Knob> out;
  if (scenario.demand.ttft)
    out.push_back(latency_knob("ttft", &workload::ServingDemand::ttft, scenario));
  if (scenario.demand.tpot)
    out.push_back(latency_knob("tpot", &workload::ServingDemand::tpot, scenario));
  const Hertz rate = scenario.demand.rate;
  out.push_back({"traffic.rate", to_text(rate, 3),
                 [rate](Scenario& s, double k) { s.demand.rate = rate / k; },
                 [rate](double k) { return "up to " + to_text(rate / k, 3); }});
  if (scenario.budget_per_month) {
    const Usd asked = *scenario.budget_per_month;
    const auto text = [asked](double k) {
      return fmt::format("{} USD/month", grouped_text(asked.base() * k));
    };
    out.push_back({"constraints.budget", text(1),
                   [asked](Scenario& s, double k) { s.budget_per_month = asked * k; }, text});
  }
  if (scenario.power) {
    const Watts asked = *scenario.power;
    out.push_back({"constraints.power", to_text(asked, 3),
                   [asked](Scenario& s, double k) { s.power = asked * k; },
                   [asked](double k) { return to_text(asked * k, 3); }});
  }
  return out;
}

std::optional<Fleet> cheapest(const Scenario& scenario, const PlanInputs& inputs,
                              LayoutRuns& runs) {
  Options options = find_fleets(scenario, inputs, runs, Depth::kCheapest);
  if (options.fleets.empty()) return std::nullopt;
  return std::move(options.fleets.front());
}

std::optional<Relaxation> relax(const Knob& knob, const Scenario& scenario,
                                const PlanInputs& inputs, LayoutRuns& runs) {
  const auto at = [&](double factor) {
    Scenario moved = scenario;
    knob.move(moved, factor);
    return cheapest(moved, inputs, runs);
  };
  std::optional<Fleet> fleet = at(kFactorMax);
  if (!fleet) return std::nullopt;
  double low = 1, high = kFactorMax;  // infeasible at low, feasible at high
  while (high / low > kPrecision) {
    const double middle = std::sqrt(low * high);
    auto found = at(middle);
    if (found) {
      high = middle;
      fleet = std::move(found);
    } else {
      low = middle;
    }
  }
  return Relaxation{knob.constraint, knob.asked, knob.text(high), fleet_text(*fleet),
                    fleet->usd_per_month};
}

// Constraints that are sets or switches are not moved but dropped.
struct Drop {
  std::string constraint, asked, needed;
  std::function<void(Scenario&)> apply;
};

std::vector<Drop> drops(const Scenario& scenario, const PlanInputs& inputs) {
  std::vector<Drop> out;
  const auto dropped = [&](std::string constraint, const std::vector<std::string>& asked,
                           std::function<void(Scenario&)> apply) {
    if (asked.empty()) return;
    out.push_back({std::move(constraint), join(asked, ", "), "dropped", std::move(apply)});
  };
  dropped("constraints.include", scenario.offers.include,
          [](Scenario& s) { s.offers.include.clear(); });
  dropped("constraints.exclude", scenario.offers.exclude,
          [](Scenario& s) { s.offers.exclude.clear(); });
  dropped("constraints.regions", scenario.offers.regions,
          [](Scenario& s) { s.offers.regions.clear(); });
  if (scenario.offers.domestic_only) {
    out.push_back({"constraints.domestic_only", "yes", "no",
                   [](Scenario& s) { s.offers.domestic_only = false; }});
  }
  for (const catalog::Format format :
       {catalog::Format::kFp8, catalog::Format::kInt8, catalog::Format::kInt4}) {
    const auto& tried = scenario.weights;
    const bool published = tried.empty() && inputs.model.quantisation.has_value();
    if (published || std::find(tried.begin(), tried.end(), format) != tried.end()) continue;
    out.push_back({"deploy.weights", tried.empty() ? "published" : "those given",
                   std::string{catalog::name(format)},
                   [format](Scenario& s) { s.weights = {format}; }});
  }
  return out;
}

struct Nudge {
  std::string change;
  std::function<void(Scenario&)> apply;
};

std::vector<Nudge> nudges(const Scenario& scenario) {
  std::vector<Nudge> out{
      {"request rate +10 %", [](Scenario& s) { s.demand.rate = s.demand.rate * 1.1; }},
      {"input length +10 %", [](Scenario& s) { s.demand.input_tokens *= 1.1; }},
      {"output length +10 %", [](Scenario& s) { s.demand.output_tokens *= 1.1; }},
  };
  if (scenario.demand.ttft) {
    out.push_back({"TTFT limit −10 %",
                   [](Scenario& s) { s.demand.ttft->at_most = s.demand.ttft->at_most * 0.9; }});
  }
  if (scenario.demand.tpot) {
    out.push_back({"TPOT limit −10 %",
                   [](Scenario& s) { s.demand.tpot->at_most = s.demand.tpot->at_most * 0.9; }});
  }
  return out;
}

// The models' own uncertainty, as a move of the one constant that decode rests on.
std::optional<Fleet> cheapest_with_slower_memory(const Scenario& scenario,
                                                 const PlanInputs& inputs) {
  catalog::EfficiencyTable slower = inputs.efficiency;
  for (catalog::FamilyEfficiency& family : slower.families) family.sustained_memory *= 0.9;
  const PlanInputs with{inputs.catalog, slower, inputs.books, inputs.model, inputs.traffic,
                        inputs.jobs,    {}};
  LayoutRuns runs{{inputs.model, slower, inputs.traffic, inputs.jobs}};
  return cheapest(scenario, with, runs);
}

}  // namespace

std::string fleet_text(const Fleet& fleet) {
  return fmt::format("{} × {}, tp{} × {} replica{}, {}", fleet.accelerators,
                     fleet.offer.accelerator, fleet.deployment.tensor, fleet.replicas,
                     fleet.replicas == 1 ? "" : "s", catalog::name(fleet.deployment.weights));
}

std::vector<Relaxation> relaxations(const Scenario& scenario, const PlanInputs& inputs,
                                    LayoutRuns& runs) {
  std::vector<Relaxation> out;
  for (const Knob& knob : knobs(scenario)) {
    if (auto relaxed = relax(knob, scenario, inputs, runs)) out.push_back(std::move(*relaxed));
  }
  for (const Drop& drop : drops(scenario, inputs)) {
    Scenario moved = scenario;
    drop.apply(moved);
    if (const auto fleet = cheapest(moved, inputs, runs)) {
      out.push_back(
          {drop.constraint, drop.asked, drop.needed, fleet_text(*fleet), fleet->usd_per_month});
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Relaxation& a, const Relaxation& b) {
    return a.usd_per_month < b.usd_per_month;
  });
  return out;
}

std::vector<Sensitivity> sensitivities(const Scenario& scenario, const PlanInputs& inputs,
                                       LayoutRuns& runs, const Fleet& choice) {
  std::vector<Sensitivity> out;
  const auto record = [&](std::string change, const std::optional<Fleet>& fleet) {
    const double ratio = fleet ? fleet->usd_per_month / choice.usd_per_month : 0;
    // At the same cost the other one may as well be slower.
    const bool other = fleet && std::abs(ratio - 1) > 1e-9;
    const std::string text = other ? fleet_text(*fleet) : "";
    out.push_back({std::move(change), ratio, text == fleet_text(choice) ? "" : text});
  };
  for (const Nudge& nudge : nudges(scenario)) {
    Scenario moved = scenario;
    nudge.apply(moved);
    record(nudge.change, cheapest(moved, inputs, runs));
  }
  record("reached memory bandwidth −10 %", cheapest_with_slower_memory(scenario, inputs));
  std::stable_sort(out.begin(), out.end(), [](const Sensitivity& a, const Sensitivity& b) {
    const auto effect = [](const Sensitivity& s) {
      return s.cost_ratio == 0 ? HUGE_VAL : std::abs(s.cost_ratio - 1);
    };
    return effect(a) > effect(b);
  });
  return out;
}

}  // namespace assay::plan
