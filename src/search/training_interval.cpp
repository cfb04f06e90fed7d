#include "search/training_interval.h"

#include <algorithm>
#include <variant>

#include "base/assert.h"

namespace assay::search {

namespace {

constexpr double kUnmeasured = 0.693;  // a factor of two to either side

bool is_dense(const catalog::LanguageModel& model) {
  return !catalog::is_mixture_of_experts(model) &&
         std::none_of(model.blocks.begin(), model.blocks.end(), [](const catalog::Block& b) {
           return std::holds_alternative<catalog::LinearAttention>(b.mixer) ||
                  std::holds_alternative<catalog::StateSpace>(b.mixer);
         });
}

// The fit has rows of this software on such accelerators; else it takes constants of others.
bool is_seen(const model::TrainingSubject& subject) {
  const auto& families = subject.stack.families;
  return subject.stack.confidence == catalog::Confidence::kMeasured && subject.family.measured() &&
         std::ranges::count(families, subject.family.family) > 0;
}

}  // namespace

StepInterval step_interval(const model::TrainingSubject& subject) {
  const std::string tier = std::string{is_seen(subject) ? "seen" : "unseen"} +
                           (is_dense(subject.model) ? " dense" : " moe");
  if (const catalog::TrainingInterval* found = subject.table.interval(tier)) {
    return {tier, found->half_width, found->origin};
  }
  double widest = kUnmeasured;
  for (const catalog::TrainingInterval& other : subject.table.intervals) {
    widest = std::max(widest, other.half_width);
  }
  return {tier, widest, "assumed: no measurement is of this tier"};
}

Estimate<double> step_estimate(double value, const StepInterval& interval) {
  ASSAY_ASSERT(interval.half_width >= 0);
  return estimate(value, interval.half_width);
}

}  // namespace assay::search
