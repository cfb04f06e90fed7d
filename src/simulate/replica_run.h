// replica_run.h — what happens to a replica over time: requests come and are cancelled, stretches
// of iterations end, prompts and answers with them. Part of replica.h, which includes it.
#pragma once

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "simulate/replica.h"

namespace assay::simulate {

template <class Step>
Replica<Step>::Replica(const ReplicaShared<Step>& shared, std::int32_t number)
    : step_{shared.step},
      table_{shared.table},
      limits_{shared.limits},
      requests_{shared.requests},
      record_{shared.record},
      timeline_{shared.timeline},
      role_{shared.role},
      number_{number},
      pool_{limits_.kv_blocks, limits_.block_tokens, limits_.prefix_caching},
      decode_{limits_},
      waiting_{limits_.by_priority} {
  ASSAY_ASSERT(limits_.tokens_max >= 1 && limits_.sequences_max >= 1);
  ASSAY_ASSERT(limits_.output_reserved >= 0 && limits_.output_reserved <= 1);
  ASSAY_ASSERT(limits_.tokens_per_iteration >= 1);
}

template <class Step>
void Replica<Step>::submit(Slot slot, SimTime now) {
  Request& request = requests_[slot];
  ASSAY_ASSERT(fits(request.input, request.output));
  request.submitted = now;
  request.replica = number_;
  request.prompt = request.input + (request.prefilled ? 0 : request.generated);
  request.done = 0;
  request.kept = -1;
  if (limits_.output_reserved > 0) {
    const double output = std::ceil(limits_.output_reserved * request.output);
    request.reserved_blocks = static_cast<std::int32_t>(
        pool_.blocks_of(request.input + static_cast<std::int64_t>(output)));
  }
  wait_in_queue(slot, false);
  if (end_ == kNever) {
    count_ = 0;
    ran_ = false;
    end_ = now;
  } else if (count_ > 1 && waiting_.front(requests_) == slot) {
    BlockPool::Offer offer;
    if (admissible(slot, offer, 0)) cut_stretch(now, limits_.schedules_ahead);
  }
}

template <class Step>
void Replica<Step>::wait_in_queue(Slot slot, bool front) {
  Request& request = requests_[slot];
  request.stage = Stage::kWaiting;
  ++request.generation;
  waiting_blocks_ += pool_.blocks_of(request.prompt);
  if (front) waiting_.push_front(requests_, slot);
  else waiting_.push_back(requests_, slot);
}

template <class Step>
void Replica<Step>::leave_queue(Slot slot) {
  waiting_blocks_ -= pool_.blocks_of(requests_[slot].prompt);
  waiting_.pop_front(requests_);
}

// Time of so many iterations from the start of the stretch, rounded once.
template <class Step>
std::int64_t Replica<Step>::stretch_ns(std::int64_t iterations) const {
  const auto n = static_cast<double>(iterations);
  const double seconds = n * first_ + slope_ * (n * (n - 1) / 2);
  return std::max(iterations, nanoseconds(Seconds::from_base(seconds)));
}

// The fewest iterations of the stretch that do not end before `now`.
template <class Step>
std::int64_t Replica<Step>::iterations_until(SimTime now) const {
  const std::int64_t elapsed = now.ns - start_.ns;
  if (elapsed <= 0) return 0;
  const double seconds = static_cast<double>(elapsed) * 1e-9;
  // The root of n·first + slope·n(n − 1)/2, up to rounding.
  const double linear = first_ - slope_ / 2;
  const double root = std::sqrt(std::max(0.0, linear * linear + 2 * slope_ * seconds));
  auto n = static_cast<std::int64_t>(std::ceil(2 * seconds / (linear + root)));
  n = std::clamp<std::int64_t>(n, 1, count_);
  while (n > 1 && stretch_ns(n - 1) >= elapsed) --n;
  while (n < count_ && stretch_ns(n) < elapsed) ++n;
  return n;
}

// The stretch ends with the iteration under way at `now`, or with the next one where that is
// planned already.
template <class Step>
void Replica<Step>::cut_stretch(SimTime now, bool an_iteration_late) {
  std::int64_t n = iterations_until(now);
  n = an_iteration_late ? n + 1 : std::max<std::int64_t>(n, 1);
  if (n >= count_) return;
  count_ = n;
  end_ = {start_.ns + stretch_ns(n)};
}

template <class Step>
void Replica<Step>::end_iterations(std::vector<ReplicaEvent>& events) {
  if (count_ == 0) return;
  last_start_ = count_ == 1 ? start_ : SimTime{start_.ns + stretch_ns(count_ - 1)};
  ran_ = true;
  if (decodes_ && count_ > 1) pool_.take(decode_.allocations(iteration_ + 1, count_ - 1));
  record_stretch();
  if (decodes_) {
    record_gaps();
    iteration_ += count_;
    if (decode_.count() > 0) {
      for (const Slot slot : decode_.finishing(requests_, iteration_)) finish(slot, events);
    }
  }
  if (!marked_.empty()) cancel_marked(events);
  for (const Slot slot : ending_) prompt_ended(slot, events);
  ending_.clear();
  count_ = 0;
}

template <class Step>
IterationSums Replica<Step>::stretch_sums() const {
  const double n = static_cast<double>(count_);
  IterationSums sums{.seconds = (end_ - start_).base(), .iterations = n};
  if (decodes_) {
    const double growth = decode_.yield().per_iteration() * static_cast<double>(decode_.count());
    sums.decode_sequences = n * static_cast<double>(decode_.count() + padding_);
    sums.decode_context =
        n * (decode_.context_sum(iteration_) + padding_context_) + growth * (n * (n - 1) / 2);
  }
  sums.prefill_tokens = prompts_.tokens;
  sums.prefill_pieces = prompts_.pieces;
  sums.prefill_before = prompts_.before;
  sums.prefill_ends = prompts_.ends;
  return sums;
}

// `share`: of the one iteration of a stretch that a failure cuts short, as much as has run.
template <class Step>
void Replica<Step>::record_work(double share) {
  const IterationSums sums = stretch_sums();
  const double size =
      prompts_.tokens + (decodes_ ? static_cast<double>(decode_.count() + padding_) : 0);
  auto& sizes = prompts_.pieces > 0 ? record_.profile.prompts : record_.profile.decoding;
  add(sizes[IterationProfile::size_of(size)], share < 1 ? part_of(sums, share) : sums);
  record_.busy_seconds += sums.seconds;
  record_.blocks_most = std::max(record_.blocks_most, pool_.used());
  const bool shown = timeline_ != nullptr && start_ >= timeline_->from && start_ < timeline_->until;
  if (shown) record_slice();
}

template <class Step>
void Replica<Step>::record_stretch() {
  record_work(1);
  if (decodes_) record_.decode_sequences += count_ * decode_.count();
  record_.prompt_tokens += static_cast<std::int64_t>(prompts_.tokens);
  record_.iterations += count_;
  record_.block_seconds += block_seconds() + static_cast<double>(used_by_ended_) * first_;
}

// Up to a failure: the iterations that have ended, and the time of the one under way, of which
// nothing came. One that would end at `now` has not ended: a failure comes first.
template <class Step>
void Replica<Step>::record_until(SimTime now) {
  if (count_ == 0 || now <= start_) return;
  if (const std::int64_t ended = iterations_until(now) - 1; ended > 0) {  // decoding, all of them
    count_ = ended;
    end_ = {start_.ns + stretch_ns(ended)};
    pool_.take(decode_.allocations(iteration_ + 1, ended - 1));
    record_stretch();
    record_gaps();
    iteration_ += ended;
    pool_.take(decode_.allocations(iteration_, 1));
    used_at_start_ = pool_.used();
    used_by_ended_ = 0;
    first_ += slope_ * static_cast<double>(ended);
    start_ = end_;
  }
  count_ = 1;
  end_ = now;
  const double seconds = (now - start_).base();
  record_work(std::min(1.0, seconds / first_));
  record_.block_seconds += static_cast<double>(used_at_start_ + used_by_ended_) * seconds;
}

template <class Step>
void Replica<Step>::record_slice() {
  if (timeline_->slices.size() == timeline_->slices_max) {
    timeline_->cut = true;
    return;
  }
  timeline_->slices.push_back({.from = start_,
                               .until = end_,
                               .replica = number_,
                               .iterations = count_,
                               .decoding = decodes_ ? decode_.count() : 0,
                               .prompt_tokens = static_cast<std::int64_t>(prompts_.tokens),
                               .kv_blocks = pool_.used(),
                               .waiting = waiting_.size()});
}

// Of the stretch that ends: blocks and times of its iterations are both taken to rise evenly.
template <class Step>
double Replica<Step>::block_seconds() const {
  const auto n = static_cast<double>(count_), blocks = static_cast<double>(used_at_start_);
  if (count_ == 1) return blocks * (end_ - start_).base();
  const double more = (static_cast<double>(pool_.used()) - blocks) / (n - 1);
  return blocks * first_ * n + (blocks * slope_ + more * first_) * (n * (n - 1) / 2) +
         more * slope_ * ((n - 1) * n * (2 * n - 1) / 6);
}

// Each sequence gives out a token an iteration (with speculation: some at once). Those that stood
// still while prompts ran waited longer for the first.
template <class Step>
void Replica<Step>::record_gaps() {
  std::int64_t others = decode_.count();
  for (const Newcomers& n : newcomers_) {
    record_.gaps.add((start_ - n.last_token).base() + first_, n.count);
    others -= n.count;
  }
  if (newcomers_.empty() && start_ == last_decoded_) {
    record_.gaps.add_affine(first_, slope_, count_, others);
  } else {
    record_.gaps.add((start_ - last_decoded_).base() + first_, others);
    record_.gaps.add_affine(first_ + slope_, slope_, count_ - 1, decode_.count());
  }
  newcomers_.clear();
  last_decoded_ = end_;
}

// One that leaves before it has decoded.
template <class Step>
void Replica<Step>::leave_newcomers(const Request& request) {
  if (request.start < iteration_) return;
  const auto at = std::find_if(newcomers_.begin(), newcomers_.end(), [&](const Newcomers& n) {
    return n.last_token == request.last_token;
  });
  ASSAY_ASSERT(at != newcomers_.end());
  if (--at->count == 0) newcomers_.erase(at);
}

template <class Step>
void Replica<Step>::prompt_ended(Slot slot, std::vector<ReplicaEvent>& events) {
  Request& request = requests_[slot];
  if (request.stage != Stage::kPrompt) return;  // cancelled
  ++request.generated;
  if (request.first_token == kNever) request.first_token = end_;
  if (request.last_token != kNever) {
    record_.gaps.add((end_ - request.last_token).base());
  }
  request.last_token = end_;
  if (request.generated >= request.output) {
    finish(slot, events);
  } else if (role_ == Role::kPrefill) {
    request.stage = Stage::kHeld;
    unlink(slot);
    --running_;
    reserved_ -= request.reserved_blocks;
    if (running_ == 0) end_batch();
    events.push_back({Happened::kPrefilled, slot});
  } else {
    start_decode(slot);
  }
}

template <class Step>
void Replica<Step>::start_decode(Slot slot) {
  Request& request = requests_[slot];
  request.stage = Stage::kDecoding;
  request.start = iteration_;
  request.finish = iteration_ + decode_.yield().iterations(request.output - request.generated);
  decode_.add(requests_, slot);
  if (newcomers_.empty() || newcomers_.back().last_token != request.last_token) {
    newcomers_.push_back({request.last_token, 0});
  }
  ++newcomers_.back().count;
}

template <class Step>
void Replica<Step>::finish(Slot slot, std::vector<ReplicaEvent>& events) {
  requests_[slot].generated = requests_[slot].output;
  requests_[slot].last_token = end_;
  requests_[slot].cancelled = false;
  leave(slot);
  events.push_back({Happened::kFinished, slot});
}

// Its place and blocks go when the engine sees that it has ended; of a static batch with the last.
template <class Step>
void Replica<Step>::leave(Slot slot) {
  Request& request = requests_[slot];
  Leaving gone{.own = request.own_blocks, .nodes = std::move(requests_.prefixes[slot].nodes)};
  requests_.prefixes[slot].nodes.clear();
  if (request.stage == Stage::kDecoding) {
    gone.own += decode_.grown(request, iteration_);
    leave_newcomers(request);
    decode_.remove(requests_, slot);
  }
  reserved_ -= request.reserved_blocks;
  unlink(slot);
  --running_;
  request.stage = Stage::kOutside;
  if (limits_.batching == Batching::kStatic) {
    padded_.push_back(std::move(gone));
    if (request.output > 1) {
      ++padding_;
      padding_context_ += request.input + request.output;
    }
    if (running_ == 0) end_batch();
    return;
  }
  ended_.push_back(std::move(gone));
}

template <class Step>
void Replica<Step>::end_batch() {
  for (Leaving& l : padded_) ended_.push_back(std::move(l));
  padded_.clear();
  padding_ = 0;
  padding_context_ = 0;
}

template <class Step>
bool Replica<Step>::cancel(Slot slot, SimTime now) {
  Request& request = requests_[slot];
  if (request.stage == Stage::kWaiting) {
    waiting_blocks_ -= pool_.blocks_of(request.prompt);
    request.stage = Stage::kOutside;
    ++request.generation;
    waiting_.left();
    if (count_ > 1 && !waiting_.empty()) {  // it may have been in the way
      BlockPool::Offer offer;
      if (admissible(waiting_.front(requests_), offer, 0)) cut_stretch(now, false);
    }
    return true;
  }
  if (request.stage != Stage::kPrompt && request.stage != Stage::kDecoding) return false;
  if (!request.cancelled) {
    request.cancelled = true;
    marked_.push_back(slot);
    if (count_ > 1) cut_stretch(now, false);
  }
  return true;
}

template <class Step>
void Replica<Step>::cancel_marked(std::vector<ReplicaEvent>& events) {
  std::vector<Slot> marked;
  std::swap(marked, marked_);
  for (const Slot slot : marked) {
    Request& request = requests_[slot];
    if (!request.cancelled) continue;  // it ended with this iteration
    request.cancelled = false;
    if (request.stage == Stage::kWaiting) {  // preempted in between
      cancel(slot, end_);
    } else {
      if (slot == cut_) {
        cut_ = kNoSlot;
        request.own_blocks +=
            static_cast<std::int32_t>(pool_.forget_behind(requests_.prefixes[slot], request.done));
      }
      if (request.stage == Stage::kDecoding && request.start < iteration_) {
        request.last_token = last_decoded_;
      }
      leave(slot);
    }
    events.push_back({Happened::kCancelled, slot});
  }
}

template <class Step>
void Replica<Step>::release_held(Slot slot, SimTime now) {
  const std::int64_t used = pool_.used();
  pool_.release(requests_.prefixes[slot].nodes, requests_[slot].own_blocks);
  if (count_ > 0) {
    const std::int64_t freed = used - pool_.used();
    record_.block_seconds += static_cast<double>(freed) * (now - start_).base();
    used_at_start_ -= freed;
  }
  if (end_ == kNever && !waiting_.empty()) {  // it waited for these blocks
    count_ = 0;
    ran_ = false;
    end_ = now;
  }
}

template <class Step>
std::vector<Slot> Replica<Step>::fail(SimTime now) {
  record_until(now);
  std::vector<Slot> lost;
  for (Slot slot = youngest_; slot != kNoSlot; slot = requests_[slot].older) lost.push_back(slot);
  std::reverse(lost.begin(), lost.end());
  waiting_.each(requests_, [&](Slot slot) { lost.push_back(slot); });
  for (const Slot slot : lost) {
    Request& request = requests_[slot];
    request.stage = Stage::kOutside;
    request.cancelled = false;
    request.generated = 0;
    request.prefilled = false;
    request.first_token = request.last_token = kNever;
    request.older = request.younger = kNoSlot;
    ++request.generation;
    requests_.prefixes[slot].nodes.clear();
  }
  pool_.clear();
  decode_.clear();
  waiting_.clear();
  waiting_blocks_ = reserved_ = running_ = padding_ = count_ = 0;
  padding_context_ = 0;
  cut_ = youngest_ = kNoSlot;
  ending_.clear();
  marked_.clear();
  ended_.clear();
  held_over_.clear();
  padded_.clear();
  newcomers_.clear();
  filling_ = ran_ = decodes_ = false;
  end_ = kNever;
  return lost;
}

template <class Step>
ReplicaState Replica<Step>::state(SimTime now) const {
  ReplicaState s{.running = running_, .waiting = waiting_.size(), .kv_blocks = pool_.used()};
  if (count_ > 1 && decodes_ && now > start_ && end_ > start_) {
    const double share =
        static_cast<double>(now.ns - start_.ns) / static_cast<double>(end_.ns - start_.ns);
    const auto done = static_cast<std::int64_t>(share * static_cast<double>(count_ - 1));
    s.kv_blocks += decode_.allocations(iteration_ + 1, done);
  }
  return s;
}

template <class Step>
void Replica<Step>::link_youngest(Slot slot) {
  requests_[slot].older = youngest_;
  requests_[slot].younger = kNoSlot;
  if (youngest_ != kNoSlot) requests_[youngest_].younger = slot;
  youngest_ = slot;
}

template <class Step>
void Replica<Step>::unlink(Slot slot) {
  const Request& request = requests_[slot];
  if (request.older != kNoSlot) requests_[request.older].younger = request.younger;
  if (request.younger != kNoSlot) requests_[request.younger].older = request.older;
  else youngest_ = request.older;
}

}  // namespace assay::simulate
