#include "simulate/block_pool.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace assay::simulate {

BlockPool::BlockPool(std::int64_t blocks, std::int32_t block_tokens, bool caching)
    : blocks_{blocks}, free_{blocks}, block_tokens_{block_tokens}, caching_{caching} {
  ASSAY_ASSERT(blocks >= 1 && block_tokens >= 1);
  clear();
}

void BlockPool::clear() {
  nodes_.clear();
  first_.clear();
  spare_ = oldest_ = newest_ = kNone;
  free_ = blocks_;
  if (caching_) append_blank(blocks_);
}

std::int64_t BlockPool::blocks_until(const SharedPrefix& prefix, std::size_t index,
                                     std::int64_t most) const {
  const std::int64_t tokens =
      static_cast<std::int64_t>(prefix.block_tokens) * (static_cast<std::int64_t>(index) + 1);
  return std::min(tokens / block_tokens_, most);
}

std::int64_t BlockPool::shared_blocks(const SharedPrefix& prefix, std::int32_t input) const {
  return prefix.ids.empty() ? 0
                            : blocks_until(prefix, prefix.ids.size() - 1, input / block_tokens_);
}

BlockPool::Found BlockPool::find(const SharedPrefix& prefix, std::int64_t most) const {
  Found found;
  for (std::size_t i = 0; i < prefix.ids.size() && found.blocks < most; ++i) {
    std::int64_t missing = blocks_until(prefix, i, most) - found.blocks;
    if (const auto it = first_.find(prefix.ids[i]); it != first_.end()) {
      for (Index n = it->second; n != kNone && missing > 0; n = nodes_[n].following) {
        const std::int64_t blocks = std::min(nodes_[n].blocks, missing);
        found.blocks += blocks;
        missing -= blocks;
        if (nodes_[n].users == 0) found.unused += blocks;
      }
    }
    if (missing > 0) break;
  }
  return found;
}

std::int64_t BlockPool::cached_tokens(const SharedPrefix& prefix, std::int32_t input) const {
  return caching_ ? find(prefix, input / block_tokens_).blocks * block_tokens_ : 0;
}

bool BlockPool::still_kept(const Request& request) const {
  return request.kept != kNone && nodes_[request.kept].owner == request.number;
}

BlockPool::Offer BlockPool::offer(const Request& request, const SharedPrefix& prefix,
                                  std::int64_t room) const {
  Offer offer;
  const std::int64_t total = blocks_of(room);
  if (!caching_) {
    offer.fresh = total;
    return offer;
  }
  const Found found = find(prefix, most_found(request));
  std::int64_t cached = found.blocks;
  offer.woken = found.unused;
  offer.kept = found.blocks == shared_blocks(prefix, request.input) && still_kept(request);
  if (offer.kept) {
    const std::int64_t kept = nodes_[request.kept].blocks;
    cached += kept;
    offer.woken += kept;
  }
  offer.cached_tokens = static_cast<std::int32_t>(cached * block_tokens_);
  offer.fresh = total - cached;
  return offer;
}

void BlockPool::admit(Request& request, SharedPrefix& prefix, const Offer& offer) {
  ASSAY_ASSERT(offer.needed() <= free_);
  std::int64_t own = offer.fresh;
  if (!caching_) {
    free_ -= own;
    request.own_blocks = static_cast<std::int32_t>(own);
    return;
  }
  if (offer.kept) {
    own += nodes_[request.kept].blocks;
    free_ -= nodes_[request.kept].blocks;
    unlink(request.kept);
    drop(request.kept);
  } else if (still_kept(request)) {
    nodes_[request.kept].owner = kNone;
  }
  request.kept = kNone;
  const std::int64_t found = use_found(prefix, most_found(request));
  take(offer.fresh);
  own -= publish_rest(prefix, request.input / block_tokens_, found);
  request.own_blocks = static_cast<std::int32_t>(own);
}

// Holds what find() saw, and no more: nodes are cut where it ends.
std::int64_t BlockPool::use_found(SharedPrefix& prefix, std::int64_t most) {
  std::int64_t found = 0;
  for (std::size_t i = 0; i < prefix.ids.size() && found < most; ++i) {
    const std::int64_t wanted = blocks_until(prefix, i, most) - found;
    std::int64_t there = 0;
    const auto it = first_.find(prefix.ids[i]);
    if (it == first_.end() || wanted == 0) {
      if (wanted > 0) break;
      continue;
    }
    for (Index n = it->second; n != kNone && there < wanted; n = nodes_[n].following) {
      if (nodes_[n].blocks > wanted - there) split(n, wanted - there);
      there += nodes_[n].blocks;
      if (nodes_[n].users++ == 0) {
        free_ -= nodes_[n].blocks;
        unlink(n);
      }
    }
    hold(prefix, it->second, there);
    found += there;
    if (there < wanted) break;
  }
  return found;
}

// What the prompt adds to the cache can be found from now on: whoever is admitted later in the same
// iteration runs after it. Takes no blocks: those that it counts are among the offer's.
std::int64_t BlockPool::publish_rest(SharedPrefix& prefix, std::int64_t most, std::int64_t found) {
  std::int64_t published = 0, before = 0;
  for (std::size_t i = 0; i < prefix.ids.size() && before < most; ++i) {
    const std::int64_t until = blocks_until(prefix, i, most), wanted = until - before;
    const std::int64_t held = std::clamp<std::int64_t>(found - before, 0, wanted);
    before = until;
    if (held == wanted) continue;
    const auto it = first_.find(prefix.ids[i]);
    std::int64_t there = 0;
    Index last = kNone;
    for (Index n = it == first_.end() ? kNone : it->second; n != kNone; n = nodes_[n].following) {
      there += nodes_[n].blocks;
      last = n;
    }
    // Its last block, computed again: it stays its own.
    if (there > held) break;
    const Index n = new_node();
    nodes_[n] = {.blocks = wanted - held, .id = prefix.ids[i], .users = 1, .shared = true};
    if (last == kNone) first_[prefix.ids[i]] = n;
    else nodes_[last].following = n;
    if (held > 0) prefix.nodes.back() += static_cast<std::int32_t>(wanted - held);
    else hold(prefix, n, wanted);
    published += wanted - held;
  }
  return published;
}

// SharedPrefix::nodes are pairs: the first node of a prefix block, and how many blocks are held.
void BlockPool::hold(SharedPrefix& prefix, Index first, std::int64_t blocks) {
  prefix.nodes.push_back(first);
  prefix.nodes.push_back(static_cast<std::int32_t>(blocks));
}

void BlockPool::split(Index index, std::int64_t blocks) {
  const Index rest = new_node();
  Node& node = nodes_[index];
  nodes_[rest] = node;
  nodes_[rest].blocks -= blocks;
  node.blocks = blocks;
  node.following = rest;
  if (node.users > 0) return;
  // The end of a sequence goes first.
  nodes_[rest].after = index;
  if (node.before != kNone) nodes_[node.before].after = rest;
  else oldest_ = rest;
  node.before = rest;
}

void BlockPool::take(std::int64_t blocks) {
  ASSAY_ASSERT(blocks <= free_);
  free_ -= blocks;
  if (!caching_) return;
  while (blocks > 0) {
    const Index n = oldest_;
    Node& node = nodes_[n];
    const std::int64_t taken = std::min(blocks, node.blocks);
    blocks -= taken;
    node.blocks -= taken;
    node.following = kNone;  // what lies behind a gap cannot be found any more
    if (node.blocks > 0) continue;
    unlink(n);
    if (node.shared) forget(n);
    drop(n);
  }
}

void BlockPool::release(std::vector<std::int32_t>& nodes, std::int64_t own) {
  if (!caching_) {
    free_ += own;
    return;
  }
  append_blank(own);
  free_ += own;
  give_back(nodes);
}

void BlockPool::release_kept(Request& request, SharedPrefix& prefix, std::int64_t own,
                             std::int64_t computed) {
  if (!caching_) {
    release(prefix.nodes, own);
    return;
  }
  own += forget_behind(prefix, computed);
  const std::int64_t shared = shared_blocks(prefix, request.input);
  std::int64_t first_own = shared;
  for (std::size_t i = 1; i < prefix.nodes.size(); i += 2) first_own -= prefix.nodes[i];
  const std::int64_t kept =
      std::clamp<std::int64_t>(computed / block_tokens_ - shared, 0, own - first_own);
  append_blank(own - first_own - kept);
  if (kept > 0) {
    const Index n = new_node();
    nodes_[n] = {.blocks = kept, .owner = request.number};
    append(n);
    request.kept = n;
  }
  append_blank(first_own);
  free_ += own;
  give_back(prefix.nodes);
}

// The last first.
void BlockPool::give_back(std::vector<std::int32_t>& nodes) {
  for (std::size_t i = nodes.size(); i > 0; i -= 2) {
    std::int64_t held = nodes[i - 1];
    parts_.clear();
    for (Index n = nodes[i - 2]; held > 0; n = nodes_[n].following) {
      parts_.push_back(n);
      held -= nodes_[n].blocks;
    }
    for (auto it = parts_.rbegin(); it != parts_.rend(); ++it) {
      Node& node = nodes_[*it];
      --node.users;
      if (node.users == 0) free_ += node.blocks;
      join_following(*it);
      if (node.users == 0) append(*it);
    }
  }
  nodes.clear();
}

// Parts that would be used, or overwritten, one directly after the other need not stay apart. Who
// holds the latter holds the former too: as many users are the same users.
void BlockPool::join_following(Index index) {
  Node& node = nodes_[index];
  const Index next = node.following;
  if (next == kNone || nodes_[next].users != node.users) return;
  if (node.users == 0) {
    if (newest_ != next) return;
    unlink(next);
  }
  node.blocks += nodes_[next].blocks;
  node.following = nodes_[next].following;
  drop(next);
}

std::int64_t BlockPool::forget_behind(SharedPrefix& prefix, std::int64_t computed) {
  if (!caching_) return 0;
  std::int64_t begin = 0, forgotten = 0;
  for (std::size_t i = 1; i < prefix.nodes.size(); i += 2) begin += prefix.nodes[i];
  const std::int64_t most = computed / block_tokens_;
  while (begin > most) {
    std::int32_t& held = prefix.nodes.back();
    begin -= held;
    const std::int64_t stay = std::max<std::int64_t>(0, most - begin);
    std::int64_t at = 0;
    Index n = prefix.nodes[prefix.nodes.size() - 2];
    while (at + nodes_[n].blocks <= stay) {
      at += nodes_[n].blocks;
      n = nodes_[n].following;
    }
    if (stay > at) {  // in the middle of a node
      split(n, stay - at);
      n = nodes_[n].following;
    }
    forgotten += held - stay;
    for (std::int64_t left = held - stay; left > 0;) {
      const Index next = nodes_[n].following;
      ASSAY_ASSERT(nodes_[n].users == 1);  // nobody is admitted behind a prompt that is cut
      left -= nodes_[n].blocks;
      forget(n);
      drop(n);
      n = next;
    }
    held = static_cast<std::int32_t>(stay);
    if (stay > 0) break;
    prefix.nodes.resize(prefix.nodes.size() - 2);
  }
  return forgotten;
}

BlockPool::Index BlockPool::new_node() {
  if (spare_ == kNone) {
    nodes_.emplace_back();
    return static_cast<Index>(nodes_.size() - 1);
  }
  const Index index = spare_;
  spare_ = nodes_[index].after;
  return index;
}

void BlockPool::drop(Index index) {
  nodes_[index] = {};
  nodes_[index].after = std::exchange(spare_, index);
}

void BlockPool::append(Index index) {
  Node& node = nodes_[index];
  node.before = newest_;
  node.after = kNone;
  if (newest_ != kNone) nodes_[newest_].after = index;
  else oldest_ = index;
  newest_ = index;
}

void BlockPool::append_blank(std::int64_t blocks) {
  if (blocks == 0) return;
  if (newest_ != kNone && !nodes_[newest_].shared && nodes_[newest_].owner == kNone) {
    nodes_[newest_].blocks += blocks;
    return;
  }
  const Index index = new_node();
  nodes_[index] = {.blocks = blocks};
  append(index);
}

void BlockPool::unlink(Index index) {
  const Node& node = nodes_[index];
  if (node.before != kNone) nodes_[node.before].after = node.after;
  else oldest_ = node.after;
  if (node.after != kNone) nodes_[node.after].before = node.before;
  else newest_ = node.before;
}

void BlockPool::forget(Index index) {
  const auto it = first_.find(nodes_[index].id);
  if (it == first_.end()) return;
  if (it->second == index) {
    first_.erase(it);
    return;
  }
  for (Index n = it->second; n != kNone; n = nodes_[n].following) {
    if (nodes_[n].following == index) {
      nodes_[n].following = kNone;
      return;
    }
  }
}

}  // namespace assay::simulate
