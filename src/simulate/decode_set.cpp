#include "simulate/decode_set.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace assay::simulate {

DecodeSet::DecodeSet(const EngineLimits& limits)
    : yield_{limits.tokens_per_iteration},
      block_tokens_{limits.block_tokens},
      draft_tokens_{limits.draft_tokens},
      phases_(static_cast<std::size_t>(limits.block_tokens)) {
  ends_.fill(kNoSlot);
}

void DecodeSet::clear() {
  count_ = starts_ = prompts_ = 0;
  ends_.fill(kNoSlot);
  filled_.fill(0);
  std::fill(phases_.begin(), phases_.end(), 0);
  members_.clear();
  member_slots_.clear();
}

// In iteration i a sequence that began with `prompt` tokens at `start` writes token
// prompt + (i − start): the first of a block when that is a multiple of the block's tokens.
std::size_t DecodeSet::phase(const Request& request) const {
  const std::int64_t shift = (request.start - request.prompt) % block_tokens_;
  return static_cast<std::size_t>(shift < 0 ? shift + block_tokens_ : shift);
}

void DecodeSet::link(Requests& requests, Slot slot, std::int64_t iteration) {
  Request& request = requests[slot];
  constexpr auto kAhead = static_cast<std::int64_t>(kBuckets) - 1;
  const std::size_t at = bucket(std::min(request.finish, iteration + kAhead));
  request.finish_bucket = static_cast<std::uint32_t>(at);
  request.finishes_after = kNoSlot;
  request.finishes_before = ends_[at];
  if (ends_[at] != kNoSlot) requests[ends_[at]].finishes_after = slot;
  ends_[at] = slot;
  filled_[at / 64] |= std::uint64_t{1} << (at % 64);
}

void DecodeSet::unlink(Requests& requests, Slot slot) {
  const Request& request = requests[slot];
  const std::size_t at = request.finish_bucket;
  if (request.finishes_after != kNoSlot) {
    requests[request.finishes_after].finishes_before = request.finishes_before;
  } else {
    ends_[at] = request.finishes_before;
    if (ends_[at] == kNoSlot) filled_[at / 64] &= ~(std::uint64_t{1} << (at % 64));
  }
  if (request.finishes_before != kNoSlot) {
    requests[request.finishes_before].finishes_after = request.finishes_after;
  }
}

const std::vector<Slot>& DecodeSet::finishing(Requests& requests, std::int64_t iteration) {
  finishing_.clear();
  Slot next = kNoSlot;
  for (Slot slot = ends_[bucket(iteration)]; slot != kNoSlot; slot = next) {
    next = requests[slot].finishes_before;
    if (requests[slot].finish == iteration) {
      finishing_.push_back(slot);
    } else {  // beyond the ring when it came
      unlink(requests, slot);
      link(requests, slot, iteration);
    }
  }
  if (finishing_.size() > 1) {
    std::sort(finishing_.begin(), finishing_.end(),
              [&](Slot a, Slot b) { return requests[a].order < requests[b].order; });
  }
  return finishing_;
}

void DecodeSet::add(Requests& requests, Slot slot) {
  const Request& request = requests[slot];
  ASSAY_ASSERT(request.finish > request.start);
  ++count_;
  starts_ += request.start;
  prompts_ += request.prompt;
  if (yield_.is_one() && draft_tokens_ == 0) {
    ++phases_[phase(request)];
  } else {
    members_.push_back({request.prompt + draft_tokens_, request.start});
    member_slots_.push_back(slot);
  }
  link(requests, slot, request.start);
}

void DecodeSet::remove(Requests& requests, Slot slot) {
  const Request& request = requests[slot];
  unlink(requests, slot);
  --count_;
  starts_ -= request.start;
  prompts_ -= request.prompt;
  if (yield_.is_one() && draft_tokens_ == 0) {
    --phases_[phase(request)];
  } else {
    const auto at = std::find(member_slots_.begin(), member_slots_.end(), slot);
    ASSAY_ASSERT(at != member_slots_.end());
    members_[static_cast<std::size_t>(at - member_slots_.begin())] = members_.back();
    *at = member_slots_.back();
    members_.pop_back();
    member_slots_.pop_back();
  }
}

std::int64_t DecodeSet::iterations_to_finish(std::int64_t iteration) const {
  const std::size_t from = bucket(iteration + 1);
  std::size_t word = from / 64;
  std::uint64_t bits = filled_[word] & (~std::uint64_t{0} << (from % 64));
  while (bits == 0) {  // ends: what lies before `from` in its word comes a round later
    word = (word + 1) % filled_.size();
    bits = filled_[word];
  }
  const std::size_t at = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
  return static_cast<std::int64_t>((at - from) % kBuckets) + 1;
}

std::int64_t DecodeSet::room(const Member& member, std::int64_t iteration) const {
  const std::int64_t tokens =
      iteration < member.start ? member.room
                               : member.room + 1 + yield_.tokens(iteration - member.start);
  return (tokens + block_tokens_ - 1) / block_tokens_;
}

std::int64_t DecodeSet::allocations(std::int64_t first, std::int64_t count) const {
  if (yield_.is_one() && draft_tokens_ == 0) {
    const std::int64_t rounds = count / block_tokens_;
    std::int64_t blocks = rounds * count_;
    const auto size = phases_.size();
    std::size_t at = static_cast<std::size_t>(first % block_tokens_);
    for (std::int64_t i = rounds * block_tokens_; i < count; ++i) {
      blocks += phases_[at];
      if (++at == size) at = 0;
    }
    return blocks;
  }
  std::int64_t blocks = 0;
  for (const Member& member : members_) {
    blocks += room(member, first + count - 1) - room(member, first - 1);
  }
  return blocks;
}

std::int64_t DecodeSet::grown(const Request& request, std::int64_t iteration) const {
  const Member member{request.prompt + draft_tokens_, request.start};
  return room(member, iteration - 1) - room(member, request.start - 1);
}

}  // namespace assay::simulate
