// training_front.h — layouts of which no other is at once as fast and as lean: step time against
// memory of a rank. Seconds, bytes. Of equal points the first one stays.
#pragma once

#include <algorithm>
#include <vector>

#include "model/training_job.h"

namespace assay::search {

struct FrontPoint {
  double time{}, memory{};
  model::TrainingLayout layout;
};

class TrainingFront {
 public:
  // By rising time, which is by falling memory.
  const std::vector<FrontPoint>& points() const { return points_; }

  // Whether a point of the front is as good in both and better in one.
  bool beats(double time, double memory) const {
    const FrontPoint* point = last_within(time);
    if (point == nullptr || point->memory > memory) return false;
    return point->memory < memory || point->time < time;
  }

  void add(double time, double memory, const model::TrainingLayout& layout) {
    const FrontPoint* within = last_within(time);
    if (within != nullptr && within->memory <= memory) return;
    // All of the same time or a later one that need as much memory make way.
    const auto first = std::lower_bound(points_.begin(), points_.end(), time,
                                        [](const FrontPoint& p, double t) { return p.time < t; });
    const auto last =
        std::find_if(first, points_.end(), [&](const FrontPoint& p) { return p.memory < memory; });
    if (first == last) {
      points_.insert(first, {time, memory, layout});
      return;
    }
    *first = {time, memory, layout};
    points_.erase(first + 1, last);
  }

  void add(const TrainingFront& other) {
    for (const FrontPoint& p : other.points_) add(p.time, p.memory, p.layout);
  }

 private:
  // The leanest that takes at most this time.
  const FrontPoint* last_within(double time) const {
    const auto after = std::upper_bound(points_.begin(), points_.end(), time,
                                        [](double t, const FrontPoint& p) { return t < p.time; });
    return after == points_.begin() ? nullptr : &*(after - 1);
  }

  std::vector<FrontPoint> points_;
};

}  // namespace assay::search
