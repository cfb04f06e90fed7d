// predict_training.h — one question of `assay predict train`: a model, accelerators, a job and a
// layout → every figure with its interval, memory with its verdict and what would fit, where the
// time goes, and with a number of tokens what the run takes.
// A layout that does not fit has all figures too, and `shortage`. Base units. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/interval.h"
#include "catalog/power_curve.h"
#include "catalog/system.h"
#include "model/training_fit.h"
#include "model/training_run.h"
#include "model/training_step.h"
#include "search/training_interval.h"
#include "search/training_waterfall.h"
#include "workload/training_run.h"

namespace assay::search {

// Beside the model::TrainingSubject.
struct TrainingSite {
  const catalog::System* system{};  // that the accelerators stand in; null: unknown
  const catalog::PowerTable& power;
  double pue{1.0};
};

struct TrainingPower {
  Estimate<double> board;     // W, mean of a step
  Watts idle, limit;          // of a board
  std::optional<Watts> host;  // an accelerator's share of what is not a board
  std::string host_unknown;   // why there is none
  double joules_per_token{};  // all boards, and hosts where they are known, with the PUE
  std::string origin;         // of the curve
};

struct PredictedTraining {
  model::TrainingLayout layout;
  model::TrainingStep step;
  int micro_batches{};  // of one pipeline
  Bytes usable;         // memory of an accelerator
  StepInterval interval;
  Estimate<double> seconds;  // of a step
  Estimate<double> tokens_per_s, tokens_per_s_per_accelerator;
  Estimate<double> flops;  // FLOP/s of the model, an accelerator; Megatron's convention
  Estimate<double> mfu;
  TrainingWaterfall waterfall;
  std::string shortage;                   // empty: it fits
  std::vector<model::TrainingFix> fixes;  // where it does not
  std::optional<TrainingPower> power;     // the board's limit is unknown: none
  std::optional<model::TrainingRunEstimate> run;
};

// Elements that a checkpoint keeps, over all ranks.
double trained_elements(const model::TrainingPass& pass, const model::TrainingLayout& layout);

// Error kInfeasible: the layout cannot run. `run`: nothing is asked of one. Does not look for
// fixes: `add_fixes` does.
Result<PredictedTraining> predict_training(const model::TrainingSubject& subject,
                                           const TrainingSite& site,
                                           const model::TrainingLayout& layout,
                                           const std::optional<workload::TrainingRun>& run);

// What an accelerator draws while it runs such a layout; nothing: the board's limit is unknown.
std::optional<model::RunPower> run_power(const TrainingSite& site,
                                         const PredictedTraining& predicted);

void add_fixes(const model::TrainingSubject& subject, PredictedTraining& predicted);

// Where the figures come from, one line each: families, stack, links, interval, power.
std::vector<std::string> training_provenance(const model::TrainingSubject& subject,
                                             const TrainingSite& site);

}  // namespace assay::search
