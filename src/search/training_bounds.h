// training_bounds.h — what no layout of a group is faster and leaner than, from a few of its
// members. A group shares everything but recompute and offload.
// Both only trade time for memory: recomputing adds work to each micro-batch, a copy to the host
// adds waiting, and neither takes any away; each leaves at most as much on the accelerator. So the
// member that does neither bounds the time, the one that does most of both the memory. Where the
// space has no such member, all are tried. Held against brute force by
// search_training_test.cpp. Seconds, bytes. Pure.
#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include "model/training_step.h"
#include "search/training_space.h"

namespace assay::search {

// Whether a space has the extreme values.
struct Extremes {
  bool recompute_none{}, recompute_full{};
  bool offload_none{}, offload_all{};
};

inline constexpr RecomputeChoice kNoRecompute{};
inline constexpr RecomputeChoice kFullRecompute{model::Recompute::kFull, 0};
inline constexpr OffloadChoice kNoOffload{};
inline constexpr OffloadChoice kFullOffload{true, true, true};

// What rounding may take off a sum of some dozens of terms.
inline constexpr double kRounding = 1 - 1e-12;

struct GroupBound {
  double time{}, memory{};
};

inline Extremes extremes_of(const TrainingSpace& space) {
  const auto has = [](const auto& values, const auto& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  return {.recompute_none = has(space.recompute, kNoRecompute),
          .recompute_full = has(space.recompute, kFullRecompute),
          .offload_none = has(space.offload, kNoOffload),
          .offload_all = has(space.offload, kFullOffload)};
}

// One value where it is known to be the extreme one, else all.
template <class T>
std::span<const T> either(bool known, const T& value, const std::vector<T>& all) {
  return known ? std::span<const T>{&value, 1} : std::span<const T>{all};
}

// f(recompute, offload) for the members of a group one of which is the leanest.
template <class F>
void for_each_leanest(const std::vector<RecomputeChoice>& recomputes,
                      const std::vector<OffloadChoice>& offloads, const Extremes& extremes, F&& f) {
  // Without a known host no choice of offload is left but one.
  const bool all = extremes.offload_all && offloads.size() > 1;
  for (const auto& recompute : either(extremes.recompute_full, kFullRecompute, recomputes)) {
    for (const auto& offload : either(all, kFullOffload, offloads)) f(recompute, offload);
  }
}

// Of all offloads of a layout whose recompute is chosen.
inline GroupBound group_bound(const model::TrainingSubject& subject,
                              const model::TrainingPass& pass, model::TrainingLayout layout,
                              const std::vector<OffloadChoice>& offloads,
                              const Extremes& extremes) {
  constexpr double kMost = std::numeric_limits<double>::infinity();
  GroupBound bound{kMost, kMost};
  for (const auto& offload : either(extremes.offload_none, kNoOffload, offloads)) {
    choose(offload, layout);
    bound.time = std::min(bound.time, model::step_time(subject, pass, layout).total);
  }
  const bool all = extremes.offload_all && offloads.size() > 1;
  for (const auto& offload : either(all, kFullOffload, offloads)) {
    choose(offload, layout);
    bound.memory = std::min(bound.memory, model::training_memory(subject, pass, layout).total());
  }
  return {bound.time * kRounding, bound.memory * kRounding};
}

// Of all recomputes and offloads of a layout.
inline GroupBound group_bound(const model::TrainingSubject& subject,
                              const model::TrainingPass& pass, model::TrainingLayout layout,
                              const std::vector<RecomputeChoice>& recomputes,
                              const std::vector<OffloadChoice>& offloads,
                              const Extremes& extremes) {
  constexpr double kMost = std::numeric_limits<double>::infinity();
  GroupBound bound{kMost, kMost};
  // What waits for the host anyway may hide its recompute, and more communication behind that.
  const bool none = extremes.recompute_none && extremes.offload_none;
  for (const auto& recompute : either(none, kNoRecompute, recomputes)) {
    for (const auto& offload : either(extremes.offload_none, kNoOffload, offloads)) {
      choose(recompute, layout);
      choose(offload, layout);
      bound.time = std::min(bound.time, model::step_time(subject, pass, layout).total);
    }
  }
  for_each_leanest(recomputes, offloads, extremes,
                   [&](const RecomputeChoice& recompute, const OffloadChoice& offload) {
                     choose(recompute, layout);
                     choose(offload, layout);
                     bound.memory = std::min(bound.memory,
                                             model::training_memory(subject, pass, layout).total());
                   });
  return {bound.time * kRounding, bound.memory * kRounding};
}

}  // namespace assay::search
