// request.h — a request on its way through a fleet: what was asked, how far it is, and where the
// replica that runs it has put it. All of a run lie in one slab, whose slots are used again:
// memory follows the requests in flight and not those of the trace. Plain values; tokens.
#pragma once

#include <cstdint>
#include <vector>

#include "base/sim_time.h"

namespace assay::simulate {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};

enum class Stage : unsigned char {
  kOutside,    // before a replica has it: on its way, or sent again
  kWaiting,    // in a replica's queue
  kPrompt,     // admitted, its prompt is not in the cache yet
  kDecoding,
  kHeld,       // its prompt is done and another replica is to decode it
};

struct Request {
  // As asked.
  std::int64_t number{};  // in the order of arrival
  SimTime arrival;
  std::int32_t input{}, output{};
  std::int32_t priority{};
  std::int32_t model{};

  // How far it is.
  SimTime submitted{};           // to the replica that has it
  SimTime first_token{kNever};
  SimTime last_token{kNever};    // before a preemption, or at the end
  std::int32_t generated{};      // tokens given out when it was last admitted, or at the end
  std::int32_t cached_tokens{};  // of the prompt that it found computed, when first admitted
  std::int32_t preemptions{}, attempts{};
  std::int32_t replica{-1};
  Stage stage{};
  bool prefilled{};   // its prompt's cache came with it
  bool cancelled{};   // to leave at the end of the iteration

  // In its replica.
  std::uint32_t generation{};  // of its place in queues; what carries another one is stale
  std::int32_t prompt{};       // tokens to compute before the next token
  std::int32_t done{};         // of them, computed or found in the cache
  std::int32_t own_blocks{};   // at admission; more follow from the tokens decoded since
  std::int32_t reserved_blocks{};
  std::int32_t kept{-1};       // node of its own cached blocks after a preemption
  std::int64_t order{};        // of admission
  std::int64_t start{}, finish{};  // first decode iteration, and the one after its last
  Slot older{kNoSlot}, younger{kNoSlot};  // of those that run
  Slot finishes_before{kNoSlot}, finishes_after{kNoSlot};  // of those that end together
  std::uint32_t finish_bucket{};
};

// What a request shares with others: ids of the blocks of its prompt, and the nodes of the cache
// that it holds. Beside Request, since most traces have none.
struct SharedPrefix {
  std::vector<std::uint64_t> ids;
  std::int32_t block_tokens{};
  std::vector<std::int32_t> nodes;
};

struct Requests {
  std::vector<Request> all;
  std::vector<SharedPrefix> prefixes;  // of the same slots
  std::vector<Slot> unused;

  Request& operator[](Slot slot) { return all[slot]; }
  const Request& operator[](Slot slot) const { return all[slot]; }
  Slot add();
  void remove(Slot slot) { unused.push_back(slot); }
  std::size_t in_flight() const { return all.size() - unused.size(); }
};

inline Slot Requests::add() {
  if (!unused.empty()) {
    const Slot slot = unused.back();
    unused.pop_back();
    const std::uint32_t generation = all[slot].generation;
    all[slot] = {};
    all[slot].generation = generation + 1;
    prefixes[slot].ids.clear();
    prefixes[slot].nodes.clear();
    return slot;
  }
  all.emplace_back();
  prefixes.emplace_back();
  return static_cast<Slot>(all.size() - 1);
}

}  // namespace assay::simulate
