// training_run.h — from the time of a step to that of a run: days, accelerator-hours, energy, and
// how the time of its end is spread.
// Two things are uncertain: the step's time, by the interval of its prediction (log-normal), and
// the failures (goodput.h: exact mean and variance, taken as log-normal as well, so that their
// product is). Pure; equal on every machine. Equations: docs/models.md, "Training run".
#pragma once

#include <optional>

#include "base/quantity.h"
#include "model/goodput.h"

namespace assay::model {

// Of one accelerator.
struct RunPower {
  Watts board;      // while it trains
  Watts idle;       // while it waits for a restart or a repair
  Watts host;       // its share of all that is not a board
  double pue{1.0};  // of the site; 1: what the servers draw
};

struct RunInputs {
  Seconds step;         // as predicted
  double half_width{};  // kCoverage of |log(measured/predicted)| of it
  double tokens_per_step{};
  double tokens{};
  int accelerators{};
  int spare_accelerators{};  // that stand by
  GoodputInputs failures;
  std::optional<RunPower> power;
  std::optional<Seconds> deadline;
};

// From the start to the last checkpoint; log-normal.
struct FinishTime {
  Seconds mean, p10, p50, p90, p99;
  double log_deviation{};
};
Seconds finish_quantile(const FinishTime& finish, double probability);  // strictly in (0, 1)
double probability_within(const FinishTime& finish, Seconds deadline);

struct TrainingRunEstimate {
  double steps{};
  Seconds full_speed;         // steps as predicted, nothing fails and nothing is saved
  Seconds expected;           // mean over failures, steps as predicted
  Seconds failure_deviation;  // of that
  double failures{};          // mean number in it
  Goodput goodput;
  FinishTime finish;
  Seconds accelerator_time;       // of `expected`, of all that train: / kHour are accelerator-hours
  Seconds spare_time;             // the same of those that stand by
  std::optional<Joules> energy;   // of `expected`, without spares
  std::optional<double> in_time;  // probability that the deadline is met
};
TrainingRunEstimate run_estimate(const RunInputs& inputs);

}  // namespace assay::model
