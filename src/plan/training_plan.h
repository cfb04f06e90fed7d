// training_plan.h — a training scenario in, a plan out: which accelerators, how many, in what
// layout, from whom, when it is done and at what cost; and why not others.
// Stages: offers → hardware → counts (training_ladder.h) → the best layout of each → the run with
// its failures → leases (market/lease.h) → the limits → ranking. What falls out is counted under
// the first reason it meets.
// Limits on time and money hold with the scenario's confidence; the ranking is by the mean: of the
// cost over all finishes, of the time over failures. Deterministic for any number of jobs.
// Infeasible is an answer, not an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "catalog/language_model.h"
#include "market/lease.h"
#include "market/offer_book.h"
#include "model/training_fit.h"
#include "plan/plan.h"
#include "plan/training_scenario.h"
#include "search/predict_training.h"

namespace assay::plan {

// So many accelerators of one offer, in the best layout of their count.
struct TrainingOption {
  market::Offer offer;
  std::string system;  // id; empty: none in the catalog
  std::string family;  // of the accelerator: whose constants were used
  model::TrainingFormat format{};
  int accelerators{};                   // that train
  int spare_accelerators{};             // that stand by
  search::PredictedTraining predicted;  // with its run
  Seconds sure;                         // the run is done in it with the asked confidence
  market::Lease lease;                  // in the mean over all finishes
  market::Lease sure_lease;             // for `sure`
  std::optional<Watts> power;           // of what is rented, at full load
  std::string power_basis;
  std::vector<std::string> assumed;
  std::vector<model::UsedFact> facts;
  std::vector<std::string> provenance;  // of the constants of the model
  std::string why_not_first;            // empty for the first
};

// An accelerator that is in no plan, with what came nearest.
struct TrainingMiss {
  std::string accelerator;
  Reason reason{};
  std::string text;
};

// One constraint, moved as little as needed or dropped, and what is then the answer.
struct TrainingRelaxation {
  std::string constraint, asked, needed;
  std::string option;  // "4,096 × b200, tp8 pp4 …"
  Usd cost;
  Seconds expected;
};

struct TrainingSensitivity {
  std::string change;   // "tokens +10 %"
  double cost_ratio{};  // of the best plan then to that of today; 0: infeasible
  double time_ratio{};
  std::string option;  // the choice then, if another
};

struct TrainingPlan {
  TrainingScenario scenario;
  catalog::LanguageModel model;
  std::vector<TrainingOption> options;  // the best of each offer, best first
  std::vector<std::size_t> shortlist;   // of them the best of each accelerator
  // Of the options, the best of the first one's accelerator whose price has another period.
  std::optional<std::size_t> other_period;
  int candidates{};                // offers × formats × counts
  int feasible{};                  // of them
  std::int64_t layouts{};          // of all counts that were searched
  std::vector<Rejected> rejected;  // in order of Reason, without zero counts
  std::vector<TrainingMiss> misses;
  std::vector<model::TrainingFix> fixes;        // infeasible only: of the layout nearest to memory
  std::vector<TrainingRelaxation> relaxations;  // infeasible only; by cost
  std::vector<std::string> no_help;  // infeasible only: constraints that do not help alone
  std::vector<TrainingSensitivity> sensitivities;
  std::vector<std::string> notes;
  std::string oldest_price;  // empty: not dated
  std::string catalog_date, catalog_hash;

  bool is_feasible() const { return !options.empty(); }
};

struct TrainingPlanInputs {
  const catalog::Catalog& catalog;
  const catalog::TrainingTable& table;
  const catalog::PowerTable& power;
  const std::vector<market::OfferBook>& books;
  const catalog::LanguageModel& model;
  int jobs{1};
};

TrainingPlan make_training_plan(const TrainingScenario& scenario, const TrainingPlanInputs& inputs);

// "4,096 × b200, tp8 pp16 dp32 …, bf16".
std::string option_text(const TrainingOption& option);
// "46.2 days".
std::string days_text(Seconds time);

}  // namespace assay::plan
