#include "evidence/training_measurement.h"

#include <array>
#include <cstddef>
#include <utility>

#include "base/text.h"
#include "document/table.h"
#include "evidence/row_cells.h"
#include "evidence/training_notes.h"

namespace assay::evidence {

namespace {

// In the order of the enumerations.
constexpr std::array<std::string_view, 6> kMetrics{
    "tokens_per_s_per_gpu", "step_time_s", "tflops_per_gpu", "mfu", "gpu_hours",
    "time_to_train_min"};
constexpr std::array<std::string_view, 3> kTasks{"pretrain", "sft", "lora"};
constexpr std::array<std::string_view, 5> kRequired{"id", "accelerator", "model", "metric",
                                                    "value"};

StatedShape read_shape(RowCells& cells) {
  return {.layers = cells.count("layers"),
          .hidden = cells.count("hidden"),
          .heads = cells.count("heads"),
          .kv_heads = cells.count("kv_heads"),
          .ffn = cells.count("ffn"),
          .vocabulary = cells.count("vocab")};
}

void read_layout(RowCells& cells, TrainingMeasurement& m) {
  m.sequence = cells.count("seq_len");
  m.micro_batch = cells.count("mbs");
  m.batch = cells.count("gbs");
  m.tensor = cells.count("tp");
  m.pipeline = cells.count("pp");
  m.virtual_stages = cells.count("vpp");
  m.context = cells.count("cp");
  m.expert = cells.count("ep");
  m.data = cells.count("dp");
  m.sharding = cells.word("zero_or_fsdp");
  m.recompute = cells.word("recompute");
}

TrainingMeasurement read_row(const document::Table& table, const document::Row& row,
                             Errors& errors) {
  RowCells cells{table, row, errors};
  cells.require(kRequired);
  TrainingMeasurement m;
  m.id = cells.word("id");
  const std::string title = cells.word("source_title");
  m.source = cells.word("source_key");
  if (m.source.empty()) m.source = title;
  m.accelerator = cells.word("accelerator");
  m.framework = cells.word("framework");
  m.model = cells.word("model");
  m.accelerators = cells.count("n_accelerators");
  m.shape = read_shape(cells);
  m.precision = cells.word("precision");
  read_layout(cells, m);
  m.metric = static_cast<TrainingMetric>(cells.choice("metric", kMetrics).value_or(0));
  m.value = cells.number("value").value_or(0);
  m.task = static_cast<TrainingTask>(cells.choice("task", kTasks).value_or(0));
  m.flop_convention = cells.word("flop_convention");
  m.gigaflops_per_token = cells.number("gflop_per_token_implied");
  m.tokens_per_s = cells.number("tokens_per_s_per_gpu_reported");
  m.teraflops = cells.number("tflops_per_gpu_reported");
  m.date = cells.word("source_date");
  m.notes.mlperf = to_lower(m.source + title).find("mlperf") != std::string::npos;
  m.where = cells.where("id");
  read_training_notes(cells.text("notes"), m);
  return m;
}

}  // namespace

std::string_view name(TrainingMetric metric) { return kMetrics[static_cast<std::size_t>(metric)]; }
std::string_view name(TrainingTask task) { return kTasks[static_cast<std::size_t>(task)]; }

Checked<std::vector<TrainingMeasurement>> read_training_measurements(const std::string& file,
                                                                     std::string_view text) {
  const auto table = document::read_csv(file, text);
  if (!table) return tl::unexpected(table.error());
  Errors errors;
  require_columns(*table, kRequired, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  std::vector<TrainingMeasurement> measurements;
  measurements.reserve(table->rows.size());
  for (const document::Row& row : table->rows) {
    measurements.push_back(read_row(*table, row, errors));
  }
  if (errors.empty()) return measurements;
  return tl::unexpected(shortened(std::move(errors), file));
}

}  // namespace assay::evidence
