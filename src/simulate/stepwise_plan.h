// stepwise_plan.h — what the next iteration of a replica carries, rule by rule. Part of
// stepwise_replica.h, which includes it.
#pragma once

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "simulate/stepwise_replica.h"

namespace assay::simulate {

template <class Step>
void StepwiseReplica<Step>::begin_iterations(SimTime now) {
  plan(now);
  if (!anything_runs()) {  // then nothing is planned ahead either
    let_go();
    free_held_over();
    ran_ = false;
    plan(now);
  }
  start_ = now;
  runs_ = anything_runs();
  if (!runs_) {
    end_ = kNever;
    return;
  }
  end_ = {now.ns + std::max<std::int64_t>(1, nanoseconds(step_.time(iteration())))};
}

template <class Step>
bool StepwiseReplica<Step>::anything_runs() const {
  return prompts_ || (decodes_ && decoding() > 0);
}

template <class Step>
void StepwiseReplica<Step>::plan(SimTime now) {
  let_go();
  visible_ = limits_.schedules_ahead && ran_ ? last_start_ : now;
  prompts_ = false;
  for (Sequence& s : running_) s.piece = 0;
  if (limits_.batching == Batching::kChunked) {
    decodes_ = true;
    const bool preempted = make_room();
    write_decoded();
    std::int64_t budget = limits_.tokens_max - decoding() * (1 + limits_.draft_tokens);
    go_on_with_cut(budget);
    if (!preempted) admit(budget, 0);
    return;
  }
  decodes_ = false;
  const bool is_static = limits_.batching == Batching::kStatic;
  if (running_.empty()) filling_ = true;
  if (!is_static || filling_) {
    std::int64_t margin = 0;
    for (const Sequence& s : running_) margin += blocks_missing(s);
    admit(limits_.tokens_max, margin);
  }
  if (prompts_) return;
  filling_ = false;
  decodes_ = true;
  make_room();
  write_decoded();
}

// Blocks of what has ended; planned ahead, they count as taken for one more iteration.
template <class Step>
void StepwiseReplica<Step>::let_go() {
  free_held_over();
  std::swap(held_over_, ended_);
  if (!limits_.schedules_ahead) free_held_over();
}

template <class Step>
void StepwiseReplica<Step>::free_held_over() {
  for (const auto& blocks : held_over_) cache_.give_back(blocks);
  held_over_.clear();
}

// For what it writes in the next iteration: a token and its drafts.
template <class Step>
std::int64_t StepwiseReplica<Step>::blocks_missing(const Sequence& sequence) const {
  if (!sequence.decoding) return 0;
  return cache_.blocks_of(in_cache(sequence) + 1 + limits_.draft_tokens) -
         static_cast<std::int64_t>(sequence.blocks.size());
}

template <class Step>
bool StepwiseReplica<Step>::make_room() {
  for (bool preempted = false;; preempted = true) {
    std::int64_t missing = 0;
    for (const Sequence& s : running_) missing += blocks_missing(s);
    if (missing <= cache_.free()) return preempted;
    preempt(victim());
  }
}

template <class Step>
void StepwiseReplica<Step>::write_decoded() {
  for (Sequence& s : running_) {
    for (std::int64_t n = blocks_missing(s); n > 0; --n) s.blocks.push_back(cache_.take());
  }
}

template <class Step>
std::size_t StepwiseReplica<Step>::victim() const {
  ASSAY_ASSERT(!running_.empty());
  std::size_t worst = running_.size() - 1;
  if (!limits_.by_priority) return worst;
  for (std::size_t i = 0; i < running_.size(); ++i) {
    const Request &a = requests_[running_[i].slot], &b = requests_[running_[worst].slot];
    if (std::pair{a.priority, a.number} > std::pair{b.priority, b.number}) worst = i;
  }
  return worst;
}

template <class Step>
void StepwiseReplica<Step>::preempt(std::size_t at) {
  const Sequence gone = std::move(running_[at]);
  running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(at));
  Request& request = requests_[gone.slot];
  const SharedPrefix& prefix = requests_.prefixes[gone.slot];
  cache_.forget_behind(gone.blocks, in_cache(gone));
  cache_.keep_own(request, prefix, gone.blocks, in_cache(gone));
  cache_.give_back(gone.blocks);
  request.prompt = request.input + request.generated;
  request.stage = Stage::kWaiting;
  ++request.preemptions;
  ++record_.preemptions;
  waiting_.insert(waiting_.begin(), gone.slot);
  if (running_.empty()) end_batch();
}

template <class Step>
void StepwiseReplica<Step>::go_on_with_cut(std::int64_t& budget) {
  for (Sequence& s : running_) {
    if (s.decoding || budget <= 0) continue;
    s.piece = std::min<std::int64_t>(budget, requests_[s.slot].prompt - s.computed);
    budget -= s.piece;
    prompts_ = true;
  }
}

template <class Step>
void StepwiseReplica<Step>::admit(std::int64_t budget, std::int64_t margin) {
  while (budget > 0 && !waiting_.empty()) {
    if (!admit_first(budget, margin)) return;
  }
}

template <class Step>
std::size_t StepwiseReplica<Step>::first_waiting() const {
  std::size_t first = 0;
  if (!limits_.by_priority) return first;
  for (std::size_t i = 1; i < waiting_.size(); ++i) {
    if (requests_[waiting_[i]].priority < requests_[waiting_[first]].priority) first = i;
  }
  return first;
}

template <class Step>
bool StepwiseReplica<Step>::room_for(const Request& request, std::int64_t needed,
                                     std::int64_t margin) const {
  if (running_.size() + held_over_.size() >= static_cast<std::size_t>(limits_.sequences_max)) {
    return false;
  }
  std::int64_t reserved = request.reserved_blocks;
  for (const Sequence& s : running_) {
    reserved += requests_[s.slot].reserved_blocks;
    // One prompt at most is cut at a time.
    if (!s.decoding && s.computed + s.piece < requests_[s.slot].prompt) return false;
  }
  if (limits_.output_reserved > 0 && reserved > cache_.blocks()) return false;
  // One that comes with its cache decodes at once, perhaps into a block more.
  return needed + margin + (request.prefilled ? 1 : 0) <= cache_.free();
}

template <class Step>
bool StepwiseReplica<Step>::admit_first(std::int64_t& budget, std::int64_t margin) {
  const std::size_t at = first_waiting();
  const Slot slot = waiting_[at];
  Request& request = requests_[slot];
  const SharedPrefix& prefix = requests_.prefixes[slot];
  if (request.submitted > visible_) return false;
  // The last token must be computed to yield the next one.
  const std::vector<Block> found =
      cache_.find(request, prefix, (request.prompt - 1) / limits_.block_tokens);
  const std::int64_t blocks = cache_.blocks_of(request.prompt + limits_.draft_tokens);
  const auto there = static_cast<std::int64_t>(found.size());
  if (!room_for(request, blocks - there + cache_.unused_of(found), margin)) return false;
  const std::int64_t cached = there * limits_.block_tokens, compute = request.prompt - cached;
  const bool whole = limits_.batching != Batching::kChunked;
  if (whole && prompts_ && !request.prefilled && compute > budget) return false;

  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
  Sequence s;
  s.slot = slot;
  s.computed = cached;
  s.blocks = cache_.admit(request, prefix, found, blocks);
  if (!request.prefilled && request.attempts == 0 && request.preemptions == 0) {
    request.cached_tokens = static_cast<std::int32_t>(cached);
  }
  if (!request.prefilled) record_.cached_tokens += cached;
  if (request.prefilled) {
    request.prefilled = false;
    budget -= 1 + limits_.draft_tokens;
    start_decode(s);
  } else {
    request.stage = Stage::kPrompt;
    s.piece = whole ? compute : std::min(compute, budget);
    budget -= s.piece;
    prompts_ = true;
  }
  running_.push_back(std::move(s));
  if (decodes_) write_decoded();
  return true;
}

template <class Step>
void StepwiseReplica<Step>::start_decode(Sequence& sequence) {
  Request& request = requests_[sequence.slot];
  request.stage = Stage::kDecoding;
  sequence.decoding = true;
  sequence.iterations_needed = yield_.iterations(request.output - request.generated);
}

}  // namespace assay::simulate
