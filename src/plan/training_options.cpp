#include "plan/training_options.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "plan/offer_site.h"

namespace assay::plan {

namespace {

// Where an offer names no server and the catalog has none of that size: the first system of the
// accelerator whose network is known.
OfferSite training_site(const catalog::Catalog& catalog, const market::Offer& offer) {
  OfferSite site = offer_site(catalog, offer);
  if (site.system == nullptr && offer.system.empty()) {
    for (const catalog::System& system : catalog.systems) {
      const bool known = system.scale_out_bandwidth.value().has_value();
      if (system.accelerator != offer.accelerator || !known) continue;
      site.system = &system;
      site.assumed = fmt::format("the offer names no server: {} taken", system.id);
      break;
    }
  }
  if (site.by_card && site.system != nullptr) {
    site.assumed += fmt::format("{}single cards of the offer stand in such systems, networked",
                                site.assumed.empty() ? "" : "; ");
  }
  return site;
}

// An offer in one format.
struct Lead {
  const market::Offer* offer{};
  TrainingLadder* ladder{};
  model::TrainingFormat format{};
  std::string assumed;
};

class Pass {
 public:
  Pass(const TrainingScenario& scenario, const TrainingPlanInputs& inputs, TrainingLadders& ladders)
      : scenario_{scenario}, inputs_{inputs}, ladders_{ladders} {}

  TrainingOptions run();

 private:
  void collect();
  TrainingLadder& ladder_of(const market::Offer& offer, const catalog::Accelerator& accelerator,
                            const catalog::System* system, model::TrainingFormat format);
  void climb_all();
  void judge(const Lead& lead, int accelerators);
  bool without_layout(const Lead& lead, int accelerators);
  TrainingOption option_of(const Lead& lead, int accelerators) const;
  std::optional<Reason> exceeded(const TrainingOption& option, double& nearness,
                                 std::string& why) const;
  void reject(const market::Offer& offer, Reason reason, double nearness, std::string text);

  const TrainingScenario& scenario_;
  const TrainingPlanInputs& inputs_;
  TrainingLadders& ladders_;
  std::vector<Lead> leads_;
  std::map<const TrainingLadder*, std::vector<int>> counts_;
  std::map<std::string, std::pair<Reason, double>> missed_;  // what options_.misses were by
  TrainingOptions options_;
};

void Pass::reject(const market::Offer& offer, Reason reason, double nearness, std::string text) {
  options_.candidates += 1;
  const std::pair by{reason, nearness};
  const auto [place, added] = missed_.try_emplace(offer.accelerator, by);
  if (added || by > place->second) {
    place->second = by;
    options_.misses[offer.accelerator] = {offer.accelerator, reason, text};
  }
  Tally& tally = options_.rejected[static_cast<std::size_t>(reason)];
  tally.count += 1;
  if (tally.nearest.empty() || nearness > tally.nearness) {
    tally.nearness = nearness;
    tally.nearest = std::move(text);
  }
}

TrainingLadder& Pass::ladder_of(const market::Offer& offer, const catalog::Accelerator& accelerator,
                                const catalog::System* system, model::TrainingFormat format) {
  const LadderKey key{offer.accelerator, system != nullptr ? system->id : "", format};
  const auto [place, added] = ladders_.try_emplace(key);
  TrainingLadder& ladder = place->second;
  if (!added) return ladder;
  ladder.accelerator = &accelerator;
  ladder.system = system;
  ladder.hardware = model::resolve_hardware(inputs_.catalog, accelerator, system);
  if (!ladder.hardware) return ladder;
  model::TrainingJob job = scenario_.job;
  job.format = format;
  ladder.subject.emplace(inputs_.model, *ladder.hardware, inputs_.table, std::move(job));
  return ladder;
}

void Pass::collect() {
  for (const market::OfferBook& book : inputs_.books) {
    for (const market::Offer& offer : book.offers) {
      const catalog::Accelerator* accelerator = inputs_.catalog.accelerator(offer.accelerator);
      ASSAY_ASSERT(accelerator != nullptr);  // an OfferBook holds resolved offers only
      if (const auto reason = filtered(scenario_.offers, offer, *accelerator)) {
        reject(offer, *reason, 0, offer.id);
        continue;
      }
      const OfferSite site = training_site(inputs_.catalog, offer);
      for (const model::TrainingFormat format : scenario_.formats) {
        TrainingLadder& ladder = ladder_of(offer, *accelerator, site.system, format);
        if (ladder.subject) {
          leads_.push_back({&offer, &ladder, format, site.assumed});
        } else {
          reject(offer, Reason::kUnknownFigure, 0, ladder.hardware.error().what);
        }
      }
    }
  }
}

void Pass::climb_all() {
  std::vector<TrainingLadder*> order;
  for (const Lead& lead : leads_) {
    if (counts_.try_emplace(lead.ladder).second) order.push_back(lead.ladder);
  }
  std::vector<std::vector<int>> found(order.size());
  parallel_for(order.size(), inputs_.jobs,
               [&](std::size_t i) { found[i] = climb(*order[i], scenario_, inputs_.power); });
  for (std::size_t i = 0; i < order.size(); ++i) counts_[order[i]] = std::move(found[i]);
}

std::string counted(const Lead& lead, int accelerators) {
  return fmt::format("{} × {} {}", grouped_text(accelerators), lead.ladder->accelerator->id,
                     model::name(lead.format));
}

// Counts of which no layout runs, or none fits.
bool Pass::without_layout(const Lead& lead, int accelerators) {
  const TrainingPoint& point = lead.ladder->points.at(accelerators);
  if (point.best) return false;
  const std::string text = counted(lead, accelerators);
  if (!point.leanest) {
    reject(*lead.offer, Reason::kNotRunnable, 0, fmt::format("{}: {}", text, point.obstacle));
    return true;
  }
  const Bytes usable = lead.ladder->hardware->memory_usable;
  const model::TrainingMemory& memory = point.leanest->step.memory;
  const Tally& nearest = options_.rejected[static_cast<std::size_t>(Reason::kMemory)];
  if (nearest.count == 0 || usable.base() / memory.total() > nearest.nearness) {
    options_.unfit = lead.ladder;
    options_.unfit_accelerators = accelerators;
  }
  reject(*lead.offer, Reason::kMemory, usable.base() / memory.total(),
         fmt::format("{} ({}): {}", text, to_text(point.leanest->layout),
                     model::training_shortage(memory, usable)));
  return true;
}

// Boards at their limit and their hosts, of all that is rented.
void add_power(TrainingOption& option, const TrainingLadder& ladder) {
  const double rented = option.lease.accelerators;
  const auto& power = option.predicted.power;
  const auto whole = ladder.system != nullptr ? ladder.system->power.value() : std::nullopt;
  if (whole && ladder.system->accelerators > 0) {
    option.power = *whole * (rented / ladder.system->accelerators);
    option.power_basis = "whole systems, at most";
  } else if (power) {
    option.power = (power->limit + power->host.value_or(Watts{})) * rented;
    option.power_basis = power->host ? "boards at their limit, and hosts"
                                     : "boards at their limit only: the host's is unknown";
  } else {
    option.power_basis = "unknown";
  }
}

TrainingOption Pass::option_of(const Lead& lead, int accelerators) const {
  const TrainingLadder& ladder = *lead.ladder;
  TrainingOption option;
  option.offer = *lead.offer;
  option.system = ladder.system != nullptr ? ladder.system->id : "";
  option.family = ladder.hardware->family;
  option.format = lead.format;
  option.accelerators = accelerators;
  const workload::FailureModel& failures = scenario_.run.failures;
  option.spare_accelerators = failures.spares.value_or(0) * failures.accelerators_per_spare;
  option.predicted =
      predict_point(ladder, ladder.points.at(accelerators), scenario_, inputs_.power);
  ASSAY_ASSERT(option.predicted.run.has_value());
  const model::TrainingRunEstimate& run = *option.predicted.run;
  option.sure = model::finish_quantile(run.finish, scenario_.confidence);
  const int rented = accelerators + option.spare_accelerators;
  option.lease = market::mean_lease(option.offer, rented, run.finish.mean, [&](Seconds time) {
    return 1 - model::probability_within(run.finish, time);
  });
  option.sure_lease = market::lease_for(option.offer, rented, option.sure);
  add_power(option, ladder);
  if (!lead.assumed.empty()) option.assumed.push_back(lead.assumed);
  if (!option.offer.assumed.empty()) option.assumed.push_back(option.offer.assumed);
  option.facts = ladder.hardware->facts;
  return option;
}

std::optional<Reason> Pass::exceeded(const TrainingOption& option, double& nearness,
                                     std::string& why) const {
  const auto& deadline = scenario_.run.deadline;
  const auto sure = fmt::format("{:.0f} %", scenario_.confidence * 100);
  if (deadline && option.predicted.run->in_time.value_or(0) < scenario_.confidence) {
    nearness = *deadline / option.sure;
    why = fmt::format("{} with {} confidence, {} allowed", days_text(option.sure), sure,
                      days_text(*deadline));
    return Reason::kDeadline;
  }
  if (option.offer.units_max && option.lease.units > *option.offer.units_max) {
    nearness = 1.0 * *option.offer.units_max / option.lease.units;
    why = fmt::format("{} units, {} on offer", option.lease.units, *option.offer.units_max);
    return Reason::kMarketDepth;
  }
  if (scenario_.budget && option.sure_lease.cost > *scenario_.budget) {
    nearness = *scenario_.budget / option.sure_lease.cost;
    why = fmt::format("{} with {} confidence", to_text(option.sure_lease.cost), sure);
    return Reason::kBudget;
  }
  if (scenario_.power && !(option.power && *option.power <= *scenario_.power)) {
    nearness = option.power ? *scenario_.power / *option.power : 0;
    why = option.power ? to_text(*option.power, 3) : "power unknown";
    return Reason::kPower;
  }
  return std::nullopt;
}

void Pass::judge(const Lead& lead, int accelerators) {
  if (without_layout(lead, accelerators)) return;
  TrainingOption option = option_of(lead, accelerators);
  double nearness = 0;
  std::string why;
  if (const auto reason = exceeded(option, nearness, why)) {
    reject(*lead.offer, *reason, nearness, fmt::format("{}: {}", option_text(option), why));
    return;
  }
  options_.candidates += 1;
  options_.feasible.push_back(std::move(option));
}

TrainingOptions Pass::run() {
  collect();
  climb_all();
  for (const Lead& lead : leads_) {
    for (const int accelerators : counts_.at(lead.ladder)) judge(lead, accelerators);
  }
  for (const TrainingOption& option : options_.feasible) {
    options_.misses.erase(option.offer.accelerator);
  }
  return std::move(options_);
}

}  // namespace

TrainingOptions find_training_options(const TrainingScenario& scenario,
                                      const TrainingPlanInputs& inputs, TrainingLadders& ladders) {
  return Pass{scenario, inputs, ladders}.run();
}

bool better(const TrainingOption& a, const TrainingOption& b, Objective objective) {
  const auto key = [objective](const TrainingOption& o) {
    const double cost = o.lease.cost.base(), time = o.predicted.run->expected.base();
    const bool by_cost = objective == Objective::kCost;
    return std::tuple{by_cost ? cost : time, by_cost ? time : cost, std::string_view{o.offer.id},
                      o.accelerators, o.format};
  };
  return key(a) < key(b);
}

}  // namespace assay::plan
