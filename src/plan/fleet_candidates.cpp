#include "plan/fleet_candidates.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "market/token_price.h"
#include "plan/offer_site.h"

namespace assay::plan {

namespace {

// Beyond it a fleet is a slip of the pen.
constexpr double kReplicasMax = 1e6;
constexpr int kServerMax = 8;  // of single cards that are rented together

Platform platform_of(const catalog::Catalog& catalog, const catalog::Accelerator& accelerator,
                     const market::Offer& offer) {
  OfferSite site = offer_site(catalog, offer);
  Platform platform;
  platform.accelerator = &accelerator;
  platform.system = site.system;
  const int in_server = platform.system != nullptr ? platform.system->accelerators : 1;
  platform.tensor_max = site.by_card ? std::min(in_server, kServerMax) : offer.accelerators;
  platform.assumed = std::move(site.assumed);
  return platform;
}

Reason reason_of(search::Reject reject) {
  switch (reject) {
    case search::Reject::kNotRunnable:
      return Reason::kNotRunnable;
    case search::Reject::kMemory:
      return Reason::kMemory;
    case search::Reject::kTtft:
      return Reason::kTtft;
    case search::Reject::kTpot:
      return Reason::kTpot;
  }
  ASSAY_ASSERT(false);
  return Reason::kLimits;
}

double nearness_of(const search::Layout& layout, const workload::ServingDemand& demand) {
  switch (*layout.reject) {
    case search::Reject::kMemory:
      return layout.memory.usable / (layout.memory.usable - layout.memory.kv_available);
    case search::Reject::kTtft:
      return demand.ttft->at_most / *layout.ttft_alone;
    case search::Reject::kTpot:
      return demand.tpot->at_most / *layout.tpot_alone;
    default:
      return 0;
  }
}

std::string layout_text(const Platform& platform, const search::Layout& layout) {
  return fmt::format("{} tp{} {}", platform.accelerator->id, layout.deployment.tensor,
                     catalog::name(layout.deployment.weights));
}

// Power of the rented accelerators with their share of the server, at full load.
void add_power(Fleet& fleet, const Platform& platform) {
  const auto board = platform.accelerator->power.value();
  const auto whole = platform.system != nullptr ? platform.system->power.value() : std::nullopt;
  if (whole && platform.system->accelerators > 0) {
    fleet.power =
        *whole * (static_cast<double>(fleet.accelerators) / platform.system->accelerators);
    fleet.power_basis = "whole systems, at most";
  } else if (board) {
    fleet.power = *board * fleet.accelerators;
    fleet.power_basis = "accelerator boards only, at most: the server's power is unknown";
  } else {
    fleet.power_basis = "unknown";
  }
}

// Replicas that the demand needs, headroom included.
double replicas_wanted(const Scenario& scenario, Hertz rate) {
  return std::ceil(scenario.demand.rate * (1 + scenario.headroom) / rate * (1 - 1e-9));
}

// How many units the demand needs; all replicas that fit into them then share the load.
void size_fleet(Fleet& fleet, double replicas, int units_min) {
  const int tensor = fleet.deployment.tensor;
  const int per_unit = fleet.offer.accelerators / tensor;
  const double units =
      per_unit > 0 ? std::ceil(replicas / per_unit) : replicas * tensor / fleet.offer.accelerators;
  fleet.units = std::max({static_cast<int>(std::ceil(units)), fleet.offer.lot_min, units_min});
  fleet.accelerators = fleet.units * fleet.offer.accelerators;
  fleet.replicas = per_unit > 0 ? fleet.units * per_unit : fleet.accelerators / tensor;
}

// The demand as a share of what the fleet holds within the limits. What it holds is as uncertain as
// the model's throughput.
Estimate<double> load_share(const Fleet& fleet, const Scenario& scenario, const PlanInputs& inputs,
                            Hertz rate) {
  const bool moe = catalog::is_mixture_of_experts(inputs.model);
  const bool measured = inputs.efficiency.family(fleet.family).measured();
  return estimate(scenario.demand.rate / (rate * fleet.replicas),
                  inputs.efficiency.interval("throughput", moe, measured).half_width);
}

void add_provenance(Fleet& fleet, const Platform& platform) {
  fleet.facts = platform.hardware->facts;
  if (!platform.assumed.empty()) fleet.assumed.push_back(platform.assumed);
  if (!fleet.offer.assumed.empty()) fleet.assumed.push_back(fleet.offer.assumed);
  const bool by_card =
      fleet.offer.unit == market::PriceUnit::kCard && fleet.offer.accelerators == 1;
  if (by_card && fleet.deployment.tensor > 1) {
    fleet.assumed.push_back(
        fmt::format("{} single cards of the offer stand in one server", fleet.deployment.tensor));
  }
}

// Offers that pass the filters, each with its platform; the others are counted.
struct Lead {
  const market::Offer* offer{};
  const Platform* platform{};
};

std::vector<Lead> collect_leads(const Scenario& scenario, const PlanInputs& inputs,
                                Options& options, Platforms& platforms) {
  std::vector<Lead> leads;
  for (const market::OfferBook& book : inputs.books) {
    for (const market::Offer& offer : book.offers) {
      const catalog::Accelerator* accelerator = inputs.catalog.accelerator(offer.accelerator);
      ASSAY_ASSERT(accelerator != nullptr);  // an OfferBook holds resolved offers only
      if (const auto reason = filtered(scenario.offers, offer, *accelerator)) {
        reject(options, *reason, 0, offer.id);
        options.candidates += 1;
        continue;
      }
      Platform platform = platform_of(inputs.catalog, *accelerator, offer);
      const PlatformKey key{accelerator->id, platform.system ? platform.system->id : "",
                            platform.tensor_max};
      const auto [place, added] = platforms.try_emplace(key, std::move(platform));
      leads.push_back({&offer, &place->second});
    }
  }
  return leads;
}

void evaluate(Platform& platform, const Scenario& scenario, const PlanInputs& inputs) {
  platform.hardware =
      model::resolve_hardware(inputs.catalog, *platform.accelerator, platform.system);
  if (!platform.hardware) return;
  const catalog::Format published =
      inputs.model.quantisation ? inputs.model.quantisation->weights : inputs.model.dtype;
  const std::vector<catalog::Format> weights =
      scenario.weights.empty() ? std::vector{published} : scenario.weights;
  platform.layouts =
      search::serving_layouts(inputs.model, *platform.hardware, inputs.efficiency, scenario.demand,
                              {.weights = weights,
                               .kv_cache = scenario.kv_cache,
                               .tensor_max = platform.tensor_max,
                               .engine = scenario.engine,
                               .slack = inputs.traffic.slack});
}

}  // namespace

LayoutSite Candidate::site() const {
  const model::Deployment& d = layout->deployment;
  return {&*platform->hardware, layout,
          fmt::format("{} {} tp{} {}", platform->accelerator->id,
                      platform->system != nullptr ? platform->system->id : "", d.tensor,
                      catalog::name(d.weights))};
}

std::string Candidate::text() const { return layout_text(*platform, *layout); }

void reject(Options& options, Reason reason, double nearness, std::string nearest) {
  Tally& tally = options.rejected[static_cast<std::size_t>(reason)];
  tally.count += 1;
  if (tally.nearest.empty() || nearness > tally.nearness) {
    tally.nearness = nearness;
    tally.nearest = std::move(nearest);
  }
}

std::vector<Candidate> find_candidates(const Scenario& scenario, const PlanInputs& inputs,
                                       Options& options, Platforms& platforms) {
  const std::vector<Lead> leads = collect_leads(scenario, inputs, options, platforms);
  std::vector<Platform*> order;
  for (auto& [key, platform] : platforms) order.push_back(&platform);
  parallel_for(order.size(), inputs.jobs,
               [&](std::size_t i) { evaluate(*order[i], scenario, inputs); });
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < leads.size(); ++i) {
    const Platform& platform = *leads[i].platform;
    if (!platform.hardware) {
      reject(options, Reason::kUnknownFigure, 0, platform.hardware.error().what);
      options.candidates += 1;
      continue;
    }
    for (const search::Layout& layout : platform.layouts) {
      options.candidates += 1;
      if (!layout.reject) {
        candidates.push_back({leads[i].offer, &platform, &layout, i});
        continue;
      }
      reject(options, reason_of(*layout.reject), nearness_of(layout, scenario.demand),
             fmt::format("{}: {}", layout_text(platform, layout), layout.why));
    }
  }
  return candidates;
}

std::optional<Fleet> cost_fleet(const Scenario& scenario, const PlanInputs& inputs,
                                const Candidate& candidate, Hertz rate, int units_min,
                                Options& options) {
  const std::string text = candidate.text();
  const double replicas = replicas_wanted(scenario, rate);
  if (replicas > kReplicasMax) {
    reject(options, Reason::kMarketDepth, kReplicasMax / replicas,
           fmt::format("{}: {} replicas, counted up to {}", text, grouped_text(replicas),
                       grouped_text(kReplicasMax)));
    return std::nullopt;
  }
  Fleet fleet;
  fleet.offer = *candidate.offer;
  fleet.family = candidate.platform->hardware->family;
  fleet.deployment = candidate.layout->deployment;
  fleet.memory = candidate.layout->memory;
  size_fleet(fleet, replicas, units_min);
  if (fleet.offer.units_max && fleet.units > *fleet.offer.units_max) {
    reject(options, Reason::kMarketDepth, double(*fleet.offer.units_max) / fleet.units,
           fmt::format("{}: {} units, {} on offer", text, fleet.units, *fleet.offer.units_max));
    return std::nullopt;
  }
  fleet.rate_share = load_share(fleet, scenario, inputs, rate);
  fleet.usd_per_month = market::price_per_unit_month(fleet.offer) * fleet.units;
  fleet.usd_per_million_output_tokens = market::usd_per_million_tokens(
      fleet.usd_per_month, scenario.demand.rate * scenario.demand.output_tokens);
  add_power(fleet, *candidate.platform);
  if (scenario.budget_per_month && fleet.usd_per_month > *scenario.budget_per_month) {
    reject(options, Reason::kBudget, *scenario.budget_per_month / fleet.usd_per_month,
           fmt::format("{} × {}: {} USD/month", fleet.accelerators, text,
                       grouped_text(fleet.usd_per_month.base())));
    return std::nullopt;
  }
  if (scenario.power && !(fleet.power && *fleet.power <= *scenario.power)) {
    const std::string drawn = fleet.power ? to_text(*fleet.power, 3) : "power unknown";
    reject(options, Reason::kPower, fleet.power ? *scenario.power / *fleet.power : 0,
           fmt::format("{} × {}: {}", fleet.accelerators, text, drawn));
    return std::nullopt;
  }
  add_provenance(fleet, *candidate.platform);
  return fleet;
}

}  // namespace assay::plan
