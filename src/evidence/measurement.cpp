#include "evidence/measurement.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "base/text.h"
#include "document/table.h"
#include "evidence/measurement_notes.h"
#include "evidence/row_cells.h"

namespace assay::evidence {

namespace {

using document::Row;
using document::Table;

// In the order of the enumerations.
constexpr std::array<std::string_view, 6> kScenarios{"fixed-batch",  "offline-max-throughput",
                                                     "server",       "single-stream",
                                                     "prefill-only", "decode-only"};
constexpr std::array<std::string_view, 5> kMetrics{"output_tokens_per_s", "total_tokens_per_s",
                                                   "requests_per_s", "tpot_ms", "ttft_ms"};
constexpr std::array<std::string_view, 2> kScopes{"per-system", "per-gpu"};
constexpr std::array<std::string_view, 6> kRequired{"id",       "accelerator", "model",
                                                    "scenario", "metric",      "value"};
constexpr double kCountMax = 1e7;

// The number before `end` in "1000 at once", "256/gpu", or after `begin` in "rate=17.5".
std::optional<double> number_in(std::string_view cell, std::string_view begin,
                                std::string_view end) {
  if (!cell.starts_with(begin) || !cell.ends_with(end)) return std::nullopt;
  cell.remove_prefix(begin.size());
  cell.remove_suffix(std::min(end.size(), cell.size()));
  double value = 0;
  if (!parse_double(trim(cell), value) || !(value > 0)) return std::nullopt;
  return value;
}

void read_load(std::string_view cell, Measurement& m) {
  struct Form {
    std::string_view begin, end;
    LoadKind kind;
  };
  constexpr std::array kForms{Form{"", "", LoadKind::kCount},
                              Form{"", " at once", LoadKind::kAtOnce},
                              Form{"rate=", "", LoadKind::kRate},
                              Form{"trace ", " req", LoadKind::kTrace},
                              Form{"", " tok/gpu", LoadKind::kTokensPerAccelerator},
                              Form{"", "/gpu", LoadKind::kPerAccelerator}};
  m.load_text = std::string{cell};
  if (cell.empty()) return;
  m.load_kind = to_lower(cell) == "rate=inf" ? LoadKind::kAtOnce : LoadKind::kUnread;
  for (const Form& form : kForms) {
    const auto value = number_in(cell, form.begin, form.end);
    if (!value) continue;
    m.load_kind = form.kind;
    m.load = *value;
    return;
  }
}

Measurement read_row(const Table& table, const Row& row, Errors& errors) {
  RowCells cells{table, row, errors, kCountMax};
  cells.require(kRequired);
  Measurement m;
  m.id = cells.word("id");
  m.source = cells.word("source_title");
  m.accelerator = cells.word("accelerator");
  m.engine = cells.word("engine");
  m.model = cells.word("model");
  m.accelerators = cells.count("n_accelerators");
  m.weights = cells.word("weight_precision");
  m.kv_cache = cells.word("kv_precision");
  m.activations = cells.word("activation_precision");
  m.tensor = cells.count("tp");
  m.pipeline = cells.count("pp");
  m.expert = cells.count("ep");
  m.data = cells.count("dp");
  m.input_tokens = cells.number("isl");
  m.output_tokens = cells.number("osl");
  read_load(cells.text("batch_or_concurrency"), m);
  m.scenario = static_cast<Scenario>(cells.choice("scenario", kScenarios).value_or(0));
  m.metric = static_cast<Metric>(cells.choice("metric", kMetrics).value_or(0));
  m.value = cells.number("value").value_or(0);
  m.per_accelerator = cells.choice("unit_scope", kScopes).value_or(0) == 1;
  m.date = cells.word("source_date");
  m.where = cells.where("id");
  read_notes(cells.text("notes"), m);
  return m;
}

}  // namespace

std::string_view name(Scenario scenario) { return kScenarios[static_cast<std::size_t>(scenario)]; }
std::string_view name(Metric metric) { return kMetrics[static_cast<std::size_t>(metric)]; }

Checked<std::vector<Measurement>> read_measurements(const std::string& file,
                                                    std::string_view text) {
  const auto table = document::read_csv(file, text);
  if (!table) return tl::unexpected(table.error());
  Errors errors;
  require_columns(*table, kRequired, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  std::vector<Measurement> measurements;
  measurements.reserve(table->rows.size());
  for (const Row& row : table->rows) measurements.push_back(read_row(*table, row, errors));
  if (errors.empty()) return measurements;
  return tl::unexpected(shortened(std::move(errors), file));
}

}  // namespace assay::evidence
