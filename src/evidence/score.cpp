#include "evidence/score.h"

#include <cstddef>
#include <limits>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "base/quantile.h"

namespace assay::evidence {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kUnknownName = "unknown";

struct Row {
  const Measurement* measurement{};
  const Prediction* prediction{};

  bool predicted() const { return prediction->refusal == Refusal::kNone; }
};

using Rows = std::vector<Row>;

std::vector<ScoredRow> scored(const Rows& rows) {
  std::vector<ScoredRow> all;
  all.reserve(rows.size());
  for (const Row& row : rows) {
    const Measurement& m = *row.measurement;
    const Prediction& p = *row.prediction;
    const double ratio = p.value / m.value;
    all.push_back({.source = m.source,
                   .accelerator = m.accelerator,
                   .model = m.model,
                   .refusal = p.refusal,
                   .ratio = ratio,
                   .bias_ratio = ratio,
                   .half_width_80 = p.half_width_80,
                   .half_width_90 = p.half_width_90});
  }
  return all;
}

Score score_of(const Rows& rows) { return score_rows(scored(rows)); }

std::string_view known(const std::string& name) {
  return name.empty() ? kUnknownName : std::string_view{name};
}

// A selection is the rows with the same metric and the same name; without a group that counts it
// is left out. By metric in its own order, then by name.
template <class NameOf>
std::vector<NamedScore> scores_by(const Rows& rows, NameOf name_of) {
  std::map<std::pair<Metric, std::string_view>, Rows> selections;
  for (const Row& row : rows) {
    selections[{row.measurement->metric, name_of(row)}].push_back(row);
  }
  std::vector<NamedScore> scores;
  for (const auto& [key, selection] : selections) {
    NamedScore named{std::string{name(key.first)}, score_of(selection)};
    if (!key.second.empty()) named.name += " " + std::string{key.second};
    if (named.score.groups > 0) scores.push_back(std::move(named));
  }
  return scores;
}

double median_half_width(const Rows& rows) {
  std::vector<double> widths;
  for (const Row& row : rows) {
    if (row.predicted()) widths.push_back(row.prediction->half_width_90);
  }
  return widths.empty() ? kUnknown : median(std::move(widths));
}

std::vector<Cell> cells_of(const Rows& rows) {
  using Key = std::tuple<Metric, Scenario, std::string_view, std::string_view, std::string_view,
                         std::string_view>;
  std::map<Key, Rows> selections;
  for (const Row& row : rows) {
    const Prediction& p = *row.prediction;
    selections[{row.measurement->metric, row.measurement->scenario, known(p.model_class),
                known(p.family), known(p.engine), p.regime}]
        .push_back(row);
  }
  std::vector<Cell> cells;
  for (const auto& [key, selection] : selections) {
    const auto& [metric, scenario, model_class, family, engine, regime] = key;
    Cell cell{.metric = std::string{name(metric)},
              .scenario = std::string{name(scenario)},
              .model_class = std::string{model_class},
              .family = std::string{family},
              .engine = std::string{engine},
              .regime = std::string{regime},
              .score = score_of(selection),
              .half_width = median_half_width(selection)};
    if (cell.score.groups > 0) cells.push_back(std::move(cell));
  }
  return cells;
}

std::vector<RefusalCount> refusals_of(const Rows& rows) {
  std::vector<const Prediction*> predictions;
  predictions.reserve(rows.size());
  for (const Row& row : rows) predictions.push_back(row.prediction);
  return count_refusals(predictions);
}

void count_rows(const Rows& rows, Report& report) {
  for (const Row& row : rows) {
    const Prediction& p = *row.prediction;
    if (p.refusal == Refusal::kImpossible) ++report.impossible;
    if (!row.predicted()) {
      ++report.refused;
      continue;
    }
    if (p.layout_assumed) ++report.assumed_layouts;
    report.points.push_back(
        {std::string{name(row.measurement->metric)}, row.measurement->value, p.value});
  }
}

}  // namespace

Report score(std::span<const Measurement> measurements, std::span<const Prediction> predictions,
             double ratio_half_width) {
  ASSAY_ASSERT(measurements.size() == predictions.size());
  Report report;
  report.rows = static_cast<int>(measurements.size());
  Rows rows;
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    ASSAY_ASSERT(measurements[i].value > 0);  // an error is relative to it; the reader refuses 0
    if (measurements[i].suspect) ++report.suspect;
    else rows.push_back({&measurements[i], &predictions[i]});
  }
  const GroupCount groups = count_groups(scored(rows));
  report.groups = groups.all;
  report.excepted_groups = groups.excepted;
  count_rows(rows, report);
  report.by_metric = scores_by(rows, [](const Row&) { return std::string_view{}; });
  report.by_class = scores_by(rows, [](const Row& r) { return known(r.prediction->model_class); });
  report.by_family = scores_by(rows, [](const Row& r) { return known(r.prediction->family); });
  report.by_engine = scores_by(rows, [](const Row& r) { return known(r.prediction->engine); });
  report.by_scenario = scores_by(rows, [](const Row& r) { return name(r.measurement->scenario); });
  report.cells = cells_of(rows);
  report.refusals = refusals_of(rows);
  report.ratios = score_ratios(measurements, predictions, ratio_half_width);
  return report;
}

}  // namespace assay::evidence
