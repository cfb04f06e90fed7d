#include "simulate/stepwise_cache.h"

#include <algorithm>

#include "base/assert.h"

namespace assay::simulate {

StepwiseCache::StepwiseCache(std::int64_t blocks, std::int32_t block_tokens, bool caching)
    : block_tokens_{block_tokens},
      caching_{caching},
      holders_(static_cast<std::size_t>(blocks)),
      place_(holders_.size()),
      contents_(holders_.size()) {
  ASSAY_ASSERT(blocks >= 1 && block_tokens >= 1);
  clear();
}

void StepwiseCache::clear() {
  unused_.clear();
  found_by_.clear();
  for (std::size_t b = 0; b < holders_.size(); ++b) {
    holders_[b] = 0;
    contents_[b].reset();
    place_[b] = unused_.insert(unused_.end(), static_cast<Block>(b));
  }
}

std::int64_t StepwiseCache::shared_blocks(const SharedPrefix& prefix, std::int32_t input) const {
  const std::int64_t tokens =
      static_cast<std::int64_t>(prefix.ids.size()) * std::int64_t{prefix.block_tokens};
  return std::min<std::int64_t>(tokens, input) / block_tokens_;
}

// A block belongs to the prefix block that its last token lies in.
BlockContent StepwiseCache::content(const Request& request, const SharedPrefix& prefix,
                                    std::int64_t index) const {
  if (index >= shared_blocks(prefix, request.input)) {
    return {.shared = false, .id = static_cast<std::uint64_t>(request.number), .index = index};
  }
  const std::int64_t last = (index + 1) * block_tokens_ - 1, at = last / prefix.block_tokens;
  return {.shared = true,
          .id = prefix.ids[static_cast<std::size_t>(at)],
          .index = index - at * prefix.block_tokens / block_tokens_};
}

std::vector<Block> StepwiseCache::find(const Request& request, const SharedPrefix& prefix,
                                       std::int64_t most) const {
  std::vector<Block> blocks;
  for (std::int64_t i = 0; i < most; ++i) {
    const auto at = found_by_.find(content(request, prefix, i));
    if (at == found_by_.end()) break;
    blocks.push_back(at->second);
  }
  return blocks;
}

std::int64_t StepwiseCache::unused_of(const std::vector<Block>& blocks) const {
  return std::count_if(blocks.begin(), blocks.end(),
                       [this](Block b) { return holders_[static_cast<std::size_t>(b)] == 0; });
}

std::vector<Block> StepwiseCache::admit(const Request& request, const SharedPrefix& prefix,
                                        const std::vector<Block>& found, std::int64_t blocks) {
  std::vector<Block> held = found;
  for (const Block block : found) hold(block);
  forget_own(request);
  while (static_cast<std::int64_t>(held.size()) < blocks) held.push_back(take());
  if (!caching_) return held;
  const std::int64_t shared = shared_blocks(prefix, request.input);
  for (auto i = static_cast<std::int64_t>(found.size()); i < shared; ++i) {
    const BlockContent what = content(request, prefix, i);
    const Block block = held[static_cast<std::size_t>(i)];
    if (found_by_.try_emplace(what, block).second) {
      contents_[static_cast<std::size_t>(block)] = what;
    }
  }
  return held;
}

void StepwiseCache::hold(Block block) {
  const auto b = static_cast<std::size_t>(block);
  if (holders_[b]++ == 0) unused_.erase(place_[b]);
}

Block StepwiseCache::take() {
  ASSAY_ASSERT(!unused_.empty());
  const Block block = unused_.front();
  forget(block);
  hold(block);
  return block;
}

void StepwiseCache::forget(Block block) {
  std::optional<BlockContent>& what = contents_[static_cast<std::size_t>(block)];
  if (what) found_by_.erase(*what);
  what.reset();
}

void StepwiseCache::forget_behind(const std::vector<Block>& blocks, std::int64_t computed) {
  for (auto i = static_cast<std::size_t>(computed / block_tokens_); i < blocks.size(); ++i) {
    if (holders_[static_cast<std::size_t>(blocks[i])] == 1) forget(blocks[i]);
  }
}

void StepwiseCache::keep_own(const Request& request, const SharedPrefix& prefix,
                             const std::vector<Block>& blocks, std::int64_t computed) {
  if (!caching_) return;
  for (std::int64_t i = shared_blocks(prefix, request.input); i < computed / block_tokens_; ++i) {
    const BlockContent what = content(request, prefix, i);
    const Block block = blocks[static_cast<std::size_t>(i)];
    found_by_[what] = block;
    contents_[static_cast<std::size_t>(block)] = what;
  }
}

void StepwiseCache::forget_own(const Request& request) {
  const auto id = static_cast<std::uint64_t>(request.number);
  auto at = found_by_.lower_bound({.shared = false, .id = id, .index = 0});
  while (at != found_by_.end() && !at->first.shared && at->first.id == id) {
    contents_[static_cast<std::size_t>(at->second)].reset();
    at = found_by_.erase(at);
  }
}

void StepwiseCache::give_back(const std::vector<Block>& blocks) {
  for (auto it = blocks.rbegin(); it != blocks.rend(); ++it) {
    const auto b = static_cast<std::size_t>(*it);
    ASSAY_ASSERT(holders_[b] > 0);
    if (--holders_[b] == 0) place_[b] = unused_.insert(unused_.end(), *it);
  }
}

}  // namespace assay::simulate
