#include "evidence/measurement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "document/table.h"
#include "evidence/measurement_notes.h"

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

std::vector<std::string> words(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

// One row's cells by column name. A cell of an absent column is empty.
class Cells {
 public:
  Cells(const Table& table, const Row& row, Errors& errors)
      : table_{table}, row_{row}, errors_{errors} {}

  std::string_view text(std::string_view column) const {
    const auto index = table_.column(column);
    return index ? trim(row_.cells[*index]) : std::string_view{};
  }

  // As it is written: the names of some engines end with a blank that the reader has dropped.
  std::string word(std::string_view column) const { return std::string{text(column)}; }

  std::optional<double> number(std::string_view column) {
    const std::string_view cell = text(column);
    if (cell.empty()) return std::nullopt;
    double value = 0;
    if (!parse_double(cell, value) || !(value > 0)) {
      fail(column, fmt::format("'{}' in the column {}", excerpt(cell), column),
           "a number above 0, or nothing");
      return std::nullopt;
    }
    return value;
  }

  std::optional<int> count(std::string_view column) {
    const auto value = number(column);
    if (!value) return std::nullopt;
    if (*value > kCountMax || *value != std::floor(*value)) {
      fail(column, fmt::format("'{}' in the column {}", text(column), column), "a whole number");
      return std::nullopt;
    }
    return static_cast<int>(*value);
  }

  // Index among `choices`; nothing for an empty cell or, with an error, an unknown word.
  std::optional<std::size_t> choice(std::string_view column,
                                    std::span<const std::string_view> choices) {
    const std::string_view cell = text(column);
    if (cell.empty()) return std::nullopt;
    const auto found = std::find(choices.begin(), choices.end(), cell);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    const std::vector<std::string> known = words(choices);
    fail(column, fmt::format("unknown {} '{}'", column, excerpt(cell)), one_of(known),
         nearest(cell, known));
    return std::nullopt;
  }

  void require() {
    for (const std::string_view column : kRequired) {
      if (text(column).empty()) fail(column, fmt::format("no {}", column), "one in every row");
    }
  }

 private:
  void fail(std::string_view column, std::string what, std::string expected,
            std::vector<std::string> near = {}) {
    errors_.push_back({.kind = Error::Kind::kInput,
                       .what = std::move(what),
                       .expected = std::move(expected),
                       .near = std::move(near),
                       .where = table_.where(row_, table_.column(column).value_or(0))});
  }

  const Table& table_;
  const Row& row_;
  Errors& errors_;
};

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
  Cells cells{table, row, errors};
  cells.require();
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
  m.where = table.where(row, table.column("id").value_or(0));
  read_notes(cells.text("notes"), m);
  return m;
}

void check_columns(const Table& table, Errors& errors) {
  for (const std::string_view column : kRequired) {
    if (table.column(column)) continue;
    errors.push_back({.kind = Error::Kind::kInput,
                      .what = fmt::format("no column '{}'", column),
                      .expected = "the columns " + join(words(kRequired), ", "),
                      .near = nearest(column, table.columns, 1),
                      .where = Where{table.file, 1, 0}});
  }
}

}  // namespace

std::string_view name(Scenario scenario) { return kScenarios[static_cast<std::size_t>(scenario)]; }
std::string_view name(Metric metric) { return kMetrics[static_cast<std::size_t>(metric)]; }

Checked<std::vector<Measurement>> read_measurements(const std::string& file,
                                                    std::string_view text) {
  const auto table = document::read_csv(file, text);
  if (!table) return tl::unexpected(table.error());
  Errors errors;
  check_columns(*table, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  std::vector<Measurement> measurements;
  measurements.reserve(table->rows.size());
  for (const Row& row : table->rows) measurements.push_back(read_row(*table, row, errors));
  if (errors.empty()) return measurements;
  if (errors.size() > document::kErrorsMax) {
    const std::size_t more = errors.size() - document::kErrorsMax;
    errors.resize(document::kErrorsMax);
    errors.push_back({.kind = Error::Kind::kInput,
                      .what = fmt::format("{} more errors", more),
                      .expected = {},
                      .near = {},
                      .where = Where{file, 0, 0}});
  }
  return tl::unexpected(std::move(errors));
}

}  // namespace assay::evidence
