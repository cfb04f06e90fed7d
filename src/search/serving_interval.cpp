#include "search/serving_interval.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include <fmt/format.h>

namespace assay::search {

namespace {

// Neither experts nor layers with a state: the regimes of the intervals know these two classes.
bool is_dense(const catalog::LanguageModel& model) {
  return !catalog::is_mixture_of_experts(model) &&
         std::none_of(model.blocks.begin(), model.blocks.end(), [](const catalog::Block& b) {
           return std::holds_alternative<catalog::LinearAttention>(b.mixer) ||
                  std::holds_alternative<catalog::StateSpace>(b.mixer);
         });
}

// A factor of eight to either side tells nothing that a plan could rest on.
constexpr double kUseless = 2.08;

}  // namespace

IntervalWidth interval_width(const ServingSubject& subject, const ServingTables& tables,
                             std::string_view mode, std::string_view metric) {
  const std::string& family = subject.hardware.family;
  if (metric == "power") {
    const catalog::PowerCurve& curve = tables.power.family(family);
    return {fmt::format("power {}", curve.family), curve.half_width};
  }
  const auto width = tables.efficiency.interval(mode, metric, !is_dense(subject.model),
                                                tables.efficiency.family(family).measured());
  if (width.half_width < kUseless) return {width.regime, width.half_width};
  return {width.regime + ": too wide to plan by", width.half_width};
}

IntervalWidth independent(const IntervalWidth& a, const IntervalWidth& b) {
  return {fmt::format("{} and {}", a.regime, b.regime), std::hypot(a.half_width, b.half_width)};
}

ServingFigure figure(double value, const IntervalWidth& width) {
  return {estimate(value, width.half_width), width.regime};
}

ServingFigure figure_at_most(double value, double most, const IntervalWidth& width) {
  ServingFigure f = figure(value, width);
  f.estimate.high = std::min(f.estimate.high, most);
  return f;
}

}  // namespace assay::search
