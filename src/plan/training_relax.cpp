#include "plan/training_relax.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"

namespace assay::plan {

namespace {

constexpr int kAcceleratorsMost = 1 << 20;  // beyond it a run is another question

using Value = std::function<double(const TrainingOption&)>;

// A constraint without which the scenario is asked again, and what is then to be least.
struct Move {
  std::string constraint, asked;
  std::function<void(TrainingScenario&)> apply;
  Value least;
  std::function<std::string(const TrainingOption&)> needed;
};

double cost_of(const TrainingOption& o) { return o.lease.cost.base(); }
double time_of(const TrainingOption& o) { return o.predicted.run->expected.base(); }

// Limits, each moved to what the option that needs the least of it needs.
std::vector<Move> limits(const TrainingScenario& scenario) {
  std::vector<Move> out;
  if (scenario.run.deadline) {
    out.push_back({"limits.deadline", days_text(*scenario.run.deadline),
                   [](TrainingScenario& s) {
                     s.run.deadline.reset();
                     s.objective = Objective::kTime;  // up to the largest count
                   },
                   [](const TrainingOption& o) { return o.sure.base(); },
                   [](const TrainingOption& o) { return days_text(o.sure); }});
  }
  if (scenario.budget) {
    out.push_back({"constraints.budget", to_text(*scenario.budget),
                   [](TrainingScenario& s) { s.budget.reset(); },
                   [](const TrainingOption& o) { return o.sure_lease.cost.base(); },
                   [](const TrainingOption& o) { return to_text(o.sure_lease.cost); }});
  }
  if (scenario.power) {
    out.push_back({"constraints.power", to_text(*scenario.power, 3),
                   [](TrainingScenario& s) { s.power.reset(); },
                   [](const TrainingOption& o) { return o.power ? o.power->base() : HUGE_VAL; },
                   [](const TrainingOption& o) {
                     return o.power ? to_text(*o.power, 3) : std::string{"unknown"};
                   }});
  }
  if (scenario.accelerators_max < kAcceleratorsMost) {
    out.push_back({"constraints.accelerators_max", grouped_text(scenario.accelerators_max),
                   [](TrainingScenario& s) { s.accelerators_max = kAcceleratorsMost; },
                   [](const TrainingOption& o) { return 1.0 * o.accelerators; },
                   [](const TrainingOption& o) { return grouped_text(o.accelerators); }});
  }
  return out;
}

// Sets and switches are not moved but dropped.
std::vector<Move> drops(const TrainingScenario& scenario) {
  std::vector<Move> out;
  const auto dropped = [&](std::string constraint, std::string asked,
                           std::function<void(TrainingScenario&)> apply) {
    if (asked.empty()) return;
    out.push_back({std::move(constraint), std::move(asked), std::move(apply), cost_of,
                   [](const TrainingOption&) { return std::string{"dropped"}; }});
  };
  const OfferChoice& offers = scenario.offers;
  dropped("constraints.include", join(offers.include, ", "),
          [](TrainingScenario& s) { s.offers.include.clear(); });
  dropped("constraints.exclude", join(offers.exclude, ", "),
          [](TrainingScenario& s) { s.offers.exclude.clear(); });
  dropped("constraints.regions", join(offers.regions, ", "),
          [](TrainingScenario& s) { s.offers.regions.clear(); });
  dropped("constraints.domestic_only", offers.domestic_only ? "yes" : "",
          [](TrainingScenario& s) { s.offers.domestic_only = false; });
  return out;
}

const TrainingOption* least_of(const std::vector<TrainingOption>& options, const Value& value) {
  const TrainingOption* best = nullptr;
  for (const TrainingOption& option : options) {
    const bool less = best == nullptr || value(option) < value(*best) ||
                      (value(option) == value(*best) && cost_of(option) < cost_of(*best));
    if (less) best = &option;
  }
  return best;
}

std::optional<TrainingOption> best_of(const TrainingScenario& scenario,
                                      const TrainingPlanInputs& inputs, TrainingLadders& ladders) {
  TrainingOptions found = find_training_options(scenario, inputs, ladders);
  const auto best = std::min_element(found.feasible.begin(), found.feasible.end(),
                                     [&](const TrainingOption& a, const TrainingOption& b) {
                                       return better(a, b, scenario.objective);
                                     });
  if (best == found.feasible.end()) return std::nullopt;
  return std::move(*best);
}

struct Nudge {
  std::string change;
  std::function<void(TrainingScenario&)> apply;
};

std::vector<Nudge> nudges(const TrainingScenario& scenario) {
  std::vector<Nudge> out{
      {"tokens +10 %", [](TrainingScenario& s) { s.run.tokens *= 1.1; }},
      // A step that takes 1/0.9 of its time: as many tokens more, in all that is asked here.
      {"MFU −10 %", [](TrainingScenario& s) { s.run.tokens /= 0.9; }},
      {"MTBF halved",
       [](TrainingScenario& s) {
         s.run.failures.accelerator_mtbf = s.run.failures.accelerator_mtbf * 0.5;
       }},
  };
  if (scenario.run.deadline) {
    out.push_back(
        {"deadline −10 %", [](TrainingScenario& s) { s.run.deadline = *s.run.deadline * 0.9; }});
  }
  return out;
}

}  // namespace

std::vector<TrainingRelaxation> training_relaxations(const TrainingScenario& scenario,
                                                     const TrainingPlanInputs& inputs,
                                                     TrainingLadders& ladders,
                                                     std::vector<std::string>& no_help) {
  std::vector<Move> moves = limits(scenario);
  for (Move& move : drops(scenario)) moves.push_back(std::move(move));
  std::vector<TrainingRelaxation> out;
  for (const Move& move : moves) {
    TrainingScenario moved = scenario;
    move.apply(moved);
    const TrainingOptions found = find_training_options(moved, inputs, ladders);
    const TrainingOption* option = least_of(found.feasible, move.least);
    if (option == nullptr) {
      no_help.push_back(move.constraint);
      continue;
    }
    out.push_back({move.constraint, move.asked, move.needed(*option), option_text(*option),
                   option->lease.cost, option->predicted.run->expected});
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.cost < b.cost; });
  return out;
}

std::vector<TrainingSensitivity> training_sensitivities(const TrainingScenario& scenario,
                                                        const TrainingPlanInputs& inputs,
                                                        TrainingLadders& ladders,
                                                        const TrainingOption& choice) {
  std::vector<TrainingSensitivity> out;
  for (const Nudge& nudge : nudges(scenario)) {
    TrainingScenario moved = scenario;
    nudge.apply(moved);
    const auto best = best_of(moved, inputs, ladders);
    TrainingSensitivity effect{
        .change = nudge.change, .cost_ratio = 0, .time_ratio = 0, .option = {}};
    if (best) {
      effect.cost_ratio = cost_of(*best) / cost_of(choice);
      effect.time_ratio = time_of(*best) / time_of(choice);
      const std::string text = option_text(*best);
      if (text != option_text(choice)) effect.option = text;
    }
    out.push_back(std::move(effect));
  }
  const bool by_cost = scenario.objective == Objective::kCost;
  std::stable_sort(out.begin(), out.end(), [by_cost](const auto& a, const auto& b) {
    const auto effect = [by_cost](const TrainingSensitivity& s) {
      if (s.cost_ratio == 0) return HUGE_VAL;
      return std::abs((by_cost ? s.cost_ratio : s.time_ratio) - 1);
    };
    return effect(a) > effect(b);
  });
  return out;
}

}  // namespace assay::plan
