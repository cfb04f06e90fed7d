// block_pool.h — the KV cache of one replica in blocks, with what is left in it of requests that
// have gone: blocks are taken from the longest unused ones, and a prompt whose beginning is still
// there need not be computed again (vLLM's automatic prefix caching). Runs of blocks that live and
// die together are one node, so that the cost follows requests and not blocks.
// Freed blocks go behind all others, the end of a sequence before its beginning, and are taken
// from the front. One object a replica; no threads. Rules: docs/models.md, "Serving, simulated".
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "simulate/request.h"

namespace assay::simulate {

class BlockPool {
 public:
  BlockPool(std::int64_t blocks, std::int32_t block_tokens, bool caching);

  std::int64_t blocks() const { return blocks_; }
  std::int64_t free() const { return free_; }  // those that are cached but unused included
  std::int64_t used() const { return blocks_ - free_; }
  std::int64_t blocks_of(std::int64_t tokens) const {
    return (tokens + block_tokens_ - 1) / block_tokens_;
  }

  // What a request that asks for `room` tokens (its prompt and what it writes at once) would get.
  struct Offer {
    std::int64_t fresh{};          // blocks to take
    std::int64_t woken{};          // unused cached ones that it would use again
    std::int32_t cached_tokens{};  // of its prompt; at least one is left to compute
    bool kept{};                   // its own from before a preemption among them
    std::int64_t needed() const { return fresh + woken; }
  };
  Offer offer(const Request& request, const SharedPrefix& prefix, std::int64_t room) const;
  // Takes the blocks of an offer that was just made. Requires offer.needed() <= free().
  void admit(Request& request, SharedPrefix& prefix, const Offer& offer);

  // Blocks for tokens that are decoded. Requires blocks <= free().
  void take(std::int64_t blocks);

  // Ended: gives back `own` blocks and the shared `nodes`, which is emptied.
  void release(std::vector<std::int32_t>& nodes, std::int64_t own);
  // Preempted with `computed` tokens in the cache: the same, and its own whole blocks stay findable
  // for itself as long as nobody takes them.
  void release_kept(Request& request, SharedPrefix& prefix, std::int64_t own,
                    std::int64_t computed);
  // A prompt that stops after `computed` tokens has not computed all that can be found of it: the
  // blocks of the rest, which are its own from now on.
  std::int64_t forget_behind(SharedPrefix& prefix, std::int64_t computed);
  // Tokens of the prompt that are in the cache, for routing.
  std::int64_t cached_tokens(const SharedPrefix& prefix, std::int32_t input) const;

  void clear();  // all free, nothing cached

 private:
  using Index = std::int32_t;
  static constexpr Index kNone = -1;

  struct Node {
    Index before{kNone}, after{kNone};  // among the unused, longest unused first
    std::int64_t blocks{};
    std::int64_t owner{kNone};  // number of the request that alone can use it again
    std::uint64_t id{};         // of the prefix block that it is part of
    Index following{kNone};     // next part of the same prefix block
    std::int32_t users{};
    bool shared{};
  };

  // Blocks up to the end of prefix block `index`, at most `most`.
  std::int64_t blocks_until(const SharedPrefix& prefix, std::size_t index, std::int64_t most) const;
  std::int64_t shared_blocks(const SharedPrefix& prefix, std::int32_t input) const;
  // The last token must be computed to yield the next one, and with it its block.
  std::int64_t most_found(const Request& request) const {
    return std::min(request.input, request.prompt - 1) / block_tokens_;
  }
  struct Found {
    std::int64_t blocks{}, unused{};
  };
  Found find(const SharedPrefix& prefix, std::int64_t most) const;
  std::int64_t use_found(SharedPrefix& prefix, std::int64_t most);
  std::int64_t publish_rest(SharedPrefix& prefix, std::int64_t most, std::int64_t found);
  static void hold(SharedPrefix& prefix, Index first, std::int64_t blocks);
  void split(Index index, std::int64_t blocks);
  void give_back(std::vector<std::int32_t>& nodes);
  void join_following(Index index);
  bool still_kept(const Request& request) const;

  Index new_node();
  void drop(Index index);    // to the spare ones
  void append(Index index);  // behind all unused
  void append_blank(std::int64_t blocks);
  void unlink(Index index);
  void forget(Index index);  // a shared node that was overwritten

  std::int64_t blocks_, free_;
  std::int32_t block_tokens_;
  bool caching_;
  std::vector<Node> nodes_;
  std::vector<Index> parts_;  // to work in
  Index spare_{kNone}, oldest_{kNone}, newest_{kNone};
  std::unordered_map<std::uint64_t, Index> first_;  // node of a prefix block's beginning
};

}  // namespace assay::simulate
