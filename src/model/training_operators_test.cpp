#include "model/training_operators.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "model/training_test_support.h"

namespace assay::model {
namespace {

using namespace test;

constexpr double kPeak = 989e12;     // FLOP/s of an H100 in 16 bits
constexpr double kMemory = 3.35e12;  // bytes/s

using Operators = std::vector<TrainingOperator>;

Operators layer(const MemoryQuestion& q, const ShardShape& shape = {}) {
  return layer_operators(q.subject(), q.model.blocks.back(), shape);
}

double flops(const Operators& operators) {
  double sum = 0;
  for (const TrainingOperator& op : operators) sum += op.forward_flops;
  return sum;
}

// All of that name; zeros where there is none.
TrainingOperator named(const Operators& operators, std::string_view name) {
  TrainingOperator all;
  for (const TrainingOperator& op : operators) {
    if (op.name != name) continue;
    all.forward_flops += op.forward_flops;
    all.forward_bytes += op.forward_bytes;
    all.forward += op.forward;
    all.backward += op.backward;
    all.backward_weight += op.backward_weight;
  }
  return all;
}

// Forward, of the whole model and one sequence.
double model_pass_flops(const MemoryQuestion& q) {
  double sum = flops(output_operators(q.subject(), {}));
  for (const catalog::Block& block : q.model.blocks) {
    sum += block.count * flops(layer_operators(q.subject(), block, {}));
  }
  return sum;
}

// Narayanan et al. 2021, appendix: 24 b s h² + 4 b s² h forward, of which a causal mask leaves half
// of the attention: 24 · 2048 · 12288² = 7.4216e12, 2 · 2048² · 12288 = 0.1031e12.
TEST(LayerOperators, OfGpt3HaveTheArithmeticOfMegatronsFormula) {
  const Operators operators = layer(ideal_question(gpt3(), 2048, 64));
  EXPECT_DOUBLE_EQ(named(operators, "attention").forward_flops, 2.0 * 2048 * 2048 * 12288);
  EXPECT_DOUBLE_EQ(flops(operators), 24.0 * 2048 * 12288 * 12288 + 2.0 * 2048 * 2048 * 12288);
}

TEST(LayerOperators, WithTheOutputAreAThirdOfTheModelsFlops) {
  for (const auto& model : {llama_8b(), llama_70b(), gpt3(), mixtral(), deepseek_v3()}) {
    const MemoryQuestion q = ideal_question(model, 4096, 64);
    const double whole = training_pass(q.subject(), {}).model_flops;
    EXPECT_NEAR(3 * model_pass_flops(q) / (4096 * whole), 1, 1e-12);
  }
}

TEST(LayerOperators, DivideOverTensorRanks) {
  const MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  const double one = flops(layer(q)), table = flops(output_operators(q.subject(), {}));
  for (const int tensor : {2, 4, 8}) {
    EXPECT_DOUBLE_EQ(tensor * flops(layer(q, {.tensor = tensor})), one);
    EXPECT_DOUBLE_EQ(tensor * flops(output_operators(q.subject(), {.tensor = tensor})), table);
  }
}

// Keys and values have eight heads: of sixteen ranks each holds one whole.
TEST(LayerOperators, RepeatKeysAndValuesBeyondTheirHeads) {
  const MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  const double extra = 2.0 * 8192 * 8192 * (2 * 128 * 0.5);
  EXPECT_DOUBLE_EQ(flops(layer(q, {.tensor = 16})), flops(layer(q)) / 16 + extra);
}

TEST(LayerOperators, DivideOverContextRanksAndMultiplyWithTheMicroBatch) {
  const MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  EXPECT_DOUBLE_EQ(flops(layer(q, {.context = 4})), flops(layer(q)) / 4);
  EXPECT_DOUBLE_EQ(flops(layer(q, {.micro_batch = 3})), flops(layer(q)) * 3);
}

// Balanced: a rank sees as many rows in all, of an eighth of the experts. Tensor ranks hold
// different tokens outside of attention.
TEST(LayerOperators, OfExpertsAreTheSameWorkHoweverExpertsAreDealt) {
  const MemoryQuestion q = ideal_question(mixtral(), 4096, 64);
  const double alone = named(layer(q), "experts up").forward_flops;
  EXPECT_DOUBLE_EQ(alone, 2.0 * 4096 * 2 * 4096 * 2 * 14336);
  EXPECT_DOUBLE_EQ(named(layer(q, {.expert = 8}), "experts up").forward_flops, alone);
  EXPECT_DOUBLE_EQ(named(layer(q, {.tensor = 4, .expert = 8}), "experts up").forward_flops,
                   alone / 4);
  EXPECT_DOUBLE_EQ(
      named(layer(q, {.tensor = 4, .expert = 2, .expert_tensor = 4}), "experts up").forward_flops,
      alone / 4);
}

// Of eight ranks a token goes to 8 (1 − (7/8)²) = 1.875 for two of the experts: 2 B · 4096 · 1.875
// · 4096 there and as much back, 7/8 of it to others at 450 GB/s.
TEST(LayerOperators, SendTokensToTheirExpertsAndBack) {
  const MemoryQuestion q = ideal_question(mixtral(), 4096, 64);
  const TrainingOperator sent = named(layer(q, {.expert = 8}), "dispatch and combine");
  EXPECT_DOUBLE_EQ(sent.forward_bytes, 2 * 2.0 * 4096 * 1.875 * 4096);
  EXPECT_NEAR(sent.forward, sent.forward_bytes * 7 / 8 / 450e9, 1e-12);
  EXPECT_DOUBLE_EQ(sent.backward, sent.forward);
  EXPECT_EQ(named(layer(q), "dispatch and combine").forward, 0);
}

// A token meets 8 of 256 experts on 8 servers, 8 (1 − (7/8)^8) = 5.25 of them, its own among them,
// and 64 (1 − (63/64)^8) = 7.6 ranks.
TEST(LayerOperators, SendATokenOnceToEachServerThatHoldsItsExperts) {
  const MemoryQuestion q = ideal_question(deepseek_v3(), 4096, 64);
  const TrainingOperator sent = named(layer(q, {.expert = 64}), "dispatch and combine");
  const double servers = 8 * (1 - std::pow(7.0 / 8, 8)), ranks = 64 * (1 - std::pow(63.0 / 64, 8));
  const double network = 2.0 * 4096 * servers * 7168 * 7 / 8 / 50e9;
  const double inside = 2.0 * 4096 * ranks * 7168 * 7 / 8 / 450e9;
  EXPECT_NEAR(sent.forward, 2 * (network + inside), 1e-9);
}

// Two sums of T · h values each way, each 2 · 7/8 of the volume at 450 GB/s; with sequence
// parallelism as many pairs of gather and scatter.
TEST(LayerOperators, SumTwiceOverTensorRanksEachWay) {
  const MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  for (const bool sequence_parallel : {false, true}) {
    const TrainingOperator sums = named(
        layer(q, {.tensor = 8, .sequence_parallel = sequence_parallel}), "sum over tensor ranks");
    EXPECT_NEAR(sums.forward, 2 * 2 * 7.0 / 8 * 2 * 8192 * 8192 / 450e9, 1e-12);
    EXPECT_DOUBLE_EQ(sums.backward, sums.forward);
  }
  EXPECT_EQ(named(layer(q), "sum over tensor ranks").forward, 0);
}

// Keys and values of a rank's own tokens pass the three others, forward; their gradients as well
// on the way back: 2 B · 8192/4 · 2 · 8 · 128 · 3.
TEST(LayerOperators, SendKeysAndValuesRoundARing) {
  const MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  const TrainingOperator ring = named(layer(q, {.context = 4}), "ring exchange");
  EXPECT_NEAR(ring.forward, 2.0 * 2048 * 2 * 8 * 128 * 3 / 450e9, 1e-15);
  EXPECT_DOUBLE_EQ(ring.backward, 2 * ring.forward);
}

// Queries, keys, values and outputs of a rank's own tokens, 3/4 of them to others (Jacobs et al.
// 2023, DeepSpeed-Ulysses): 2 B · 2048 · (8192 + 2 · 1024 + 8192) · 3/4.
TEST(LayerOperators, SendHeadsForTokensInAnAllToAll) {
  const MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  const ShardShape shape{.context = 4, .context_comm = ContextComm::kAllToAll};
  const TrainingOperator sent = named(layer(q, shape), "head exchange");
  EXPECT_NEAR(sent.forward, 2.0 * 2048 * (2 * 8192 + 2 * 1024) * 3 / 4 / 450e9, 1e-15);
  EXPECT_DOUBLE_EQ(sent.backward, sent.forward);
  EXPECT_EQ(named(layer(q, shape), "ring exchange").forward, 0);
}

// Dao 2023: two products forward, five backward; 2.5 times as long at the same rate.
TEST(LayerOperators, RunAttentionAtItsKernelsRate) {
  MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  const TrainingOperator full = named(layer(q), "attention");
  EXPECT_DOUBLE_EQ(full.forward_flops, 2.0 * 8192 * 4096 * 64 * 256);
  EXPECT_DOUBLE_EQ(full.forward, full.forward_flops / kPeak);
  EXPECT_DOUBLE_EQ(full.backward, 2.5 * full.forward);
  EXPECT_EQ(full.backward_weight, 0);
  q.table.attention_ramp = 8192;  // half of the rate at 8,192 tokens
  EXPECT_DOUBLE_EQ(named(layer(q), "attention").forward, 2 * full.forward);
  q.table.attention_ramp = 0;
  q.table.families[0].attention_2 = 0.25;
  EXPECT_DOUBLE_EQ(named(layer(q), "attention").forward, full.forward);
  q.table.stacks[0].flash_2 = true;
  EXPECT_DOUBLE_EQ(named(layer(q), "attention").forward, 4 * full.forward);
  q.table.stacks[0].flash_2 = false;
  q.table.families[0].attention_backward = 0.5;
  EXPECT_DOUBLE_EQ(named(layer(q), "attention").backward, 5 * full.forward);
}

// d/(d + 64), 1 at d = 128: 64 · 192 / (128 · 128) = 0.75 at 64.
TEST(LayerOperators, RunSmallHeadsSlower) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.table.head_offset = 64;
  const TrainingOperator at_128 = named(layer(q), "attention");
  EXPECT_DOUBLE_EQ(at_128.forward, at_128.forward_flops / kPeak);
  auto& attention = std::get<catalog::GroupedQueryAttention>(q.model.blocks[0].mixer);
  attention.head_dim = attention.value_head_dim = 64;
  const TrainingOperator at_64 = named(layer(q), "attention");
  EXPECT_NEAR(at_64.forward * kPeak / at_64.forward_flops, 1 / 0.75, 1e-12);
}

// A window of 1,024 in 8,192: 1024 − 1024²/16384 = 960 tokens in view.
TEST(LayerOperators, SeeAWindowOnly) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  std::get<catalog::GroupedQueryAttention>(q.model.blocks[0].mixer).window = 1024;
  EXPECT_DOUBLE_EQ(named(layer(q), "attention").forward_flops, 2.0 * 8192 * 960 * 32 * 256);
  std::get<catalog::GroupedQueryAttention>(q.model.blocks[0].mixer).window = 8192;
  EXPECT_DOUBLE_EQ(named(layer(q), "attention").forward_flops, 2.0 * 8192 * 4096 * 32 * 256);
  q.job.attended = 500;  // packed short texts
  EXPECT_DOUBLE_EQ(named(layer(q), "attention").forward_flops, 2.0 * 8192 * 500 * 32 * 256);
}

TEST(LayerOperators, OfUnfusedAttentionPassScoresThroughMemory) {
  MemoryQuestion q = ideal_question(gpt3(), 2048, 64);
  q.table.stacks[0].elementwise = 1;
  const TrainingOperator fused = named(layer(q), "attention");
  q.table.stacks[0].unfused_attention = true;
  const TrainingOperator unfused = named(layer(q), "attention");
  EXPECT_EQ(unfused.forward_flops, fused.forward_flops);
  // 13 passes over 96 · 2048² scores and two products over all of them.
  EXPECT_GT(unfused.forward, 13.0 * 96 * 2048 * 2048 / kMemory + 2 * fused.forward);
  EXPECT_GT(unfused.backward, 15.0 * 96 * 2048 * 2048 / kMemory + 4 * fused.forward);
}

// Hu et al. 2021: frozen matrices have no weight gradient; two thin ones stand beside the
// projections of attention. Rank 16 beside 8192 x 10240 and 8192 x 8192.
TEST(LayerOperators, OfFrozenWeightsHaveAdaptersInstead) {
  MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  const Operators full = layer(q);
  EXPECT_EQ(named(full, "adapter").forward_flops, 0);
  EXPECT_GT(named(full, "up").backward_weight, 0);
  q.job.lora_rank = 16;
  const Operators frozen = layer(q);
  EXPECT_EQ(named(frozen, "up").backward_weight, 0);
  EXPECT_EQ(named(frozen, "qkv").backward_weight, 0);
  EXPECT_EQ(named(frozen, "qkv").backward, named(full, "qkv").backward);
  EXPECT_DOUBLE_EQ(named(frozen, "adapter").forward_flops,
                   2.0 * 8192 * 16 * (8192 + 10240 + 8192 + 8192));
  EXPECT_GT(named(frozen, "adapter").backward_weight, 0);
  EXPECT_EQ(named(output_operators(q.subject(), {}), "output table").backward_weight, 0);
}

// 15 h + 6 (q + k) and 6 f + 7 h bytes a token, at 3.35 TB/s; backward 1.6 times as many.
TEST(LayerOperators, PassMemoryBetweenTheProducts) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.table.stacks[0].elementwise = 1;
  const TrainingOperator mixer = named(layer(q), "attention elementwise");
  EXPECT_DOUBLE_EQ(mixer.forward_bytes, 8192.0 * (15 * 4096 + 6 * (4096 + 2 * 1024)));
  EXPECT_DOUBLE_EQ(mixer.forward, mixer.forward_bytes / kMemory);
  EXPECT_DOUBLE_EQ(mixer.backward, 1.6 * mixer.forward);
  const TrainingOperator ffn = named(layer(q), "ffn elementwise");
  EXPECT_DOUBLE_EQ(ffn.forward_bytes, 8192.0 * (6 * 14336 + 7 * 4096));
  q.table.stacks[0].elementwise = 3;
  EXPECT_DOUBLE_EQ(named(layer(q), "ffn elementwise").forward, 3 * ffn.forward);
}

// Korthikanti et al. 2022: sequence parallelism divides what tensor parallelism leaves whole.
TEST(LayerOperators, DivideTheRestInSequenceParallelism) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.table.stacks[0].elementwise = 1;
  EXPECT_DOUBLE_EQ(named(layer(q, {.tensor = 4}), "ffn elementwise").forward_bytes,
                   8192.0 * (6 * 14336 / 4 + 7 * 4096));
  EXPECT_DOUBLE_EQ(
      named(layer(q, {.tensor = 4, .sequence_parallel = true}), "ffn elementwise").forward_bytes,
      8192.0 * (6 * 14336 + 7 * 4096) / 4);
}

// Inputs of the four products: h, outputs, h, f. Twice 2 B · passes; rows of scales twice as many
// passes, blocks of 32 one and a half.
TEST(LayerOperators, CastOperandsToFewerBits) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.table.cast_passes = 2;
  EXPECT_EQ(named(layer(q), "cast").forward_bytes, 0);
  const double once = 2.0 * 2 * 2 * 8192 * (3 * 4096 + 14336);
  const auto cast = [&](TrainingFormat format) {
    q.job.format = format;
    return named(layer(q), "cast").forward_bytes;
  };
  EXPECT_DOUBLE_EQ(cast(TrainingFormat::kFp8), once);
  EXPECT_DOUBLE_EQ(cast(TrainingFormat::kFp8Block), once);
  EXPECT_DOUBLE_EQ(cast(TrainingFormat::kFp8Row), 2 * once);
  EXPECT_DOUBLE_EQ(cast(TrainingFormat::kMxfp8), 1.5 * once);
}

TEST(LayerOperators, RunTwiceAsFastInEightBitsButForAttention) {
  MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  const Operators sixteen = layer(q);
  q.job.format = TrainingFormat::kFp8;
  const Operators eight = layer(q);
  EXPECT_NEAR(named(sixteen, "up").forward / named(eight, "up").forward, 2, 0.01);
  EXPECT_EQ(named(eight, "attention").forward, named(sixteen, "attention").forward);
  q.job.format = TrainingFormat::kSixteen;
  const double table = output_operators(q.subject(), {})[0].forward;
  q.job.format = TrainingFormat::kFp8;
  EXPECT_EQ(output_operators(q.subject(), {})[0].forward, table);
}

// T · V / t · bytes, forward and backward together.
TEST(OutputOperators, PassTheLogitsThroughMemory) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.table.loss_bytes = 13;
  const TrainingOperator loss = named(output_operators(q.subject(), {.tensor = 4}), "loss");
  EXPECT_NEAR((loss.forward + loss.backward) * kMemory, 8192.0 * 128256 / 4 * 13, 1);
}

// 2 · 8192³ FLOP at 989 TFLOP/s: 1.112 ms; 3 · 2 · 8192² B at 3.35 TB/s: 0.120 ms.
TEST(ProductSeconds, AreTheNormOfArithmeticAndTraffic) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  const double x = 2 * std::pow(8192, 3) / kPeak, y = 6.0 * 8192 * 8192 / kMemory;
  EXPECT_NEAR(product_seconds(q.subject(), {8192, 8192, 8192}), x, 1e-4 * x);
  EXPECT_DOUBLE_EQ(product_seconds(q.subject(), {8192, 8192, 8192}),
                   std::pow(std::pow(x, 4) + std::pow(y, 4), 0.25));
  const double thin = product_seconds(q.subject(), {1, 8192, 8192});
  EXPECT_NEAR(thin, 2.0 * (8192.0 * 8192 + 2 * 8192) / kMemory, 1e-3 * thin);
}

// 8192 x 8192 in tiles of 128 x 256: 2,048 on 132 units, 15.5 waves that take 16. Half of a wave's
// loss in the logarithm with an exponent of 0.5.
TEST(ProductSeconds, LoseAPartOfTheLastWave) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.hardware.memory_bandwidth = 1e6 * q.hardware.memory_bandwidth;
  const double even = product_seconds(q.subject(), {8192, 8192, 8192});
  q.table.wave_exponent = 1;
  const double loss = 16 / (2048.0 / 132);
  EXPECT_NEAR(product_seconds(q.subject(), {8192, 8192, 8192}) / even, loss, 1e-9);
  q.table.wave_exponent = 0.5;
  EXPECT_NEAR(product_seconds(q.subject(), {8192, 8192, 8192}) / even, std::sqrt(loss), 1e-9);
}

TEST(ProductSeconds, OfLittleDepthCostMore) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.hardware.memory_bandwidth = 1e6 * q.hardware.memory_bandwidth;
  const double plain = product_seconds(q.subject(), {8192, 8192, 512});
  q.table.depth_offset = 128;
  EXPECT_NEAR(product_seconds(q.subject(), {8192, 8192, 512}) / plain, 1.25, 1e-9);
}

// (350/700)^0.4 = 0.758; an unknown limit, or a family without one, says nothing.
TEST(ProductSeconds, FollowTheBoardsLimit) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.hardware.memory_bandwidth = 1e6 * q.hardware.memory_bandwidth;
  const auto seconds = [&] { return product_seconds(q.subject(), {8192, 8192, 8192}); };
  const double at_limit = seconds();
  q.table.power_exponent = 0.4;
  EXPECT_EQ(seconds(), at_limit);
  q.table.families[0].power = 700.0_W;
  EXPECT_EQ(seconds(), at_limit);
  q.hardware.power = 350.0_W;
  EXPECT_NEAR(at_limit / seconds(), std::pow(0.5, 0.4), 1e-9);
  q.hardware.power.reset();
  EXPECT_EQ(seconds(), at_limit);
}

TEST(SoftMax, IsTheFourNorm) {
  EXPECT_DOUBLE_EQ(soft_max(3, 0), 3);
  EXPECT_DOUBLE_EQ(soft_max(1, 1), std::pow(2, 0.25));
  EXPECT_NEAR(soft_max(10, 1), 10, 3e-4);
}

TEST(DensePeak, IsThatOfTheJobsFormat) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  EXPECT_EQ(dense_peak(q.subject()).base(), kPeak);
  q.job.format = TrainingFormat::kFp8Block;
  EXPECT_EQ(dense_peak(q.subject()).base(), 1979e12);
}

TEST(RankTokens, AreThoseOfAMicroBatchOnOneContextRank) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  EXPECT_EQ(rank_tokens(q.subject(), {.tensor = 8, .context = 2, .micro_batch = 3}), 3 * 4096);
}

}  // namespace
}  // namespace assay::model
