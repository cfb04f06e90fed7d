// serving_prediction.h — what a deployment does under a load: TTFT, TPOT, tokens a second, memory.
// One function for every question of this kind: `predict serve`, `search serve`, `validate`.
// Steady loads in closed form (model/steady_state.h), queues by running the requests (fleet.h).
// Values without intervals: those follow from the regime (search/serving_interval.h).
// Equations: docs/models.md, "Serving". Pure; the result depends on nothing but the arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "model/memory_fit.h"
#include "model/step_model.h"
#include "workload/serving.h"

namespace assay::simulate {

enum class LoadKind : unsigned char {
  kFixedBatch,   // `amount` sequences start together, decode in step and end together
  kDecode,       // `amount` sequences only decode; 0: as many as fit
  kOffline,      // as many as the replicas hold, for as long as one likes
  kConcurrency,  // `amount` requests at any time: one ends, the next comes
  kAtOnce,       // `amount` requests at time zero
  kRate,         // `amount` requests a second, independent of each other
  kCapacity      // the largest rate that keeps within `tpot` and `ttft`
};

struct ServingLoad {
  LoadKind kind{};
  double amount{};                         // over all replicas
  double input_tokens{}, output_tokens{};  // mean lengths
  double length_spread{};                  // uniform between mean·(1 ± spread)
  std::int64_t requests{};                 // of the run, over all replicas; 0: enough for a mean
  std::optional<Seconds> ttft, tpot;       // kCapacity: limits on the mean
  double batch_limit{};                    // sequences of a replica at most; 0: the engine's
  double tokens_max{};                     // of one iteration; 0: the engine's
  bool known_to_fit{};                     // it ran: the cache holds at least one request
  double beams{1};                         // of a beam search; kOffline and kCapacity
};

struct ServingFigures {
  Seconds ttft, tpot;          // means over requests
  Seconds ttft_p99, tpot_p99;  // by simulation; zero where the load has no queue
  double output_tokens_per_s{}, input_tokens_per_s{};  // of all replicas
  double requests_per_s{};
  double batch{};          // sequences that decode together on a replica, mean
  double batch_max{};      // that the cache or the engine allows
  bool cache_binds{};      // else the engine's limit of sequences
  bool saturated{};        // more requests a second come than leave
  double prefill_share{};  // of the time, in iterations that carry prompt tokens
  model::MemoryFit memory;
};

// `replicas` equal replicas share the load evenly. Error kInfeasible: not runnable, or one request
// does not fit; `what` names what binds.
Result<ServingFigures> predict_serving(const catalog::LanguageModel& model,
                                       const model::Hardware& hardware,
                                       const model::Deployment& deployment,
                                       const catalog::EfficiencyTable& efficiency,
                                       const ServingLoad& load, int replicas);

// Prompts on some replicas, decoding on others, with the cache sent from one to the other.
struct Disaggregation {
  model::Deployment prefill, decode;
  int prefill_replicas{}, decode_replicas{};
};

// For kConcurrency and kRate.
Result<ServingFigures> predict_disaggregated(const catalog::LanguageModel& model,
                                             const model::Hardware& hardware,
                                             const Disaggregation& pools,
                                             const catalog::EfficiencyTable& efficiency,
                                             const ServingLoad& load);

}  // namespace assay::simulate
