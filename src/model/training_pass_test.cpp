#include <cmath>

#include <gtest/gtest.h>

#include "catalog/model_size.h"
#include "model/training_operators.h"
#include "model/training_step.h"
#include "model/training_test_support.h"

namespace assay::model {
namespace {

using namespace test;

TrainingPass pass_of(const MemoryQuestion& q, const ShardShape& shape = {}) {
  return training_pass(q.subject(), shape);
}

double giga_flops(const catalog::LanguageModel& model, int lora_rank = 0) {
  MemoryQuestion q = ideal_question(model, 8192, 64);
  q.job.lora_rank = lora_rank;
  return pass_of(q).model_flops / 1e9;
}

// Megatron-LM, num_floating_point_operations, causal: 6 · (weights without the input table) and
// 3 · 4 · layers · heads · 128 · 8192/2. 8B: 6 · 7.505e9 = 45.03e9 and 6.44e9; 70B: 6 · 69.5e9 and
// 32.2e9; 405B: 6 · 403.7e9 and 101.5e9.
TEST(TrainingPass, CountsTheModelsFlopsAsMegatronDoes) {
  EXPECT_NEAR(giga_flops(llama_8b()), 51.5, 0.05);
  EXPECT_NEAR(giga_flops(llama_70b()), 449, 0.5);
  EXPECT_NEAR(giga_flops(llama_405b()), 2524, 1);
}

// Narayanan et al. 2021, equation 3: 96 B s l h² (1 + s/6h + V/16lh) with recomputation, of which
// three quarters are the model's; causal attention is half of s/6h. 72 · 96 · 12288² = 1.0437e12.
TEST(TrainingPass, OfGpt3IsThePapersFormula) {
  const double h = 12288, l = 96, s = 2048, v = 51200;
  const double paper = 72 * l * h * h * (1 + s / (12 * h) + v / (12 * l * h));
  EXPECT_NEAR(pass_of(ideal_question(gpt3(), 2048, 64)).model_flops / paper, 1, 1e-12);
}

// Forward and the gradient of the inputs: 4 a weight instead of 6.
TEST(TrainingPass, OfFrozenWeightsCountsTwoThirds) {
  EXPECT_NEAR(giga_flops(llama_70b(), 16), giga_flops(llama_70b()) * 2 / 3, 1e-6);
}

TEST(TrainingPass, CountsWhatATokenAttendsToIfItIsSaid) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  const double causal = pass_of(q).model_flops;
  q.job.attended = 4096;
  EXPECT_EQ(pass_of(q).model_flops, causal);
  q.job.attended = 1024;
  EXPECT_DOUBLE_EQ(causal - pass_of(q).model_flops, 3.0 * 2 * 32 * 32 * 256 * 3072);
}

TEST(TrainingPass, HoldsAllWeightsOnOneRankButTheLastNorm) {
  for (const auto& model : {llama_8b(), mixtral(), deepseek_v3()}) {
    const TrainingPass pass = pass_of(ideal_question(model, 4096, 64));
    const double held = pass.layers * (pass.layer_weights.dense + pass.layer_weights.experts) +
                        pass.embedding_weights.dense + pass.output_weights.dense;
    EXPECT_NEAR(held + model.hidden, catalog::parameters(model).total, 1);
    EXPECT_EQ(pass.layer_weights.trained_dense, pass.layer_weights.dense);
    EXPECT_EQ(pass.layer_weights.trained_experts, pass.layer_weights.experts);
  }
}

TEST(TrainingPass, DividesExpertsOverTheirRanks) {
  const MemoryQuestion q = ideal_question(mixtral(), 4096, 64);
  const double whole = pass_of(q).layer_weights.experts;
  EXPECT_DOUBLE_EQ(whole, 8 * 3.0 * 4096 * 14336);
  EXPECT_DOUBLE_EQ(pass_of(q, {.expert = 4, .expert_tensor = 2}).layer_weights.experts, whole / 8);
  EXPECT_DOUBLE_EQ(pass_of(q, {.tensor = 4}).layer_weights.experts, whole);
}

// Rank 16 beside 8192 x 10240 and 8192 x 8192 of 80 layers: 44.6 million.
TEST(TrainingPass, OfAdaptersTrainsTheseOnly) {
  MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  q.job.lora_rank = 16;
  const TrainingPass pass = pass_of(q);
  EXPECT_DOUBLE_EQ(pass.layer_weights.trained_dense, 16.0 * (8192 + 10240 + 8192 + 8192));
  EXPECT_EQ(pass.embedding_weights.trained_dense, 0);
  EXPECT_EQ(pass.output_weights.trained_dense, 0);
  EXPECT_GT(pass.layer_weights.dense, 8e8);
}

// 2 B · T · h, of which sequence parallelism leaves each rank its part.
TEST(TrainingPass, HandsOnOneActivationATokenAndChannel) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  EXPECT_DOUBLE_EQ(pass_of(q, {.tensor = 8}).boundary_bytes, 2.0 * 8192 * 4096);
  EXPECT_DOUBLE_EQ(pass_of(q, {.tensor = 8, .sequence_parallel = true}).boundary_bytes,
                   2.0 * 1024 * 4096);
}

// The mean of three dense layers and 58 of experts.
TEST(TrainingPass, IsTheMeanOfUnequalLayers) {
  const MemoryQuestion q = ideal_question(deepseek_v3(), 4096, 64);
  MemoryQuestion dense = q, sparse = q;
  dense.model.blocks = {q.model.blocks[0]};
  sparse.model.blocks = {q.model.blocks[1]};
  const TrainingPass all = pass_of(q);
  EXPECT_EQ(all.layers, 61);
  EXPECT_NEAR(all.layer.forward,
              (3 * pass_of(dense).layer.forward + 58 * pass_of(sparse).layer.forward) / 61, 1e-12);
}

// DeepSeek-V3, section 2.2: a layer like the last ones and another output; the model's own
// operations stay what they are.
TEST(TrainingPass, OfMultiTokenPredictionHasALayerAndAnOutputMore) {
  MemoryQuestion q = ideal_question(deepseek_v3(), 4096, 64);
  const TrainingPass plain = pass_of(q);
  q.job.mtp_layers = 1;
  const TrainingPass more = pass_of(q);
  EXPECT_EQ(more.layers, 62);
  EXPECT_DOUBLE_EQ(more.output.forward, 2 * plain.output.forward);
  EXPECT_EQ(more.model_flops, plain.model_flops);
  q.job.mtp_layers = 0;
  q.model.blocks[1].count += 1;
  EXPECT_NEAR(more.layer.forward, pass_of(q).layer.forward, 1e-15);
}

TEST(TrainingPass, LeavesTheShareOfCommunicationThatTheStackDoesNotHide) {
  MemoryQuestion q = ideal_question(mixtral(), 4096, 64);
  const ShardShape shape{.tensor = 2, .expert = 4};
  const TrainingPass open = pass_of(q, shape);
  q.table.stacks[0].tensor_exposed = 0.5;
  q.table.stacks[0].expert_exposed = 0.25;
  const TrainingPass hidden = pass_of(q, shape);
  EXPECT_DOUBLE_EQ(hidden.layer.tensor, open.layer.tensor / 2);
  EXPECT_DOUBLE_EQ(hidden.layer.expert, open.layer.expert / 4);
  EXPECT_EQ(hidden.layer.forward, open.layer.forward);
}

// Liu et al. 2023 (ring attention): what is not hidden behind the scores is the 4-norm of both
// without the scores; nearly all of a ring that takes ten times as long, nearly nothing of a tenth.
TEST(TrainingPass, HidesARingBehindTheScores) {
  MemoryQuestion q = ideal_question(llama_70b(), 8192, 64);
  const PassTime fast = pass_of(q, {.context = 8}).layer;
  q.hardware.link.one_way = 0.45_TBps / 100;
  const PassTime slow = pass_of(q, {.context = 8}).layer;
  const double ring = 2.0 * 1024 * 2048 * 7 / 4.5e9;
  EXPECT_LT(fast.context, 0.05 * fast.core);
  EXPECT_NEAR(slow.context, soft_max(slow.core, ring) - slow.core, 1e-12);
  EXPECT_GT(slow.context, 0.5 * ring);
  EXPECT_GT(slow.context_backward, slow.context);
}

// The host that is ten times slower than the accelerator is what the layer waits for; a fast one
// nearly nothing. Backward it launches one and a half times as many kernels.
TEST(TrainingPass, WaitsForASlowHost) {
  MemoryQuestion q = ideal_question(mixtral(), 4096, 64);
  EXPECT_EQ(pass_of(q).layer.host_forward, 0);
  const PassTime t = pass_of(q).layer;
  q.table.stacks[0].layer_host = Seconds::from_base(6 * t.forward);
  q.table.stacks[0].expert_host = Seconds::from_base(4 * t.forward);
  const PassTime slow = pass_of(q).layer;
  EXPECT_NEAR(slow.forward + slow.host_forward, 10 * t.forward, 1e-3 * t.forward);
  EXPECT_NEAR(slow.backward + slow.backward_weight + slow.host_backward, 15 * t.forward,
              0.02 * t.forward);
}

}  // namespace
}  // namespace assay::model
