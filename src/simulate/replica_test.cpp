// The engine by hand. Every case is run iteration by iteration too.
#include "simulate/replica.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "simulate/simulate_test_support.h"
#include "simulate/stepwise_replica.h"

namespace assay::simulate {
namespace {

// Nanoseconds: 1000 an iteration, 10 a prompt token, 100 a sequence, 1 a token of context.
constexpr ToyStep kStep{.iteration = 1000,
                        .prompt_token = 10,
                        .token_before = 0,
                        .piece = 0,
                        .end = 0,
                        .sequence = 100,
                        .token_of_context = 1};

EngineLimits roomy(Batching batching = Batching::kChunked) {
  return {.batching = batching,
          .tokens_max = 2048,
          .sequences_max = 64,
          .kv_blocks = 10'000,
          .block_tokens = 4};
}

ReplicaLog run(const EngineLimits& limits, const std::vector<Asked>& asked, Role role = Role::kBoth,
               std::int64_t held_for = 0) {
  const ReplicaLog plain =
      ReplicaDriver<StepwiseReplica, ToyStep>{kStep, limits, role}.run(asked, held_for);
  const ReplicaLog fast = ReplicaDriver<Replica, ToyStep>{kStep, limits, role}.run(asked, held_for);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    EXPECT_EQ(fast.told[i].first, plain.told[i].first) << i;
    EXPECT_EQ(fast.told[i].last, plain.told[i].last) << i;
    EXPECT_EQ(fast.told[i].cached, plain.told[i].cached) << i;
  }
  EXPECT_EQ(fast.blocks_at_end, 0);
  EXPECT_EQ(plain.blocks_at_end, 0);
  return fast;
}

TEST(Replica, AddsUpOneRequest) {
  ReplicaLog log = run(roomy(), {{.input = 10, .output = 3}});
  EXPECT_EQ(log.told[0].first, 1100);
  EXPECT_EQ(log.told[0].last, 1100 + 1110 + 1111);  // contexts of 10 and 11
  EXPECT_EQ(log.record.iterations, 3);
  EXPECT_EQ(log.record.prompt_tokens, 10);
  EXPECT_EQ(log.record.decode_sequences, 2);
  const LatencyFigures gaps = log.record.gaps.figures();
  EXPECT_EQ(gaps.count, 2);
  EXPECT_NEAR(gaps.mean, 1110.5e-9, 1e-15);
  EXPECT_NEAR(gaps.max, 1111e-9, 1e-15);
  EXPECT_EQ(log.record.blocks_most, 3);
}

TEST(Replica, CutsAPromptToTheBudget) {
  EngineLimits limits = roomy();
  limits.tokens_max = 4;
  const ReplicaLog log = run(limits, {{.input = 10, .output = 1}, {.input = 1, .output = 1}});
  EXPECT_EQ(log.told[0].first, 1040 + 1040 + 1030);  // the rest of 2, and the next prompt
  EXPECT_EQ(log.told[1].first, 1040 + 1040 + 1030);
}

TEST(Replica, MixesPromptsWithDecodingWhereTheyMayBeCut) {
  const std::vector<Asked> asked{{.input = 10, .output = 3},
                                 {.at = 1150, .input = 20, .output = 1}};
  const ReplicaLog log = run(roomy(), asked);
  EXPECT_EQ(log.told[0].last, 2210 + 1000 + 200 + 100 + 11);
  EXPECT_EQ(log.told[1].first, log.told[0].last);
}

TEST(Replica, LetsDecodingWaitWherePromptsGoFirst) {
  const std::vector<Asked> asked{{.input = 10, .output = 3},
                                 {.at = 1150, .input = 20, .output = 1}};
  ReplicaLog log = run(roomy(Batching::kPromptsFirst), asked);
  EXPECT_EQ(log.told[1].first, 2210 + 1200);
  EXPECT_EQ(log.told[0].last, 3410 + 1111);
  EXPECT_NEAR(log.record.gaps.figures().max, (1200 + 1111) * 1e-9, 1e-15);
}

TEST(Replica, ComputesAStaticBatchOnUntilItsLastRequestEnds) {
  EngineLimits limits = roomy(Batching::kStatic);
  limits.sequences_max = 2;
  const ReplicaLog log = run(limits, {{.input = 10, .output = 2},
                                      {.input = 10, .output = 4},
                                      {.at = 100, .input = 10, .output = 1}});
  EXPECT_EQ(log.told[0].last, 1200 + 1220);
  EXPECT_EQ(log.told[1].last, 2420 + 1223 + 1224);  // beside 12 tokens of the first
  EXPECT_EQ(log.told[2].first, 4867 + 1100);
}

TEST(Replica, SeesArrivalsAnIterationLateWhereItSchedulesAhead) {
  EngineLimits limits = roomy();
  const std::vector<Asked> asked{{.input = 10, .output = 9},
                                 {.at = 1200, .input = 10, .output = 1}};
  EXPECT_EQ(run(limits, asked).told[1].first, 2210 + 1211);
  limits.schedules_ahead = true;
  EXPECT_EQ(run(limits, asked).told[1].first, 3321 + 1212);
}

TEST(Replica, GivesPlacesAwayAnIterationLateWhereItSchedulesAhead) {
  EngineLimits limits = roomy();
  limits.sequences_max = 2;
  const std::vector<Asked> asked{
      {.input = 10, .output = 2}, {.input = 10, .output = 4}, {.input = 10, .output = 1}};
  EXPECT_EQ(run(limits, asked).told[2].first, 2420 + 1211);
  limits.schedules_ahead = true;
  EXPECT_EQ(run(limits, asked).told[2].first, 2420 + 1111 + 1212);
  limits.sequences_max = 1;  // nothing else would run: planned at once
  EXPECT_EQ(run(limits, {{.input = 10, .output = 1}, {.input = 10, .output = 1}}).told[1].first,
            2200);
}

TEST(Replica, PreemptsTheYoungestAndComputesItAgain) {
  EngineLimits limits = roomy();
  limits.kv_blocks = 5;
  const std::vector<Asked> asked{{.input = 4, .output = 8}, {.input = 4, .output = 8}};
  ReplicaLog log = run(limits, asked);
  const std::int64_t full = 1080 + 1208 + 1210 + 1212 + 1214;  // both would need a third block
  EXPECT_EQ(log.told[0].last, full + 1108 + 1109 + 1110);
  EXPECT_EQ(log.told[1].preemptions, 1);
  const std::int64_t again = log.told[0].last + 1090;  // 4 of the prompt and 5 generated
  EXPECT_EQ(log.told[1].last, again + 1109 + 1110);
  EXPECT_NEAR(log.record.gaps.figures().max, static_cast<double>(again - full) * 1e-9, 1e-15);
  EXPECT_EQ(log.record.gaps.figures().count, 14);

  limits.prefix_caching = true;  // its two whole blocks are still there
  log = run(limits, asked);
  EXPECT_EQ(log.told[1].last, log.told[0].last + 1010 + 1109 + 1110);
  EXPECT_EQ(log.record.cached_tokens, 8);
  EXPECT_EQ(log.told[1].cached, 0);

  limits.output_reserved = 1;
  log = run(limits, asked);
  EXPECT_EQ(log.record.preemptions, 0);
  EXPECT_GT(log.told[1].first, log.told[0].last);
}

TEST(Replica, FindsASharedPrefixInTheSameIteration) {
  EngineLimits limits = roomy();
  limits.prefix_caching = true;
  const Asked one{.input = 10, .output = 1, .ids = {7}, .block_tokens = 8};
  const ReplicaLog log = run(limits, {one, one});
  EXPECT_EQ(log.told[0].cached, 0);
  EXPECT_EQ(log.told[1].cached, 8);
  EXPECT_EQ(log.told[1].first, 1000 + 100 + 20);
  EXPECT_EQ(log.record.blocks_most, 4);
}

TEST(Replica, ComputesTheLastBlockOfACachedPromptAgain) {
  EngineLimits limits = roomy();
  limits.prefix_caching = true;
  const ReplicaLog log =
      run(limits, {{.input = 8, .output = 1, .ids = {7}, .block_tokens = 8},
                   {.at = 5000, .input = 8, .output = 1, .ids = {7}, .block_tokens = 8}});
  EXPECT_EQ(log.told[1].cached, 4);
  EXPECT_EQ(log.told[1].first, 5000 + 1040);
}

TEST(Replica, TakesTheLowestPriorityNumberFirst) {
  EngineLimits limits = roomy();
  limits.sequences_max = 1;
  const std::vector<Asked> asked{{.input = 1, .output = 1, .priority = 2},
                                 {.input = 1, .output = 1, .priority = 1},
                                 {.input = 1, .output = 1, .priority = 1}};
  EXPECT_EQ(run(limits, asked).told[0].first, 1010);
  limits.by_priority = true;
  const ReplicaLog log = run(limits, asked);
  EXPECT_EQ(log.told[0].first, 3030);
  EXPECT_EQ(log.told[1].first, 1010);
  EXPECT_EQ(log.told[2].first, 2020);
}

TEST(Replica, PreemptsTheLargestPriorityNumber) {
  EngineLimits limits = roomy();
  limits.kv_blocks = 5;
  limits.by_priority = true;
  const ReplicaLog log = run(limits, {{.input = 4, .output = 8, .priority = 1},
                                      {.at = 1, .input = 4, .output = 8, .priority = 0}});
  EXPECT_EQ(log.told[0].preemptions, 1);
  EXPECT_EQ(log.told[1].preemptions, 0);
}

TEST(Replica, GainsSeveralTokensAnIterationWithSpeculation) {
  EngineLimits limits = roomy();
  limits.draft_tokens = 2;
  limits.tokens_per_iteration = 1.75;
  const ReplicaLog log = run(limits, {{.input = 10, .output = 8}});
  EXPECT_EQ(log.record.iterations, 1 + 4);            // 7 tokens are 4 · 1.75
  EXPECT_EQ(log.told[0].last, 1100 + 4 * 1110 + 11);  // 1.75 · (0 + 1 + 2 + 3), each rounded
}

TEST(Replica, EndsACancelledRequestWithTheIteration) {
  const ReplicaLog log = run(roomy(), {{.input = 10, .output = 100, .cancelled_at = 1500},
                                       {.at = 1150, .input = 10, .output = 1}});
  EXPECT_TRUE(log.told[0].cancelled);
  EXPECT_EQ(log.told[1].first, 2210 + 1100);  // alone
  // In the very iteration that ends it.
  const ReplicaLog late = run(roomy(), {{.input = 10, .output = 2, .cancelled_at = 1500}});
  EXPECT_TRUE(late.told[0].finished);
}

TEST(Replica, LetsTheNextInWhenWhoIsInItsWayIsCancelled) {
  EngineLimits limits = roomy();
  limits.kv_blocks = 30;
  const ReplicaLog log = run(limits, {{.input = 10, .output = 50},
                                      {.at = 1, .input = 90, .output = 5, .cancelled_at = 5000},
                                      {.at = 2, .input = 4, .output = 1}});
  EXPECT_TRUE(log.told[1].cancelled);
  EXPECT_LT(log.told[2].first, 8000);
}

TEST(Replica, HoldsThePromptsThatAreToBeSentAway) {
  EngineLimits limits = roomy();
  limits.kv_blocks = 5;
  const ReplicaLog log =
      run(limits, {{.input = 10, .output = 3}, {.input = 10, .output = 3}}, Role::kPrefill, 500);
  EXPECT_EQ(log.told[0].first, 1100);
  EXPECT_EQ(log.told[1].first, 1100 + 500 + 1100);  // waits for the blocks of the first
}

TEST(Replica, DecodesAtOnceWhatComesWithItsCache) {
  ReplicaLog log =
      run(roomy(), {{.at = 10, .input = 10, .output = 3, .prefilled = true}}, Role::kDecode);
  EXPECT_EQ(log.told[0].last, 10 + 1110 + 1111);
  EXPECT_EQ(log.record.gaps.figures().count, 2);
}

TEST(Replica, LosesEverythingWhenItFails) {
  Requests requests;
  PoolRecord record;
  DecodeTable<ToyStep> table{kStep};
  EngineLimits limits = roomy();
  limits.sequences_max = 1;
  Replica<ToyStep> replica{
      {.step = kStep, .limits = limits, .requests = requests, .record = record, .table = table}, 0};
  std::vector<Slot> slots;
  for (std::int64_t i = 0; i < 3; ++i) {
    slots.push_back(requests.add());
    requests[slots.back()].number = i;
    requests[slots.back()].input = requests[slots.back()].output = 10;
    replica.submit(slots.back(), {});
  }
  replica.begin_iterations({});
  EXPECT_EQ(replica.kv_blocks_used(), 3);
  EXPECT_EQ(replica.waiting_blocks(), 6);
  EXPECT_EQ(replica.fail({}), slots);
  EXPECT_EQ(replica.kv_blocks_used(), 0);
  EXPECT_EQ(replica.waiting_blocks(), 0);
  EXPECT_EQ(replica.next(), kNever);
  replica.submit(slots[1], {7});
  EXPECT_EQ(replica.next(), SimTime{7});
}

// A prompt, an iteration of decoding, and 500 ns of the next one's 1111.
TEST(Replica, IsBusyUntilItFails) {
  const std::vector<Asked> asked{{.input = 10, .output = 30, .fails_at = 1100 + 1110 + 500}};
  ReplicaLog fast = ReplicaDriver<Replica, ToyStep>{kStep, roomy()}.run(asked);
  ReplicaLog plain = ReplicaDriver<StepwiseReplica, ToyStep>{kStep, roomy()}.run(asked);
  for (PoolRecord* record : {&fast.record, &plain.record}) {
    EXPECT_NEAR(record->busy_seconds, 2710e-9, 1e-15);
    EXPECT_NEAR(record->block_seconds, 3 * 2710e-9, 1e-15);
    EXPECT_EQ(record->iterations, 2);
    EXPECT_EQ(record->decode_sequences, 1);
    EXPECT_EQ(record->gaps.figures().count, 1);
    IterationSums decoding;
    for (const IterationSums& sums : record->profile.decoding) add(decoding, sums);
    EXPECT_NEAR(decoding.seconds, 1610e-9, 1e-15);
    EXPECT_NEAR(decoding.iterations, 1 + 500.0 / 1111, 1e-9);
    EXPECT_NEAR(decoding.decode_context, 10 + 11 * 500.0 / 1111, 1e-9);
  }
}

TEST(Replica, WaitsAsLongAsAnMD1Queue) {
  EngineLimits limits = roomy();
  limits.sequences_max = 1;
  const double service = 1100, busy = 0.6;
  const RandomStream draws{3, 1};
  std::vector<Asked> asked;
  double at = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    at += draws.exponential(i) * service / busy;
    asked.push_back({.at = static_cast<std::int64_t>(at), .input = 10, .output = 1});
  }
  const ReplicaLog log = ReplicaDriver<Replica, ToyStep>{kStep, limits}.run(asked);
  double waited = 0;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    waited += static_cast<double>(log.told[i].first - asked[i].at) - service;
  }
  const double expected = busy * service / (2 * (1 - busy));  // Pollaczek and Khinchine
  EXPECT_NEAR(waited / static_cast<double>(asked.size()), expected, 0.04 * expected);
}

struct CountingStep {
  std::int64_t* calls{};
  Seconds time(const model::Iteration& iteration) const {
    ++*calls;
    return kStep.time(iteration);
  }
  model::DecodeTime decode_time(double sequences, double context) const {
    ++*calls;
    return kStep.decode_time(sequences, context);
  }
};

TEST(Replica, CostsChangesOfTheBatchNotTokens) {
  std::int64_t calls = 0;
  const CountingStep step{&calls};
  std::vector<Asked> asked;
  for (int i = 0; i < 100; ++i) asked.push_back({.input = 100, .output = 1000});
  const ReplicaLog log = ReplicaDriver<Replica, CountingStep>{step, roomy()}.run(asked);
  EXPECT_GT(log.record.iterations, 1900);
  EXPECT_LT(calls, 100);
}

}  // namespace
}  // namespace assay::simulate
