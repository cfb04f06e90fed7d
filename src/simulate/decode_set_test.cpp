// Sequences that decode together, against each told by itself.
#include "simulate/decode_set.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace assay::simulate {
namespace {

TEST(TokenYield, GivesOutWholeTokens) {
  const TokenYield one{1}, some{1.75};
  EXPECT_TRUE(one.is_one());
  EXPECT_EQ(one.tokens(7), 7);
  EXPECT_EQ(one.iterations(7), 7);
  EXPECT_FALSE(some.is_one());
  EXPECT_EQ(some.tokens(1), 1);
  EXPECT_EQ(some.tokens(2), 3);
  EXPECT_EQ(some.tokens(4), 7);
  EXPECT_EQ(some.iterations(7), 4);
  EXPECT_EQ(some.iterations(8), 5);
  for (std::int64_t tokens = 1; tokens < 100; ++tokens) {
    const std::int64_t n = some.iterations(tokens);
    EXPECT_GE(some.tokens(n), tokens);
    EXPECT_LT(some.tokens(n - 1), tokens);
  }
}

struct Plain {
  const EngineLimits& limits;
  const Requests& requests;
  std::vector<Slot> in;

  std::int64_t blocks(Slot slot, std::int64_t iteration) const {  // after it
    const Request& r = requests[slot];
    const std::int64_t gained = TokenYield{limits.tokens_per_iteration}.tokens(iteration - r.start);
    const std::int64_t tokens = r.prompt + limits.draft_tokens + 1 + gained;
    return (tokens + limits.block_tokens - 1) / limits.block_tokens;
  }
  std::int64_t admitted(Slot slot) const {
    const std::int64_t tokens = requests[slot].prompt + limits.draft_tokens;
    return (tokens + limits.block_tokens - 1) / limits.block_tokens;
  }
  std::int64_t allocations(std::int64_t first, std::int64_t count) const {
    std::int64_t sum = 0;
    for (const Slot slot : in) {
      const bool fresh = requests[slot].start == first;
      sum += blocks(slot, first + count - 1) - (fresh ? admitted(slot) : blocks(slot, first - 1));
    }
    return sum;
  }
};

void run_beside_the_plain_one(const EngineLimits& limits, std::uint64_t seed) {
  const RandomStream draws{seed, 1};
  std::uint64_t at = 0;
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low +
           static_cast<std::int64_t>(draws.uniform(at++) * static_cast<double>(high - low + 1));
  };
  Requests requests;
  DecodeSet set{limits};
  Plain plain{limits, requests, {}};
  std::int64_t iteration = between(0, 5000);
  for (int change = 0; change < 300; ++change) {
    for (std::int64_t i = between(0, 3); i > 0; --i) {
      const Slot slot = requests.add();
      requests[slot].order = change * 10 - i;
      requests[slot].prompt = static_cast<std::int32_t>(between(1, 100));
      requests[slot].start = iteration;
      requests[slot].finish =
          iteration + (between(1, 10) == 1 ? between(1, 20'000) : between(1, 200));
      set.add(requests, slot);
      plain.in.push_back(slot);
    }
    ASSERT_EQ(set.count(), static_cast<std::int64_t>(plain.in.size()));
    if (plain.in.empty()) continue;
    std::int64_t first_end = requests[plain.in.front()].finish;
    for (const Slot slot : plain.in) first_end = std::min(first_end, requests[slot].finish);
    const std::int64_t until = set.iterations_to_finish(iteration);
    ASSERT_GE(until, 1);
    ASSERT_LE(iteration + until, first_end);
    if (first_end - iteration < 4000) {  // within the ring
      ASSERT_EQ(iteration + until, first_end);
    }
    const std::int64_t count = between(1, until);
    for (const std::int64_t n : {std::int64_t{1}, count, until}) {
      ASSERT_EQ(set.allocations(iteration, n), plain.allocations(iteration, n));
    }
    iteration += count;
    std::vector<Slot> ends;
    for (const Slot slot : plain.in) {
      EXPECT_EQ(set.grown(requests[slot], iteration),
                plain.blocks(slot, iteration - 1) - plain.admitted(slot));
      if (requests[slot].finish == iteration) ends.push_back(slot);
    }
    ASSERT_EQ(set.finishing(requests, iteration), ends);
    if (between(1, 5) == 1 && ends.empty()) ends.push_back(plain.in.back());  // preempted
    for (const Slot slot : ends) {
      set.remove(requests, slot);
      requests.remove(slot);
      plain.in.erase(std::find(plain.in.begin(), plain.in.end(), slot));
    }
  }
}

TEST(DecodeSet, EqualsItsSequencesOneByOne) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    run_beside_the_plain_one({.block_tokens = 16}, seed);
    run_beside_the_plain_one({.block_tokens = 1}, seed);
    run_beside_the_plain_one({.block_tokens = 7, .draft_tokens = 2, .tokens_per_iteration = 1.7},
                             seed);
  }
}

TEST(DecodeSet, AddsUpContexts) {
  Requests requests;
  DecodeSet set{{.block_tokens = 16}};
  for (const std::int32_t prompt : {10, 20}) {
    const Slot slot = requests.add();
    requests[slot].prompt = prompt;
    requests[slot].start = prompt / 10;
    requests[slot].finish = 100;
    set.add(requests, slot);
  }
  EXPECT_EQ(set.context_sum(2), 10 + 1 + 20);
  EXPECT_EQ(set.context_sum(50), 10 + 49 + 20 + 48);
}

TEST(DecodeSet, IsEmptyAfterClear) {
  Requests requests;
  DecodeSet set{{.block_tokens = 16}};
  const Slot slot = requests.add();
  requests[slot].prompt = 16;
  requests[slot].finish = 9;
  set.add(requests, slot);
  EXPECT_EQ(set.allocations(0, 9), 1);
  set.clear();
  EXPECT_EQ(set.count(), 0);
  EXPECT_EQ(set.allocations(0, 9), 0);
  EXPECT_EQ(set.context_sum(7), 0);
}

}  // namespace
}  // namespace assay::simulate
