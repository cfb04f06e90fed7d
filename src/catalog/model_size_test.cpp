#include "catalog/model_size.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "catalog/model_library.h"

namespace assay::catalog {
namespace {

LanguageModel model(const std::string& name) {
  auto loaded = load_model(name);
  if (loaded) return std::move(*loaded);
  ADD_FAILURE() << render(loaded.error().front());
  return {};
}

// A decoder of `layers` layers as small as arithmetic by hand.
LanguageModel tiny(const Mixer& mixer, const Ffn& ffn, int layers) {
  LanguageModel m;
  m.hidden = 8;
  m.vocabulary = 100;
  m.tied_embeddings = true;
  m.blocks = {{.mixer = mixer, .ffn = ffn, .count = layers, .norms = 2, .stored = {}}};
  return m;
}

constexpr GroupedQueryAttention kAttention{
    .heads = 4, .kv_heads = 2, .head_dim = 2, .value_head_dim = 2};

TEST(ModelSize, HandCountedDecoder) {
  // Tables 800, final norm 8; a layer: q 64, k and v 32 each, o 64, three 8×16, two norms of 8.
  const LanguageModel m = tiny(kAttention, DenseFfn{.intermediate = 16, .gated = true}, 3);
  EXPECT_EQ(parameters(m).total, 800 + 8 + 3 * (64 + 32 + 32 + 64 + 3 * 128 + 16));
  EXPECT_EQ(parameters(m).active, parameters(m).total);
  EXPECT_EQ(weight_bytes(m).base(), 2 * parameters(m).total);
}

TEST(ModelSize, OnlyTheChosenExpertsAreActive) {
  const MoeFfn moe{.experts = 8, .experts_per_token = 2, .expert_intermediate = 4, .gated = true};
  const LanguageModel m = tiny(kAttention, moe, 2);
  const ParameterCount count = parameters(m);
  EXPECT_EQ(count.routed, 2 * 8 * 3 * 8 * 4);
  EXPECT_EQ(count.active, count.total - count.routed * 6 / 8);
}

TEST(ModelSize, PublishersCountTablesAsTheyLike) {
  LanguageModel m = tiny(kAttention, DenseFfn{.intermediate = 16}, 1);
  m.tied_embeddings = false;
  const double all = parameters(m).active;
  m.active_count = ActiveCount::kWithoutInput;
  EXPECT_EQ(parameters(m).active, all - 800);
  m.active_count = ActiveCount::kWithoutTables;
  EXPECT_EQ(parameters(m).active, all - 1600);
}

TEST(ModelSize, KvBytesPerToken) {
  EXPECT_EQ(kv_bytes_per_token(model("llama-3.1-70b"), Format::kBf16).base(), 327'680);
  EXPECT_EQ(kv_bytes_per_token(model("llama-3.1-70b"), Format::kFp8).base(), 163'840);
  // One vector of 512 + 64 a layer for all heads.
  EXPECT_EQ(kv_bytes_per_token(model("deepseek-v3"), Format::kBf16).base(), 61 * 576 * 2);
  // And the indexer's key in fp8 with its scale.
  EXPECT_EQ(kv_bytes_per_token(model("deepseek-v3.2"), Format::kBf16).base(),
            61 * (576 * 2 + 128 + 4));
  // 15 of 60 layers attend.
  EXPECT_EQ(kv_bytes_per_token(model("qwen3.5-397b-a17b"), Format::kBf16).base(),
            15 * 2 * 2 * 256 * 2);
  EXPECT_EQ(kv_bytes_per_token(model("mistral-7b"), Format::kBf16).base(), 0) << "all windowed";
}

TEST(ModelSize, WindowedLayersHoldTheirWindow) {
  // 50 windowed layers (16 × 256, 1,024 tokens) and 10 full ones (4 × 512), published elsewhere as
  // 3,523,215,360 B at 32,768 tokens.
  const LanguageModel gemma = model("gemma-4-31b");
  EXPECT_EQ(kv_bytes(gemma, 32768, Format::kBf16).base(), 3'523'215'360);
  EXPECT_EQ(kv_bytes(gemma, 512, Format::kBf16).base(), 512.0 * (50 * 16384 + 10 * 8192));
}

TEST(ModelSize, StatesDoNotGrow) {
  const LanguageModel qwen = model("qwen3.5-27b");
  const double empty = kv_bytes(qwen, 0, Format::kBf16).base();
  // 48 layers: 48 heads × 128 × 128 in fp32, and three inputs of 10,240 channels in 2 bytes.
  EXPECT_EQ(empty, 48 * (48 * 128 * 128 * 4.0 + 3 * 10240 * 2.0));
  EXPECT_EQ(kv_bytes(qwen, 1000, Format::kBf16).base() - empty,
            1000 * kv_bytes_per_token(qwen, Format::kBf16).base());
}

TEST(ModelSize, FlopsOfOneToken) {
  // 2 a weight but the input table: 2·(8·100 + 3·(192 + 384)); attention 4·4·2·10 a layer.
  const LanguageModel m = tiny(kAttention, DenseFfn{.intermediate = 16, .gated = true}, 3);
  EXPECT_EQ(flops_per_token(m, 10).base(), 2 * (800 + 3 * (192 + 384)) + 3 * 4 * 4 * 2 * 10);
  // Llama-3.1-8B: 2 × 7.5 billion multiplied weights.
  EXPECT_NEAR(flops_per_token(model("llama-3.1-8b"), 0).base(), 2 * 7.504e9, 1e7);
}

TEST(ModelSize, PublishedCheckpointsHaveTheirSize) {
  constexpr double kGib = 1073741824.0;
  // OpenAI, gpt-oss model card, table 1: 60.8 GiB and 12.8 GiB.
  EXPECT_NEAR(weight_bytes(model("gpt-oss-120b")).base() / kGib, 60.8, 0.1);
  EXPECT_NEAR(weight_bytes(model("gpt-oss-20b")).base() / kGib, 12.8, 0.1);
  // DeepSeek-V3's index says 688.6 GB, with the prediction layer and its copies of both tables.
  const LanguageModel v3 = model("deepseek-v3");
  const double with_mtp =
      weight_bytes(v3).base() + v3.mtp_parameters + 2 * parameters(v3).embedding;
  EXPECT_NEAR(with_mtp / 1e9, 688.6, 688.6 * 0.001);
  // Moonshot, Kimi-K2-Thinking: about 594 GB in int4.
  EXPECT_NEAR(weight_bytes(model("kimi-k2-thinking")).base() / 1e9, 594, 2);
}

TEST(ModelSize, QuantisationFollowsTheLayers) {
  const LanguageModel oss = model("gpt-oss-120b");
  ASSERT_TRUE(oss.quantisation);
  EXPECT_TRUE(oss.quantisation->experts_only);
  EXPECT_EQ(oss.quantisation->weights, Format::kMxfp4);
  EXPECT_FALSE(oss.quantisation->activations);
  const LanguageModel nvfp4 = model("deepseek-r1-nvfp4");
  ASSERT_TRUE(nvfp4.quantisation);
  EXPECT_EQ(nvfp4.quantisation->kv_cache, Format::kFp8);
  for (const Block& block : nvfp4.blocks) {
    EXPECT_FALSE(block.stored.mixer) << "attention is excluded";
    EXPECT_EQ(block.stored.ffn, Format::kNvfp4);
  }
  // 48 layers of fp8 delta rule, the rest in 4 bits, in one file.
  const LanguageModel mixed = model("qwen3.6-27b-nvfp4");
  EXPECT_EQ(mixed.blocks.front().stored.mixer, Format::kFp8);
  EXPECT_EQ(mixed.blocks.front().stored.ffn, Format::kNvfp4);
}

TEST(ModelSize, PredictionLayersStandBesideTheCount) {
  // MiMo-7B is published as 7,833,409,536 parameters with its prediction layer.
  const LanguageModel mimo = model("mimo-7b");
  EXPECT_EQ(mimo.mtp_layers, 1);
  EXPECT_EQ(parameters(mimo).total + mimo.mtp_parameters, 7'833'409'536);
}

RC_GTEST_PROP(ModelSize, WideningNeverShrinks, ()) {
  const int heads = *rc::gen::inRange(1, 16), layers = *rc::gen::inRange(1, 50);
  const int wide = *rc::gen::inRange(1, 1000);
  const GroupedQueryAttention a{
      .heads = heads, .kv_heads = heads, .head_dim = 8, .value_head_dim = 8};
  const LanguageModel m = tiny(a, DenseFfn{.intermediate = wide, .gated = true}, layers);
  const LanguageModel wider = tiny(a, DenseFfn{.intermediate = wide + 1, .gated = true}, layers);
  RC_ASSERT(parameters(wider).total > parameters(m).total);
  RC_ASSERT(flops_per_token(wider, 100).base() > flops_per_token(m, 100).base());
  RC_ASSERT(weight_bytes(m, Format::kFp8).base() < weight_bytes(m).base());
  RC_ASSERT(kv_bytes(m, 10, Format::kBf16).base() ==
            10 * kv_bytes_per_token(m, Format::kBf16).base());
}

}  // namespace
}  // namespace assay::catalog
