// quantile.h — the quantile of a sample: linear between the two nearest values of the sorted
// sample, at rank (n - 1)·p counted from 0. Pure; sorts its own copy.
// Source: Hyndman, Fan: Sample Quantiles in Statistical Packages, 1996, definition 7.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace assay {

// 0 <= p <= 1; at least one value, none of them not-a-number.
inline double quantile(std::vector<double> values, double p) {
  ASSAY_ASSERT(!values.empty() && p >= 0 && p <= 1);
  std::sort(values.begin(), values.end());
  const double rank = static_cast<double>(values.size() - 1) * p;
  const auto low = static_cast<std::size_t>(rank);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (rank - static_cast<double>(low)) * (values[high] - values[low]);
}

inline double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace assay
