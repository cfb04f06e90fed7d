// pool_record.h — what the replicas of a pool have done, added up as they go: iterations by size,
// gaps between tokens, blocks, preemptions. Times in seconds. Plain values.
#pragma once

#include <cstdint>
#include <vector>

#include "base/sim_time.h"
#include "simulate/iteration_profile.h"
#include "simulate/latency_record.h"

namespace assay::simulate {

// One stretch of iterations that carry the same, for a timeline.
struct TimelineSlice {
  SimTime from, until;
  std::int32_t replica{};
  std::int64_t iterations{};
  std::int64_t decoding{};       // sequences
  std::int64_t prompt_tokens{};  // of the one iteration that carries them
  std::int64_t kv_blocks{};      // in use at its end
  std::int64_t waiting{};
};

// The cache of a prompt on its way to where it is decoded.
struct TimelineTransfer {
  SimTime from, until;
  std::int32_t sender{}, receiver{};  // replicas
  std::int64_t request{};             // its number
};

struct Timeline {
  SimTime from, until{kNever};  // slices that begin in it are kept
  std::size_t slices_max{};
  bool cut{};  // there were more
  std::vector<TimelineSlice> slices;
  std::vector<TimelineTransfer> transfers;
};

struct PoolRecord {
  IterationProfile profile;
  LatencyRecord gaps{true};  // ITL: between two tokens of a request, as they are given out
  std::int64_t preemptions{}, iterations{};
  std::int64_t prompt_tokens{};     // computed, again after preemptions too
  std::int64_t cached_tokens{};     // of prompts, found in the cache
  std::int64_t decode_sequences{};  // over the iterations; as many tokens where nothing speculates
  double busy_seconds{};            // of all replicas
  double block_seconds{};           // ∫ blocks in use dt, while busy
  std::int64_t blocks_most{};       // in use on a replica at the end of a stretch
};

}  // namespace assay::simulate
