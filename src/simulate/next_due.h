// next_due.h — which of many replicas is due next: a tournament of their times. Ties go to the
// lower number. Setting one costs the logarithm of their count. Plain values.
#pragma once

#include <bit>
#include <cstddef>
#include <vector>

#include "base/sim_time.h"

namespace assay::simulate {

class NextDue {
 public:
  explicit NextDue(std::size_t count)
      : leaves_{std::bit_ceil(count > 0 ? count : 1)}, best_(2 * leaves_) {
    for (std::size_t i = 0; i < leaves_; ++i) best_[leaves_ + i].index = i;
    for (std::size_t i = leaves_ - 1; i >= 1; --i) best_[i] = best_[2 * i];
  }

  SimTime time() const { return best_[1].time; }
  std::size_t first() const { return best_[1].index; }

  void set(std::size_t index, SimTime time) {
    if (best_[index + leaves_].time == time) return;
    Entry best{time, index};
    best_[index + leaves_] = best;
    for (std::size_t node = index + leaves_; node > 1; node /= 2) {
      const Entry other = best_[node ^ 1];
      // Without branches: nobody can foretell them.
      const bool earlier = (other.time.ns < best.time.ns) |
                           ((other.time.ns == best.time.ns) & (other.index < best.index));
      const std::size_t mask = std::size_t{0} - earlier;
      best.time.ns ^= (best.time.ns ^ other.time.ns) & static_cast<std::int64_t>(mask);
      best.index ^= (best.index ^ other.index) & mask;
      best_[node / 2] = best;
    }
  }

 private:
  struct Entry {
    SimTime time{kNever};
    std::size_t index{};
  };

  std::size_t leaves_;
  std::vector<Entry> best_;  // of the leaves below each node; node 1 is above all
};

}  // namespace assay::simulate
