#include "search/run_power.h"

#include <gtest/gtest.h>

#include "search/search_test_support.h"
#include "search/step_power.h"

namespace assay::search {
namespace {

using simulate::IterationProfile;
using simulate::IterationSums;

constexpr model::Iteration kDecode{.decode_sequences = 32, .decode_context = 1500};
constexpr model::Iteration kPrompts{.prefill_tokens = 3000,
                                    .prefill_pieces = 2,
                                    .prefill_before = 512,
                                    .prefill_ends = 1,
                                    .decode_sequences = 8,
                                    .decode_context = 700};

model::Deployment layout(int tensor) {
  return {.tensor = tensor,
          .weights = catalog::Format::kBf16,
          .activations = catalog::Format::kBf16,
          .kv_cache = catalog::Format::kBf16,
          .engine = "vllm"};
}

// One replica of Llama-3.1-8B in a server with eight H200.
struct Pool {
  explicit Pool(int tensor = 1)
      : deployment{layout(tensor)},
        step{llama(), h200(), deployment, built_in_tables().efficiency} {}

  PoolPower power(const IterationProfile& profile, double replica_seconds,
                  double output_tokens = 0) const {
    return pool_power(eight_h200(llama()), built_in_tables(),
                      {.deployment = deployment,
                       .step = step,
                       .profile = profile,
                       .replica_seconds = replica_seconds,
                       .output_tokens = output_tokens});
  }

  model::BoardUse use(const model::Iteration& iteration) const {
    return board_use(llama(), h200(), deployment, step.step(iteration), iteration,
                     built_in_tables().efficiency.engine("vllm").tokens_max);
  }

  // W of a board, by the function that predictions use.
  double watts(const model::Iteration& iteration) const {
    const auto power = phase_power(built_in_tables().power.family("hopper"), h200(), {},
                                   use(iteration), {.prefill = 0, .decode = 1});
    return power->mean.base();
  }

  model::Deployment deployment;
  model::StepModel step;
};

// So many iterations like this one.
IterationSums sums_of(const model::Iteration& i, double iterations, double seconds) {
  return {.seconds = seconds,
          .iterations = iterations,
          .prefill_tokens = i.prefill_tokens * iterations,
          .prefill_pieces = i.prefill_pieces * iterations,
          .prefill_before = i.prefill_before * i.prefill_pieces * iterations,
          .prefill_ends = i.prefill_ends * iterations,
          .decode_sequences = i.decode_sequences * iterations,
          .decode_context = i.decode_context * i.decode_sequences * iterations};
}

TEST(RunPower, TheMeanIterationOfASizeIsTheIterationThatWasRepeated) {
  for (const model::Iteration& i : {kDecode, kPrompts}) {
    const model::Iteration mean = mean_iteration(sums_of(i, 40, 1));
    EXPECT_DOUBLE_EQ(mean.prefill_tokens, i.prefill_tokens);
    EXPECT_DOUBLE_EQ(mean.prefill_pieces, i.prefill_pieces);
    EXPECT_DOUBLE_EQ(mean.prefill_before, i.prefill_before);
    EXPECT_DOUBLE_EQ(mean.prefill_ends, i.prefill_ends);
    EXPECT_DOUBLE_EQ(mean.decode_sequences, i.decode_sequences);
    EXPECT_DOUBLE_EQ(mean.decode_context, i.decode_context);
  }
}

TEST(RunPower, TheMeanOfPromptsWeighsPiecesAndThatOfDecodingSequences) {
  // One piece of 10 tokens behind 90; three of 30 behind none. One sequence at 100, three at 200.
  IterationSums sums;
  add(sums, {.iterations = 1,
             .prefill_tokens = 10,
             .prefill_pieces = 1,
             .prefill_before = 90,
             .decode_sequences = 1,
             .decode_context = 100});
  add(sums, {.iterations = 1,
             .prefill_tokens = 90,
             .prefill_pieces = 3,
             .prefill_before = 0,
             .decode_sequences = 3,
             .decode_context = 600});
  const model::Iteration mean = mean_iteration(sums);
  EXPECT_DOUBLE_EQ(mean.prefill_tokens, 50);
  EXPECT_DOUBLE_EQ(mean.prefill_before, 22.5);
  EXPECT_DOUBLE_EQ(mean.decode_sequences, 2);
  EXPECT_DOUBLE_EQ(mean.decode_context, 175);
}

TEST(RunPower, AnIdlePoolDrawsTheIdleBoard) {
  const PoolPower power = Pool{2}.power({}, 100);
  ASSERT_TRUE(power.run);
  const double idle = h200().power->base() * built_in_tables().power.family("hopper").idle;
  EXPECT_DOUBLE_EQ(power.run->mean.estimate.value, idle);
  EXPECT_DOUBLE_EQ(power.run->energy.estimate.value, 2 * 100 * idle);
  EXPECT_DOUBLE_EQ(power.run->shares.idle, 1);
  EXPECT_FALSE(power.run->joules_per_token);
}

TEST(RunPower, APoolThatWasNeverThereHasNoEnergy) {
  const PoolPower power = Pool{}.power({}, 0);
  ASSERT_TRUE(power.run);
  EXPECT_EQ(power.run->energy.estimate.value, 0);
}

TEST(RunPower, IterationsOfOneSizeDrawWhatThePhaseOfAPredictionDraws) {
  const Pool pool;
  IterationProfile profile;
  profile.decoding[IterationProfile::size_of(32)] = sums_of(kDecode, 5000, 60);
  const PoolPower power = pool.power(profile, 60, 160'000);
  ASSERT_TRUE(power.run);
  const double watts = pool.watts(kDecode);
  EXPECT_NEAR(power.run->mean.estimate.value, watts, watts * 1e-12);
  EXPECT_NEAR(power.run->energy.estimate.value, 60 * watts, 60 * watts * 1e-12);
  EXPECT_NEAR(power.run->joules_per_token->estimate.value, 60 * watts / 160'000, 1e-9);
  EXPECT_DOUBLE_EQ(power.run->shares.decoding, 1);
}

TEST(RunPower, EnergyAddsUpOverSizesAndTheTimeBetween) {
  const Pool pool{4};
  IterationProfile profile;
  profile.decoding[IterationProfile::size_of(32)] = sums_of(kDecode, 5000, 50);
  profile.decoding[0] = sums_of({.decode_sequences = 1, .decode_context = 300}, 100, 7);
  profile.prompts[IterationProfile::size_of(3008)] = sums_of(kPrompts, 200, 30);
  const PoolPower power = pool.power(profile, 100, 1e6);
  ASSERT_TRUE(power.run);
  const double idle = h200().power->base() * built_in_tables().power.family("hopper").idle;
  const double prompts = 30 * pool.watts(kPrompts);
  const double decoding =
      50 * pool.watts(kDecode) + 7 * pool.watts({.decode_sequences = 1, .decode_context = 300});
  const double all = prompts + decoding + 13 * idle;
  EXPECT_NEAR(power.run->energy.estimate.value, 4 * all, 4 * all * 1e-12);
  EXPECT_NEAR(power.run->mean.estimate.value, all / 100, all * 1e-12);
  EXPECT_NEAR(power.run->shares.prompts, prompts / all, 1e-12);
  EXPECT_NEAR(power.run->shares.decoding, decoding / all, 1e-12);
  EXPECT_NEAR(power.run->shares.idle, 13 * idle / all, 1e-12);
}

TEST(RunPower, NeitherTheFigureNorItsIntervalPassesTheLimit) {
  const Pool pool;
  IterationProfile profile;
  const model::Iteration long_prompts{
      .prefill_tokens = 16384, .prefill_pieces = 1, .prefill_ends = 1};
  profile.prompts[IterationProfile::size_of(16384)] = sums_of(long_prompts, 3, 1.0 / 3);
  const PoolPower power = pool.power(profile, 0.1);  // less than it was busy
  ASSERT_TRUE(power.run);
  EXPECT_LE(power.run->mean.estimate.high, power.run->limit.base());
  EXPECT_LE(power.run->energy.estimate.high, power.run->limit.base() / 3 * (1 + 1e-12));
  EXPECT_LT(power.run->energy.estimate.low, power.run->energy.estimate.value);
  EXPECT_EQ(power.run->shares.idle, 0);
}

TEST(RunPower, TheServerAddsItsHostInProportionToTheBoards) {
  const Pool pool{4};
  IterationProfile profile;
  profile.decoding[IterationProfile::size_of(32)] = sums_of(kDecode, 5000, 60);
  const PoolPower power = pool.power(profile, 80, 1000);
  ASSERT_TRUE(power.run && power.run->node);
  const double boards = power.run->energy.estimate.value;
  const double host = power.run->node->host.base() * 80 * 4 / 8;
  EXPECT_NEAR(power.run->energy_node->base(), boards + host, boards * 1e-12);
  EXPECT_NEAR(*power.run->joules_per_token_node, (boards + host) / 1000, 1e-9);
}

TEST(RunPower, WithoutASystemTheServerIsUnknownWithTheReason) {
  const Pool pool;
  const ServingSubject bare{llama(), h200(), nullptr, 1};
  const IterationProfile profile;
  const PoolPower power =
      pool_power(bare, built_in_tables(), {pool.deployment, pool.step, profile, 10, 0});
  ASSERT_TRUE(power.run);
  EXPECT_FALSE(power.run->node || power.run->energy_node);
  EXPECT_EQ(power.run->node_unknown, "the catalog has no system of 1 h200");
}

TEST(RunPower, AnUnknownLimitOfTheBoardIsSaid) {
  const Pool pool;
  model::Hardware unknown = h200();
  unknown.power.reset();
  const IterationProfile profile;
  const PoolPower power = pool_power({llama(), unknown, nullptr, 1}, built_in_tables(),
                                     {pool.deployment, pool.step, profile, 10, 0});
  EXPECT_FALSE(power.run);
  EXPECT_EQ(power.unknown, "the catalog knows no power of h200");
}

}  // namespace
}  // namespace assay::search
