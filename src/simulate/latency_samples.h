// latency_samples.h — latencies of requests, many equal ones as one, and their mean and
// percentiles. A percentile lies between the two nearest requests, as numpy's default and so the
// benchmark scripts of the engines have it. Seconds.
#pragma once

#include <cstdint>
#include <vector>

#include "simulate/replica_run.h"

namespace assay::simulate {

class LatencySamples {
 public:
  void reserve(std::size_t values) { samples_.reserve(values); }
  void add(double seconds, std::int64_t requests) {
    if (requests > 0) samples_.push_back({.seconds = seconds, .requests = requests});
  }
  // All zero without a request. Reorders the samples.
  LatencyFigures figures();

 private:
  struct Sample {
    double seconds{};
    std::int64_t requests{};
  };
  // Where the sorted samples are known to begin: `before` requests lie before samples_[index].
  struct Place {
    std::size_t index{};
    std::int64_t before{};
  };
  Place place_of(std::int64_t rank, Place from);
  double percentile(double share, std::int64_t requests, Place& from);

  std::vector<Sample> samples_;
};

}  // namespace assay::simulate
