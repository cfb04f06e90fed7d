#include "evidence/training_measurement.h"

#include <gtest/gtest.h>

#include <string>

#include "document/read.h"

namespace assay::evidence {
namespace {

TrainingMeasurement with_notes(const std::string& notes) {
  const auto rows = read_training_measurements(
      "x.csv",
      "id,accelerator,model,metric,value,notes\na,h100,m,step_time_s,1,\"" + notes + "\"\n");
  EXPECT_TRUE(rows.has_value());
  return rows->front();
}

TEST(TrainingMeasurement, ReadsWhatARowStates) {
  const auto rows = read_training_measurements(
      "x.csv",
      "id,source_title,source_key,accelerator,n_accelerators,framework,model,layers,precision,"
      "seq_len,mbs,gbs,tp,pp,zero_or_fsdp,metric,value,task,gflop_per_token_implied,extra\n"
      "a,Some title,nv-bridge,h100-sxm-80g,64,NeMo 25.02,llama3-70b,80,fp8,8192,1,128,4,2,zero1,"
      "tflops_per_gpu,700.5,lora,449.2,x\n");
  ASSERT_TRUE(rows.has_value());
  const TrainingMeasurement& m = rows->front();
  EXPECT_EQ(m.source, "nv-bridge");
  EXPECT_EQ(m.accelerators, 64);
  EXPECT_EQ(m.shape.layers, 80);
  EXPECT_EQ(m.shape.ffn, std::nullopt);
  EXPECT_EQ(m.tensor, 4);
  EXPECT_EQ(m.context, std::nullopt);
  EXPECT_EQ(m.metric, TrainingMetric::kTeraflops);
  EXPECT_EQ(m.task, TrainingTask::kLora);
  EXPECT_EQ(m.value, 700.5);
  EXPECT_EQ(m.gigaflops_per_token, 449.2);
  EXPECT_EQ(m.where.line, 2);
}

TEST(TrainingMeasurement, ReportsAllErrorsWithTheirPlaces) {
  const auto rows = read_training_measurements(
      "x.csv",
      "id,accelerator,model,metric,value,tp\na,h100,m,step_time,1,2\nb,,m,step_time_s,-1,2.5\n");
  ASSERT_FALSE(rows.has_value());
  ASSERT_EQ(rows.error().size(), 4U);
  EXPECT_EQ(rows.error()[0].what, "unknown metric 'step_time'");
  EXPECT_EQ(rows.error()[0].near.front(), "step_time_s");
  EXPECT_EQ(rows.error()[0].where->line, 2);
  EXPECT_EQ(rows.error()[0].where->column, 4);
  EXPECT_EQ(rows.error()[1].what, "no accelerator");
  EXPECT_EQ(rows.error()[2].what, "'2.5' in the column tp");
  EXPECT_EQ(rows.error()[3].what, "'-1' in the column value");
}

TEST(TrainingMeasurement, MissingColumnsAreNamed) {
  const auto rows = read_training_measurements("x.csv", "id,accelerator,model,value\na,b,c,1\n");
  ASSERT_FALSE(rows.has_value());
  EXPECT_EQ(rows.error().front().what, "no column 'metric'");
}

TEST(TrainingMeasurement, NetworksOfNotesAreBytesOfOneAccelerator) {
  EXPECT_DOUBLE_EQ(with_notes("1600 Gbps node-node").notes.network->base(), 25e9);
  EXPECT_DOUBLE_EQ(with_notes("micro_num 4; 4x100Gb RoCE per node").notes.network->base(), 6.25e9);
  EXPECT_DOUBLE_EQ(with_notes("H100 800Gbps inter-node").notes.network->base(), 12.5e9);
  EXPECT_DOUBLE_EQ(with_notes("A100 400Gbps inter-node").notes.network->base(), 6.25e9);
  EXPECT_DOUBLE_EQ(with_notes("local batch 2; 400Gb/s/GPU RDMA").notes.network->base(), 50e9);
  EXPECT_FALSE(with_notes("GA 2").notes.network.has_value());
}

TEST(TrainingMeasurement, NotesHoldBatchesMemoryAndWords) {
  EXPECT_EQ(with_notes("GA=16; read from a page").notes.accumulation, 16);
  EXPECT_EQ(with_notes("grad accum 112.0").notes.accumulation, 112);
  EXPECT_EQ(with_notes("TE + DeepEP; GA 4; LBS 8").notes.local_batch, 8);
  EXPECT_DOUBLE_EQ(with_notes("mem 37GB").notes.memory_used->base(), 37e9);
  EXPECT_FALSE(with_notes("mem GB").notes.memory_used.has_value());
  EXPECT_EQ(with_notes("v-half; 4 nodes").notes.schedule, "v-half");
  EXPECT_EQ(with_notes("DeepEP + 1f1b overlap").notes.schedule, "");
  EXPECT_TRUE(with_notes("DeepEP + 1f1b overlap").notes.overlapped_experts);
  EXPECT_EQ(with_notes("2x v5p-128").notes.slices, 2);
  EXPECT_DOUBLE_EQ(*with_notes("whole-project GPU hours for 15T+ tokens").notes.tokens, 15e12);
  EXPECT_TRUE(with_notes("whole-project GPU hours for 15T+ tokens").notes.whole_project);
  EXPECT_EQ(with_notes("coarse tokens/s/GPU printed 6288").tokens_per_s, 6288);
  EXPECT_TRUE(with_notes("LOW TRUST").notes.suspect);
  EXPECT_TRUE(with_notes("vanilla TP rowwise").notes.row_scales);
}

TEST(TrainingMeasurement, ThePublishedFileIsReadWhole) {
  const auto text = document::read_text(ASSAY_SOURCE_DIR "/validation/training.csv");
  ASSERT_TRUE(text.has_value());
  const auto rows = read_training_measurements("training.csv", *text);
  ASSERT_TRUE(rows.has_value());
  EXPECT_EQ(rows->size(), 901U);
}

}  // namespace
}  // namespace assay::evidence
