// serving.h — what is asked of a serving fleet: request rate, lengths, and the limits on latency.
// Means: how requests spread around them is a matter of their traffic (traffic_spec.h).
// Plain values.
#pragma once

#include <optional>

#include "base/quantity.h"

namespace assay::workload {

// What a latency limit is a limit of. A mean can be answered in closed form; a percentile only by
// simulation.
enum class Statistic : unsigned char { kMean, kP50, kP90, kP95, kP99 };

struct LatencyLimit {
  Seconds at_most;
  Statistic statistic{};
};

struct ServingDemand {
  Hertz rate;              // requests per second, over the whole fleet
  double input_tokens{};   // mean prompt length
  double output_tokens{};  // mean generated length
  std::optional<LatencyLimit> ttft, tpot;
};

}  // namespace assay::workload
