// run_totals.h — what a run adds up as it goes: time, and what was done and held in it.
// Seconds, tokens, and their products; plain values.
#pragma once

#include <cstdint>

#include "simulate/replica_run.h"

namespace assay::simulate {

struct RunTotals {
  double prefill_time{};    // of iterations that carry prompt tokens
  double decode_time{};     // of iterations that decode
  double decode_product{};  // ∫ decoding sequences dt
  double kv_product{};      // ∫ tokens in the cache dt, with those that an iteration writes
  double output_tokens{};
  std::int64_t iterations{}, preemptions{};

  // All but the latencies, of a run of `requests` that took `span` seconds.
  ReplicaFigures figures(double span, std::int64_t requests, double kv_tokens) const {
    return {.ttft = {},
            .tpot = {},
            .output_tokens_per_s = output_tokens / span,
            .requests_per_s = static_cast<double>(requests) / span,
            .batch_mean = decode_time > 0 ? decode_product / decode_time : 0,
            .kv_share_mean = kv_product / (kv_tokens * span),
            .prefill_share = prefill_time / span,
            .preemptions = preemptions,
            .iterations = iterations};
  }
};

}  // namespace assay::simulate
