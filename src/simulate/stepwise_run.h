// stepwise_run.h — what happens to a replica over time, iteration by iteration. Part of
// stepwise_replica.h, which includes it.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/assert.h"
#include "simulate/stepwise_replica.h"

namespace assay::simulate {

template <class Step>
StepwiseReplica<Step>::StepwiseReplica(const ReplicaShared<Step>& shared, std::int32_t number)
    : step_{shared.step},
      limits_{shared.limits},
      requests_{shared.requests},
      record_{shared.record},
      timeline_{shared.timeline},
      role_{shared.role},
      number_{number},
      yield_{limits_.tokens_per_iteration},
      cache_{limits_.kv_blocks, limits_.block_tokens, limits_.prefix_caching} {
  ASSAY_ASSERT(limits_.tokens_max >= 1 && limits_.sequences_max >= 1);
  ASSAY_ASSERT(limits_.output_reserved >= 0 && limits_.output_reserved <= 1);
  ASSAY_ASSERT(limits_.tokens_per_iteration >= 1);
}

template <class Step>
bool StepwiseReplica<Step>::fits(std::int32_t input, std::int32_t output) const {
  const std::int64_t tokens = std::int64_t{input} + output + limits_.draft_tokens +
                              static_cast<std::int64_t>(limits_.tokens_per_iteration) + 1;
  return cache_.blocks_of(tokens) + 1 <= cache_.blocks();
}

template <class Step>
void StepwiseReplica<Step>::submit(Slot slot, SimTime now) {
  Request& request = requests_[slot];
  ASSAY_ASSERT(fits(request.input, request.output));
  request.submitted = now;
  request.replica = number_;
  request.stage = Stage::kWaiting;
  request.prompt = request.input + (request.prefilled ? 0 : request.generated);
  if (limits_.output_reserved > 0) {
    const double output = std::ceil(limits_.output_reserved * request.output);
    request.reserved_blocks = static_cast<std::int32_t>(
        cache_.blocks_of(request.input + static_cast<std::int64_t>(output)));
  }
  cache_.forget_own(request);
  waiting_.push_back(slot);
  if (end_ != kNever) return;
  end_ = now;
  ran_ = false;
}

template <class Step>
void StepwiseReplica<Step>::end_iterations(std::vector<ReplicaEvent>& events) {
  if (!runs_) return;
  runs_ = false;
  ran_ = true;
  last_start_ = start_;
  record(iteration());
  if (decodes_) decode(events);
  for (Sequence& s : running_) s.computed += s.piece;
  end_cancelled(events);
  end_prompts(events);
}

template <class Step>
std::int64_t StepwiseReplica<Step>::decoding() const {
  return std::count_if(running_.begin(), running_.end(),
                       [](const Sequence& s) { return s.decoding; });
}

template <class Step>
model::Iteration StepwiseReplica<Step>::iteration() const {
  model::Iteration it;
  for (const Sequence& s : running_) {
    const Request& request = requests_[s.slot];
    if (s.piece > 0) {
      it.prefill_tokens += static_cast<double>(s.piece);
      it.prefill_pieces += 1;
      it.prefill_before += static_cast<double>(s.computed);
      if (s.computed + s.piece == request.prompt) it.prefill_ends += 1;
    } else if (s.decoding && decodes_) {
      it.decode_sequences += 1;
      // Part of a token where an iteration yields 1.7: a mean, as the step takes it.
      it.decode_context +=
          request.prompt + yield_.per_iteration() * static_cast<double>(s.iterations);
    }
  }
  if (decodes_) {
    it.decode_sequences += static_cast<double>(padding_.size());
    for (const double context : padding_) it.decode_context += context;
  }
  if (it.prefill_pieces > 0) it.prefill_before /= it.prefill_pieces;
  if (it.decode_sequences > 0) it.decode_context /= it.decode_sequences;
  return it;
}

// `share`: of an iteration that a failure cuts short, as much as has run.
template <class Step>
void StepwiseReplica<Step>::record_work(const model::Iteration& iteration, double share) {
  const double seconds = (end_ - start_).base();
  const IterationSums sums{.seconds = seconds,
                           .iterations = 1,
                           .prefill_tokens = iteration.prefill_tokens,
                           .prefill_pieces = iteration.prefill_pieces,
                           .prefill_before = iteration.prefill_before * iteration.prefill_pieces,
                           .prefill_ends = iteration.prefill_ends,
                           .decode_sequences = iteration.decode_sequences,
                           .decode_context = iteration.decode_context * iteration.decode_sequences};
  add((prompts_ ? record_.profile.prompts : record_.profile.decoding)[IterationProfile::size_of(
          iteration.prefill_tokens + iteration.decode_sequences)],
      part_of(sums, share));
  record_.busy_seconds += seconds;
  record_.block_seconds += static_cast<double>(cache_.used()) * seconds;
  record_.blocks_most = std::max(record_.blocks_most, cache_.used());
  if (timeline_ != nullptr && start_ >= timeline_->from && start_ < timeline_->until) {
    record_slice();
  }
}

template <class Step>
void StepwiseReplica<Step>::record(const model::Iteration& iteration) {
  record_work(iteration, 1);
  ++record_.iterations;
  record_.prompt_tokens += static_cast<std::int64_t>(iteration.prefill_tokens);
  if (decodes_) record_.decode_sequences += decoding();
}

template <class Step>
void StepwiseReplica<Step>::record_slice() {
  if (timeline_->slices.size() == timeline_->slices_max) {
    timeline_->cut = true;
    return;
  }
  std::int64_t prompt_tokens = 0;
  for (const Sequence& s : running_) prompt_tokens += s.piece;
  timeline_->slices.push_back({.from = start_,
                               .until = end_,
                               .replica = number_,
                               .iterations = 1,
                               .decoding = decodes_ ? decoding() : 0,
                               .prompt_tokens = prompt_tokens,
                               .kv_blocks = cache_.used(),
                               .waiting = static_cast<std::int64_t>(waiting_.size())});
}

// It gives out a token (with speculation: some) at the end of the iteration.
template <class Step>
void StepwiseReplica<Step>::token(Request& request) {
  if (request.first_token == kNever) request.first_token = end_;
  if (request.last_token != kNever) record_.gaps.add((end_ - request.last_token).base());
  request.last_token = end_;
}

template <class Step>
void StepwiseReplica<Step>::decode(std::vector<ReplicaEvent>& events) {
  std::vector<Slot> ends;
  for (Sequence& s : running_) {
    if (!s.decoding) continue;
    Request& request = requests_[s.slot];
    token(request);
    const std::int64_t before = gained(s);
    ++s.iterations;
    request.generated = static_cast<std::int32_t>(
        std::min<std::int64_t>(request.output, request.generated + gained(s) - before));
    if (s.iterations == s.iterations_needed) ends.push_back(s.slot);
  }
  for (const Slot slot : ends) finish(place_of(slot), events);
}

template <class Step>
void StepwiseReplica<Step>::end_cancelled(std::vector<ReplicaEvent>& events) {
  for (const Slot slot : std::exchange(marked_, {})) {
    Request& request = requests_[slot];
    if (!request.cancelled) continue;  // it ended with this iteration
    request.cancelled = false;
    const std::size_t at = place_of(slot);
    cache_.forget_behind(running_[at].blocks, in_cache(running_[at]));
    leave(at);
    events.push_back({Happened::kCancelled, slot});
  }
}

template <class Step>
void StepwiseReplica<Step>::end_prompts(std::vector<ReplicaEvent>& events) {
  std::vector<Slot> ends;
  for (const Sequence& s : running_) {
    if (!s.decoding && s.computed == requests_[s.slot].prompt) ends.push_back(s.slot);
  }
  for (const Slot slot : ends) {
    Request& request = requests_[slot];
    token(request);
    ++request.generated;
    const std::size_t at = place_of(slot);
    if (request.generated >= request.output) {
      finish(at, events);
    } else if (role_ == Role::kPrefill) {
      request.stage = Stage::kHeld;
      held_.push_back({slot, std::move(running_[at].blocks)});
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
      if (running_.empty()) end_batch();
      events.push_back({Happened::kPrefilled, slot});
    } else {
      start_decode(running_[at]);
    }
  }
}

template <class Step>
std::size_t StepwiseReplica<Step>::place_of(Slot slot) const {
  const auto at = std::find_if(running_.begin(), running_.end(),
                               [slot](const Sequence& s) { return s.slot == slot; });
  ASSAY_ASSERT(at != running_.end());
  return static_cast<std::size_t>(at - running_.begin());
}

template <class Step>
void StepwiseReplica<Step>::finish(std::size_t at, std::vector<ReplicaEvent>& events) {
  const Slot slot = running_[at].slot;
  requests_[slot].generated = requests_[slot].output;
  requests_[slot].cancelled = false;
  leave(at);
  events.push_back({Happened::kFinished, slot});
}

template <class Step>
void StepwiseReplica<Step>::leave(std::size_t at) {
  Request& request = requests_[running_[at].slot];
  request.stage = Stage::kOutside;
  std::vector<Block> blocks = std::move(running_[at].blocks);
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
  if (limits_.batching != Batching::kStatic) {
    ended_.push_back(std::move(blocks));
    return;
  }
  // The batch computes on for it until its last request ends.
  padded_.push_back(std::move(blocks));
  if (request.output > 1) padding_.push_back(request.input + request.output);
  if (running_.empty()) end_batch();
}

template <class Step>
void StepwiseReplica<Step>::end_batch() {
  for (auto& blocks : padded_) ended_.push_back(std::move(blocks));
  padded_.clear();
  padding_.clear();
}

template <class Step>
bool StepwiseReplica<Step>::cancel(Slot slot, SimTime) {
  Request& request = requests_[slot];
  if (request.stage == Stage::kWaiting) {
    request.stage = Stage::kOutside;
    cache_.forget_own(request);
    waiting_.erase(std::find(waiting_.begin(), waiting_.end(), slot));
    return true;
  }
  if (request.stage != Stage::kPrompt && request.stage != Stage::kDecoding) return false;
  if (!request.cancelled) marked_.push_back(slot);
  request.cancelled = true;
  return true;
}

template <class Step>
void StepwiseReplica<Step>::release_held(Slot slot, SimTime now) {
  const auto at = std::find_if(held_.begin(), held_.end(),
                               [slot](const Held& held) { return held.slot == slot; });
  ASSAY_ASSERT(at != held_.end());
  const std::int64_t used = cache_.used();
  cache_.give_back(at->blocks);
  held_.erase(at);
  if (runs_) {
    record_.block_seconds += static_cast<double>(used - cache_.used()) * (now - start_).base();
  }
  if (end_ != kNever || waiting_.empty()) return;
  end_ = now;
  ran_ = false;
}

template <class Step>
std::vector<Slot> StepwiseReplica<Step>::fail(SimTime now) {
  if (runs_ && now > start_) {
    const double share = (now - start_).base() / (end_ - start_).base();
    end_ = now;
    record_work(iteration(), share);
  }
  std::vector<Slot> lost;
  for (const Sequence& s : running_) lost.push_back(s.slot);
  while (!waiting_.empty()) {
    const auto first = waiting_.begin() + static_cast<std::ptrdiff_t>(first_waiting());
    lost.push_back(*first);
    waiting_.erase(first);
  }
  for (const Slot slot : lost) {
    Request& request = requests_[slot];
    request.stage = Stage::kOutside;
    request.cancelled = false;
    request.generated = 0;
    request.prefilled = false;
    request.first_token = request.last_token = kNever;
  }
  cache_.clear();
  running_.clear();
  marked_.clear();
  held_.clear();
  ended_.clear();
  held_over_.clear();
  padded_.clear();
  padding_.clear();
  filling_ = decodes_ = prompts_ = runs_ = ran_ = false;
  end_ = kNever;
  return lost;
}

template <class Step>
ReplicaState StepwiseReplica<Step>::state(SimTime) const {
  return {.running = static_cast<std::int64_t>(running_.size()),
          .waiting = static_cast<std::int64_t>(waiting_.size()),
          .kv_blocks = cache_.used()};
}

template <class Step>
std::int64_t StepwiseReplica<Step>::waiting_blocks() const {
  std::int64_t blocks = 0;
  for (const Slot slot : waiting_) blocks += cache_.blocks_of(requests_[slot].prompt);
  return blocks;
}

template <class Step>
std::int64_t StepwiseReplica<Step>::cached_tokens(Slot slot) const {
  const Request& request = requests_[slot];
  const SharedPrefix& prefix = requests_.prefixes[slot];
  const std::int64_t most = cache_.shared_blocks(prefix, request.input);
  const auto found = cache_.find(request, prefix, most);
  return static_cast<std::int64_t>(found.size()) * limits_.block_tokens;
}

}  // namespace assay::simulate
