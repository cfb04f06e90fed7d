#include "present/training_launch.h"

#include <gtest/gtest.h>

#include "catalog/model_library.h"

namespace assay::present {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string launched(std::string_view name, const model::TrainingJob& job,
                     const model::TrainingLayout& layout, Launcher how = Launcher::kMegatron) {
  const auto loaded = catalog::load_model(name);
  EXPECT_TRUE(loaded.has_value());
  return training_launch(
      {.model = *loaded, .job = job, .layout = layout, .per_node = 8, .tokens = 15e12}, how);
}

model::TrainingLayout llama_layout() {
  return {.tensor = 8,
          .data = 128,
          .pipeline = 16,
          .virtual_stages = 8,
          .micro_batch = 1,
          .sequence_parallel = true,
          .sharding = model::Sharding::kOptimizer,
          .recompute = model::Recompute::kSelective};
}

TEST(TrainingLaunch, WritesTheLlamaOfThePaper) {
  const std::string text =
      launched("llama-3.1-405b", {.sequence = 8192, .batch = 2048}, llama_layout());
  EXPECT_TRUE(has(text, "torchrun --nnodes 2048 --nproc-per-node 8"));
  EXPECT_TRUE(has(text, "--tensor-model-parallel-size 8 --pipeline-model-parallel-size 16"));
  // 126 layers and the two ends are 128 of one each.
  EXPECT_TRUE(has(text, "--num-virtual-stages-per-pipeline-rank 8"));
  EXPECT_TRUE(has(text, "--account-for-embedding-in-pipeline-split"));
  EXPECT_TRUE(has(text, "--sequence-parallel"));
  EXPECT_TRUE(has(text, "--use-distributed-optimizer"));
  EXPECT_TRUE(has(text, "--recompute-granularity selective"));
  EXPECT_TRUE(has(text, "--micro-batch-size 1 --global-batch-size 2048"));
  EXPECT_TRUE(has(text, "--num-layers 126 --hidden-size 16384"));
  EXPECT_TRUE(has(text, "--num-attention-heads 128 --group-query-attention --num-query-groups 8"));
  EXPECT_TRUE(has(text, "--ffn-hidden-size 53248 --swiglu"));
  EXPECT_TRUE(has(text, "--train-samples 1831054688"));
  EXPECT_FALSE(has(text, "--num-experts"));
}

TEST(TrainingLaunch, WritesExpertsAndLatentAttention) {
  model::TrainingLayout layout{.tensor = 1, .data = 128, .pipeline = 16, .expert = 64};
  layout.sharding = model::Sharding::kOptimizer;
  const std::string text = launched(
      "deepseek-v3", {.sequence = 4096, .batch = 15360, .format = model::TrainingFormat::kFp8Block},
      layout);
  EXPECT_TRUE(has(text, "--expert-model-parallel-size 64 --expert-tensor-parallel-size 1"));
  EXPECT_TRUE(has(text, "--num-experts 256 --moe-router-topk 8 --moe-ffn-hidden-size 2048"));
  EXPECT_TRUE(has(text, "--moe-layer-freq '([0]*3+[1]*58)'"));
  EXPECT_TRUE(has(text, "--multi-latent-attention --q-lora-rank 1536"));
  EXPECT_TRUE(has(text, "--kv-lora-rank 512 --qk-head-dim 128 --qk-pos-emb-head-dim 64"));
  EXPECT_TRUE(has(text, "--fp8-format e4m3 --fp8-recipe blockwise"));
}

TEST(TrainingLaunch, SaysWhatItCannotSay) {
  model::TrainingLayout layout = llama_layout();
  layout.virtual_stages = 1;
  layout.schedule = model::Schedule::kZeroBubble;
  layout.offload_activations = true;
  const std::string text =
      launched("llama-3.1-405b", {.sequence = 8192, .batch = 2048, .lora_rank = 16}, layout);
  EXPECT_TRUE(has(text, "# schedule zero-bubble"));
  EXPECT_TRUE(has(text, "# weights or activations on the host"));
  EXPECT_TRUE(has(text, "# adapters"));
}

TEST(TrainingLaunch, OfTorchrunIsTheLauncherAlone) {
  const std::string text = launched("llama-3.1-405b", {.sequence = 8192, .batch = 2048},
                                    llama_layout(), Launcher::kTorchrun);
  EXPECT_TRUE(has(text, "torchrun --nnodes 2048 --nproc-per-node 8"));
  EXPECT_FALSE(has(text, "pretrain_gpt.py"));
}

}  // namespace
}  // namespace assay::present
