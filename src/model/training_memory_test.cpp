#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/training_memory_test_support.h"
#include "model/training_step.h"

namespace assay::model {
namespace {

using namespace test;

constexpr double kGb = 1e9;

TrainingMemory memory(const MemoryQuestion& q, const TrainingLayout& layout) {
  const TrainingSubject subject = q.subject();
  return training_memory(subject, training_pass(subject, shard_shape(layout)), layout);
}

// As many layers as given, each of so many elements that are all trained.
TrainingPass plain_pass(double layers, double dense, double experts = 0) {
  TrainingPass pass;
  pass.layers = layers;
  pass.layer_weights = {
      .dense = dense, .experts = experts, .trained_dense = dense, .trained_experts = experts};
  return pass;
}

double states(const TrainingMemory& m) { return m.weights + m.gradients + m.optimizer; }

// Rajbhandari et al. 2020, figure 1: 7.5e9 parameters, 64 ranks, K = 12: 16 Ψ = 120 GB;
// 4 Ψ + 12 Ψ/64 = 31.4; 2 Ψ + 14 Ψ/64 = 16.6; 16 Ψ/64 = 1.9.
TEST(TrainingMemory, DividesStatesAsZeroDoes) {
  const MemoryQuestion q = question(llama_8b(), "deepspeed", 2048, 64);
  const TrainingSubject subject = q.subject();
  const auto gb = [&](Sharding sharding) {
    TrainingLayout layout{.data = 64};
    layout.sharding = sharding;
    return states(training_memory(subject, plain_pass(10, 0.75e9), layout)) / kGb;
  };
  EXPECT_NEAR(gb(Sharding::kNone), 120, 0.05);
  EXPECT_NEAR(gb(Sharding::kOptimizer), 31.4, 0.05);
  EXPECT_NEAR(gb(Sharding::kGradients), 16.6, 0.05);
  EXPECT_NEAR(gb(Sharding::kWeights), 1.9, 0.05);
}

// Megatron-LM's table of its distributed optimizer: 18 bytes a weight with 16-bit weights and
// 32-bit gradients, 6 + 12/d divided; 20 and 4 + 16/d with 16-bit gradients, whose fp32 copy is
// among the buffers here.
TEST(TrainingMemory, IsMegatronsTableOfBytesAWeight) {
  const auto bytes = [](const char* stack, Sharding sharding) {
    const MemoryQuestion q = question(llama_8b(), stack, 2048, 64);
    const TrainingSubject subject = q.subject();
    TrainingLayout layout{.data = 4};
    layout.sharding = sharding;
    const TrainingMemory m = training_memory(subject, plain_pass(10, 1e9), layout);
    const TrainingMemory none = training_memory(subject, plain_pass(10, 0), layout);
    const double bucket = sharding == Sharding::kNone || m.gradients > 3e10 ? 0 : 2e9;
    return (m.total() - none.total() - bucket) / 10e9;
  };
  EXPECT_DOUBLE_EQ(bytes("megatron", Sharding::kNone), 18);
  EXPECT_DOUBLE_EQ(bytes("megatron", Sharding::kOptimizer), 6 + 12.0 / 4);
  EXPECT_DOUBLE_EQ(bytes("deepspeed", Sharding::kNone), 20);
  EXPECT_DOUBLE_EQ(bytes("deepspeed", Sharding::kOptimizer), 4 + 16.0 / 4);
}

// Experts divide over tensor · context · data / (expert · expert_tensor) ranks.
TEST(TrainingMemory, DividesExpertsOverTheirOwnRanks) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 2048, 64);
  const TrainingSubject subject = q.subject();
  TrainingLayout layout{.tensor = 2, .context = 2, .data = 16};
  layout.expert = 8;
  layout.sharding = Sharding::kOptimizer;
  const auto optimizer = [&] {
    return training_memory(subject, plain_pass(1, 1e9, 8e9), layout).optimizer;
  };
  EXPECT_DOUBLE_EQ(optimizer(), 12 * (1e9 / 32 + 8e9 / 8));
  layout.shard_ranks = 8;  // hybrid: a quarter of the ranks
  EXPECT_DOUBLE_EQ(optimizer(), 12 * (1e9 / 8 + 8e9 / 2));
}

TEST(TrainingMemory, GathersTwoLayersOfShardedWeights) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 2048, 64);
  const TrainingSubject subject = q.subject();
  TrainingLayout layout{.data = 8};
  layout.sharding = Sharding::kGradients;
  const double two = training_memory(subject, plain_pass(32, 1e9), layout).buffers;
  layout.sharding = Sharding::kWeights;
  EXPECT_DOUBLE_EQ(training_memory(subject, plain_pass(32, 1e9), layout).buffers - two, 4e9);
}

// In units of what one rank's layers keep: 1F1B p; interleaved p (1 + (p - 1)/(p v)) (Korthikanti
// et al. 2022, section 4.2.3); DualPipe p + 1 (DeepSeek-V3, table 2); never more than there are.
TEST(TrainingMemory, CountsMicroBatchesInFlight) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 2048, 64);
  const TrainingSubject subject = q.subject();
  TrainingPass pass = plain_pass(32, 0);
  pass.layer_activations = {.none = 1e9 / 4, .selective = 1e8, .full = 1e7};  // a stage: 1 GB
  const auto flying = [&](Schedule schedule, int virtual_stages, int data) {
    TrainingLayout layout{.data = data, .pipeline = 8, .virtual_stages = virtual_stages};
    layout.schedule = schedule;
    return training_memory(subject, pass, layout).activations / kGb;
  };
  EXPECT_DOUBLE_EQ(flying(Schedule::kOneForwardOneBackward, 1, 1), 8);
  EXPECT_DOUBLE_EQ(flying(Schedule::kOneForwardOneBackward, 4, 1), 8 * (1 + 7.0 / 32));
  EXPECT_DOUBLE_EQ(flying(Schedule::kZeroBubble, 1, 1), 8);
  EXPECT_DOUBLE_EQ(flying(Schedule::kDualPipe, 1, 1), 9);
  EXPECT_DOUBLE_EQ(flying(Schedule::kOneForwardOneBackward, 1, 16), 4);
  EXPECT_DOUBLE_EQ(flying(Schedule::kDualPipe, 1, 16), 4);
}

TEST(TrainingMemory, OfDualPipeHasTheWeightsTwice) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 2048, 64);
  const TrainingSubject subject = q.subject();
  TrainingLayout layout{.pipeline = 8};
  const double once = training_memory(subject, plain_pass(32, 1e9), layout).weights;
  layout.schedule = Schedule::kDualPipe;
  EXPECT_DOUBLE_EQ(training_memory(subject, plain_pass(32, 1e9), layout).weights, 2 * once);
}

TEST(TrainingMemory, KeepsInputsOfRecomputedLayersOnly) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 2048, 64);
  const TrainingSubject subject = q.subject();
  TrainingPass pass = plain_pass(32, 0);
  pass.layer_activations = {.none = 100, .selective = 80, .full = 10};
  pass.peak_working = 110;
  TrainingLayout layout;
  const auto kept = [&](Recompute recompute, int layers) {
    layout.recompute = recompute;
    layout.recompute_layers = layers;
    return training_memory(subject, pass, layout).activations;
  };
  EXPECT_DOUBLE_EQ(kept(Recompute::kNone, 0), 32 * 100 + 10);
  EXPECT_DOUBLE_EQ(kept(Recompute::kSelective, 0), 32 * 80 + 30);
  EXPECT_DOUBLE_EQ(kept(Recompute::kFull, 0), 32 * 10 + 100);
  EXPECT_DOUBLE_EQ(kept(Recompute::kFull, 8), 24 * 100 + 8 * 10 + 100);
}

// 126 layers on 16 stages, as Llama-3 405B: ends count as layers, so that the first stage has 7
// and the second 8, which is fuller.
TEST(TrainingMemory, IsThatOfTheSecondStageWhereStagesAreBalanced) {
  const MemoryQuestion q = question(llama_8b(), "balanced", 2048, 64);
  const TrainingSubject subject = q.subject();
  TrainingPass pass = plain_pass(126, 1e9);
  pass.layer_activations.none = 1;
  const TrainingMemory m = training_memory(subject, pass, TrainingLayout{.pipeline = 16});
  EXPECT_DOUBLE_EQ(m.weights, 2 * 8e9);
  EXPECT_DOUBLE_EQ(m.activations, 8 * 15);
}

TEST(TrainingMemory, HoldsATiedTableOnceOnOneRankAndAtBothEndsOfAPipeline) {
  MemoryQuestion q = question(llama_8b(), "megatron", 2048, 64);
  TrainingPass pass = plain_pass(32, 0);
  pass.embedding_weights.dense = 3e9;
  pass.output_weights.dense = 4e9;
  const auto weights = [&](int pipeline) {
    const TrainingSubject subject = q.subject();
    return training_memory(subject, pass, TrainingLayout{.pipeline = pipeline}).weights / 2;
  };
  EXPECT_DOUBLE_EQ(weights(1), 7e9);
  EXPECT_DOUBLE_EQ(weights(2), 4e9);
  q.model.tied_embeddings = true;
  EXPECT_DOUBLE_EQ(weights(1), 4e9);
  EXPECT_DOUBLE_EQ(weights(2), 4e9);
}

// The last stage has one micro-batch of its layers in flight, but the logits.
TEST(TrainingMemory, HasTheLogitsOnTheLastStage) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 2048, 64);
  const TrainingSubject subject = q.subject();
  TrainingPass pass = plain_pass(32, 0);
  pass.layer_activations.none = 1;
  pass.peak_working = 5;
  const auto activations = [&](double logits) {
    pass.output_activations = logits;
    return training_memory(subject, pass, TrainingLayout{.pipeline = 4}).activations;
  };
  EXPECT_DOUBLE_EQ(activations(20), 8 * 4 + 4);
  EXPECT_DOUBLE_EQ(activations(100), 8 * 1 + 100);
}

TEST(TrainingMemory, HasBuffersForWhatAStageReceives) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 2048, 64);
  const TrainingSubject subject = q.subject();
  TrainingPass pass = plain_pass(32, 0);
  const double without = training_memory(subject, pass, {.pipeline = 4}).buffers;
  pass.boundary_bytes = 1e9;
  EXPECT_DOUBLE_EQ(training_memory(subject, pass, {.pipeline = 4}).buffers, without + 2e9);
  EXPECT_EQ(training_memory(subject, pass, {}).buffers, 0);
}

TEST(TrainingMemory, MovesWhatIsOffloadedToTheHost) {
  const MemoryQuestion q = question(llama_70b(), "megatron", 8192, 64);
  TrainingLayout layout{.tensor = 8, .data = 8};
  layout.sequence_parallel = true;
  const TrainingMemory before = memory(q, layout);
  EXPECT_EQ(before.host, 0);
  layout.offload_weights = layout.offload_activations = layout.offload_optimizer = true;
  const TrainingMemory after = memory(q, layout);
  EXPECT_EQ(after.weights, 0);
  EXPECT_NEAR(after.optimizer, before.optimizer * 2 / 80, 1);
  EXPECT_LT(after.activations, before.activations / 4);
  EXPECT_NEAR(after.host + after.optimizer + after.activations,
              before.weights + before.optimizer + before.activations, 1);
}

TEST(TrainingMemory, OfAdaptersHasNoStatesOfFrozenWeights) {
  MemoryQuestion q = question(llama_70b(), "megatron", 8192, 64);
  q.job.lora_rank = 16;
  const TrainingMemory m = memory(q, {.tensor = 8});
  EXPECT_NEAR(m.weights, 2 * 70.55e9 / 8, 0.02 * m.weights);
  EXPECT_LT(m.gradients + m.optimizer, 0.1 * m.weights);
  q.job.lora_rank = 32;  // twice the adapters: 2 bytes of weights more, 4 of gradients
  const TrainingMemory more = memory(q, {.tensor = 8});
  EXPECT_NEAR(more.weights - m.weights, (more.gradients - m.gradients) / 2, 1);
}

// BLOOM's tuning sweep of February 2022 (bigscience-workshop/bigscience,
// train/tr11-176B-ml/chronicles-prequel.md): Megatron-DeepSpeed, ZeRO-1, everything recomputed, 384
// A100 80 GB, 2,048 tokens; memory as noted there, in whole GB. Without the noted number of heads,
// that of a head size of 128 (h = 12,288), 144 (13,824) or 224 (14,336).
struct Noted {
  int layers, hidden, heads, micro_batch, tensor, pipeline, data;
  double gb;
};
const std::vector<Noted> kBloom = {
    {72, 14336, 64, 1, 8, 12, 4, 29},  {72, 14336, 64, 8, 8, 12, 4, 69},
    {72, 14336, 64, 1, 8, 6, 8, 38},   {72, 14336, 64, 2, 8, 6, 8, 44},
    {72, 14336, 64, 4, 8, 6, 8, 56},   {72, 14336, 128, 4, 8, 6, 8, 55},
    {78, 13824, 128, 4, 8, 6, 8, 54},  {96, 12288, 96, 4, 8, 6, 8, 55},
    {96, 12288, 96, 6, 8, 6, 8, 66},   {96, 12288, 96, 4, 8, 8, 6, 52},
    {96, 12288, 96, 4, 8, 4, 12, 59},  {96, 12288, 96, 1, 8, 2, 24, 65},
    {96, 12288, 96, 4, 4, 12, 8, 60},  {96, 12288, 96, 4, 4, 6, 16, 75},
    {96, 12288, 96, 2, 2, 12, 16, 63}, {96, 12288, 96, 1, 2, 24, 8, 44},
    {96, 12288, 96, 1, 1, 48, 8, 58},  {78, 13824, 64, 2, 4, 12, 8, 48}};

TEST(TrainingMemory, IsWhatBloomsSweepNoted) {
  std::vector<double> errors;
  for (const Noted& n : kBloom) {
    const int batch = 1920 / (n.data * n.micro_batch) * n.data * n.micro_batch;
    const MemoryQuestion q =
        question(gpt(n.hidden, n.layers, n.heads, 250880), "deepspeed", 2048, batch);
    TrainingLayout layout{.tensor = n.tensor, .data = n.data, .pipeline = n.pipeline};
    layout.micro_batch = n.micro_batch;
    layout.sharding = Sharding::kOptimizer;
    layout.recompute = Recompute::kFull;
    const double predicted = memory(q, layout).total() / kGb;
    EXPECT_NEAR(predicted / n.gb, 1, 0.10) << to_text(layout) << " " << predicted;
    errors.push_back(std::abs(predicted / n.gb - 1));
  }
  std::sort(errors.begin(), errors.end());
  EXPECT_LT(errors[errors.size() / 2], 0.04);
}

// Runs that were published, so that they fitted: GPT-3 175B on 128 H100 (NeMo 24.07, fp8),
// Llama-3.1 405B on 8,192 (MLPerf Training 5.0, fp8, balanced stages), MPT-7B and 3B on eight
// (Mosaic's sweep, bf16, FSDP). Mosaic took the largest micro-batch that fitted, so that memory is
// nearly full.
TEST(TrainingMemory, OfPublishedRunsFitsIntoEighty) {
  const auto gib = [](MemoryQuestion q, const TrainingLayout& layout) {
    q.hardware = hgx_h100();
    q.hardware.link.beyond_one_way = 50.0_GBps;
    return memory(q, layout).total() / 1.073741824e9;
  };
  MemoryQuestion gpt3 = question(gpt(12288, 96, 96, 51200), "megatron", 2048, 256);
  gpt3.job.format = TrainingFormat::kFp8;
  TrainingLayout layout{.tensor = 4, .data = 4, .pipeline = 8, .virtual_stages = 6};
  layout.sequence_parallel = true;
  layout.sharding = Sharding::kOptimizer;
  EXPECT_LT(gib(gpt3, layout), 80);
  MemoryQuestion llama =
      question(dense_model(16384, 126, 128, 8, 53248, 128256), "balanced", 8192, 1536);
  llama.job.format = TrainingFormat::kFp8;
  layout.tensor = layout.virtual_stages = 8;
  layout.context = 2;
  layout.data = 64;
  EXPECT_LT(gib(llama, layout), 80);
  TrainingLayout fsdp{.data = 8, .micro_batch = 6};
  fsdp.sharding = Sharding::kWeights;
  const double seven = gib(question(gpt(4096, 32, 32, 50368), "megatron", 2048, 48), fsdp);
  fsdp.micro_batch = 10;
  const double three = gib(question(gpt(2560, 32, 20, 50368), "megatron", 2048, 160), fsdp);
  for (const double gb : {seven, three}) {
    EXPECT_LT(gb, 80);
    EXPECT_GT(gb, 60);
  }
}

RC_GTEST_PROP(TrainingMemory, MoreShardingOrRecomputeNeverTakesMoreStates, ()) {
  const MemoryQuestion q = question(mixtral(), "megatron", 4096, 512);
  TrainingLayout layout{.tensor = 1 << *rc::gen::inRange(0, 4), .data = 16};
  layout.pipeline = 1 << *rc::gen::inRange(0, 4);
  layout.expert = 1 << *rc::gen::inRange(0, 4);
  TrainingLayout less = layout;
  less.sharding = static_cast<Sharding>(*rc::gen::inRange(1, 4));
  RC_ASSERT(states(memory(q, less)) <= states(memory(q, layout)));
  less.recompute = Recompute::kFull;
  RC_ASSERT(memory(q, less).activations <= memory(q, layout).activations);
}

}  // namespace
}  // namespace assay::model
