#include "evidence/training_adapt.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "evidence/least_squares.h"

namespace assay::evidence {
namespace {

using catalog::TrainingFamily;
using catalog::TrainingStack;
using catalog::TrainingTable;
using model::TrainingFormat;

// Standard deviation of a run's log error: replicates on eight accelerators differ by 4 to 8 %.
constexpr double kNoise = 0.05;
constexpr double kStep = 0.02;        // of a log factor, for differences
constexpr double kEnough = 1e-4;      // relative gain below which nothing more is to be had
constexpr int kIterations = 30;       // more than any of the tests takes
constexpr double kDeviationsMax = 3;  // of a factor from the built-in value
constexpr double kShareMax = 0.95;    // of a peak: no kernel is above

struct StackField {
  std::string_view name;
  double TrainingStack::*field;
  double deviation;  // of the logarithm, prior: about how far measured stacks lie apart
};
constexpr std::array kStackFields{
    StackField{"matrix", &TrainingStack::matrix, 0.15},
    StackField{"elementwise", &TrainingStack::elementwise, 0.4},
    StackField{"tensor_exposed", &TrainingStack::tensor_exposed, 0.4},
    StackField{"data_exposed", &TrainingStack::data_exposed, 0.6},
};
constexpr double kHostDeviation = 0.8;
constexpr double kShareDeviation = 0.1;

// One adapted constant, of an entry of the table.
struct Unknown {
  std::string entry;    // for people
  std::size_t index{};  // among the stacks, or the families
  std::string_view name;
  double TrainingStack::*stack{};    // null: see next
  double TrainingFamily::*family{};  // null as well: host time of a step
  double deviation{};
};

std::pair<std::string_view, double TrainingFamily::*> share_of(TrainingFormat format) {
  switch (format) {
    case TrainingFormat::kSixteen:
      return {"sixteen", &TrainingFamily::sixteen};
    case TrainingFormat::kNvfp4:
      return {"four", &TrainingFamily::four};
    default:
      return {"eight", &TrainingFamily::eight};
  }
}

template <class Entry>
std::size_t index_of(const std::vector<Entry>& entries, const Entry& entry) {
  return static_cast<std::size_t>(&entry - entries.data());
}

// "hopper", "hopper h800-sxm-80g"
std::string label(const TrainingFamily& entry) {
  return entry.accelerators.empty() ? entry.family : entry.family + " " + entry.accelerators[0];
}

std::vector<Unknown> unknowns_of(std::span<const TrainingCase> cases, const TrainingTable& table) {
  std::set<std::size_t> stacks;
  std::set<std::pair<std::size_t, std::string_view>> shares;
  std::vector<Unknown> unknowns;
  for (const TrainingCase& c : cases) {
    const TrainingStack& stack = table.stack(c->stack);
    const std::size_t at = index_of(table.stacks, stack);
    if (stacks.insert(at).second) {
      for (const StackField& f : kStackFields) {
        unknowns.push_back({stack.stack, at, f.name, f.field, nullptr, f.deviation});
      }
      unknowns.push_back({stack.stack, at, "step_host", nullptr, nullptr, kHostDeviation});
    }
    const TrainingFamily& family = table.family(c->hardware->family, c->hardware->accelerator);
    const std::size_t of = index_of(table.families, family);
    const auto [name, field] = share_of(c->job.format);
    if (!shares.insert({of, name}).second) continue;
    unknowns.push_back({label(family), of, name, nullptr, field, kShareDeviation});
  }
  return unknowns;
}

void change(TrainingTable& table, const Unknown& u, double factor) {
  if (u.family != nullptr) {
    double& share = table.families[u.index].*u.family;
    share = std::min(share * factor, std::max(kShareMax, share));
    return;
  }
  TrainingStack& stack = table.stacks[u.index];
  if (u.stack == nullptr) stack.step_host = stack.step_host * factor;
  else stack.*u.stack *= factor;
}

TrainingTable changed(const TrainingTable& table, const std::vector<Unknown>& unknowns,
                      const std::vector<double>& logs) {
  TrainingTable to = table;
  for (std::size_t k = 0; k < unknowns.size(); ++k) change(to, unknowns[k], std::exp(logs[k]));
  return to;
}

struct Problem {
  std::span<const TrainingMeasurement> rows;
  std::span<const TrainingCase> cases;
  const TrainingTable& table;
  const std::vector<Unknown>& unknowns;
  int jobs{};
};

// Log errors in units of the noise, then log factors in units of their priors. Empty: a row cannot
// be predicted with these factors.
std::optional<std::vector<double>> residuals(const Problem& problem,
                                             const std::vector<double>& logs) {
  const auto predictions = predict_training(
      problem.rows, problem.cases, changed(problem.table, problem.unknowns, logs), problem.jobs);
  std::vector<double> all;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    if (predictions[i].refusal != Refusal::kNone) return std::nullopt;
    all.push_back(std::log(predictions[i].value / problem.rows[i].value) / kNoise);
  }
  for (std::size_t k = 0; k < logs.size(); ++k) {
    all.push_back(logs[k] / problem.unknowns[k].deviation);
  }
  return all;
}

double squares(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v * v;
  return sum;
}

// Derivatives of the residuals by differences: a row each, a column for each unknown.
std::vector<std::vector<double>> derivatives(const Problem& problem,
                                             const std::vector<double>& logs,
                                             const std::vector<double>& at) {
  std::vector<std::vector<double>> rows(at.size(), std::vector<double>(logs.size(), 0.0));
  for (std::size_t k = 0; k < logs.size(); ++k) {
    std::vector<double> moved = logs;
    moved[k] += kStep;
    const auto there = residuals(problem, moved);
    if (!there) continue;  // an edge: the unknown stays
    for (std::size_t r = 0; r < at.size(); ++r) rows[r][k] = ((*there)[r] - at[r]) / kStep;
  }
  return rows;
}

std::vector<double> fitted(const Problem& problem) {
  const std::size_t n = problem.unknowns.size();
  std::vector<double> logs(n, 0.0);
  auto at = residuals(problem, logs);
  ASSAY_ASSERT(at.has_value());  // the rows are predictable
  double damping = 1e-3;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    const auto rows = derivatives(problem, logs, *at);
    bool better = false;
    const double before = squares(*at);
    for (; !better && damping < 1e6; damping *= 10) {
      const auto step = least_squares(rows, *at, std::vector<double>(n, damping));
      if (!step) continue;
      std::vector<double> trial = logs;
      for (std::size_t k = 0; k < n; ++k) {
        const double limit = kDeviationsMax * problem.unknowns[k].deviation;
        trial[k] = std::clamp(trial[k] - (*step)[k], -limit, limit);
      }
      const auto there = residuals(problem, trial);
      if (!there || squares(*there) >= before) continue;
      logs = std::move(trial);
      at = there;
      better = true;
      damping /= 1000;  // the loop's step takes one ten back
    }
    if (!better || before - squares(*at) < kEnough * before) break;
  }
  return logs;
}

}  // namespace

AdaptedTraining adapt_training(std::span<const TrainingMeasurement> rows,
                               std::span<const TrainingCase> cases,
                               const catalog::TrainingTable& table, int jobs) {
  ASSAY_ASSERT(!rows.empty() && rows.size() == cases.size());
  const std::vector<Unknown> unknowns = unknowns_of(cases, table);
  const std::vector<double> logs = fitted({rows, cases, table, unknowns, jobs});
  AdaptedTraining adapted{.table = changed(table, unknowns, logs), .constants = {}};
  for (std::size_t k = 0; k < unknowns.size(); ++k) {
    adapted.constants.push_back({.name = unknowns[k].entry + " " + std::string{unknowns[k].name},
                                 .factor = std::exp(logs[k])});
  }
  return adapted;
}

}  // namespace assay::evidence
