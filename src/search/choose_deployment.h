// choose_deployment.h — what was said of a deployment → the deployment: formats and a layout for
// what was left open, each choice named. The smallest tensor parallelism wins: the fewest
// accelerators a replica. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "catalog/power_curve.h"
#include "catalog/system.h"
#include "model/deployment.h"
#include "model/hardware.h"
#include "model/memory_fit.h"
#include "simulate/serving_prediction.h"

namespace assay::search {

// What is asked about; all of it outlives the call.
struct ServingSubject {
  const catalog::LanguageModel& model;
  const model::Hardware& hardware;
  const catalog::System* system{};  // that they stand in; null: none is known
  int accelerators{1};
};

struct ServingTables {
  const catalog::EfficiencyTable& efficiency;
  const catalog::PowerTable& power;
};

// What was said of the deployment; the rest is chosen.
struct DeploymentWish {
  std::optional<int> tensor, data, expert, pipeline;
  std::optional<catalog::Format> weights, activations, kv_cache;
  std::string engine{"vllm"};
  int draft_tokens{};
  double acceptance{};
};

struct ChosenDeployment {
  model::Deployment deployment;
  int replicas{};
  int idle{};                        // accelerators that no replica has a use for
  std::vector<std::string> assumed;  // "layout tp1: the smallest tensor parallelism that …"
};

// Formats that were not said: as published; activations as the hardware multiplies these weights.
model::Deployment default_formats(const catalog::LanguageModel& model,
                                  const model::Hardware& hardware, const DeploymentWish& wish);

// model::runnable, and the link that the accelerators of a replica share has a known bandwidth.
Result<bool> can_serve(const catalog::LanguageModel& model, const model::Hardware& hardware,
                       const model::Deployment& deployment);

// Sequences of one replica that each hold a whole request of `length` tokens in the cache, at most
// the engine's limit.
double sequences_that_fit(const model::MemoryFit& memory, const catalog::EngineOverhead& engine,
                          const model::Deployment& deployment, double length);

// Layout that was not said: the smallest tensor parallelism (a power of two) that holds the load,
// else the one that holds most of it. Error kInfeasible: none holds one request; names what binds.
// `load.amount` of kFixedBatch is of one replica, else over all.
Result<ChosenDeployment> choose_deployment(const ServingSubject& subject,
                                           const ServingTables& tables, const DeploymentWish& wish,
                                           const simulate::ServingLoad& load);

}  // namespace assay::search
