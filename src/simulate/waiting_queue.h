// waiting_queue.h — requests that wait at a replica: by priority, the lowest number first, and
// within one in the order in which they came; who was preempted goes before all of its priority.
// Without priorities all are one. Those that have left in between are skipped by their generation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "simulate/request.h"

namespace assay::simulate {

class WaitingQueue {
 public:
  explicit WaitingQueue(bool by_priority) : by_priority_{by_priority} {}

  std::int64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void push_back(const Requests& requests, Slot slot) {
    level(requests[slot]).push_back({slot, requests[slot].generation});
    ++size_;
  }
  void push_front(const Requests& requests, Slot slot) {
    level(requests[slot]).push_front({slot, requests[slot].generation});
    ++size_;
  }
  // Requires one. An empty level goes only when another is behind it: the usual one stays.
  Slot front(const Requests& requests) {
    for (;;) {
      while (levels_.front().waiting.empty()) levels_.erase(levels_.begin());
      auto& waiting = levels_.front().waiting;
      const Entry entry = waiting.front();
      if (is_here(requests, entry)) return entry.slot;
      waiting.pop_front();
    }
  }
  void pop_front(const Requests& requests) {
    front(requests);
    levels_.front().waiting.pop_front();
    --size_;
  }
  // One of them leaves from anywhere: its generation or stage must change.
  void left() { --size_; }

  // Calls each(slot) for all, in order.
  template <class Each>
  void each(const Requests& requests, Each&& visit) const {
    for (const Level& l : levels_) {
      for (const Entry& entry : l.waiting) {
        if (is_here(requests, entry)) visit(entry.slot);
      }
    }
  }
  void clear() {
    levels_.clear();
    size_ = 0;
  }

 private:
  struct Entry {
    Slot slot{};
    std::uint32_t generation{};
  };
  struct Level {
    std::int32_t priority{};
    std::deque<Entry> waiting;
  };

  static bool is_here(const Requests& requests, const Entry& entry) {
    const Request& request = requests[entry.slot];
    return request.generation == entry.generation && request.stage == Stage::kWaiting;
  }
  std::deque<Entry>& level(const Request& request) {
    const std::int32_t priority = by_priority_ ? request.priority : 0;
    const auto at = std::lower_bound(
        levels_.begin(), levels_.end(), priority,
        [](const Level& l, std::int32_t wanted) { return l.priority < wanted; });
    if (at != levels_.end() && at->priority == priority) return at->waiting;
    return levels_.insert(at, {.priority = priority, .waiting = {}})->waiting;
  }

  bool by_priority_;
  std::int64_t size_{};
  std::vector<Level> levels_;
};

}  // namespace assay::simulate
