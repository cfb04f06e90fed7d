#include "evidence/score.h"

#include <algorithm>
#include <cmath>
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

constexpr double kRefusedError = 1;  // of a refused group
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view kUnknownName = "unknown";

struct Row {
  const Measurement* measurement{};
  const Prediction* prediction{};

  bool predicted() const { return prediction->refusal == Refusal::kNone; }
  bool excepted() const {
    const Refusal r = prediction->refusal;
    return r == Refusal::kUnresolved || r == Refusal::kImpossible || r == Refusal::kUnmodelled;
  }
  double ratio() const { return prediction->value / measurement->value; }
  bool inside(double half_width) const { return std::abs(std::log(ratio())) <= half_width; }
};

using Rows = std::vector<Row>;
using GroupKey = std::tuple<std::string_view, std::string_view, std::string_view>;

std::map<GroupKey, Rows> groups_of(const Rows& rows) {
  std::map<GroupKey, Rows> groups;
  for (const Row& row : rows) {
    const Measurement& m = *row.measurement;
    groups[{m.source, m.accelerator, m.model}].push_back(row);
  }
  return groups;
}

bool is_excepted(const Rows& group) {
  return std::all_of(group.begin(), group.end(), [](const Row& row) { return row.excepted(); });
}

// What the scores need of each group with a prediction.
struct GroupFigures {
  std::vector<double> errors, ratios, shares_80, shares_90;
};

void add_group(const Rows& group, GroupFigures& into) {
  std::vector<double> errors, ratios;
  double inside_80 = 0, inside_90 = 0;
  for (const Row& row : group) {
    if (!row.predicted()) continue;
    ratios.push_back(row.ratio());
    errors.push_back(std::abs(ratios.back() - 1));
    inside_80 += row.inside(row.prediction->half_width_80) ? 1 : 0;
    inside_90 += row.inside(row.prediction->half_width_90) ? 1 : 0;
  }
  const auto count = static_cast<double>(ratios.size());
  into.shares_80.push_back(inside_80 / count);
  into.shares_90.push_back(inside_90 / count);
  into.errors.push_back(median(std::move(errors)));
  into.ratios.push_back(median(std::move(ratios)));
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? kUnknown : sum / static_cast<double>(values.size());
}

Score score_of(const Rows& rows) {
  Score score;
  GroupFigures figures;
  for (const auto& [key, group] : groups_of(rows)) {
    const bool any =
        std::any_of(group.begin(), group.end(), [](const Row& r) { return r.predicted(); });
    if (any) {
      add_group(group, figures);
    } else if (!is_excepted(group)) {
      ++score.refused_groups;
      figures.errors.push_back(kRefusedError);
    }
  }
  score.groups = static_cast<int>(figures.errors.size());
  const bool none = figures.errors.empty();
  score.median_ape = none ? kUnknown : quantile(figures.errors, 0.5);
  score.p90_ape = none ? kUnknown : quantile(figures.errors, 0.9);
  score.bias = figures.ratios.empty() ? kUnknown : median(figures.ratios) - 1;
  score.cover_80 = mean(figures.shares_80);
  score.cover_90 = mean(figures.shares_90);
  return score;
}

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
  std::map<std::pair<Refusal, std::string_view>, int> counts;
  for (const Row& row : rows) {
    if (!row.predicted()) ++counts[{row.prediction->refusal, row.prediction->why}];
  }
  std::vector<RefusalCount> refusals;
  for (const auto& [key, count] : counts) {
    refusals.push_back({std::string{name(key.first)}, std::string{key.second}, count});
  }
  std::stable_sort(refusals.begin(), refusals.end(),
                   [](const auto& a, const auto& b) { return a.rows > b.rows; });
  return refusals;
}

void count_groups(const Rows& rows, Report& report) {
  for (const auto& [key, group] : groups_of(rows)) {
    ++report.groups;
    if (is_excepted(group)) ++report.excepted_groups;
  }
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
  count_groups(rows, report);
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
