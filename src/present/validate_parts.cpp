#include "present/validate_parts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/interval.h"
#include "base/text.h"
#include "present/plot.h"

namespace assay::present {
namespace {

using evidence::Prediction;
using evidence::RefusalCount;
using evidence::Score;

constexpr double kExceptedMax = 0.03;  // of the groups
constexpr std::size_t kRefusalsShown = 20;
constexpr std::size_t kPlotHeight = 22;

std::string fraction_text(double fraction) {
  return std::isnan(fraction) ? std::string{} : number_text(fraction);
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

TextTable refusals_table(std::span<const RefusalCount> refusals) {
  TextTable table{
      {{.title = "rows", .right = true}, {.title = "kind"}, {.title = "why", .wraps = true}}, {}};
  for (const RefusalCount& refusal : refusals) {
    if (table.rows.size() == kRefusalsShown) break;
    table.rows.push_back({std::to_string(refusal.rows), refusal.kind, refusal.why});
  }
  return table;
}

}  // namespace

std::string per_cent(double fraction) {
  return std::isnan(fraction) ? std::string{kUnknownText} : fmt::format("{:.1f} %", 100 * fraction);
}

std::string signed_per_cent(double fraction) {
  if (std::isnan(fraction)) return std::string{kUnknownText};
  const std::string text = fmt::format("{:+.1f} %", 100 * fraction);
  return text == "-0.0 %" ? "+0.0 %" : text;
}

std::string counted(int count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped_text(count), count == 1 ? one : many);
}

TextTable scores_table(std::vector<Column> first) {
  TextTable table{std::move(first), {}};
  for (Column& column : score_columns()) table.columns.push_back(std::move(column));
  return table;
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

void append(std::vector<std::string>& row, std::vector<std::string> more) {
  for (std::string& cell : more) row.push_back(std::move(cell));
}

std::string counts_text(const ValidationCounts& counts) {
  const int predicted = counts.rows - counts.suspect - counts.refused;
  const double share =
      counts.groups > 0 ? static_cast<double>(counts.excepted_groups) / counts.groups : 0.0;
  return fmt::format(
      "{} in {}: {} predicted, {} refused, {} suspect\n"
      "excepted from the scores: {}, {} of all; {} 3 %\n",
      counted(counts.rows, "measurement", "measurements"),
      counted(counts.groups, "group", "groups"), grouped_text(predicted),
      grouped_text(counts.refused), grouped_text(counts.suspect),
      counted(counts.excepted_groups, "group", "groups"), per_cent(share),
      share > kExceptedMax ? "! more than the allowed" : "allowed are");
}

std::string remarks_text(const ValidationCounts& counts) {
  std::string out;
  const auto add = [&](int count, std::string_view one, std::string_view many) {
    if (count == 0) return;
    const auto lines = wrapped(counted(count, one, many), kWidthMax - 2);
    for (std::size_t i = 0; i < lines.size(); ++i) out += (i > 0 ? "  " : "") + lines[i] + '\n';
  };
  add(counts.assumed_layouts, "row does not state how the model is laid out: assumed",
      "rows do not state how the model is laid out: assumed");
  add(counts.impossible, "row states more than the data sheet allows: refused as impossible",
      "rows state more than the data sheet allows: refused as impossible");
  add(counts.suspect, "row is doubted by its collector: in no score",
      "rows are doubted by their collectors: in no score");
  return out;
}

std::string table_section(std::string_view title, const TextTable& table,
                          const CommonOptions& options) {
  if (table.rows.empty()) return {};
  return fmt::format("\n{}\n{}", title,
                     render_table(table, OutputFormat::kTable,
                                  options.wide ? kWidthUnlimited : kWidthMax, options.colour));
}

std::string refusals_text(std::span<const RefusalCount> refusals, const CommonOptions& options) {
  std::string out = table_section("Refused, by reason", refusals_table(refusals), options);
  if (refusals.size() > kRefusalsShown) {
    out +=
        fmt::format("… and {} more reasons (--json lists all)\n", refusals.size() - kRefusalsShown);
  }
  return out;
}

std::string scatter_text(std::span<const evidence::Point> points, const ScatterWords& words,
                         const CommonOptions& options) {
  PlotSeries rows{"measurements", {}, PlotStyle::kDots};
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const evidence::Point& point : points) {
    if (point.metric != words.metric || !(point.measured > 0 && point.predicted > 0)) continue;
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
      .title = std::string{words.title},
      .x = {fmt::format("measured ({})", words.unit), true, low, high},
      .y = {fmt::format("predicted ({})", words.unit), true, low, high},
      .series = {line("equal", 1, PlotStyle::kGuide), line("twice and half", 2, PlotStyle::kDotted),
                 line("", 0.5, PlotStyle::kDotted), std::move(rows)}};
  return '\n' + render_plot(plot, options.unicode, kWidthMax, kPlotHeight);
}

TextTable rows_table(std::span<const ValidationRow> rows, std::span<const Prediction> predictions) {
  ASSAY_ASSERT(rows.size() == predictions.size());
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
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ValidationRow& r = rows[i];
    const Prediction& p = predictions[i];
    std::vector<std::string> row{r.id,    r.source, r.accelerator,
                                 r.model, r.metric, number_text(r.measured)};
    if (p.refusal == evidence::Refusal::kNone) {
      const auto e = estimate(p.value, p.half_width_90);
      append(row, {number_text(p.value), fmt::format("{:.3f}", p.value / r.measured),
                   number_text(e.low), number_text(e.high)});
    } else {
      append(row, {"", "", "", ""});
    }
    append(row, {p.layout, p.regime, r.remark});
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string remark_text(const Prediction& prediction, bool suspect) {
  if (prediction.refusal != evidence::Refusal::kNone) {
    return fmt::format("{}: {}", name(prediction.refusal), prediction.why);
  }
  return suspect ? "suspect" : "";
}

}  // namespace assay::present
