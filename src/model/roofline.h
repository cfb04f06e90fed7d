// roofline.h — time of one operator from its work and the two ceilings that it runs under.
// The larger of compute and memory time, smoothed: (c^p + m^p)^(1/p). p → ∞ is the plain roofline,
// p = 1 no overlap. Grows with either time and scales with both. No launch overhead
// (inference_step.h adds it). Pure. Source: Williams, Waterman, Patterson, CACM 52(4), 2009,
// section 3; the norm is fitted (data/efficiency.yaml).
#pragma once

#include <algorithm>
#include <cmath>

#include "base/quantity.h"

namespace assay::model {

struct Work {
  Flops flops;
  Bytes bytes;
};

struct Ceiling {
  FlopsPerSecond compute;
  BytesPerSecond memory;
};

struct OperatorTime {
  Seconds time;
  bool compute_bound{};
};

inline Seconds smooth_maximum(Seconds a, Seconds b, double norm) {
  const Seconds large = std::max(a, b), small = std::min(a, b);
  if (small.base() <= 0) return large;
  return large * std::pow(1.0 + std::pow(small / large, norm), 1.0 / norm);
}

inline OperatorTime roofline(const Work& work, const Ceiling& ceiling, double norm) {
  const Seconds compute = work.flops / ceiling.compute, memory = work.bytes / ceiling.memory;
  return {smooth_maximum(compute, memory, norm), compute > memory};
}

}  // namespace assay::model
