// decode_batch.h — the sequences that decode, in cohorts that began and will finish in the same
// iterations. All advance by the same tokens in an iteration, so that nothing is touched between a
// start and a finish: the sum of contexts is a linear function of the iteration's number.
// Finishes lie in a ring of buckets by iteration, with a bitmap to find the next one; starts in a
// list by age, for preemption. No allocation once the largest batch has been seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "simulate/sequences.h"

namespace assay::simulate {

class DecodeBatch {
 public:
  // iterations_max: of any sequence that will start.
  DecodeBatch(std::int64_t iterations_max, double tokens_per_iteration);

  std::int64_t count() const { return count_; }
  // Tokens in the cache before iteration `iteration`, over all sequences.
  double context_sum(std::int64_t iteration) const {
    return prompts_ + tokens_per_iteration_ * static_cast<double>(count_ * iteration - starts_);
  }

  // Requires sequences.iterations >= 1; `iteration` is the first one that carries them.
  void start(const Sequences& sequences, std::int64_t iteration);

  // How many iterations from `iteration` on leave the batch as it is, the last one included, after
  // which some finish. Requires a sequence.
  std::int64_t iterations_to_finish(std::int64_t iteration) const;

  // Calls each(sequences) for those whose last iteration was the one before `iteration`.
  template <class Each>
  void finish(std::int64_t iteration, Each&& each);

  // Tokens in the cache of one of the sequences that started last, before `iteration`.
  double youngest_context(std::int64_t iteration) const {
    const Cohort& cohort = cohorts_[youngest_];
    return context(cohort, iteration);
  }
  // Takes `at_most` of those that started last, and of them those that came last, out of the batch.
  // The second: iterations that they have decoded.
  std::pair<Sequences, std::int64_t> remove_youngest(std::int64_t at_most, std::int64_t iteration);

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = ~Index{0};

  struct Cohort {
    Sequences sequences;  // count 0: all preempted, only the ring still knows it
    std::int64_t start{};
    Index next{kNone};  // of those that finish in the same iteration, or that are free
    Index older{kNone}, younger{kNone};
  };

  double context(const Cohort& cohort, std::int64_t iteration) const {
    return cohort.sequences.prompt +
           tokens_per_iteration_ * static_cast<double>(iteration - cohort.start);
  }
  std::size_t bucket(std::int64_t iteration) const {
    return static_cast<std::size_t>(iteration) & (finishes_.size() - 1);
  }
  bool joins_youngest(const Sequences& sequences, std::int64_t iteration) const;
  Index new_cohort();
  void forget(std::int64_t sequences, const Cohort& cohort);
  void unlink(const Cohort& cohort);

  double tokens_per_iteration_;
  std::int64_t count_{}, starts_{};  // starts_: sum of first iterations
  double prompts_{};                 // sum of prompts
  std::vector<Cohort> cohorts_;
  std::vector<Index> finishes_;        // first cohort of each bucket
  std::vector<std::uint64_t> filled_;  // a bit for each bucket
  Index free_{kNone}, youngest_{kNone};
};

template <class Each>
void DecodeBatch::finish(std::int64_t iteration, Each&& each) {
  const std::size_t slot = bucket(iteration);
  Index index = finishes_[slot];
  if (index == kNone) return;
  finishes_[slot] = kNone;
  filled_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  while (index != kNone) {
    Cohort& cohort = cohorts_[index];
    const Index next = cohort.next;
    if (cohort.sequences.count > 0) {
      forget(cohort.sequences.count, cohort);
      unlink(cohort);
      each(std::as_const(cohort.sequences));
    }
    cohort.next = std::exchange(free_, index);
    index = next;
  }
}

}  // namespace assay::simulate
