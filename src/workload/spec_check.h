// spec_check.h — checks of what a user asked for: every one that fails is an Error, without a
// place. Pure.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"

namespace assay::workload {

// NaN is within nothing.
constexpr bool within(double value, double low, double high) {
  return value >= low && value <= high;
}

inline void require(Errors& errors, bool right, std::string what, std::string expected) {
  if (right) return;
  errors.push_back(
      {.what = std::move(what), .expected = std::move(expected), .near = {}, .where = {}});
}

}  // namespace assay::workload
