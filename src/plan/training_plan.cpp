#include "plan/training_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/training_options.h"
#include "plan/training_relax.h"
#include "search/training_waterfall.h"

namespace assay::plan {

namespace {

std::string percent(double ratio) { return number_text(ratio * 100, 2) + " %"; }

// What the first has that this one has not: of what the objective makes least, then what is behind.
std::string why_not_first(const TrainingOption& option, const TrainingOption& first,
                          Objective objective) {
  const double dearer = option.lease.cost / first.lease.cost - 1;
  const double slower = option.predicted.run->expected / first.predicted.run->expected - 1;
  const double behind = objective == Objective::kCost ? dearer : slower;
  const std::string_view what = objective == Objective::kCost ? "cost" : "time";
  std::string why =
      behind < 0.0005 ? fmt::format("same {}", what) : fmt::format("+{} {}", percent(behind), what);
  const double price =
      market::price_per_accelerator(option.offer) / market::price_per_accelerator(first.offer);
  if (option.offer.accelerator == first.offer.accelerator && price > 1.0005) {
    return why + ": dearer offer of the same";
  }
  const double hours =
      option.predicted.run->accelerator_time / first.predicted.run->accelerator_time;
  const bool longer = hours > 1.005;
  if (longer) {
    why += fmt::format(": {} × the accelerator-hours", number_text(hours, 2));
  }
  if (price > 1.0005) {
    why += fmt::format("{} {} × the price each", longer ? "," : ":", number_text(price, 3));
  }
  if (option.lease.rounds_up() && !first.lease.rounds_up()) why += ", pays whole periods";
  return why;
}

// The best of each offer, best first.
std::vector<TrainingOption> best_of_each(std::vector<TrainingOption> options, Objective objective) {
  std::sort(options.begin(), options.end(),
            [objective](const auto& a, const auto& b) { return better(a, b, objective); });
  std::vector<TrainingOption> out;
  std::set<std::string> seen;
  for (TrainingOption& option : options) {
    if (seen.insert(option.offer.id).second) out.push_back(std::move(option));
  }
  return out;
}

std::optional<std::size_t> other_period(const std::vector<TrainingOption>& options) {
  for (std::size_t i = 1; i < options.size(); ++i) {
    const market::Offer& offer = options[i].offer;
    const market::Offer& first = options.front().offer;
    if (offer.accelerator == first.accelerator && offer.period != first.period) return i;
  }
  return std::nullopt;
}

void rank(TrainingPlan& plan) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < plan.options.size(); ++i) {
    TrainingOption& option = plan.options[i];
    if (seen.insert(option.offer.accelerator).second) plan.shortlist.push_back(i);
    if (i > 0) {
      option.why_not_first = why_not_first(option, plan.options.front(), plan.scenario.objective);
    }
  }
  plan.other_period = other_period(plan.options);
}

void add_provenance(TrainingPlan& plan, const TrainingPlanInputs& inputs,
                    const TrainingLadders& ladders) {
  for (TrainingOption& option : plan.options) {
    const auto found = ladders.find({option.offer.accelerator, option.system, option.format});
    const TrainingLadder& ladder = found->second;
    option.provenance = search::training_provenance(
        *ladder.subject, {ladder.system, inputs.power, plan.scenario.pue});
  }
}

void add_notes(TrainingPlan& plan, const TrainingPlanInputs& inputs) {
  std::size_t undated = 0;
  for (const TrainingOption& option : plan.options) {
    const std::string& date = option.offer.date;
    undated += date.empty() ? 1 : 0;
    if (!date.empty() && (plan.oldest_price.empty() || date < plan.oldest_price)) {
      plan.oldest_price = date;
    }
  }
  if (undated > 0 && undated < plan.options.size()) {
    plan.notes.push_back(fmt::format("{} of the prices carry no date", undated));
  }
  const bool stated = std::any_of(plan.options.begin(), plan.options.end(),
                                  [](const auto& o) { return o.offer.units_max.has_value(); });
  if (plan.is_feasible() && !stated) {
    plan.notes.emplace_back("no offer says how many there are: ask the seller");
  }
  for (const market::OfferBook& book : inputs.books) {
    if (book.skipped.empty()) continue;
    plan.notes.push_back(
        fmt::format("{}: {} rows name what the catalog does not have (assay offers {})", book.id,
                    book.skipped.size(), book.id));
  }
}

}  // namespace

std::string days_text(Seconds time) {
  const double days = time / (kHour * 24.0);
  if (days < 2) return number_text(time / kHour, 3) + " h";
  return fmt::format("{:.{}f} days", days, days < 100 ? 1 : 0);
}

std::string option_text(const TrainingOption& option) {
  return fmt::format("{} × {}, {}, {}", grouped_text(option.accelerators), option.offer.accelerator,
                     to_text(option.predicted.layout), model::name(option.format));
}

TrainingPlan make_training_plan(const TrainingScenario& scenario,
                                const TrainingPlanInputs& inputs) {
  TrainingLadders ladders;
  TrainingOptions found = find_training_options(scenario, inputs, ladders);
  TrainingPlan plan;
  plan.scenario = scenario;
  plan.model = inputs.model;
  plan.candidates = found.candidates;
  plan.feasible = static_cast<int>(found.feasible.size());
  plan.catalog_date = inputs.catalog.date;
  plan.catalog_hash = inputs.catalog.hash;
  plan.options = best_of_each(std::move(found.feasible), scenario.objective);
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    Tally& tally = found.rejected[i];
    if (tally.count == 0) continue;
    plan.rejected.push_back({static_cast<Reason>(i), tally.count, std::move(tally.nearest)});
  }
  for (auto& [accelerator, miss] : found.misses) plan.misses.push_back(std::move(miss));
  if (plan.is_feasible()) {
    rank(plan);
    plan.sensitivities = training_sensitivities(scenario, inputs, ladders, plan.options.front());
  } else {
    plan.relaxations = training_relaxations(scenario, inputs, ladders, plan.no_help);
    if (const TrainingLadder* ladder = found.unfit) {
      const TrainingPoint& point = ladder->points.at(found.unfit_accelerators);
      plan.fixes = search::fixes_of(*ladder->subject, point.leanest->layout);
    }
  }
  add_provenance(plan, inputs, ladders);
  for (const auto& [key, ladder] : ladders) {
    for (const auto& [count, point] : ladder.points) plan.layouts += point.layouts;
  }
  add_notes(plan, inputs);
  return plan;
}

}  // namespace assay::plan
