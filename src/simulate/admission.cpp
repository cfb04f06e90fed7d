#include "simulate/admission.h"

#include <cmath>

#include "base/assert.h"

namespace assay::simulate {

std::int64_t sequences_max(const EngineLimits& limits) {
  constexpr double kCountable = 1e15;
  return static_cast<std::int64_t>(
      std::min({std::floor(limits.sequences_max), std::floor(limits.tokens_max), kCountable}));
}

void check_limits(const EngineLimits& limits, const RequestLengths& lengths) {
  ASSAY_ASSERT(limits.tokens_max >= 1 && limits.sequences_max >= 1);
  ASSAY_ASSERT(limits.tokens_per_iteration >= 1);
  ASSAY_ASSERT(limits.output_reserved >= 0 && limits.output_reserved <= 1);
  // The last iteration may yield more than is asked for; a preemption may move where it begins.
  ASSAY_ASSERT(lengths.input_max() + lengths.output_max() - 1 +
                   std::ceil(limits.tokens_per_iteration) <=
               limits.kv_tokens);
}

}  // namespace assay::simulate
