// measurement.h — one published measurement of language-model inference, as its row states it, and
// nothing that it does not state: what is absent is empty. Columns: docs/validation.md.
// `notes` is read for the few facts that have no column (measurement_notes.h); the rest is dropped.
// Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"

namespace assay::evidence {

enum class Scenario : unsigned char {
  kFixedBatch,
  kOffline,
  kServer,
  kSingleStream,
  kPrefillOnly,
  kDecodeOnly
};
enum class Metric : unsigned char {
  kOutputTokensPerSecond,
  kTotalTokensPerSecond,
  kRequestsPerSecond,
  kTpot,
  kTtft
};
std::string_view name(Scenario scenario);  // as in the column: "offline-max-throughput", …
std::string_view name(Metric metric);      // "output_tokens_per_s", "tpot_ms", …

// How requests come, in the column `batch_or_concurrency`: nothing, "64", "1000 at once" or
// "rate=INF", "rate=17.5", "trace 300 req", "256/gpu", "16384 tok/gpu"; anything else is kUnread.
enum class LoadKind : unsigned char {
  kUnstated,
  kCount,  // sequences in a batch, or requests that are always under way
  kAtOnce,
  kRate,
  kTrace,                 // requests as a recorded trace sends them
  kPerAccelerator,        // sequences, of one accelerator
  kTokensPerAccelerator,  // tokens of one iteration, of one accelerator
  kUnread
};

// One pool of a disaggregated deployment: "decode workers 4 tp8 dp1 ep8".
struct Workers {
  int count{}, tensor{1}, data{1}, expert{1};
  friend bool operator==(const Workers&, const Workers&) = default;
};

struct Measurement {
  std::string id, source;                  // `source` is source_title
  std::string accelerator, engine, model;  // names as in the file
  std::optional<int> accelerators;
  std::string weights, kv_cache, activations;  // names as in the file; empty: not stated
  std::optional<int> tensor, pipeline, expert, data;
  std::optional<double> input_tokens, output_tokens;
  LoadKind load_kind{};
  double load{};          // as the kind says; for kRate requests a second; 0: a number not stated
  std::string load_text;  // the cell
  Scenario scenario{};
  Metric metric{};
  double value{};  // in the metric's unit
  bool per_accelerator{};
  std::string date;  // of the source, "2025-09-09", "~2025-02"

  // From the notes.
  std::optional<Workers> prefill_workers, decode_workers;  // disaggregated
  bool speculative{};
  int draft_tokens{};     // of a multi-token prediction, where stated
  bool mlperf{};          // a run of MLPerf Inference, or by its code
  std::string benchmark;  // MLPerf: "llama2-70b-99.9"; empty where it is not named
  bool interactive{};     // MLPerf Interactive
  // The engine's option. SGLang's spreads over the ranks that the column `dp` counts, and does
  // nothing where that is 1; TensorRT-LLM's over all tensor-parallel ranks.
  bool attention_data_parallel{};
  bool attention_over_tensor_ranks{};    // TensorRT-LLM's
  bool experts_dealt_out{};              // whole experts on every rank, whatever the column says
  std::optional<double> requests;        // in the run ("1000 requests")
  std::optional<double> requests_per_s;  // offered ("request rate 5 QPS")
  std::optional<double> context_tokens;  // in the cache of a decoding sequence ("KV length 2000")
  std::optional<double> cached_share;    // of the input tokens, found in the cache
  double length_spread{};                // lengths are uniform within mean·(1 ± spread)
  std::optional<double> iteration_tokens_max, sequences_max;  // the engine's limits
  std::optional<double> memory_share;                         // that the engine may use
  std::optional<Watts> power_limit;                           // of one accelerator
  bool single_device{};  // said in words, where no column counts
  bool suspect{};        // the collector marked it as an outlier or of low quality
  bool simulated{};      // part of the run was replaced by an assumption
  Where where;           // the row
  friend bool operator==(const Measurement&, const Measurement&) = default;
};

// All errors at once. A cell that is no number, an unknown scenario or metric is an error; an
// unknown accelerator, model or engine is not: the row is refused when it is predicted. Required
// columns: id, accelerator, model, scenario, metric, value; in any order, others may be absent or
// unknown.
Checked<std::vector<Measurement>> read_measurements(const std::string& file, std::string_view text);

}  // namespace assay::evidence
