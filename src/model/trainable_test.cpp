#include "model/trainable.h"

#include <string>

#include <gtest/gtest.h>

#include "model/training_step.h"
#include "model/training_test_support.h"

namespace assay::model {
namespace {

using namespace test;

MemoryQuestion dense() { return ideal_question(llama_8b(), 8192, 512); }
MemoryQuestion sparse() { return ideal_question(mixtral(), 8192, 512); }

// "": it runs.
std::string refusal(const MemoryQuestion& q, const TrainingLayout& layout) {
  const Result<bool> can = trainable(q.subject(), layout);
  if (can) return "";
  EXPECT_EQ(can.error().kind, Error::Kind::kInfeasible);
  return can.error().what;
}

TEST(Trainable, IsALayoutInWhichAllDivides) {
  TrainingLayout layout{.tensor = 4, .context = 2, .data = 16, .pipeline = 2};
  layout.virtual_stages = 4;
  layout.sequence_parallel = true;
  EXPECT_EQ(refusal(dense(), layout), "");
  layout.expert = 8;
  EXPECT_EQ(refusal(sparse(), layout), "");
}

TEST(Trainable, NeedsHeadsThatDivide) {
  EXPECT_EQ(refusal(dense(), {.tensor = 3}), "32 attention heads do not divide over 3 ranks");
  EXPECT_EQ(refusal(ideal_question(deepseek_v3(), 4096, 512), {.tensor = 3}),
            "128 attention heads do not divide over 3 ranks");
}

// Ulysses gives each rank heads of its own; a ring does not.
TEST(Trainable, NeedsHeadsThatDivideOverContextRanksInAnAllToAll) {
  TrainingLayout layout{.tensor = 8, .context = 8};
  EXPECT_EQ(refusal(dense(), layout), "");
  layout.context_comm = ContextComm::kAllToAll;
  EXPECT_EQ(refusal(dense(), layout), "32 attention heads do not divide over 64 ranks");
  layout.tensor = 4;
  EXPECT_EQ(refusal(dense(), layout), "");
}

TEST(Trainable, HasExpertParallelismOnlyOfExperts) {
  TrainingLayout layout{.data = 8};
  layout.expert = 8;
  EXPECT_EQ(refusal(dense(), layout), "expert parallelism without experts");
}

TEST(Trainable, NeedsExpertsThatDivide) {
  TrainingLayout layout{.data = 8};
  layout.expert = 3;
  EXPECT_EQ(refusal(sparse(), layout), "8 experts do not divide over ep3");
}

TEST(Trainable, NeedsRanksThatExpertsDivideInto) {
  TrainingLayout layout{.tensor = 2, .data = 4};
  layout.expert = 8;
  layout.expert_tensor = 2;
  EXPECT_EQ(refusal(sparse(), layout), "ep8 x etp2 does not divide tp x cp x dp = 8");
}

TEST(Trainable, NeedsASequenceThatDivides) {
  MemoryQuestion q = dense();
  q.job.sequence = 8191;
  EXPECT_EQ(refusal(q, {.context = 2}), "8191 tokens do not divide over cp2");
}

TEST(Trainable, NeedsABatchThatDivides) {
  MemoryQuestion q = dense();
  q.job.batch = 6;
  EXPECT_EQ(refusal(q, {.data = 4}), "a batch of 6 sequences does not divide into dp4 x mbs1");
  EXPECT_EQ(refusal(q, {.data = 2, .micro_batch = 4}),
            "a batch of 6 sequences does not divide into dp2 x mbs4");
}

// Narayanan et al. 2021, section 2.2.
TEST(Trainable, InterleavesOnlyMultiplesOfThePipeline) {
  MemoryQuestion q = dense();
  q.job.batch = 6;
  TrainingLayout layout{.pipeline = 4};
  EXPECT_EQ(refusal(q, layout), "");
  layout.virtual_stages = 2;
  EXPECT_EQ(refusal(q, layout), "interleaved stages need micro-batches in multiples of pp4, not 6");
}

TEST(Trainable, HasDualPipeOnlyWithPairsOfStagesAndEnoughMicroBatches) {
  MemoryQuestion q = dense();
  q.job.batch = 6;
  TrainingLayout layout{.pipeline = 3};
  layout.schedule = Schedule::kDualPipe;
  EXPECT_EQ(refusal(q, layout),
            "dualpipe needs an even pipeline and at least pp3 micro-batches, not 6");
  layout.pipeline = 8;
  EXPECT_EQ(refusal(q, layout),
            "dualpipe needs an even pipeline and at least pp8 micro-batches, not 6");
  layout.pipeline = 2;
  EXPECT_EQ(refusal(q, layout), "");
  layout.virtual_stages = 2;
  EXPECT_EQ(refusal(q, layout), "dualpipe has no virtual stages of its own");
}

TEST(Trainable, NeedsALayerForEachStage) {
  EXPECT_EQ(refusal(dense(), {.pipeline = 64}), "32 layers are fewer than 64 stages");
  EXPECT_EQ(refusal(dense(), {.pipeline = 16, .virtual_stages = 4}),
            "32 layers are fewer than 64 stages");
}

// 126 layers and both ends on 128 chunks.
TEST(Trainable, LetsTheEndsHaveAChunkOfTheirOwn) {
  EXPECT_EQ(refusal(ideal_question(llama_405b(), 8192, 512), {.pipeline = 16, .virtual_stages = 8}),
            "");
}

TEST(Trainable, HasVirtualStagesOnlyInAPipeline) {
  EXPECT_EQ(refusal(dense(), {.virtual_stages = 2}), "virtual stages without a pipeline");
}

TEST(Trainable, NeedsRanksThatShardingDividesInto) {
  TrainingLayout layout{.context = 2, .data = 8};
  layout.sharding = Sharding::kWeights;
  layout.shard_ranks = 3;
  EXPECT_EQ(refusal(dense(), layout), "sharding over 3 ranks does not divide dp x cp = 16");
  layout.shard_ranks = 4;
  EXPECT_EQ(refusal(dense(), layout), "");
}

TEST(Trainable, DividesSequencesOnlyOverTensorRanks) {
  TrainingLayout layout;
  layout.sequence_parallel = true;
  EXPECT_EQ(refusal(dense(), layout), "sequence parallelism without tensor parallelism");
}

TEST(Trainable, NeedsHardwareThatMultipliesInTheFormat) {
  MemoryQuestion q = dense();
  q.job.format = TrainingFormat::kNvfp4;
  EXPECT_EQ(refusal(q, {}), "h100 does not multiply in nvfp4, or nobody says how fast");
  q.hardware = hgx_a100();
  q.job.format = TrainingFormat::kMxfp8;
  EXPECT_EQ(refusal(q, {}), "a100 does not multiply in fp8, or nobody says how fast");
  q.job.format = TrainingFormat::kSixteen;
  EXPECT_EQ(refusal(q, {}), "");
}

TEST(Trainable, NeedsALinkOfKnownSpeedForMoreThanOne) {
  MemoryQuestion q = dense();
  q.hardware.link.one_way = {};
  EXPECT_EQ(refusal(q, {}), "");
  EXPECT_EQ(refusal(q, {.data = 2}), "the link between accelerators of h100 is unknown");
}

TEST(Trainable, NeedsANetworkOfKnownSpeedForMoreThanOneDomain) {
  MemoryQuestion q = dense();
  q.hardware.link.beyond_one_way.reset();
  EXPECT_EQ(refusal(q, {.data = 8}), "");
  EXPECT_EQ(refusal(q, {.data = 16}),
            "16 accelerators are more than the 8 on one link, and the network of hgx-h100 is "
            "unknown");
  q.hardware.system = "";
  EXPECT_EQ(refusal(q, {.data = 16}),
            "16 accelerators are more than the 8 on one link, and the network of h100 is unknown");
  q.hardware.link.topology = Topology::kTorus;
  EXPECT_EQ(refusal(q, {.data = 16}), "");
}

TEST(Trainable, SumsInTheNetworkOnlyThroughASwitch) {
  MemoryQuestion q = dense();
  q.job.in_network_reduction = true;
  const TrainingLayout alone, pair{.data = 2};
  q.hardware.link.topology = Topology::kSwitch;
  EXPECT_EQ(refusal(q, pair), "");
  q.hardware.link.topology = Topology::kMesh;
  EXPECT_EQ(refusal(q, alone), "");
  EXPECT_EQ(refusal(q, pair), "in-network reduction without a switch between accelerators of " +
                                  q.hardware.accelerator);
}

TEST(Trainable, OffloadsOnlyOverALinkOfKnownSpeed) {
  MemoryQuestion q = dense();
  TrainingLayout layout;
  layout.offload_optimizer = true;
  EXPECT_EQ(refusal(q, layout), "");
  q.hardware.host_one_way.reset();
  for (bool TrainingLayout::*what :
       {&TrainingLayout::offload_weights, &TrainingLayout::offload_activations,
        &TrainingLayout::offload_optimizer}) {
    TrainingLayout one;
    one.*what = true;
    EXPECT_EQ(refusal(q, one), "offload over a host link of unknown speed");
  }
}

TEST(PredictStep, SaysWhyALayoutCannotRun) {
  const auto step = predict_step(dense().subject(), {.tensor = 3});
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().what, "32 attention heads do not divide over 3 ranks");
}

}  // namespace
}  // namespace assay::model
