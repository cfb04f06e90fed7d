#include "evidence/training_score.h"

#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "evidence/training_configuration.h"
#include "evidence/training_findings.h"

namespace assay::evidence {
namespace {

constexpr std::string_view kUnknownName = "unknown";
// Of a row that is refused before it is known what it trains; it counts against the wider tier.
constexpr std::string_view kUnknownTier = "unseen unknown";

// Rows of one configuration.
struct Configuration {
  const TrainingMeasurement* row{};
  const Prediction* prediction{};  // of the first
  double log_ratio{};              // sum over the predicted ones
  int count{};
};

bool grows_with_speed(TrainingMetric metric) {
  return metric == TrainingMetric::kTokensPerSecond || metric == TrainingMetric::kTeraflops ||
         metric == TrainingMetric::kFlopUtilization;
}

bool is_suspect(const TrainingMeasurement& row, const TrainingCase& resolved) {
  return row.notes.suspect || (resolved && resolved->suspect);
}

// Predicted replicates merge; a refused one stands for itself.
std::vector<Configuration> merged(std::span<const TrainingMeasurement> rows,
                                  std::span<const TrainingCase> cases,
                                  std::span<const Prediction> predictions) {
  const std::vector<std::size_t> numbers = training_configurations(rows, cases);
  std::map<std::size_t, std::size_t> place;
  std::vector<Configuration> all;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (is_suspect(rows[i], cases[i])) continue;
    const Configuration alone{.row = &rows[i], .prediction = &predictions[i]};
    if (predictions[i].refusal != Refusal::kNone) {
      all.push_back(alone);
      continue;
    }
    ASSAY_ASSERT(rows[i].value > 0 && predictions[i].value > 0);
    const auto [found, fresh] = place.try_emplace(numbers[i], all.size());
    if (fresh) all.push_back(alone);
    Configuration& c = all[found->second];
    c.log_ratio += std::log(predictions[i].value / rows[i].value);
    ++c.count;
  }
  return all;
}

ScoredRow scored(const Configuration& c) {
  const double log_ratio = c.count > 0 ? c.log_ratio / c.count : 0;
  return {.source = c.row->source,
          .accelerator = c.row->accelerator,
          .model = c.row->model,
          .refusal = c.prediction->refusal,
          .ratio = std::exp(log_ratio),
          .bias_ratio = std::exp(grows_with_speed(c.row->metric) ? log_ratio : -log_ratio),
          .half_width_80 = c.prediction->half_width_80,
          .half_width_90 = c.prediction->half_width_90};
}

// Without a group that counts a selection is left out. By name.
template <class NameOf>
std::vector<NamedScore> scores_by(const std::vector<Configuration>& all, NameOf name_of) {
  std::map<std::string_view, std::vector<ScoredRow>> selections;
  for (const Configuration& c : all) selections[name_of(c)].push_back(scored(c));
  std::vector<NamedScore> scores;
  for (const auto& [key, selection] : selections) {
    NamedScore named{std::string{key}, score_rows(selection)};
    if (named.score.groups > 0) scores.push_back(std::move(named));
  }
  return scores;
}

std::string_view or_unknown(const std::string& name, std::string_view unknown = kUnknownName) {
  return name.empty() ? unknown : std::string_view{name};
}

std::optional<Point> point_of(const TrainingMeasurement& m, const ResolvedTraining& r,
                              double predicted) {
  TrainingMeasurement as_predicted = m;
  as_predicted.value = predicted;
  constexpr TrainingMetric kRate = TrainingMetric::kTokensPerSecond;
  const auto measured_time = measured_step(m, r), predicted_time = measured_step(as_predicted, r);
  if (!measured_time || !predicted_time) return {};
  const auto measured = in_metric(kRate, r, *measured_time);
  const auto rate = in_metric(kRate, r, *predicted_time);
  if (!measured || !rate) return {};
  return Point{.metric = std::string{name(kRate)}, .measured = *measured, .predicted = *rate};
}

void count_rows(std::span<const TrainingMeasurement> rows, std::span<const TrainingCase> cases,
                std::span<const Prediction> predictions, TrainingReport& report) {
  std::vector<const Prediction*> counted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (is_suspect(rows[i], cases[i])) {
      ++report.suspect;
      continue;
    }
    const Prediction& p = predictions[i];
    counted.push_back(&p);
    if (p.refusal == Refusal::kImpossible) ++report.impossible;
    if (p.refusal != Refusal::kNone) {
      ++report.refused;
      continue;
    }
    if (p.layout_assumed) ++report.assumed_layouts;
    if (auto point = point_of(rows[i], *cases[i], p.value)) report.points.push_back(*point);
  }
  report.refusals = count_refusals(counted);
}

std::vector<FoundRows> with_ids(const std::vector<TrainingFinding>& findings,
                                std::span<const TrainingMeasurement> rows) {
  std::vector<FoundRows> found;
  for (const TrainingFinding& finding : findings) {
    FoundRows ids;
    for (const std::size_t i : finding) ids.ids.push_back(rows[i].id);
    found.push_back(std::move(ids));
  }
  return found;
}

}  // namespace

TrainingReport score_training(std::span<const TrainingMeasurement> rows,
                              std::span<const TrainingCase> cases,
                              std::span<const Prediction> predictions) {
  ASSAY_ASSERT(rows.size() == predictions.size() && rows.size() == cases.size());
  TrainingReport report;
  report.rows = static_cast<int>(rows.size());
  count_rows(rows, cases, predictions, report);
  const std::vector<Configuration> all = merged(rows, cases, predictions);
  std::vector<ScoredRow> scored_rows;
  for (const Configuration& c : all) scored_rows.push_back(scored(c));
  const GroupCount groups = count_groups(scored_rows);
  report.groups = groups.all;
  report.excepted_groups = groups.excepted;
  report.all = score_rows(scored_rows);
  using Config = const Configuration&;
  report.by_tier =
      scores_by(all, [](Config c) { return or_unknown(c.prediction->regime, kUnknownTier); });
  report.by_class = scores_by(all, [](Config c) { return or_unknown(c.prediction->model_class); });
  report.by_source = scores_by(all, [](Config c) { return or_unknown(c.row->source); });
  report.by_accelerator = scores_by(all, [](Config c) { return or_unknown(c.row->accelerator); });
  report.by_stack = scores_by(all, [](Config c) { return or_unknown(c.prediction->engine); });
  report.duplicates = with_ids(duplicated_rows(rows), rows);
  report.composed = with_ids(composed_rows(rows, cases), rows);
  return report;
}

}  // namespace assay::evidence
