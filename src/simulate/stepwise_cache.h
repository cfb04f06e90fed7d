// stepwise_cache.h — a KV cache told plainly: single blocks, who holds them, what can be found in
// them, and a list of those that nobody holds, longest unused first. The rules of block_pool.h, at
// the cost of every block; for stepwise_replica.h. One object a replica; no threads.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "simulate/request.h"

namespace assay::simulate {

using Block = std::int32_t;

// What a block can be found by: its place in a shared prefix block, or in a preempted request.
struct BlockContent {
  bool shared{};
  std::uint64_t id{};    // of the prefix block, or the request's number
  std::int64_t index{};  // of the block in it
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted <=>
  friend auto operator<=>(const BlockContent&, const BlockContent&) = default;
};

class StepwiseCache {
 public:
  StepwiseCache(std::int64_t blocks, std::int32_t block_tokens, bool caching);

  std::int64_t free() const { return static_cast<std::int64_t>(unused_.size()); }
  std::int64_t used() const { return static_cast<std::int64_t>(holders_.size()) - free(); }
  std::int64_t blocks() const { return static_cast<std::int64_t>(holders_.size()); }
  std::int64_t blocks_of(std::int64_t tokens) const {
    return (tokens + block_tokens_ - 1) / block_tokens_;
  }

  // Whole blocks of the prompt that lie within the prefix that is shared.
  std::int64_t shared_blocks(const SharedPrefix& prefix, std::int32_t input) const;
  // The first blocks of a prompt that are there, at most so many.
  std::vector<Block> find(const Request& request, const SharedPrefix& prefix,
                          std::int64_t most) const;
  std::int64_t unused_of(const std::vector<Block>& blocks) const;

  // Holds `found` and takes others until there are so many; what of them is shared can be found.
  std::vector<Block> admit(const Request& request, const SharedPrefix& prefix,
                           const std::vector<Block>& found, std::int64_t blocks);
  Block take();
  // What a prompt has not computed cannot be found any more. Blocks: those it holds, in order.
  void forget_behind(const std::vector<Block>& blocks, std::int64_t computed);
  // The whole blocks behind the shared ones can be found by the request itself.
  void keep_own(const Request& request, const SharedPrefix& prefix,
                const std::vector<Block>& blocks, std::int64_t computed);
  void forget_own(const Request& request);
  // The last first.
  void give_back(const std::vector<Block>& blocks);
  void clear();

 private:
  BlockContent content(const Request& request, const SharedPrefix& prefix,
                       std::int64_t index) const;
  void forget(Block block);
  void hold(Block block);

  std::int32_t block_tokens_;
  bool caching_;
  std::vector<std::int32_t> holders_;
  std::vector<std::list<Block>::iterator> place_;  // among the unused
  std::vector<std::optional<BlockContent>> contents_;
  std::list<Block> unused_;
  std::map<BlockContent, Block> found_by_;
};

}  // namespace assay::simulate
