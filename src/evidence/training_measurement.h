// training_measurement.h — one published measurement of training a language model, as its row
// states it, and nothing that it does not state: what is absent is empty. Columns:
// validation/README.md. `notes` is read for the few facts that have no column
// (training_notes.h); the rest is dropped. Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"

namespace assay::evidence {

enum class TrainingMetric : unsigned char {
  kTokensPerSecond,  // of one accelerator
  kStepSeconds,
  kTeraflops,        // of one accelerator, as the row's convention counts
  kFlopUtilization,  // share of the 16-bit peak of one accelerator
  kAcceleratorHours,
  kMinutesToTrain
};
enum class TrainingTask : unsigned char { kPretrain, kFineTune, kLora };
std::string_view name(TrainingMetric metric);  // as in the column: "tokens_per_s_per_gpu", …
std::string_view name(TrainingTask task);      // "pretrain", "sft", "lora"

// Columns that describe the model; a name alone may stand for it.
struct StatedShape {
  std::optional<int> layers, hidden, heads, kv_heads, ffn, vocabulary;
  friend bool operator==(const StatedShape&, const StatedShape&) = default;
};

// What the notes say.
struct TrainingNotes {
  std::optional<int> accumulation;        // micro-batches of one rank and step ("GA=2")
  std::optional<int> local_batch;         // sequences of one accelerator and step ("local batch 2")
  std::optional<BytesPerSecond> network;  // scale-out, one way, per accelerator
  std::optional<Bytes> memory_used;       // of one accelerator, at its peak
  std::optional<double> tokens;           // of a whole run
  std::optional<int> slices;              // of TPUs: pods or parts of them, on a slower network
  std::string schedule;                   // pipeline schedule's name: "1f1b", "v-half", "zbv"
  std::string kernels;                    // "triton", "flex", "sdpa": attention or layers by them
  bool tokens_dropped{};                  // experts have a capacity
  bool natural_routing{};                 // else experts get equal numbers of tokens
  bool boosted_clocks{};                  // a power split that favours compute ("vboost")
  bool async_tensor{};                    // tensor parallelism that overlaps ("AsyncTP")
  bool compiled{}, eager{};
  bool row_scales{};          // fp8 with one scale a row
  bool without_mtp{};         // no multi-token prediction, where the model has it
  bool graphs{};              // CUDA graphs
  bool overlapped_experts{};  // all-to-all hidden behind another micro-batch
  bool mlperf{};              // a submission to MLPerf Training; from the source's name
  bool whole_project{};       // the figure counts restarts and other stages as well
  bool without_context{};     // no context parallelism
  bool suspect{};             // the collector doubts the row, or its source calls it a regression
  friend bool operator==(const TrainingNotes&, const TrainingNotes&) = default;
};

struct TrainingMeasurement {
  std::string id, source;                     // `source`: source_key, else source_title
  std::string accelerator, framework, model;  // names as in the file
  std::optional<int> accelerators;
  StatedShape shape;
  std::string precision;  // as in the file; empty: not stated
  std::optional<int> sequence, micro_batch, batch;
  std::optional<int> tensor, pipeline, virtual_stages, context, expert, data;
  std::string sharding, recompute;  // as in the file
  TrainingMetric metric{};
  double value{};  // in the metric's unit
  TrainingTask task{};
  std::string flop_convention;                    // as in the file
  std::optional<double> gigaflops_per_token;      // printed FLOP/s over printed tokens/s
  std::optional<double> tokens_per_s, teraflops;  // also printed, of one accelerator
  std::string date;                               // of the source
  TrainingNotes notes;
  Where where;  // the row
  friend bool operator==(const TrainingMeasurement&, const TrainingMeasurement&) = default;
};

// All errors at once. A cell that is no number, an unknown metric or task is an error; an unknown
// accelerator, model or framework is not: the row is refused when it is predicted. Required
// columns: id, accelerator, model, metric, value; in any order, others may be absent or unknown.
Checked<std::vector<TrainingMeasurement>> read_training_measurements(const std::string& file,
                                                                     std::string_view text);

}  // namespace assay::evidence
