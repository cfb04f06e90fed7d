#include "present/validate_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/interval.h"
#include "base/text.h"
#include "present/plot.h"

namespace assay::present {
namespace {

using evidence::Cell;
using evidence::Measurement;
using evidence::NamedScore;
using evidence::Prediction;
using evidence::Report;
using evidence::Score;

constexpr double kExceptedMax = 0.03;  // of the groups
constexpr std::size_t kWorstCells = 10, kRefusalsShown = 20;
constexpr std::size_t kPlotHeight = 22;
constexpr std::string_view kAll = "all";

struct MainMetric {
  std::string_view name, title, unit;
};
struct MetricWords {
  std::string_view name, words;
};
constexpr std::array kMetricWords{MetricWords{"output_tokens_per_s", "output tokens/s"},
                                  MetricWords{"total_tokens_per_s", "total tokens/s"},
                                  MetricWords{"requests_per_s", "requests/s"},
                                  MetricWords{"tpot_ms", "TPOT"}, MetricWords{"ttft_ms", "TTFT"}};
constexpr std::array kMainMetrics{
    MainMetric{"output_tokens_per_s", "output tokens per second", "tokens/s"},
    MainMetric{"tpot_ms", "time per output token (TPOT)", "ms"},
    MainMetric{"ttft_ms", "time to first token (TTFT)", "ms"}};

std::string per_cent(double fraction) {
  return std::isnan(fraction) ? std::string{kUnknownText} : fmt::format("{:.1f} %", 100 * fraction);
}

std::string signed_per_cent(double fraction) {
  if (std::isnan(fraction)) return std::string{kUnknownText};
  const std::string text = fmt::format("{:+.1f} %", 100 * fraction);
  return text == "-0.0 %" ? "+0.0 %" : text;
}

std::string fraction_text(double fraction) {
  return std::isnan(fraction) ? std::string{} : number_text(fraction);
}

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

std::vector<Column> score_columns() {
  return {{.title = "groups", .right = true},
          {.title = "refused", .right = true},
          {.title = "median", .right = true, .key = "median_ape"},
          {.title = "p90", .right = true, .key = "p90_ape"},
          {.title = "bias", .right = true},
          {.title = "in 80 %", .right = true, .key = "cover_80"},
          {.title = "in 90 %", .right = true, .key = "cover_90"}};
}

std::vector<std::string> score_cells(const Score& s) {
  return {std::to_string(s.groups), std::to_string(s.refused_groups), per_cent(s.median_ape),
          per_cent(s.p90_ape),      signed_per_cent(s.bias),          per_cent(s.cover_80),
          per_cent(s.cover_90)};
}

std::vector<std::string> score_fractions(const Score& s) {
  return {std::to_string(s.groups),    std::to_string(s.refused_groups),
          fraction_text(s.median_ape), fraction_text(s.p90_ape),
          fraction_text(s.bias),       fraction_text(s.cover_80),
          fraction_text(s.cover_90)};
}

TextTable scores_table(std::vector<Column> first) {
  TextTable table{std::move(first), {}};
  for (Column& column : score_columns()) table.columns.push_back(std::move(column));
  return table;
}

void append(std::vector<std::string>& row, std::vector<std::string> more) {
  for (std::string& cell : more) row.push_back(std::move(cell));
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

TextTable refusals_table(const Report& report) {
  TextTable table{
      {{.title = "rows", .right = true}, {.title = "kind"}, {.title = "why", .wraps = true}}, {}};
  for (const auto& refusal : report.refusals) {
    if (table.rows.size() == kRefusalsShown) break;
    table.rows.push_back({std::to_string(refusal.rows), refusal.kind, refusal.why});
  }
  return table;
}

std::string counted(int count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped_text(count), count == 1 ? one : many);
}

std::string overall(const Report& report) {
  const int predicted = report.rows - report.suspect - report.refused;
  const double share =
      report.groups > 0 ? static_cast<double>(report.excepted_groups) / report.groups : 0.0;
  return fmt::format(
      "{} in {}: {} predicted, {} refused, {} suspect\n"
      "excepted from the scores: {}, {} of all; {} 3 %\n",
      counted(report.rows, "measurement", "measurements"),
      counted(report.groups, "group", "groups"), grouped_text(predicted),
      grouped_text(report.refused), grouped_text(report.suspect),
      counted(report.excepted_groups, "group", "groups"), per_cent(share),
      share > kExceptedMax ? "! more than the allowed" : "allowed are");
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

std::string notes(const Report& report) {
  std::string out;
  const auto add = [&](int count, std::string_view one, std::string_view many) {
    if (count == 0) return;
    const auto lines = wrapped(counted(count, one, many), kWidthMax - 2);
    for (std::size_t i = 0; i < lines.size(); ++i) out += (i > 0 ? "  " : "") + lines[i] + '\n';
  };
  add(report.assumed_layouts, "row does not state how the model is laid out: assumed",
      "rows do not state how the model is laid out: assumed");
  add(report.impossible, "row states more than the data sheet allows: refused as impossible",
      "rows state more than the data sheet allows: refused as impossible");
  add(report.suspect, "row is doubted by its collector: in no score",
      "rows are doubted by their collectors: in no score");
  return out;
}

std::string plot_text(const Report& report, const MainMetric& metric,
                      const CommonOptions& options) {
  PlotSeries rows{"measurements", {}, PlotStyle::kDots};
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const evidence::Point& point : report.points) {
    if (point.metric != metric.name || !(point.measured > 0 && point.predicted > 0)) continue;
    rows.points.push_back({point.measured, point.predicted});
    low = std::min({low, point.measured, point.predicted});
    high = std::max({high, point.measured, point.predicted});
  }
  if (rows.points.empty()) return {};
  const double room = low < high ? std::pow(high / low, 0.02) : 2;
  low /= room;
  high *= room;
  const auto line = [&](const char* name, double factor, PlotStyle style) {
    return PlotSeries{name, {{low, low * factor}, {high, high * factor}}, style};
  };
  const Plot plot{
      .title = std::string{metric.title},
      .x = {fmt::format("measured ({})", metric.unit), true, low, high},
      .y = {fmt::format("predicted ({})", metric.unit), true, low, high},
      .series = {line("equal", 1, PlotStyle::kGuide), line("twice and half", 2, PlotStyle::kDotted),
                 line("", 0.5, PlotStyle::kDotted), std::move(rows)}};
  return '\n' + render_plot(plot, options.unicode, kWidthMax, kPlotHeight);
}

std::string section(std::string_view title, const TextTable& table, const CommonOptions& options) {
  if (table.rows.empty()) return {};
  return fmt::format("\n{}\n{}", title,
                     render_table(table, OutputFormat::kTable,
                                  options.wide ? kWidthUnlimited : kWidthMax, options.colour));
}

std::string refusals(const Report& report, const CommonOptions& options) {
  std::string out = section("Refused, by reason", refusals_table(report), options);
  if (report.refusals.size() > kRefusalsShown) {
    out += fmt::format("… and {} more reasons (--json lists all)\n",
                       report.refusals.size() - kRefusalsShown);
  }
  return out;
}

}  // namespace

std::string validation_text(const Report& report, const CommonOptions& options) {
  std::string out = overall(report);
  out += section("By metric and class of model", class_table(report), options);
  out += ratios(report);
  out += section("By family of accelerators", named_table(report.by_family, "family"), options);
  out += section("By engine", named_table(report.by_engine, "engine"), options);
  out += section("By scenario", named_table(report.by_scenario, "scenario"), options);
  out += section("Worst cells, by median", cells_table(report), options);
  out += refusals(report, options);
  const std::string remarks = notes(report);
  if (!remarks.empty()) out += '\n' + remarks;
  for (const MainMetric& metric : kMainMetrics) out += plot_text(report, metric, options);
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
  TextTable table{{{.title = "id"},
                   {.title = "source", .drop_order = 6},
                   {.title = "accelerator", .drop_order = 4},
                   {.title = "model", .drop_order = 5},
                   {.title = "metric"},
                   {.title = "measured", .right = true},
                   {.title = "predicted", .right = true},
                   {.title = "ratio", .right = true},
                   {.title = "low", .right = true, .key = "low_90"},
                   {.title = "high", .right = true, .key = "high_90"},
                   {.title = "layout", .drop_order = 1},
                   {.title = "regime", .drop_order = 2},
                   {.title = "remark", .drop_order = 3, .wraps = true}},
                  {}};
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    const Measurement& m = measurements[i];
    const Prediction& p = predictions[i];
    std::vector<std::string> row{
        m.id, m.source, m.accelerator, m.model, std::string{name(m.metric)}, number_text(m.value)};
    if (p.refusal == evidence::Refusal::kNone) {
      const auto e = estimate(p.value, p.half_width_90);
      append(row, {number_text(p.value), fmt::format("{:.3f}", p.value / m.value),
                   number_text(e.low), number_text(e.high)});
    } else {
      append(row, {"", "", "", ""});
    }
    append(row, {p.layout, p.regime, row_remark(m, p)});
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string row_remark(const Measurement& measurement, const Prediction& prediction) {
  if (prediction.refusal != evidence::Refusal::kNone) {
    return fmt::format("{}: {}", name(prediction.refusal), prediction.why);
  }
  return measurement.suspect ? "suspect" : "";
}

}  // namespace assay::present
