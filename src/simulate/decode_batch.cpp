#include "simulate/decode_batch.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace assay::simulate {

DecodeBatch::DecodeBatch(std::int64_t iterations_max, double tokens_per_iteration)
    : tokens_per_iteration_{tokens_per_iteration} {
  ASSAY_ASSERT(iterations_max >= 0 && tokens_per_iteration >= 1);
  // Whole words of the bitmap; a finish lies 1 … iterations_max iterations ahead.
  const std::size_t buckets =
      std::max<std::size_t>(64, std::bit_ceil(static_cast<std::size_t>(iterations_max) + 1));
  finishes_.assign(buckets, kNone);
  filled_.assign(buckets / 64, 0);
}

bool DecodeBatch::joins_youngest(const Sequences& sequences, std::int64_t iteration) const {
  if (youngest_ == kNone || cohorts_[youngest_].start != iteration) return false;
  const Sequences& young = cohorts_[youngest_].sequences;
  return young.first + young.count == sequences.first && young.prompt == sequences.prompt &&
         young.output == sequences.output && young.output_request == sequences.output_request &&
         young.first_token == sequences.first_token;
}

DecodeBatch::Index DecodeBatch::new_cohort() {
  if (free_ == kNone) {
    cohorts_.emplace_back();
    return static_cast<Index>(cohorts_.size() - 1);
  }
  const Index index = free_;
  free_ = cohorts_[index].next;
  return index;
}

void DecodeBatch::start(const Sequences& sequences, std::int64_t iteration) {
  count_ += sequences.count;
  starts_ += sequences.count * iteration;
  prompts_ += static_cast<double>(sequences.count) * sequences.prompt;
  if (joins_youngest(sequences, iteration)) {
    cohorts_[youngest_].sequences.count += sequences.count;
    return;
  }
  const Index index = new_cohort();
  const std::size_t slot = bucket(iteration + sequences.iterations);
  cohorts_[index] = {.sequences = sequences,
                     .start = iteration,
                     .next = std::exchange(finishes_[slot], index),
                     .older = youngest_};
  filled_[slot / 64] |= std::uint64_t{1} << (slot % 64);
  if (youngest_ != kNone) cohorts_[youngest_].younger = index;
  youngest_ = index;
}

std::int64_t DecodeBatch::iterations_to_finish(std::int64_t iteration) const {
  const std::size_t from = bucket(iteration + 1), words = filled_.size();
  std::size_t word = from / 64;
  std::uint64_t bits = filled_[word] & (~std::uint64_t{0} << (from % 64));
  while (bits == 0) {  // ends: what lies before `from` in its word comes a round later
    word = (word + 1) & (words - 1);
    bits = filled_[word];
  }
  const std::size_t slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
  return static_cast<std::int64_t>((slot - from) & (finishes_.size() - 1)) + 1;
}

void DecodeBatch::forget(std::int64_t sequences, const Cohort& cohort) {
  count_ -= sequences;
  starts_ -= sequences * cohort.start;
  prompts_ -= static_cast<double>(sequences) * cohort.sequences.prompt;
}

void DecodeBatch::unlink(const Cohort& cohort) {
  if (cohort.older != kNone) cohorts_[cohort.older].younger = cohort.younger;
  if (cohort.younger != kNone) cohorts_[cohort.younger].older = cohort.older;
  else youngest_ = cohort.older;
}

std::pair<Sequences, std::int64_t> DecodeBatch::remove_youngest(std::int64_t at_most,
                                                                std::int64_t iteration) {
  Cohort& cohort = cohorts_[youngest_];
  Sequences removed = cohort.sequences;
  removed.count = std::min(at_most, removed.count);
  removed.first += cohort.sequences.count - removed.count;
  forget(removed.count, cohort);
  cohort.sequences.count -= removed.count;
  if (cohort.sequences.count == 0) unlink(cohort);
  return {removed, iteration - cohort.start};
}

}  // namespace assay::simulate
