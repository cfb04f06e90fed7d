#include "model/training_step.h"

#include <cmath>

#include <gtest/gtest.h>

#include "model/training_operators.h"
#include "model/training_test_support.h"

namespace assay::model {
namespace {

using namespace test;

// 32 layers that take 1 s forward, 1 s for gradients of inputs and 1 s for those of weights.
TrainingPass unit_pass(double layers = 32) {
  TrainingPass pass;
  pass.layers = layers;
  pass.layer.forward = pass.layer.backward = pass.layer.backward_weight = 1;
  pass.peak = 1;
  return pass;
}

StepTime time_of(const MemoryQuestion& q, const TrainingPass& pass, const TrainingLayout& layout) {
  return step_time(q.subject(), pass, layout);
}

double sum_of_parts(const StepTime& t) {
  return t.forward + t.backward + t.recompute + t.tensor + t.context + t.expert + t.pipeline +
         t.data + t.bubble + t.optimizer + t.offload + t.host;
}

TEST(StepTime, IsTheMicroBatchesThroughTheLayersOfAStage) {
  const StepTime t = time_of(ideal_question(llama_8b(), 8192, 64), unit_pass(), {});
  EXPECT_DOUBLE_EQ(t.forward, 64 * 32);
  EXPECT_DOUBLE_EQ(t.backward, 2 * 64 * 32);
  EXPECT_DOUBLE_EQ(t.total, 3 * 64 * 32);
}

// Narayanan et al. 2021, section 2.2: (p − 1)/m of the time at work; interleaved (p − 1)/(v m).
TEST(StepTime, HasTheBubbleOfOneForwardOneBackward) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  const StepTime plain = time_of(q, unit_pass(), {.pipeline = 8});
  EXPECT_DOUBLE_EQ(plain.bubble / (plain.forward + plain.backward), 7.0 / 64);
  const StepTime interleaved = time_of(q, unit_pass(), {.pipeline = 8, .virtual_stages = 4});
  EXPECT_DOUBLE_EQ(interleaved.bubble / (interleaved.forward + interleaved.backward),
                   7.0 / (4 * 64));
}

// Qi et al. 2023, table 2, ZB-H1: (p − 1)(F + B − W) with B the gradients of inputs: a stage of
// four layers has 4 s each: 7 · 4 = 28.
TEST(StepTime, HasTheBubbleOfZeroBubbleSchedules) {
  TrainingLayout layout{.pipeline = 8};
  layout.schedule = Schedule::kZeroBubble;
  EXPECT_DOUBLE_EQ(time_of(ideal_question(llama_8b(), 8192, 64), unit_pass(), layout).bubble, 28);
}

// DeepSeek-V3, table 2: (p/2 − 1)(F&B + B − 3W), B all of the backward pass: F&B = 12, B = 8,
// W = 4: 3 · 8 = 24.
TEST(StepTime, HasTheBubbleOfDualPipe) {
  TrainingLayout layout{.pipeline = 8};
  layout.schedule = Schedule::kDualPipe;
  EXPECT_DOUBLE_EQ(time_of(ideal_question(llama_8b(), 8192, 64), unit_pass(), layout).bubble, 24);
}

// The output table takes as long as one layer. Where layers divide, the last stage has it on top:
// 8 · 3 + 3 = 27; stages that are evened out have 99/4 each. The bubble is of the mean.
TEST(StepTime, IsThatOfTheLastStageUnlessStagesAreEvened) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass();
  pass.output = pass.layer;
  const StepTime slow = time_of(q, pass, {.pipeline = 4});
  EXPECT_DOUBLE_EQ(slow.forward + slow.backward, 64 * 27);
  EXPECT_DOUBLE_EQ(slow.bubble, 3 * 99.0 / 4);
  q.table.stacks[0].balanced = true;
  const StepTime even = time_of(q, pass, {.pipeline = 4});
  EXPECT_DOUBLE_EQ(even.forward + even.backward, 64 * 99.0 / 4);
}

// 126 layers and both ends on 8 ranks: 16 layers in the middle, however small the output table.
TEST(StepTime, IsThatOfAMiddleStageWhereTheEndsCountAsLayers) {
  const MemoryQuestion q = ideal_question(llama_405b(), 8192, 64);
  const StepTime t = time_of(q, unit_pass(126), {.pipeline = 8});
  EXPECT_DOUBLE_EQ(t.forward + t.backward, 64 * 3 * 16);
  EXPECT_DOUBLE_EQ(t.bubble, 7 * 3 * 126.0 / 8);
}

TEST(StepTime, RepeatsTheCoreOrTheWholeForwardPass) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass();
  pass.layer.core = 0.25;
  pass.layer.tensor = 0.5;
  TrainingLayout layout;
  EXPECT_EQ(time_of(q, pass, layout).recompute, 0);
  EXPECT_DOUBLE_EQ(time_of(q, pass, layout).tensor, 64 * 32 * 2 * 0.5);
  layout.recompute = Recompute::kSelective;
  EXPECT_DOUBLE_EQ(time_of(q, pass, layout).recompute, 64 * 32 * 0.25);
  layout.recompute = Recompute::kFull;
  EXPECT_DOUBLE_EQ(time_of(q, pass, layout).recompute, 64 * 32);
  EXPECT_DOUBLE_EQ(time_of(q, pass, layout).tensor, 64 * 32 * 3 * 0.5);
  layout.recompute_layers = 8;
  EXPECT_DOUBLE_EQ(time_of(q, pass, layout).recompute, 64 * 8);
}

// 450 GB at 450 GB/s, there and back: 2 s a micro-batch, and p − 1 of them to fill. Between
// interleaved stages v times as many, of which a share shows.
TEST(StepTime, WaitsForWhatStagesSend) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass();
  pass.boundary_bytes = 450e9;
  EXPECT_EQ(time_of(q, pass, {}).pipeline, 0);
  EXPECT_DOUBLE_EQ(time_of(q, pass, {.pipeline = 4}).pipeline, 64 * 2 + 3 * 2);
  q.table.pipeline_exposed = 0.25;
  EXPECT_DOUBLE_EQ(time_of(q, pass, {.pipeline = 4, .virtual_stages = 2}).pipeline,
                   0.25 * 64 * 2 * 2 + 3 * 2);
}

// 450e9/4 elements a rank: 450 GB of gradients in 32 bits, 225 of weights, 7/8 of each to others
// at 450 GB/s; twice that of an all-reduce.
TEST(StepTime, SumsGradientsOnceAStep) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass(1);
  pass.layer_weights = {.dense = 112.5e9, .trained_dense = 112.5e9};
  TrainingLayout layout{.data = 8};
  EXPECT_NEAR(time_of(q, pass, layout).data, 2 * 7.0 / 8, 1e-12);
  layout.sharding = Sharding::kOptimizer;
  EXPECT_NEAR(time_of(q, pass, layout).data, 1.5 * 7.0 / 8, 1e-12);
  EXPECT_EQ(time_of(q, pass, {}).data, 0);
}

// Three of four quarters hide, but behind one micro-batch at most.
TEST(StepTime, HidesGradientsBehindOneMicroBatch) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.table.stacks[0].data_exposed = 0.25;
  TrainingPass pass = unit_pass(1);
  pass.layer_weights = {.dense = 112.5e9, .trained_dense = 112.5e9};
  EXPECT_NEAR(time_of(q, pass, {.data = 8}).data, 0.25 * 1.75, 1e-12);
  pass.layer = PassTime{.forward = 0.1};
  EXPECT_NEAR(time_of(q, pass, {.data = 8}).data, 1.75 - 0.1, 1e-12);
}

// Experts: 8 ranks of data parallelism are 4 of experts' with ep2, on every second rank.
TEST(StepTime, SumsGradientsOfExpertsOverTheirCopies) {
  const MemoryQuestion q = ideal_question(mixtral(), 8192, 64);
  TrainingPass pass = unit_pass(1);
  pass.layer_weights = {.experts = 112.5e9, .trained_experts = 112.5e9};
  TrainingLayout layout{.data = 8};
  layout.expert = 2;
  EXPECT_NEAR(time_of(q, pass, layout).data, 2 * 3.0 / 4, 1e-12);
  layout.expert = 8;
  EXPECT_EQ(time_of(q, pass, layout).data, 0);
}

// FSDP gathers weights twice and scatters gradients, for each micro-batch: (2 · 2 + 4) B · 112.5e9
// · 7/8 / 450 GB/s = 1.75 s beside 3 s of work: the 4-norm, and a share of the shorter one.
TEST(StepTime, GathersShardedWeightsWhileItComputes) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass(1);
  pass.layer_weights = {.dense = 112.5e9, .trained_dense = 112.5e9};
  TrainingLayout layout{.data = 8};
  layout.sharding = Sharding::kWeights;
  EXPECT_NEAR(time_of(q, pass, layout).data, 8 * (soft_max(3, 1.75) - 3), 1e-12);
  q.table.stacks[0].shard_exposed = 0.5;
  EXPECT_NEAR(time_of(q, pass, layout).data, 8 * (soft_max(3, 1.75) - 3 + 0.5 * 1.75), 1e-12);
}

// ZeRO-2: 450 GB of gradients for each of 8 micro-batches, 7/8 s beside 3 s of work.
TEST(StepTime, ScattersShardedGradientsEachMicroBatch) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass(1);
  pass.layer_weights = {.dense = 112.5e9, .trained_dense = 112.5e9};
  TrainingLayout layout{.data = 8};
  layout.sharding = Sharding::kGradients;
  EXPECT_NEAR(time_of(q, pass, layout).data, 8 * (soft_max(3, 7.0 / 8) - 3), 1e-12);
}

// Llama 3, arXiv:2407.21783, section 3.3.2: a pipeline keeps what it gathered.
TEST(StepTime, GathersShardedWeightsOnceAStepInAPipeline) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass(2);
  pass.layer_weights = {.dense = 112.5e9, .trained_dense = 112.5e9};
  TrainingLayout layout{.data = 4, .pipeline = 2};
  layout.sharding = Sharding::kOptimizer;
  const double once = time_of(q, pass, layout).data;
  for (const Sharding more : {Sharding::kGradients, Sharding::kWeights}) {
    layout.sharding = more;
    EXPECT_EQ(time_of(q, pass, layout).data, once);
  }
}

// Two copies of four ranks each: gathers stay among four, an all-reduce of a quarter between two.
TEST(StepTime, SumsGradientsOfAHybridsCopiesOnceAStep) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass(1);
  pass.layer_weights = {.dense = 112.5e9, .trained_dense = 112.5e9};
  TrainingLayout layout{.data = 8};
  layout.sharding = Sharding::kWeights;
  layout.shard_ranks = 4;
  EXPECT_NEAR(time_of(q, pass, layout).data, 8 * (soft_max(3, 2 * 3.0 / 4) - 3) + 2 * 0.25 / 2,
              1e-12);
}

// Rajbhandari et al. 2020: 30 B an element, of those that a rank keeps; 111.67e9 · 30 B in 1 s.
TEST(StepTime, UpdatesTheWeightsWhoseStatesARankKeeps) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass(1);
  pass.layer_weights.trained_dense = 3.35e12 / 30;
  TrainingLayout layout{.data = 8};
  EXPECT_NEAR(time_of(q, pass, layout).optimizer, 1, 1e-12);
  layout.sharding = Sharding::kOptimizer;
  EXPECT_NEAR(time_of(q, pass, layout).optimizer, 1.0 / 8, 1e-12);
  layout.sharding = Sharding::kWeights;
  layout.shard_ranks = 2;
  EXPECT_NEAR(time_of(q, pass, layout).optimizer, 1.0 / 2, 1e-12);
}

// At 50 GB/s: optimizer states once a step; weights twice and activations there and back as far as
// a micro-batch does not hide them.
TEST(StepTime, MovesWhatIsOffloaded) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass = unit_pass(1);
  pass.layer_weights = {.dense = 100e9, .trained_dense = 10e9};
  pass.layer_activations = {.none = 100e9, .selective = 75e9, .full = 25e9};
  const auto offloaded = [&](bool TrainingLayout::*what, Recompute recompute = {}) {
    TrainingLayout layout;
    layout.*what = true;
    layout.recompute = recompute;
    return time_of(q, pass, layout).offload;
  };
  EXPECT_EQ(time_of(q, pass, {}).offload, 0);
  EXPECT_NEAR(offloaded(&TrainingLayout::offload_optimizer), 10e9 * 30 / 50e9, 1e-12);
  EXPECT_NEAR(offloaded(&TrainingLayout::offload_weights), 64 * (8 - 3), 1e-9);
  EXPECT_NEAR(offloaded(&TrainingLayout::offload_activations), 64 * (4 - 3), 1e-9);
  EXPECT_EQ(offloaded(&TrainingLayout::offload_activations, Recompute::kSelective), 0);
}

TEST(StepTime, HasTheHostsShareOfAStepAndOfEachLayer) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.table.stacks[0].step_host = 5.0_s;
  TrainingPass pass = unit_pass(1);
  pass.layer.host_forward = 0.5;
  pass.layer.host_backward = 0.25;
  EXPECT_DOUBLE_EQ(time_of(q, pass, {}).host, 64 * 0.75 + 5);
}

TEST(StepTime, IsTheSumOfItsParts) {
  MemoryQuestion q = ideal_question(mixtral(), 8192, 64);
  q.table = catalog::load_training().value();
  q.job.stack = "megatron-moe";
  TrainingLayout layout{.tensor = 2, .context = 2, .data = 8, .pipeline = 4};
  layout.expert = 8;
  layout.virtual_stages = 2;
  layout.sharding = Sharding::kOptimizer;
  layout.recompute = Recompute::kFull;
  layout.offload_optimizer = true;
  const StepTime t = predict_step(q.subject(), layout).value().time;
  EXPECT_DOUBLE_EQ(sum_of_parts(t), t.total);
  for (const double part : {t.forward, t.backward, t.recompute, t.tensor, t.context, t.expert,
                            t.pipeline, t.data, t.bubble, t.optimizer, t.offload, t.host}) {
    EXPECT_GT(part, 0);
  }
}

// 64 sequences of 8,192 tokens in 100 s on 8 accelerators of 1e15: 51.5e9 · 524,288 / 8e17 = 3.4 %.
TEST(TrainingStep, DividesTheModelsFlopsByThoseOfTheDataSheet) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  TrainingPass pass;
  pass.layers = 1;
  pass.layer.forward = 100.0 / 8;
  pass.peak = 1e15;
  pass.model_flops = 51.5e9;
  const TrainingStep step = training_step(q.subject(), pass, {.data = 8});
  EXPECT_DOUBLE_EQ(step.time.total, 100);
  EXPECT_NEAR(step.mfu, 51.5e9 * 64 * 8192 / (100 * 8 * 1e15), 1e-12);
}

// Without any loss a large dense model reaches nearly all of the peak: attention's backward pass
// counts 2.5 where the model has 2.
TEST(TrainingStep, WithoutLossesReachesNearlyThePeak) {
  const MemoryQuestion q = ideal_question(llama_70b(), 4096, 64);
  const double mfu = predict_step(q.subject(), {}).value().mfu;
  EXPECT_GT(mfu, 0.97);
  EXPECT_LT(mfu, 1);
}

TEST(TrainingStep, FitsAsFarAsItsMemoryDoes) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  EXPECT_FALSE(predict_step(q.subject(), {.data = 8}).value().fits);
  TrainingLayout sharded{.data = 8};
  sharded.sharding = Sharding::kWeights;
  sharded.recompute = Recompute::kFull;
  const TrainingStep step = predict_step(q.subject(), sharded).value();
  EXPECT_TRUE(step.fits);
  q.hardware.memory_usable = Bytes::from_base(0.99 * step.memory.total());
  EXPECT_FALSE(predict_step(q.subject(), sharded).value().fits);
}

}  // namespace
}  // namespace assay::model
