#include "plan/plan.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "plan/fleet_options.h"
#include "plan/relax.h"

namespace assay::plan {

namespace {

struct ReasonText {
  Reason reason;
  std::string_view name, description;
};

constexpr std::array<ReasonText, kReasonCount> kReasons{{
    {Reason::kExcluded, "excluded", "excluded by the scenario"},
    {Reason::kForeign, "not_domestic", "not domestic, or not known to be"},
    {Reason::kRegion, "region", "in another region, or in none stated"},
    {Reason::kKind, "kind", "of another kind of offer"},
    {Reason::kHostApart, "host_apart", "priced without their host"},
    {Reason::kUnknownFigure, "unknown_figure", "lack a figure that the model needs"},
    {Reason::kNotRunnable, "not_runnable", "cannot run in that layout or format"},
    {Reason::kMemory, "memory", "do not fit memory"},
    {Reason::kTtft, "ttft", "miss the TTFT limit"},
    {Reason::kTpot, "tpot", "miss the TPOT limit"},
    {Reason::kLimits, "limits", "do not keep up"},
    {Reason::kDeadline, "deadline", "are too slow for the deadline"},
    {Reason::kMarketDepth, "market_depth", "need more than is on offer"},
    {Reason::kBudget, "budget", "exceed the budget"},
    {Reason::kPower, "power", "exceed the power limit"},
}};

const ReasonText& text_of(Reason reason) {
  const ReasonText& text = kReasons[static_cast<std::size_t>(reason)];
  ASSAY_ASSERT(text.reason == reason);
  return text;
}

std::string percent(double ratio) { return number_text(ratio * 100, 2) + " %"; }

// What the first has that this one has not: cost always, then what is behind it.
std::string why_not_first(const Fleet& fleet, const Fleet& first) {
  const double dearer = fleet.usd_per_month / first.usd_per_month - 1;
  std::string why = dearer < 0.0005 ? std::string{"same cost"} : "+" + percent(dearer) + " cost";
  const double price =
      market::price_per_accelerator(fleet.offer) / market::price_per_accelerator(first.offer);
  if (fleet.offer.accelerator == first.offer.accelerator && price > 1.0005) {
    return why + ": dearer offer of the same";
  }
  if (fleet.accelerators > first.accelerators) {
    why += fmt::format(": needs {} instead of {}", fleet.accelerators, first.accelerators);
  } else if (price > 1.0005) {
    why += fmt::format(": {} × the price each", number_text(price, 3));
  }
  if (fleet.rate_share.value < 0.5)
    why += fmt::format(", {} idle", percent(1 - fleet.rate_share.value));
  if (dearer < 0.0005 && fleet.serving.tpot.value > first.serving.tpot.value)
    why += ", slower TPOT";
  return why;
}

std::vector<std::size_t> best_of_each(const std::vector<Fleet>& fleets) {
  std::vector<std::size_t> out;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < fleets.size(); ++i) {
    if (seen.insert(fleets[i].offer.accelerator).second) out.push_back(i);
  }
  return out;
}

bool within(const std::optional<workload::LatencyLimit>& limit,
            const simulate::LatencyFigures& figures, const Estimate<Seconds>& mean) {
  return !limit || latency_statistic(figures, mean, limit->statistic).high <= limit->at_most;
}

std::optional<std::size_t> first_cautious(const Plan& plan) {
  const workload::ServingDemand& demand = plan.scenario.demand;
  for (std::size_t i = 0; i < plan.fleets.size(); ++i) {
    const Fleet& fleet = plan.fleets[i];
    const SimulatedServing& simulated = *fleet.simulated;
    if (within(demand.ttft, simulated.ttft, fleet.serving.ttft) &&
        within(demand.tpot, simulated.tpot, fleet.serving.tpot)) {
      return i;
    }
  }
  return std::nullopt;
}

void add_notes(Plan& plan, const PlanInputs& inputs) {
  if (plan.is_feasible()) {
    const SimulatedServing& first = *plan.fleets.front().simulated;
    if (first.too_long > 0) {
      plan.notes.push_back(fmt::format("{} of the requests are longer than a replica's cache",
                                       grouped_text(static_cast<double>(first.too_long))));
    }
    const auto asked = inputs.traffic.traffic.requests();
    if (inputs.traffic.traced && asked && *asked > inputs.traffic.requests_max) {
      plan.notes.push_back(
          fmt::format("the first {} requests of the trace are simulated",
                      grouped_text(1.0 * static_cast<double>(inputs.traffic.requests_max))));
    }
  }
  std::size_t undated = 0, dated = 0;
  for (const Fleet& fleet : plan.fleets) {
    const std::string& date = fleet.offer.date;
    if (date.empty()) {
      ++undated;
    } else {
      ++dated;
      if (plan.oldest_price.empty() || date < plan.oldest_price) plan.oldest_price = date;
    }
  }
  if (undated > 0 && dated > 0) {
    plan.notes.push_back(fmt::format("{} of the prices carry no date", undated));
  }
  for (const market::OfferBook& book : inputs.books) {
    if (book.skipped.empty()) continue;
    plan.notes.push_back(
        fmt::format("{}: {} rows name what the catalog does not have (assay offers {})", book.id,
                    book.skipped.size(), book.id));
  }
}

}  // namespace

std::string_view name(Reason reason) { return text_of(reason).name; }
std::string_view describe(Reason reason) { return text_of(reason).description; }

Estimate<Seconds> latency_statistic(const simulate::LatencyFigures& figures,
                                    const Estimate<Seconds>& mean, workload::Statistic statistic) {
  const double values[] = {figures.mean, figures.p50, figures.p90, figures.p95, figures.p99};
  const Seconds value = Seconds::from_base(values[static_cast<std::size_t>(statistic)]);
  if (mean.value <= Seconds{}) return {value, value, value};
  const double factor = value / mean.value;
  return {value, mean.low * factor, mean.high * factor};
}

Plan make_plan(const Scenario& scenario, const PlanInputs& inputs) {
  LayoutRuns runs{{inputs.model, inputs.efficiency, inputs.traffic, inputs.jobs}};
  Options options = find_fleets(scenario, inputs, runs, Depth::kRanking);
  Plan plan;
  plan.scenario = scenario;
  plan.model = inputs.model;
  plan.fleets = std::move(options.fleets);
  plan.candidates = options.candidates;
  plan.feasible = options.feasible;
  plan.traffic = inputs.traffic.description;
  plan.simulated = options.simulated;
  plan.unranked = options.unranked;
  plan.catalog_date = inputs.catalog.date;
  plan.catalog_hash = inputs.catalog.hash;
  for (const ReasonText& text : kReasons) {
    Tally& tally = options.rejected[static_cast<std::size_t>(text.reason)];
    if (tally.count > 0)
      plan.rejected.push_back({text.reason, tally.count, std::move(tally.nearest)});
  }
  if (plan.is_feasible()) {
    for (std::size_t i = 1; i < plan.fleets.size(); ++i) {
      plan.fleets[i].why_not_first = why_not_first(plan.fleets[i], plan.fleets.front());
    }
    plan.shortlist = best_of_each(plan.fleets);
    plan.cautious = first_cautious(plan);
    plan.sensitivities = sensitivities(scenario, inputs, runs, plan.fleets.front());
  } else {
    plan.relaxations = relaxations(scenario, inputs, runs);
  }
  add_notes(plan, inputs);
  return plan;
}

}  // namespace assay::plan
