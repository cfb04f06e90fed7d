#include "present/validate_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "present/validate_parts.h"

namespace assay::present {
namespace {

using evidence::Cell;
using evidence::Measurement;
using evidence::NamedScore;
using evidence::Prediction;
using evidence::Report;
using evidence::Score;

constexpr std::size_t kWorstCells = 10;
constexpr std::string_view kAll = "all";

struct MetricWords {
  std::string_view name, words;
};
constexpr std::array kMetricWords{MetricWords{"output_tokens_per_s", "output tokens/s"},
                                  MetricWords{"total_tokens_per_s", "total tokens/s"},
                                  MetricWords{"requests_per_s", "requests/s"},
                                  MetricWords{"tpot_ms", "TPOT"}, MetricWords{"ttft_ms", "TTFT"}};
constexpr std::array kMainMetrics{
    ScatterWords{"output_tokens_per_s", "output tokens per second", "tokens/s"},
    ScatterWords{"tpot_ms", "time per output token (TPOT)", "ms"},
    ScatterWords{"ttft_ms", "time to first token (TTFT)", "ms"}};

std::string times(double half_width) {
  return std::isnan(half_width) ? std::string{kUnknownText}
                                : fmt::format("× {:.2f}", std::exp(half_width));
}

// "tpot_ms dense" → {"tpot_ms", "dense"}
std::pair<std::string, std::string> split_name(const std::string& name) {
  const std::size_t space = name.find(' ');
  if (space == std::string::npos) return {name, {}};
  return {name.substr(0, space), name.substr(space + 1)};
}

// A metric in the tables for readers, which have little room.
std::string words(const std::string& metric) {
  const auto found = std::find_if(kMetricWords.begin(), kMetricWords.end(),
                                  [&](const MetricWords& m) { return m.name == metric; });
  return found == kMetricWords.end() ? metric : std::string{found->words};
}

// A metric's own score, then its classes.
TextTable class_table(const Report& report) {
  TextTable table = scores_table({{.title = "metric"}, {.title = "class"}});
  for (const NamedScore& whole : report.by_metric) {
    std::vector<std::string> row{words(whole.name), std::string{kAll}};
    append(row, score_cells(whole.score));
    table.rows.push_back(std::move(row));
    for (const NamedScore& part : report.by_class) {
      const auto [metric, name] = split_name(part.name);
      if (metric != whole.name) continue;
      row = {"", name};
      append(row, score_cells(part.score));
      table.rows.push_back(std::move(row));
    }
  }
  return table;
}

TextTable named_table(const std::vector<NamedScore>& scores, const std::string& title) {
  TextTable table = scores_table({{.title = "metric"}, {.title = title}});
  std::string last;
  for (const NamedScore& named : scores) {
    const auto [metric, name] = split_name(named.name);
    std::vector<std::string> row{metric == last ? "" : words(metric), name};
    append(row, score_cells(named.score));
    table.rows.push_back(std::move(row));
    last = metric;
  }
  return table;
}

std::vector<const Cell*> worst_cells(const Report& report) {
  std::vector<const Cell*> cells;
  for (const Cell& cell : report.cells) {
    if (cell.score.refused_groups < cell.score.groups) cells.push_back(&cell);
  }
  std::stable_sort(cells.begin(), cells.end(), [](const Cell* a, const Cell* b) {
    if (a->score.median_ape != b->score.median_ape) {
      return a->score.median_ape > b->score.median_ape;
    }
    return a->score.groups > b->score.groups;
  });
  cells.resize(std::min(cells.size(), kWorstCells));
  return cells;
}

TextTable cells_table(const Report& report) {
  TextTable table{{{.title = "metric"},
                   {.title = "scenario"},
                   {.title = "class"},
                   {.title = "family"},
                   {.title = "engine"},
                   {.title = "regime", .drop_order = 2},
                   {.title = "groups", .right = true},
                   {.title = "median", .right = true},
                   {.title = "p90", .right = true, .drop_order = 1},
                   {.title = "bias", .right = true},
                   {.title = "interval", .right = true, .drop_order = 3}},
                  {}};
  for (const Cell* cell : worst_cells(report)) {
    table.rows.push_back({words(cell->metric), cell->scenario, cell->model_class, cell->family,
                          cell->engine, cell->regime, std::to_string(cell->score.groups),
                          per_cent(cell->score.median_ape), per_cent(cell->score.p90_ape),
                          signed_per_cent(cell->score.bias), times(cell->half_width)});
  }
  return table;
}

ValidationCounts counts_of(const Report& r) {
  return {.rows = r.rows,
          .groups = r.groups,
          .refused = r.refused,
          .suspect = r.suspect,
          .excepted_groups = r.excepted_groups,
          .impossible = r.impossible,
          .assumed_layouts = r.assumed_layouts};
}

std::string ratios(const Report& report) {
  const evidence::RatioScore& r = report.ratios;
  if (r.groups == 0) return {};
  return fmt::format(
      "\nRatio of two accelerators, same software: {} in {}: median {}, p90 {},\n"
      "order right in {}, in 90 % {}\n",
      counted(r.pairs, "pair", "pairs"), counted(r.groups, "group", "groups"),
      per_cent(r.median_ape), per_cent(r.p90_ape), per_cent(r.order_right), per_cent(r.cover_90));
}

}  // namespace

std::string validation_text(const Report& report, const CommonOptions& options) {
  const ValidationCounts counts = counts_of(report);
  std::string out = counts_text(counts);
  out += table_section("By metric and class of model", class_table(report), options);
  out += ratios(report);
  out +=
      table_section("By family of accelerators", named_table(report.by_family, "family"), options);
  out += table_section("By engine", named_table(report.by_engine, "engine"), options);
  out += table_section("By scenario", named_table(report.by_scenario, "scenario"), options);
  out += table_section("Worst cells, by median", cells_table(report), options);
  out += refusals_text(report.refusals, options);
  const std::string remarks = remarks_text(counts);
  if (!remarks.empty()) out += '\n' + remarks;
  for (const ScatterWords& metric : kMainMetrics) {
    out += scatter_text(report.points, metric, options);
  }
  return out +
         "\nAPE: |predicted/measured - 1|, the median over a group's rows; medians and 90th "
         "percentiles\nrun over groups (source, accelerator, model). in 80 %, in 90 %: share "
         "inside these intervals.\n";
}

TextTable validation_table(const Report& report, OutputFormat format) {
  TextTable table = scores_table({{.title = "by"}, {.title = "name"}, {.title = "metric"}});
  const bool fractions = format == OutputFormat::kCsv || format == OutputFormat::kPlain;
  const auto add = [&](const std::string& by, const std::vector<NamedScore>& scores) {
    for (const NamedScore& named : scores) {
      auto [metric, name] = split_name(named.name);
      std::vector<std::string> row{by, name.empty() ? std::string{kAll} : name, metric};
      append(row, fractions ? score_fractions(named.score) : score_cells(named.score));
      table.rows.push_back(std::move(row));
    }
  };
  add("metric", report.by_metric);
  add("class", report.by_class);
  add("family", report.by_family);
  add("engine", report.by_engine);
  add("scenario", report.by_scenario);
  return table;
}

TextTable validation_rows(std::span<const Measurement> measurements,
                          std::span<const Prediction> predictions) {
  ASSAY_ASSERT(measurements.size() == predictions.size());
  std::vector<ValidationRow> rows;
  rows.reserve(measurements.size());
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    const Measurement& m = measurements[i];
    rows.push_back({m.id, m.source, m.accelerator, m.model, std::string{name(m.metric)}, m.value,
                    row_remark(m, predictions[i])});
  }
  return rows_table(rows, predictions);
}

std::string row_remark(const Measurement& measurement, const Prediction& prediction) {
  return remark_text(prediction, measurement.suspect);
}

}  // namespace assay::present
