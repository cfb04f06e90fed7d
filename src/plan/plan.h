// plan.h — scenario in, plan out: which accelerators, how many, in what layout, from whom, at what
// cost, and why not others.
// Stages: offers → hardware → layouts (search, in closed form) → what a replica holds, simulated →
// fleets (count, cost, power) → the fleets simulated → ranking. Every candidate that falls out is
// counted under the first reason it meets. Latencies are those of simulated requests; the interval
// is that of a mean.
// Deterministic for any number of jobs. Infeasible is an answer (style rule 19), not an error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "market/offer.h"
#include "market/offer_book.h"
#include "model/hardware.h"
#include "model/inference_step.h"
#include "model/memory_fit.h"
#include "plan/demand_traffic.h"
#include "plan/scenario.h"
#include "search/serving_layouts.h"
#include "simulate/latency_record.h"

namespace assay::plan {

// Why a candidate is not in the ranking, in the order in which candidates are tested.
enum class Reason : std::uint8_t {
  kExcluded,
  kForeign,
  kRegion,
  kKind,
  kHostApart,
  kUnknownFigure,
  kNotRunnable,
  kMemory,
  kTtft,
  kTpot,
  kLimits,
  kDeadline,
  kMarketDepth,
  kBudget,
  kPower
};
std::string_view name(Reason reason);      // "memory", "ttft", …: stable, for JSON
std::string_view describe(Reason reason);  // "do not fit memory", "miss the TTFT limit", …

// Means of a replica under the demand.
struct FleetServing {
  Estimate<Seconds> ttft, tpot;
  double batch{};        // sequences that decode together
  double batch_max{};    // that the cache or the engine allows
  double kv_share{};     // of the cache, in use
  model::Bound bound{};  // of a decode iteration
  std::string interval_regime;
};

// The fleet at the demanded rate, request by request.
struct SimulatedServing {
  std::int64_t requests{}, preemptions{}, too_long{};
  simulate::LatencyFigures ttft, tpot, end_to_end;  // s
  double goodput_per_s{}, good_share{};             // within the limits, each request by itself
  double kv_most{};                                 // share of the cache of a replica
  double utilisation{};
  double replica_rate_max{};  // requests/s that one replica holds within the limits
  std::string binds;          // what is missed beyond it; empty: nothing was
};

// One fleet: so many units of one offer, running so many replicas of one layout.
struct Fleet {
  market::Offer offer;
  std::string family;  // of the accelerator: whose efficiency was used
  model::Deployment deployment;
  model::MemoryFit memory;
  int replicas{};
  int units{};         // priced units rented
  int accelerators{};  // units × accelerators of a unit
  FleetServing serving;
  std::optional<SimulatedServing> simulated;  // unset: only what its replicas hold is known
  Estimate<double> rate_share;                // demand / what the fleet holds within the limits
  Usd usd_per_month;
  double usd_per_million_output_tokens{};
  std::optional<Watts> power;  // at full load
  std::string power_basis;  // "whole systems, at most", "accelerator boards only", or why unknown
  std::vector<std::string> assumed;  // what had to be assumed for this fleet
  std::vector<model::UsedFact> facts;
  std::string why_not_first;  // empty for the first
};

// A statistic of simulated latencies; its interval has the factors of the mean's.
Estimate<Seconds> latency_statistic(const simulate::LatencyFigures& figures,
                                    const Estimate<Seconds>& mean, workload::Statistic statistic);

struct Rejected {
  Reason reason{};
  int count{};
  std::string nearest;  // the candidate that came nearest, with its figure
};

// What would make an infeasible question answerable: one constraint, moved as little as needed.
struct Relaxation {
  std::string constraint;  // "limits.ttft_mean"
  std::string asked, needed;
  std::string fleet;  // what is then feasible: "8 × h200 …"
  Usd usd_per_month;
};

struct Sensitivity {
  std::string change;   // "output length +10 %"
  double cost_ratio{};  // cheapest plan's cost against today's; 0: infeasible
  std::string fleet;    // the choice then, if another
};

struct Plan {
  Scenario scenario;
  catalog::LanguageModel model;
  std::vector<Fleet> fleets;  // the best of each offer, cheapest first
  // Of the fleets, the cheapest of each accelerator: what a ranking shows.
  std::vector<std::size_t> shortlist;
  // The cheapest fleet whose latency intervals lie within the limits as a whole; unset: none does.
  std::optional<std::size_t> cautious;
  std::string traffic;  // what the requests are like; empty: equal lengths, Poisson arrivals
  int candidates{};     // offers × layouts, before any test
  int feasible{};
  int simulated{};  // layouts of one hardware, of which runs were made
  int unranked{};   // offers that could only be dearer than the fleets; not simulated
  std::vector<Rejected> rejected;       // in order of Reason, without zero counts
  std::vector<Relaxation> relaxations;  // infeasible only; empty: no single constraint helps
  std::vector<Sensitivity> sensitivities;
  std::vector<std::string> notes;  // skipped offers, undated prices, …
  std::string oldest_price;        // date, or "not dated"
  std::string catalog_date, catalog_hash;

  bool is_feasible() const { return !fleets.empty(); }
};

struct PlanInputs {
  const catalog::Catalog& catalog;
  const catalog::EfficiencyTable& efficiency;
  const std::vector<market::OfferBook>& books;
  const catalog::LanguageModel& model;
  const DemandTraffic& traffic;  // of the scenario
  int jobs{1};
  std::function<void(int simulated)> progress{};  // layouts so far; from the caller's thread
};

Plan make_plan(const Scenario& scenario, const PlanInputs& inputs);

}  // namespace assay::plan
