// serving_estimate.h — steady-state means of a replica under load, in closed form: TTFT, TPOT,
// batch, power. Poisson arrivals, continuous batching, equal lengths; no queue beyond its mean.
// Percentiles are the simulator's work: nothing here stands for one. Equations: docs/models.md,
// "Serving, steady state". Pure.
#pragma once

#include <optional>

#include "base/interval.h"
#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "model/hardware.h"
#include "model/inference_step.h"
#include "model/memory_fit.h"
#include "workload/serving.h"

namespace assay::model {

struct ServingEstimate {
  Estimate<Seconds> ttft, tpot;
  double batch{};          // mean sequences in decode on a replica
  double batch_max{};      // that the KV cache holds
  double kv_share{};       // batch / batch_max
  double prefill_share{};  // share of time spent in prefill
  Estimate<Watts> power;   // mean, of the replica's accelerators
  bool power_known{};
  Bound bound{};  // of the decode step
  std::string interval_regime;
};

// One replica that serves `rate` of the demand's requests. Error kInfeasible: memory does not fit,
// or the rate exceeds what the replica can hold at any batch; `what` names the binding constraint
// and its figure.
Result<ServingEstimate> estimate_serving(const catalog::LanguageModel& model,
                                         const Hardware& hardware, const Deployment& deployment,
                                         const catalog::EfficiencyTable& efficiency,
                                         const workload::ServingDemand& demand, Hertz rate);

// The largest rate one replica holds within the demand's mean limits (both, where given), to 0.1 %.
// Limits of percentiles are compared with the mean too: necessary, not sufficient; the caller says
// `not verified`. Error kInfeasible: not even one request at a time meets them; `what` says which
// and how near it comes.
Result<Hertz> rate_max(const catalog::LanguageModel& model, const Hardware& hardware,
                       const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                       const workload::ServingDemand& demand);

}  // namespace assay::model
