// predict_serving.h — one question of `assay predict serve`: a model, some accelerators, a load →
// every figure with its interval, what binds, and what was assumed on the way.
// The latencies and rates are simulate/serving_prediction.h's; here the layout and the formats that
// were not said are chosen, and power and energy are added. Values in base units. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/power.h"
#include "model/step_model.h"
#include "search/choose_deployment.h"
#include "search/serving_interval.h"
#include "search/step_power.h"
#include "simulate/serving_prediction.h"

namespace assay::search {

struct ServingPower {
  ServingFigure prefill, decode, mean;   // W, of a board that serves
  Watts limit;                           // of a board
  std::optional<model::NodePower> node;  // of one server at that mean
  std::string node_unknown;              // why there is none
  ServingFigure joules_per_token;        // all boards, an output token
  std::optional<double> joules_per_token_node;
  std::string origin;  // of the power curve
};

struct PredictedServing {
  ChosenDeployment chosen;
  simulate::ServingLoad load;  // `amount` over all replicas
  simulate::ServingFigures figures;
  double sequences_fit{};  // whole requests that a replica runs at once; see cache_binds
  bool cache_binds{};      // the cache sets sequences_fit, else the engine's limit
  model::Step decode;      // one iteration at the mean batch, half of the output in the cache
  model::Step prefill;     // one prompt; of a fixed batch, all of its prompts
  double prefill_sequences{1};
  PhaseShares shares;
  ServingFigure ttft, tpot;                                  // s
  ServingFigure tokens_per_s, tokens_per_s_per_accelerator;  // output tokens
  std::optional<ServingFigure> tokens_per_s_per_user;        // no time per token: none
  std::optional<ServingPower> power;                         // the board's limit is unknown: none
};

// Error kInfeasible: not runnable, or a fixed batch that does not fit.
Result<PredictedServing> predict_deployment(const ServingSubject& subject,
                                            const ServingTables& tables,
                                            const ChosenDeployment& chosen,
                                            const simulate::ServingLoad& load);

// Where the figures come from, one line each: operators, links, engine, power.
std::vector<std::string> provenance(const ServingSubject& subject, const ServingTables& tables,
                                    const model::Deployment& deployment);

}  // namespace assay::search
