#include "simulate/latency_samples.h"

#include <algorithm>
#include <cmath>

namespace assay::simulate {

LatencyFigures LatencySamples::figures() {
  std::int64_t requests = 0;
  double sum = 0;
  for (const Sample& sample : samples_) {
    requests += sample.requests;
    sum += sample.seconds * static_cast<double>(sample.requests);
  }
  if (requests == 0) return {};
  LatencyFigures result;
  Place from;
  result.mean = Seconds::from_base(sum / static_cast<double>(requests));
  result.p50 = Seconds::from_base(percentile(0.5, requests, from));
  result.p90 = Seconds::from_base(percentile(0.9, requests, from));
  result.p99 = Seconds::from_base(percentile(0.99, requests, from));
  return result;
}

double LatencySamples::percentile(double share, std::int64_t requests, Place& from) {
  const double position = share * static_cast<double>(requests - 1);
  const auto rank = static_cast<std::int64_t>(position);
  from = place_of(rank, from);
  const Sample& low = samples_[from.index];
  if (rank + 1 < from.before + low.requests || rank + 1 == requests) return low.seconds;
  // What is sorted behind it is not in order, but none of it is smaller.
  double high = low.seconds;
  if (from.index + 1 < samples_.size()) {
    high = std::min_element(samples_.begin() + static_cast<std::ptrdiff_t>(from.index) + 1,
                            samples_.end(),
                            [](const Sample& a, const Sample& b) { return a.seconds < b.seconds; })
               ->seconds;
  }
  return low.seconds + (high - low.seconds) * (position - static_cast<double>(rank));
}

// Bisection: nth_element puts the middle sample in place, the weights say on which side to go on.
LatencySamples::Place LatencySamples::place_of(std::int64_t rank, Place from) {
  std::size_t end = samples_.size();
  while (end - from.index > 1) {
    const std::size_t middle = from.index + (end - from.index) / 2;
    const auto at = [this](std::size_t index) {
      return samples_.begin() + static_cast<std::ptrdiff_t>(index);
    };
    std::nth_element(at(from.index), at(middle), at(end),
                     [](const Sample& a, const Sample& b) { return a.seconds < b.seconds; });
    std::int64_t below = from.before;
    for (std::size_t i = from.index; i < middle; ++i) below += samples_[i].requests;
    if (rank < below) end = middle;
    else from = {.index = middle, .before = below};
  }
  return from;
}

}  // namespace assay::simulate
