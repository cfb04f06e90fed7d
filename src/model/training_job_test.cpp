#include "model/training_job.h"

#include <gtest/gtest.h>

namespace assay::model {
namespace {

TEST(TrainingFormat, HasTheWidthOfOneOperand) {
  EXPECT_EQ(bits(TrainingFormat::kSixteen), 16);
  EXPECT_EQ(bits(TrainingFormat::kFp8), 8);
  EXPECT_EQ(bits(TrainingFormat::kFp8Row), 8);
  EXPECT_EQ(bits(TrainingFormat::kFp8Block), 8);
  EXPECT_EQ(bits(TrainingFormat::kMxfp8), 8);
  EXPECT_EQ(bits(TrainingFormat::kNvfp4), 4);
}

TEST(TrainingFormat, IsNamedAsTheFieldNamesIt) {
  EXPECT_EQ(name(TrainingFormat::kSixteen), "bf16");
  EXPECT_EQ(name(TrainingFormat::kFp8), "fp8");
  EXPECT_EQ(name(TrainingFormat::kFp8Row), "fp8-row");
  EXPECT_EQ(name(TrainingFormat::kFp8Block), "fp8-block");
  EXPECT_EQ(name(TrainingFormat::kMxfp8), "mxfp8");
  EXPECT_EQ(name(TrainingFormat::kNvfp4), "nvfp4");
}

TEST(TrainingLayout, LeavesOutOfItsTextWhatIsOneOrOff) {
  EXPECT_EQ(to_text(TrainingLayout{}), "tp1 pp1 dp1 mbs1");
}

TEST(TrainingLayout, SaysEverythingThatIsOn) {
  TrainingLayout layout{.tensor = 8, .context = 2, .data = 64, .pipeline = 16};
  layout.expert = 4;
  layout.expert_tensor = 2;
  layout.virtual_stages = 2;
  layout.micro_batch = 3;
  layout.sequence_parallel = true;
  layout.sharding = Sharding::kOptimizer;
  layout.shard_ranks = 32;
  layout.recompute = Recompute::kFull;
  layout.recompute_layers = 1;
  layout.context_comm = ContextComm::kAllToAll;
  layout.offload_weights = layout.offload_activations = layout.offload_optimizer = true;
  EXPECT_EQ(to_text(layout),
            "tp8 pp16 vpp2 cp2 a2a dp64 ep4 etp2 mbs3 sp zero1/32 recompute-full/1 "
            "offload-weights offload-activations offload-optimizer");
  layout.schedule = Schedule::kDualPipe;
  EXPECT_NE(to_text(layout).find("dualpipe"), std::string::npos);
}

TEST(TrainingLayout, CountsAcceleratorsWithoutExpertParallelism) {
  TrainingLayout layout{.tensor = 8, .context = 2, .data = 4, .pipeline = 3};
  layout.expert = 8;
  EXPECT_EQ(layout.accelerators(), 8 * 2 * 4 * 3);
}

TEST(MicroBatches, AreTheBatchOverDataParallelismAndTheirSize) {
  const TrainingJob job{.batch = 1536};
  EXPECT_EQ(micro_batches(job, {.data = 64}), 24);
  EXPECT_EQ(micro_batches(job, {.data = 64, .micro_batch = 4}), 6);
  EXPECT_EQ(micro_batches(job, {.data = 64, .micro_batch = 5}), 0);
  EXPECT_EQ(micro_batches(job, {.data = 3072}), 0);
}

}  // namespace
}  // namespace assay::model
