// run_power.h — energy of a simulated pool: for each size of iteration that it ran, the watts of
// the mean one of that size times its seconds; the idle board for the time that is left.
// Watts of an iteration: step_power.h. Unknown where the board's limit is. Pure; thread-safe.
// Equation: docs/models.md, "Power".
#pragma once

#include <optional>
#include <string>

#include "base/quantity.h"
#include "model/deployment.h"
#include "model/power.h"
#include "model/step_model.h"
#include "search/choose_deployment.h"
#include "search/serving_interval.h"
#include "simulate/iteration_profile.h"

namespace assay::search {

// What the replicas of one pool did. All of it outlives the call.
struct PoolRun {
  const model::Deployment& deployment;
  const model::StepModel& step;               // of that deployment
  const simulate::IterationProfile& profile;  // of all replicas
  double replica_seconds{};                   // in which a replica was there, busy or idle
  double output_tokens{};                     // that the energy is shared out to
};

// Mean of the iterations of one size; requires sums.iterations > 0.
model::Iteration mean_iteration(const simulate::IterationSums& sums);

// Of the boards' energy; they add up to 1.
struct EnergyShares {
  double prompts{};   // iterations that carry prompt tokens, alone or beside decoding
  double decoding{};  // iterations that only decode
  double idle{};
};

struct RunPower {
  ServingFigure energy;                           // J, all boards over the run
  ServingFigure mean;                             // W, of a board
  std::optional<ServingFigure> joules_per_token;  // boards; none: no output
  EnergyShares shares;
  Watts limit;  // of a board
  // Of one server with each board at that mean; the energy and that of a token with the host's
  // part, in proportion to the boards.
  std::optional<model::NodePower> node;
  std::optional<Joules> energy_node;
  std::optional<double> joules_per_token_node;
  std::string node_unknown;  // why there is none
  std::string origin;        // of the power curve
};

struct PoolPower {
  std::optional<RunPower> run;
  std::string unknown;  // why there is none
};

// `subject.accelerators`: of all pools that stand in the same servers, which they must fill.
PoolPower pool_power(const ServingSubject& subject, const ServingTables& tables,
                     const PoolRun& run);

}  // namespace assay::search
