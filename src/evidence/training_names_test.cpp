#include "evidence/training_names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace assay::evidence {
namespace {

class TrainingNamesTest : public testing::Test {
 protected:
  const FrameworkRule& framework(const std::string& name, const std::string& vendor = "NVIDIA") {
    row_.framework = name;
    return *framework_of(names_, {row_, vendor, "hopper h100"});
  }
  const PrecisionRule* precision(const std::string& name, const std::string& vendor = "NVIDIA",
                                 const std::string& family = "hopper h100") {
    row_.precision = name;
    return precision_of(names_, {row_, vendor, family});
  }
  FlopCount count(const std::string& convention) {
    row_.flop_convention = convention;
    return convention_of(names_, {row_, "NVIDIA", "hopper h100"})->count;
  }
  TrainingNames names_ = load_training_names().value();
  TrainingMeasurement row_;
};

TEST_F(TrainingNamesTest, FrameworksAreStacksByReleaseAndSubmission) {
  EXPECT_EQ(framework("Megatron-Bridge (NeMo 25.11)").stack, "nemo-25");
  EXPECT_EQ(framework("Megatron-Bridge (NeMo 26.04.01)").stack, "bridge-26");
  EXPECT_EQ(framework("Megatron-Bridge (NeMo 26.08)").stack, "bridge-26.06");
  EXPECT_EQ(framework("NeMo 24.07").stack, "nemo-24");
  EXPECT_EQ(framework("NeMo 25.04.rc2").stack, "nemo-25");
  EXPECT_EQ(framework("Megatron-LM (SC21)").stack, "megatron-2021");
  EXPECT_FALSE(framework("Megatron-LM (SC21)").sequence_parallel);
  EXPECT_TRUE(framework("Megatron-LM (2205.05198)").sequence_parallel);
  EXPECT_EQ(framework("torchtitan").stack, "fsdp-compiled");
  EXPECT_EQ(framework("torchtitan+torchao", "AMD").stack, "fsdp-compiled");
  EXPECT_EQ(framework("MaxText (XLA)").stack, "jax");
  EXPECT_EQ(framework("something new").stack, "unknown");
  row_.notes.eager = true;
  EXPECT_EQ(framework("torchtitan").stack, "fsdp-eager");
  row_.notes.mlperf = true;
  EXPECT_EQ(framework("PyTorch 2.1.1").stack, "mlperf-nvidia");
  EXPECT_EQ(framework("PyTorch, ROCm 7.0.1", "AMD").stack, "rocm");
  EXPECT_EQ(framework("maxtext", "Google").stack, "maxtext");
}

TEST_F(TrainingNamesTest, BlankPrecisionsAreThoseOfTheSubmissions) {
  EXPECT_EQ(precision("")->format, model::TrainingFormat::kSixteen);
  row_.notes.mlperf = true;
  row_.date = "2024-06";
  EXPECT_EQ(precision("")->format, model::TrainingFormat::kFp8);
  EXPECT_FALSE(precision("")->assumed.empty());
  row_.date = "2025-11";
  EXPECT_EQ(precision("")->format, model::TrainingFormat::kFp8);
  EXPECT_EQ(precision("", "NVIDIA", "blackwell b200")->format, model::TrainingFormat::kNvfp4);
  EXPECT_EQ(precision("fp8-blockwise-128")->format, model::TrainingFormat::kFp8Block);
  EXPECT_EQ(precision("fp8")->format, model::TrainingFormat::kFp8);
  row_.notes.row_scales = true;
  EXPECT_EQ(precision("fp8")->format, model::TrainingFormat::kFp8Row);
  EXPECT_EQ(precision("int7"), nullptr);
}

TEST_F(TrainingNamesTest, ShardingCellsCountRanks) {
  const auto shared = [&](std::string_view cell) { return shared_ranks(names_, cell).value(); };
  EXPECT_EQ(shared("zero1=8").sharding, model::Sharding::kOptimizer);
  EXPECT_EQ(shared("zero1=8").ranks, 8);
  EXPECT_EQ(shared("zero1=all").ranks, 0);
  EXPECT_EQ(shared("fsdp64").sharding, model::Sharding::kWeights);
  EXPECT_EQ(shared("fsdp64").ranks, 64);
  EXPECT_EQ(shared("fsdp2").ranks, 0);  // the second FSDP
  EXPECT_EQ(shared("fsdp1").sharding, model::Sharding::kNone);
  EXPECT_TRUE(shared("hsdp").one_system);
  EXPECT_EQ(shared("shard_grad_op/default").sharding, model::Sharding::kGradients);
  EXPECT_FALSE(shared_ranks(names_, "fsdpx").has_value());
}

TEST_F(TrainingNamesTest, ConventionsAreReadFromLongOrShortWords) {
  EXPECT_EQ(count("HARDWARE flops, 4 passes (activation checkpointing counted)"),
            FlopCount::kHardware);
  EXPECT_EQ(count("Megatron SC21 formula; ON counts 4 passes (hardware flops); OFF counts 3"),
            FlopCount::kHardwareIf);
  EXPECT_EQ(count("6*N_params(incl. learned pos/tied emb) + attention FULL (12*L*d*s)"),
            FlopCount::kParameters);
  EXPECT_EQ(count("gemm6x+attn-causal-half"), FlopCount::kCausal);
  EXPECT_EQ(count("gemm6x + attention + logits; attention FULL (no causal halving)"),
            FlopCount::kFull);
  EXPECT_EQ(count(""), FlopCount::kCausal);
  row_.source = "nv-longseq";
  EXPECT_EQ(count(""), FlopCount::kFull);
}

TEST_F(TrainingNamesTest, NamesAreUniqueAndCarryTheirSource) {
  std::set<std::string> seen;
  for (const TrainingModelName& m : names_.models) {
    EXPECT_TRUE(seen.insert(m.name).second) << m.name;
    EXPECT_FALSE(m.source.empty() && m.model.empty() && m.refuse.empty()) << m.name;
  }
  EXPECT_EQ(names_.model("bloom-191b")->name, "bloom-*");
  EXPECT_EQ(names_.model("llama3-8b"), nullptr);
}

TEST(TrainingNamesFile, MistakesAreReportedTogether) {
  const auto names = read_training_names(
      "x.yaml",
      "models: [{ name: a }]\nlinks: []\nframeworks: [{ stack: s, sharding: zero9 }]\n"
      "precisions: [{ name: p, format: fp7 }]\nconventions: []\nsharing: []\nrecompute: []\n"
      "defaults: [{ batch: 0, assumed: b }]\nconvergence: [{ model: m, task: lora }]\n");
  ASSERT_FALSE(names.has_value());
  EXPECT_EQ(names.error().size(), 5U);
}

TEST_F(TrainingNamesTest, TokensToATargetAreLinearInTheBatchBetweenKnownOnes) {
  TrainingNames names;
  names.convergence = {{.model = "m", .task = "lora", .batch = 8, .tokens = 100},
                       {.model = "m", .task = "lora", .batch = 16, .tokens = 200}};
  EXPECT_EQ(tokens_to_target(names, "m", "lora", 8), 100);
  EXPECT_EQ(tokens_to_target(names, "m", "lora", 12), 150);
  EXPECT_EQ(tokens_to_target(names, "m", "lora", 64), 200);
  EXPECT_EQ(tokens_to_target(names, "m", "lora", 4), 100);
  EXPECT_EQ(tokens_to_target(names, "m", "sft", 8), 0);
}

}  // namespace
}  // namespace assay::evidence
