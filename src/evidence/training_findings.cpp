#include "evidence/training_findings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "evidence/least_squares.h"
#include "evidence/training_configuration.h"

namespace assay::evidence {
namespace {

constexpr int kDigitsMin = 4;            // of a value that two rows do not share by chance
constexpr double kLinear = 1e-3;         // relative; steps of real machines vary by more
constexpr std::size_t kSparePoints = 2;  // beyond those that any line goes through

// A value as it was printed, as far as its shortest decimal form tells.
struct Printed {
  double value{}, unit{};  // unit: of the last digit
  int digits{};
};

Printed printed(double value) {
  const std::string text = fmt::format("{}", value);
  Printed p{.value = value, .unit = 1, .digits = 0};
  bool fraction = false, leading = true;
  int trailing = 0;
  for (const char c : text) {
    if (c == 'e') return {.value = value, .unit = 0, .digits = 0};
    if (c == '.') fraction = true;
    if (c < '0' || c > '9') continue;
    leading = leading && c == '0';
    if (!leading) ++p.digits;
    trailing = c == '0' ? trailing + 1 : 0;
    if (fraction) p.unit /= 10;
  }
  if (!fraction) p.digits -= trailing;
  return p;
}

bool equal_to_the_last_digit(const Printed& a, const Printed& b) {
  const double unit = std::max(a.unit, b.unit);
  return std::min(a.digits, b.digits) >= kDigitsMin &&
         std::abs(a.value - b.value) <= 0.5 * unit + 1e-9 * a.value;
}

bool agree(const std::optional<int>& a, const std::optional<int>& b) {
  return !a || !b || *a == *b;
}

bool agree(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() || to_lower(a) == to_lower(b);
}

bool agree(const TrainingMeasurement& a, const TrainingMeasurement& b) {
  return agree(a.accelerators, b.accelerators) && agree(a.shape.layers, b.shape.layers) &&
         agree(a.sequence, b.sequence) && agree(a.micro_batch, b.micro_batch) &&
         agree(a.batch, b.batch) && agree(a.tensor, b.tensor) && agree(a.pipeline, b.pipeline) &&
         agree(a.virtual_stages, b.virtual_stages) && agree(a.context, b.context) &&
         agree(a.expert, b.expert) && agree(a.data, b.data) && agree(a.precision, b.precision) &&
         agree(a.sharding, b.sharding) && agree(a.recompute, b.recompute);
}

// Rows that differ in layers and micro-batches alone, and a step time that was measured.
struct Point {
  std::size_t row{};
  double layers{}, micro_batches{}, seconds{};
};

std::string rest_of(const TrainingMeasurement& m, const ResolvedTraining& r) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", m.source, m.accelerator,
                     m.model, m.framework, m.precision, r.job.sequence, m.micro_batch.value_or(0),
                     r.tensor, r.pipeline, r.virtual_stages, r.context, r.expert, m.sharding,
                     m.recompute, name(m.task), m.notes.schedule);
}

double spread(const std::vector<Point>& points, double Point::*value) {
  const auto [low, high] = std::ranges::minmax_element(points, {}, value);
  return *low.*value < *high.*value ? *high.*value - *low.*value : 0;
}

// Columns of 1, layers, micro-batches and their product, each over the step time, so that
// residuals are relative; those that do not vary are left out.
std::vector<std::vector<double>> columns_of(const std::vector<Point>& points) {
  const double layers = spread(points, &Point::layers);
  const double micro = spread(points, &Point::micro_batches);
  std::vector<std::vector<double>> rows;
  for (const Point& p : points) {
    std::vector<double> row{1 / p.seconds};
    const double x = layers > 0 ? (p.layers - points.front().layers) / layers : 0;
    const double y = micro > 0 ? (p.micro_batches - points.front().micro_batches) / micro : 0;
    if (layers > 0) row.push_back(x / p.seconds);
    if (micro > 0) row.push_back(y / p.seconds);
    if (layers > 0 && micro > 0) row.push_back(x * y / p.seconds);
    rows.push_back(std::move(row));
  }
  return rows;
}

bool linear(const std::vector<Point>& points) {
  std::set<std::pair<double, double>> distinct;
  for (const Point& p : points) distinct.insert({p.layers, p.micro_batches});
  const auto rows = columns_of(points);
  const std::size_t freedom = rows.front().size();
  if (freedom < 2 || distinct.size() < freedom + kSparePoints) return false;
  const auto solution = least_squares(rows, std::vector<double>(rows.size(), 1.0));
  if (!solution) return false;
  return std::ranges::all_of(rows, [&](const std::vector<double>& row) {
    const double fitted = std::inner_product(row.begin(), row.end(), solution->begin(), 0.0);
    return std::abs(fitted - 1) <= kLinear;
  });
}

}  // namespace

std::vector<TrainingFinding> duplicated_rows(std::span<const TrainingMeasurement> rows) {
  std::map<std::tuple<std::string, std::string, TrainingMetric, TrainingTask>, TrainingFinding>
      alike;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TrainingMeasurement& m = rows[i];
    alike[{to_lower(m.accelerator), to_lower(m.model), m.metric, m.task}].push_back(i);
  }
  std::vector<TrainingFinding> findings;
  for (const auto& [key, indices] : alike) {
    std::set<std::size_t> taken;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const TrainingMeasurement& first = rows[indices[i]];
      if (taken.contains(indices[i])) continue;
      TrainingFinding same{indices[i]};
      for (std::size_t j = i + 1; j < indices.size(); ++j) {
        const TrainingMeasurement& second = rows[indices[j]];
        if (!agree(first, second)) continue;
        if (!equal_to_the_last_digit(printed(first.value), printed(second.value))) continue;
        same.push_back(indices[j]);
        taken.insert(indices[j]);
      }
      if (same.size() > 1) findings.push_back(std::move(same));
    }
  }
  std::ranges::sort(findings);
  return findings;
}

std::vector<TrainingFinding> composed_rows(std::span<const TrainingMeasurement> rows,
                                           std::span<const TrainingCase> cases) {
  ASSAY_ASSERT(rows.size() == cases.size());
  std::map<std::string, std::vector<Point>> sets;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!cases[i] || cases[i]->job.batch <= 0) continue;
    const ResolvedTraining& r = *cases[i];
    const auto step = measured_step(rows[i], r);
    if (!step) continue;
    // Of equal degrees of parallelism a batch over the accelerators is as good as micro-batches.
    sets[rest_of(rows[i], r)].push_back({.row = i,
                                         .layers = 1.0 * r.model->layers(),
                                         .micro_batches = 1.0 * r.job.batch / r.accelerators,
                                         .seconds = step->base()});
  }
  std::vector<TrainingFinding> findings;
  for (const auto& [key, points] : sets) {
    if (!linear(points)) continue;
    TrainingFinding finding;
    for (const Point& p : points) finding.push_back(p.row);
    findings.push_back(std::move(finding));
  }
  std::ranges::sort(findings);
  return findings;
}

}  // namespace assay::evidence
