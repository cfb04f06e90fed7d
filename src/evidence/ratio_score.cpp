#include "evidence/ratio_score.h"

#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/quantile.h"

namespace assay::evidence {

namespace {

constexpr double kEqual = 0.02;  // log ratio below which two accelerators are as fast

struct Row {
  std::string accelerator;
  double measured{}, predicted{};
};

struct Group {
  std::vector<double> errors;
  double inside{};
};

int number(const std::optional<int>& value) { return value.value_or(0); }

// All that must be equal for two rows to differ in the accelerator alone.
std::string setting(const Measurement& m, const Prediction& p) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", m.source, m.model, p.engine,
                     m.weights, m.kv_cache, number(m.accelerators), number(m.tensor),
                     number(m.pipeline), number(m.expert), number(m.data),
                     m.input_tokens.value_or(0), m.output_tokens.value_or(0), m.load_text,
                     name(m.scenario), name(m.metric), m.per_accelerator);
}

using Groups = std::map<std::tuple<std::string, std::string, std::string>, Group>;

struct Order {
  int right{}, all{};
};

void add_pair(const Row& a, const Row& b, double half_width, Group& group, Order& order) {
  const double measured = std::log(a.measured / b.measured);
  const double error = std::log(a.predicted / b.predicted) - measured;
  group.errors.push_back(std::abs(std::expm1(error)));
  group.inside += std::abs(error) <= half_width ? 1 : 0;
  if (std::abs(measured) <= kEqual) return;
  ++order.all;
  if ((measured + error > 0) == (measured > 0)) ++order.right;
}

}  // namespace

RatioScore score_ratios(std::span<const Measurement> measurements,
                        std::span<const Prediction> predictions, double half_width) {
  ASSAY_ASSERT(measurements.size() == predictions.size());
  std::map<std::string, std::vector<std::size_t>> settings;
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    const Measurement& m = measurements[i];
    const bool queued = m.metric == Metric::kTtft && m.scenario == Scenario::kServer;
    if (predictions[i].refusal != Refusal::kNone || m.suspect || m.decode_workers) continue;
    if (m.speculative || queued) continue;
    settings[setting(m, predictions[i])].push_back(i);
  }
  RatioScore score;
  Groups groups;
  Order order;
  for (const auto& [key, indices] : settings) {
    std::map<std::string, Row> by_accelerator;  // the first of each
    for (const std::size_t i : indices) {
      const Measurement& m = measurements[i];
      by_accelerator.try_emplace(m.accelerator, Row{m.accelerator, m.value, predictions[i].value});
    }
    for (auto a = by_accelerator.begin(); a != by_accelerator.end(); ++a) {
      for (auto b = std::next(a); b != by_accelerator.end(); ++b) {
        const Measurement& m = measurements[indices.front()];
        Group& group = groups[{m.source, a->first + "/" + b->first, m.model}];
        add_pair(a->second, b->second, half_width, group, order);
        ++score.pairs;
      }
    }
  }
  std::vector<double> errors;
  for (const auto& [key, group] : groups) {
    errors.push_back(median(group.errors));
    score.cover_90 += group.inside / static_cast<double>(group.errors.size());
  }
  score.groups = static_cast<int>(groups.size());
  if (errors.empty()) return score;
  score.cover_90 /= static_cast<double>(groups.size());
  score.median_ape = quantile(errors, 0.5);
  score.p90_ape = quantile(errors, 0.9);
  score.order_right = order.all > 0 ? static_cast<double>(order.right) / order.all : 1.0;
  return score;
}

}  // namespace assay::evidence
