#include "evidence/group_score.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/quantile.h"

namespace assay::evidence {
namespace {

constexpr double kRefusedError = 1;  // of a refused group
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

using Rows = std::vector<const ScoredRow*>;
using GroupKey = std::tuple<std::string_view, std::string_view, std::string_view>;

std::map<GroupKey, Rows> groups_of(std::span<const ScoredRow> rows) {
  std::map<GroupKey, Rows> groups;
  for (const ScoredRow& row : rows) {
    groups[{row.source, row.accelerator, row.model}].push_back(&row);
  }
  return groups;
}

bool is_excepted(const Rows& group) {
  return std::all_of(group.begin(), group.end(), [](const ScoredRow* row) {
    return row->refusal == Refusal::kUnresolved || row->refusal == Refusal::kImpossible ||
           row->refusal == Refusal::kUnmodelled;
  });
}

bool inside(const ScoredRow& row, double half_width) {
  return std::abs(std::log(row.ratio)) <= half_width;
}

// What the scores need of each group with a prediction.
struct GroupFigures {
  std::vector<double> errors, biases, shares_80, shares_90;
};

void add_group(const Rows& group, GroupFigures& into) {
  std::vector<double> errors, biases;
  double inside_80 = 0, inside_90 = 0;
  for (const ScoredRow* row : group) {
    if (!row->predicted()) continue;
    biases.push_back(row->bias_ratio);
    errors.push_back(std::abs(row->ratio - 1));
    inside_80 += inside(*row, row->half_width_80) ? 1 : 0;
    inside_90 += inside(*row, row->half_width_90) ? 1 : 0;
  }
  const auto count = static_cast<double>(errors.size());
  into.shares_80.push_back(inside_80 / count);
  into.shares_90.push_back(inside_90 / count);
  into.errors.push_back(median(std::move(errors)));
  into.biases.push_back(median(std::move(biases)));
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? kUnknown : sum / static_cast<double>(values.size());
}

}  // namespace

Score score_rows(std::span<const ScoredRow> rows) {
  Score score;
  GroupFigures figures;
  for (const auto& [key, group] : groups_of(rows)) {
    const auto predicted =
        std::count_if(group.begin(), group.end(), [](const auto* r) { return r->predicted(); });
    score.rows += static_cast<int>(predicted);
    if (predicted > 0) {
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
  score.bias = figures.biases.empty() ? kUnknown : median(figures.biases) - 1;
  score.cover_80 = mean(figures.shares_80);
  score.cover_90 = mean(figures.shares_90);
  return score;
}

GroupCount count_groups(std::span<const ScoredRow> rows) {
  GroupCount count;
  for (const auto& [key, group] : groups_of(rows)) {
    ++count.all;
    if (is_excepted(group)) ++count.excepted;
  }
  return count;
}

std::vector<RefusalCount> count_refusals(std::span<const Prediction* const> predictions) {
  std::map<std::pair<Refusal, std::string_view>, int> counts;
  for (const Prediction* p : predictions) {
    if (p->refusal != Refusal::kNone) ++counts[{p->refusal, p->why}];
  }
  std::vector<RefusalCount> refusals;
  for (const auto& [key, count] : counts) {
    refusals.push_back({std::string{name(key.first)}, std::string{key.second}, count});
  }
  std::stable_sort(refusals.begin(), refusals.end(),
                   [](const auto& a, const auto& b) { return a.rows > b.rows; });
  return refusals;
}

}  // namespace assay::evidence
