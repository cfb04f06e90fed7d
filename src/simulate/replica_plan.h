// replica_plan.h — what the next iterations of a replica carry: admission, room in the cache,
// preemption. Part of replica.h, which includes it; the order of steps is vLLM's scheduler's
// (v1, 0.6 to 0.19): those that run first, then those that wait while there is room.
#pragma once

#include <algorithm>

#include "base/assert.h"
#include "simulate/replica.h"

namespace assay::simulate {

template <class Step>
bool Replica<Step>::fits(std::int32_t input, std::int32_t output) const {
  // A block more: one that comes with its cache asks for it beside its prompt.
  const std::int64_t tokens = std::int64_t{input} + output + limits_.draft_tokens +
                              static_cast<std::int64_t>(limits_.tokens_per_iteration) + 1;
  return pool_.blocks_of(tokens) + 1 <= pool_.blocks();
}

template <class Step>
void Replica<Step>::begin_iterations(SimTime now) {
  plan(now);
  if (prompts_.pieces == 0 && decode_.count() == 0 && (!waiting_.empty() || !held_over_.empty())) {
    // Nothing runs, so that nothing is planned ahead either.
    let_go();
    ran_ = false;
    if (!waiting_.empty()) plan(now);
  }
  start_ = now;
  if (prompts_.pieces > 0) start_prompts();
  else if (decode_.count() > 0) start_decoding();
  else end_ = kNever;
  used_at_start_ = pool_.used();
}

template <class Step>
void Replica<Step>::plan(SimTime now) {
  prompts_ = {};
  ending_.clear();
  count_ = 0;
  decodes_ = preempted_ = budget_spent_ = false;
  let_go();
  visible_ = limits_.schedules_ahead && ran_ ? last_start_ : now;
  if (limits_.batching == Batching::kChunked) {
    make_room();
    double budget = decode_budget();
    go_on_with_cut(budget);
    if (!preempted_) admit(budget, 0);  // what was just preempted must not come back at once
    return;
  }
  if (running_ == 0) filling_ = true;
  if (filling_ || limits_.batching != Batching::kStatic) {
    admit(limits_.tokens_max, decode_.count() > 0 ? decode_.allocations(iteration_, 1) : 0);
  }
  if (prompts_.pieces > 0) return;
  filling_ = false;
  make_room();
}

// Each decoding sequence takes a token of the iteration, and one for each of its drafts.
template <class Step>
double Replica<Step>::decode_budget() const {
  return static_cast<double>(limits_.tokens_max) -
         static_cast<double>(decode_.count()) * (1.0 + limits_.draft_tokens);
}

template <class Step>
void Replica<Step>::go_on_with_cut(double& budget) {
  if (cut_ == kNoSlot || budget <= 0) return;
  Request& request = requests_[cut_];
  const double left = request.prompt - request.done, piece = std::min(budget, left);
  prompts_.tokens += piece;
  prompts_.pieces += 1;
  prompts_.before += request.done;
  request.done += static_cast<std::int32_t>(piece);
  budget -= piece;
  if (request.done < request.prompt) return;
  prompts_.ends += 1;
  ending_.push_back(cut_);
  cut_ = kNoSlot;
}

template <class Step>
void Replica<Step>::admit(double budget, std::int64_t margin) {
  while (budget > 0 && !waiting_.empty()) {
    const Slot slot = waiting_.front(requests_);
    if (requests_[slot].submitted > visible_) return;
    BlockPool::Offer offer;
    if (!admissible(slot, offer, margin)) return;
    if (!take(slot, offer, budget)) return;
  }
  budget_spent_ = budget <= 0;
}

template <class Step>
bool Replica<Step>::admissible(Slot slot, BlockPool::Offer& offer, std::int64_t margin) const {
  const auto places = static_cast<std::int64_t>(held_over_.size()) + running_;
  if (places >= limits_.sequences_max || cut_ != kNoSlot) return false;
  const Request& request = requests_[slot];
  if (limits_.output_reserved > 0 && reserved_ + request.reserved_blocks > pool_.blocks()) {
    return false;
  }
  offer = pool_.offer(request, requests_.prefixes[slot], request.prompt + limits_.draft_tokens);
  // One that comes with its cache decodes at once, perhaps into a block more.
  return offer.needed() + margin + (request.prefilled ? 1 : 0) <= pool_.free();
}

// False: no room for its prompt in this iteration.
template <class Step>
bool Replica<Step>::take(Slot slot, const BlockPool::Offer& offer, double& budget) {
  Request& request = requests_[slot];
  const double compute = request.prompt - offer.cached_tokens;
  const bool chunked = limits_.batching == Batching::kChunked;
  if (!request.prefilled && !chunked && compute > budget && prompts_.pieces > 0) return false;
  leave_queue(slot);
  pool_.admit(request, requests_.prefixes[slot], offer);
  if (!request.prefilled && request.attempts == 0 && request.preemptions == 0) {
    request.cached_tokens = offer.cached_tokens;
  }
  if (!request.prefilled) record_.cached_tokens += offer.cached_tokens;
  reserved_ += request.reserved_blocks;
  request.order = orders_++;
  link_youngest(slot);
  ++running_;
  if (request.prefilled) {
    budget -= 1.0 + limits_.draft_tokens;
    join_prefilled(slot);
    return true;
  }
  request.stage = Stage::kPrompt;
  request.done = offer.cached_tokens;
  if (!chunked || compute <= budget) {
    prompts_.tokens += compute;
    prompts_.pieces += 1;
    prompts_.before += request.done;
    prompts_.ends += 1;
    request.done = request.prompt;
    ending_.push_back(slot);
    budget -= compute;
    return true;
  }
  cut_ = slot;
  go_on_with_cut(budget);
  return true;
}

// Its prompt was computed elsewhere and its first token given out: it decodes at once.
template <class Step>
void Replica<Step>::join_prefilled(Slot slot) {
  Request& request = requests_[slot];
  request.prefilled = false;
  start_decode(slot);
  if (decodes_) pool_.take(decode_.grown(request, iteration_ + 1));
}

template <class Step>
void Replica<Step>::start_prompts() {
  decodes_ = decodes_ && decode_.count() > 0;
  const double sequences = decodes_ ? static_cast<double>(decode_.count()) : 0;
  const double context = sequences > 0 ? decode_.context_sum(iteration_) / sequences : 0;
  first_ = step_
               .time({.prefill_tokens = prompts_.tokens,
                      .prefill_pieces = prompts_.pieces,
                      .prefill_before = prompts_.before / prompts_.pieces,
                      .prefill_ends = prompts_.ends,
                      .decode_sequences = sequences,
                      .decode_context = context})
               .base();
  slope_ = 0;
  count_ = 1;
  used_by_ended_ = 0;
  end_ = {start_.ns + stretch_ns(1)};
}

template <class Step>
void Replica<Step>::start_decoding() {
  used_by_ended_ = 0;
  const std::int64_t sequences = decode_.count() + padding_;
  const double context =
      (decode_.context_sum(iteration_) + padding_context_) / static_cast<double>(sequences);
  // What is padded no longer grows.
  const double growth = decode_.yield().per_iteration() * static_cast<double>(decode_.count()) /
                        static_cast<double>(sequences);
  const model::DecodeTime time = table_.at(sequences, context);
  first_ = time.seconds;
  slope_ = time.per_token * growth;
  std::int64_t count = decode_.iterations_to_finish(iteration_);
  const double affine = (time.until - context) / growth;
  if (affine < static_cast<double>(count - 1)) {
    count = 1 + static_cast<std::int64_t>(std::max(0.0, affine));
  }
  if (count > 1 && may_admit_soon()) count = 1;
  count_ = 1;
  if (count > 1) {  // blocks of those that have ended are back from its second iteration on
    used_by_ended_ = pool_.used();
    release_held_over();
    used_by_ended_ -= pool_.used();
    count_ = room_for(count);
  }
  end_ = {start_.ns + stretch_ns(count_)};
}

// Of so many iterations, those for which the cache has blocks; the first has them already.
template <class Step>
std::int64_t Replica<Step>::room_for(std::int64_t iterations) const {
  const std::int64_t free = pool_.free();
  const std::int64_t each = decode_.yield().tokens(iterations) / limits_.block_tokens + 1;
  if (decode_.count() * each <= free) return iterations;
  std::int64_t low = 1, high = iterations;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (decode_.allocations(iteration_ + 1, middle - 1) <= free) low = middle;
    else high = middle - 1;
  }
  return low;
}

// Whether somebody waits who could come in at the next boundary though nothing ends there: a
// preemption keeps all out for once, and so do sequences that came with their cache where prompts
// go first; planned ahead, arrivals and freed places count an iteration late.
template <class Step>
bool Replica<Step>::may_admit_soon() {
  if (waiting_.empty()) return false;
  if (preempted_ || (budget_spent_ && limits_.batching != Batching::kChunked)) return true;
  if (!limits_.schedules_ahead) return false;
  return !held_over_.empty() || requests_[waiting_.front(requests_)].submitted > visible_;
}

// Takes the blocks of one decode iteration. Where they are not there, the youngest make room, and
// compute again what they had.
template <class Step>
void Replica<Step>::make_room() {
  decodes_ = true;
  while (decode_.count() > 0) {
    const std::int64_t blocks = decode_.allocations(iteration_, 1);
    if (blocks <= pool_.free()) {
      pool_.take(blocks);
      return;
    }
    preempt(victim());
    preempted_ = true;
  }
}

template <class Step>
Slot Replica<Step>::victim() const {
  if (!limits_.by_priority) return youngest_;
  Slot worst = youngest_;
  for (Slot slot = youngest_; slot != kNoSlot; slot = requests_[slot].older) {
    const Request &a = requests_[slot], &b = requests_[worst];
    if (a.priority > b.priority || (a.priority == b.priority && a.number > b.number)) {
      worst = slot;
    }
  }
  return worst;
}

template <class Step>
void Replica<Step>::preempt(Slot slot) {
  Request& request = requests_[slot];
  std::int64_t own = request.own_blocks, computed = request.done;
  if (request.stage == Stage::kDecoding) {
    const std::int64_t gained = decode_.yield().tokens(iteration_ - request.start);
    own += decode_.grown(request, iteration_);
    computed = request.prompt + gained;
    request.generated = static_cast<std::int32_t>(
        std::min<std::int64_t>(request.generated + gained, request.output - 1));
    if (request.start < iteration_) request.last_token = last_decoded_;
    leave_newcomers(request);
    decode_.remove(requests_, slot);
  } else if (slot == cut_) {
    cut_ = kNoSlot;
  }
  pool_.release_kept(request, requests_.prefixes[slot], own, computed);
  request.prompt = request.input + request.generated;
  request.done = 0;
  ++request.preemptions;
  ++record_.preemptions;
  reserved_ -= request.reserved_blocks;
  unlink(slot);
  --running_;
  wait_in_queue(slot, true);
  if (running_ == 0) end_batch();
}

// Places of those that have ended: planned ahead, they count for one more iteration.
template <class Step>
void Replica<Step>::let_go() {
  release_held_over();
  std::swap(held_over_, ended_);
  if (!limits_.schedules_ahead) release_held_over();
}

template <class Step>
void Replica<Step>::release_held_over() {
  for (Leaving& l : held_over_) pool_.release(l.nodes, l.own);
  held_over_.clear();
}

}  // namespace assay::simulate
