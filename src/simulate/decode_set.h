// decode_set.h — the sequences of a replica that decode. All advance together, so that nothing is
// touched between a start and an end: the sum of contexts and the blocks that an iteration writes
// into are functions of the iteration's number. Ends lie in a ring of buckets by iteration, with a
// bitmap to find the next one.
// Tokens gained are whole: after k iterations floor(k·yield), yield in 1/256 tokens, so that every
// sum is exact. One object a replica; no threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "simulate/engine_limits.h"
#include "simulate/request.h"

namespace assay::simulate {

// Tokens that a sequence gains over iterations.
class TokenYield {
 public:
  explicit TokenYield(double tokens_per_iteration)
      : units_{static_cast<std::int64_t>(tokens_per_iteration * kUnits + 0.5)} {}
  bool is_one() const { return units_ == kUnits; }
  std::int64_t tokens(std::int64_t iterations) const { return iterations * units_ / kUnits; }
  // The fewest that yield so many.
  std::int64_t iterations(std::int64_t tokens) const {
    return (tokens * kUnits + units_ - 1) / units_;
  }
  double per_iteration() const { return static_cast<double>(units_) / kUnits; }

 private:
  static constexpr std::int64_t kUnits = 256;
  std::int64_t units_;
};

class DecodeSet {
 public:
  explicit DecodeSet(const EngineLimits& limits);

  std::int64_t count() const { return count_; }
  const TokenYield& yield() const { return yield_; }
  // Tokens in the cache before iteration `iteration`, over all sequences.
  double context_sum(std::int64_t iteration) const {
    return static_cast<double>(prompts_) +
           yield_.per_iteration() * static_cast<double>(count_ * iteration - starts_);
  }

  // Requires request.start and .finish: finish > start.
  void add(Requests& requests, Slot slot);
  // Takes a sequence out, whether it has ended or not.
  void remove(Requests& requests, Slot slot);
  void clear();

  // Iterations from `iteration` on that leave the set as it is, the last one included, after which
  // some may end. Requires a sequence.
  std::int64_t iterations_to_finish(std::int64_t iteration) const;
  // Those that end with iteration `iteration − 1`, in the order of their admission; still in.
  const std::vector<Slot>& finishing(Requests& requests, std::int64_t iteration);

  // Blocks that iterations [first, first + count) need beyond those before them.
  std::int64_t allocations(std::int64_t first, std::int64_t count) const;
  // Blocks that one sequence holds before iteration `iteration`, beyond those of its admission.
  std::int64_t grown(const Request& request, std::int64_t iteration) const;

 private:
  struct Member {  // of a set that yields other than one token an iteration
    std::int64_t room{}, start{};
  };

  std::int64_t room(const Member& member, std::int64_t iteration) const;
  std::size_t bucket(std::int64_t iteration) const {
    return static_cast<std::size_t>(iteration) % kBuckets;
  }
  void link(Requests& requests, Slot slot, std::int64_t iteration);
  void unlink(Requests& requests, Slot slot);
  std::size_t phase(const Request& request) const;

  static constexpr std::size_t kBuckets = 4096;  // a longer answer is looked at once a round

  TokenYield yield_;
  std::int32_t block_tokens_, draft_tokens_;
  std::int64_t count_{}, starts_{}, prompts_{};
  std::array<Slot, kBuckets> ends_;                    // last of each bucket
  std::array<std::uint64_t, kBuckets / 64> filled_{};  // a bit for each bucket
  std::vector<std::int32_t> phases_;  // sequences by the iteration that needs their next block
  std::vector<Member> members_;
  std::vector<Slot> member_slots_;
  std::vector<Slot> finishing_;
};

}  // namespace assay::simulate
