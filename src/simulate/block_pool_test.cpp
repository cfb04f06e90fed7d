// Blocks of a KV cache by hand; against single blocks in stepwise_replica_test.cpp.
#include "simulate/block_pool.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace assay::simulate {
namespace {

constexpr std::int32_t kTokens = 4;  // of a block

struct Holder {
  Request request;
  SharedPrefix prefix;
};

Holder holder(std::int64_t number, std::int32_t input, std::vector<std::uint64_t> ids = {}) {
  Holder h;
  h.request.number = number;
  h.request.input = h.request.prompt = input;
  h.prefix = {.ids = std::move(ids), .block_tokens = 2 * kTokens, .nodes = {}};
  return h;
}

// Tokens found.
std::int32_t admit(BlockPool& pool, Holder& h) {
  const BlockPool::Offer offer = pool.offer(h.request, h.prefix, h.request.prompt);
  pool.admit(h.request, h.prefix, offer);
  return offer.cached_tokens;
}

void release(BlockPool& pool, Holder& h) { pool.release(h.prefix.nodes, h.request.own_blocks); }

TEST(BlockPool, CountsBlocksWhereNothingIsCached) {
  BlockPool pool{10, kTokens, false};
  Holder a = holder(1, 9, {7});
  EXPECT_EQ(admit(pool, a), 0);
  EXPECT_EQ(pool.used(), 3);
  pool.take(2);
  EXPECT_EQ(pool.free(), 5);
  pool.release(a.prefix.nodes, a.request.own_blocks + 2);
  EXPECT_EQ(pool.free(), 10);
  EXPECT_EQ(pool.cached_tokens(a.prefix, 9), 0);
}

TEST(BlockPool, SharesAPrefixFromTheMomentOfAdmission) {
  BlockPool pool{10, kTokens, true};
  Holder a = holder(1, 12, {7}), b = holder(2, 12, {7});
  EXPECT_EQ(admit(pool, a), 0);
  EXPECT_EQ(pool.cached_tokens(b.prefix, 12), 8);
  const BlockPool::Offer offer = pool.offer(b.request, b.prefix, 12);
  EXPECT_EQ(offer.fresh, 1);
  EXPECT_EQ(offer.woken, 0);
  EXPECT_EQ(admit(pool, b), 8);
  EXPECT_EQ(pool.used(), 4);
  release(pool, a);
  EXPECT_EQ(pool.used(), 3);
  release(pool, b);
  EXPECT_EQ(pool.used(), 0);
}

TEST(BlockPool, WakesWhatNobodyUses) {
  BlockPool pool{10, kTokens, true};
  Holder a = holder(1, 12, {7}), b = holder(2, 12, {7});
  admit(pool, a);
  release(pool, a);
  const BlockPool::Offer offer = pool.offer(b.request, b.prefix, 12);
  EXPECT_EQ(offer.fresh, 1);
  EXPECT_EQ(offer.woken, 2);
  EXPECT_EQ(offer.needed(), 3);
}

TEST(BlockPool, OverwritesTheEndOfASequenceFirst) {
  BlockPool pool{4, kTokens, true};
  Holder a = holder(1, 16, {7, 8}), b = holder(2, 4);
  admit(pool, a);
  release(pool, a);
  EXPECT_EQ(pool.cached_tokens(a.prefix, 16), 16);
  for (const std::int64_t left : {12, 8, 4, 0}) {
    admit(pool, b);
    EXPECT_EQ(pool.cached_tokens(a.prefix, 16), left);
  }
}

TEST(BlockPool, OverwritesTheLongestUnusedFirst) {
  BlockPool pool{4, kTokens, true};
  Holder a = holder(1, 8, {7}), b = holder(2, 8, {8}), c = holder(3, 4);
  admit(pool, a);
  release(pool, a);
  admit(pool, b);  // the two that were never used
  release(pool, b);
  Holder again = holder(4, 9, {7});
  EXPECT_EQ(pool.cached_tokens(again.prefix, 9), 8);
  EXPECT_EQ(admit(pool, again), 8);  // and the last block of b
  release(pool, again);
  EXPECT_EQ(pool.cached_tokens(b.prefix, 8), 4);
  admit(pool, c);  // the blank one of `again`? No: the first of b has been unused for longer
  EXPECT_EQ(pool.cached_tokens(b.prefix, 8), 0);
  EXPECT_EQ(pool.cached_tokens(a.prefix, 8), 8);
}

TEST(BlockPool, ComputesTheLastTokenOfACachedPrompt) {
  BlockPool pool{10, kTokens, true};
  Holder a = holder(1, 8, {7}), b = holder(2, 8, {7});
  admit(pool, a);
  EXPECT_EQ(admit(pool, b), 4);
  EXPECT_EQ(pool.used(), 3);
  release(pool, a);
  EXPECT_EQ(pool.used(), 2);
  release(pool, b);
  EXPECT_EQ(pool.used(), 0);
  EXPECT_EQ(pool.cached_tokens(a.prefix, 8), 8);
}

TEST(BlockPool, HoldsOnlyThePartOfAPrefixThatAShortPromptHas) {
  BlockPool pool{10, kTokens, true};
  Holder a = holder(1, 17, {7, 8}), b = holder(2, 6, {7});
  admit(pool, a);
  EXPECT_EQ(admit(pool, b), 4);
  release(pool, a);
  EXPECT_EQ(pool.used(), 2);  // a block of the prefix, and one of its own
  release(pool, b);
  EXPECT_EQ(pool.used(), 0);
}

TEST(BlockPool, GoesOnFromWhatIsThere) {
  BlockPool pool{20, kTokens, true};
  Holder a = holder(1, 6, {7}), b = holder(2, 21, {7, 8});
  admit(pool, a);
  EXPECT_EQ(admit(pool, b), 4);  // and adds the rest
  EXPECT_EQ(pool.cached_tokens(holder(3, 30, {7, 8}).prefix, 30), 16);
  release(pool, a);
  release(pool, b);
  EXPECT_EQ(pool.used(), 0);
}

TEST(BlockPool, KeepsTheWholeBlocksOfAPreemptedRequestForItselfAlone) {
  BlockPool pool{10, kTokens, true};
  Holder a = holder(1, 10), b = holder(2, 10);
  admit(pool, a);
  pool.take(1);
  pool.release_kept(a.request, a.prefix, a.request.own_blocks + 1, 14);
  EXPECT_EQ(pool.used(), 0);
  EXPECT_EQ(admit(pool, b), 0);
  a.request.prompt = 15;
  EXPECT_EQ(admit(pool, a), 12);
  EXPECT_EQ(a.request.own_blocks, 4);
  EXPECT_EQ(pool.used(), 7);
}

TEST(BlockPool, FindsOfAPreemptedRequestWhatWasNotOverwritten) {
  BlockPool pool{4, kTokens, true};
  Holder a = holder(1, 16), b = holder(2, 4);
  admit(pool, a);
  pool.release_kept(a.request, a.prefix, a.request.own_blocks, 16);
  admit(pool, b);
  release(pool, b);
  a.request.prompt = 16;
  EXPECT_EQ(admit(pool, a), 12);
}

TEST(BlockPool, ForgetsWhatAPromptHasNotComputed) {
  BlockPool pool{10, kTokens, true};
  Holder a = holder(1, 16, {7, 8});
  admit(pool, a);
  EXPECT_EQ(a.request.own_blocks, 0);
  const std::int64_t own = pool.forget_behind(a.prefix, 6);
  EXPECT_EQ(own, 3);
  EXPECT_EQ(pool.cached_tokens(a.prefix, 16), 4);
  EXPECT_EQ(pool.used(), 4);
  pool.release(a.prefix.nodes, own);
  EXPECT_EQ(pool.used(), 0);
  EXPECT_EQ(pool.cached_tokens(a.prefix, 16), 4);
}

TEST(BlockPool, IsEmptyAfterClear) {
  BlockPool pool{4, kTokens, true};
  Holder a = holder(1, 16, {7, 8});
  admit(pool, a);
  pool.clear();
  EXPECT_EQ(pool.free(), 4);
  EXPECT_EQ(pool.cached_tokens(a.prefix, 16), 0);
}

}  // namespace
}  // namespace assay::simulate
