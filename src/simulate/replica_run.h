// replica_run.h — one replica under load: continuous batching with chunked prefill over a KV cache
// of limited size, from event to event. Between two changes of the batch the decode iterations are
// summed in closed form, so a run costs what its requests cost, not what its tokens cost.
// Deterministic: same input, same bytes. Semantics: docs/models.md, "Serving, simulated".
#pragma once

#include <cstdint>

#include "base/quantity.h"
#include "model/step_model.h"

namespace assay::simulate {

// What the engine allows in one iteration and at once; data/efficiency.yaml has each engine's.
struct EngineLimits {
  double tokens_max{};        // of one iteration (max_num_batched_tokens)
  double sequences_max{};     // running at once (max_num_seqs), over all data-parallel ranks
  double kv_tokens{};         // that the KV cache of the replica holds
  bool chunked_prefill{};     // prompts are cut and run together with decoding; else prompts first
  double output_reserved{1};  // share of a request's output that must be free to admit it: 1 never
                              // preempts; less admits more and preempts the youngest when full
  double tokens_per_iteration{1};  // of a decoding sequence; speculation yields more than one
};

enum class Arrivals : unsigned char {
  kClosedLoop,  // `concurrency` requests at any time: one leaves, the next comes
  kAtOnce,      // all `requests` at time zero
  kPoisson,     // `rate`, independent
};

struct ReplicaLoad {
  Arrivals arrivals{};
  double concurrency{};
  Hertz rate;
  std::int64_t requests{};                 // in the whole run
  std::int64_t warm_up{};                  // first ones, left out of the figures
  double input_tokens{}, output_tokens{};  // mean lengths
  double length_spread{};  // lengths are uniform between mean·(1 − spread) and mean·(1 + spread)
  std::uint64_t seed{1};
};

// Means and percentiles over the requests that count.
struct LatencyFigures {
  Seconds mean, p50, p90, p99;
};

struct ReplicaFigures {
  LatencyFigures ttft, tpot;     // TPOT of a request: (last − first token)/(output − 1)
  double output_tokens_per_s{};  // over the time from first arrival to last completion
  double requests_per_s{};
  double batch_mean{};     // decoding sequences, over the time in which any decodes
  double kv_share_mean{};  // of the cache in use, over time
  double prefill_share{};  // of the time, in iterations that carry prompt tokens
  std::int64_t preemptions{};
  std::int64_t iterations{};  // engine iterations that the run stands for
};

// Requires limits that hold one request of the largest length, with what speculation may write
// beyond its end; requests >= 1; a step that takes time.
ReplicaFigures run_replica(const model::StepModel& step, const EngineLimits& limits,
                           const ReplicaLoad& load);

}  // namespace assay::simulate
