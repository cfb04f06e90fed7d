#include "model/layer_shapes.h"

#include <gtest/gtest.h>

#include "model/model_test_support.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

TEST(AttentionWork, OfGroupedHeadsIsTwoProductsAPair) {
  const AttentionWork w = attention_work(llama_70b().blocks[0].mixer, Format::kBf16);
  EXPECT_DOUBLE_EQ(w.prefill_flops_context, 4.0 * 64 * 128);
  EXPECT_DOUBLE_EQ(w.decode_flops_context, 4.0 * 64 * 128);
  EXPECT_DOUBLE_EQ(w.cache_bytes, 2.0 * 8 * 128 * 2);
  EXPECT_DOUBLE_EQ(w.heads_per_read, 8);
  EXPECT_DOUBLE_EQ(w.pairs, 8);
  EXPECT_DOUBLE_EQ(w.head_dim, 128);
  EXPECT_DOUBLE_EQ(w.passed, (64 + 8) * 128.0);
  EXPECT_EQ(w.limit, 0);
}

TEST(AttentionWork, OfAnEightBitCacheReadsHalf) {
  const catalog::Mixer mixer = llama_70b().blocks[0].mixer;
  EXPECT_DOUBLE_EQ(attention_work(mixer, Format::kFp8).cache_bytes, 2.0 * 8 * 128);
}

// DeepSeek-V3 prefills with heads of 192 and 128 elements and decodes on vectors of 512 and 64.
TEST(AttentionWork, OfALatentCacheIsAbsorbedWhenDecoding) {
  const AttentionWork w = attention_work(deepseek_v3().blocks[0].mixer, Format::kBf16);
  EXPECT_DOUBLE_EQ(w.prefill_flops_context, 2.0 * 128 * (192 + 128));
  EXPECT_DOUBLE_EQ(w.decode_flops_context, 2.0 * 128 * (576 + 512));
  EXPECT_DOUBLE_EQ(w.cache_bytes, 576 * 2.0);
  EXPECT_DOUBLE_EQ(w.head_dim, 160);
  EXPECT_EQ(w.indexer_bytes, 0);
}

// A key of 128 bytes and a scale of four for each token; attention to 2,048 of them.
TEST(AttentionWork, OfASparseIndexerReadsItsOwnKeys) {
  auto attention = std::get<catalog::LatentAttention>(deepseek_v3().blocks[0].mixer);
  attention.indexer_heads = 64;
  attention.indexer_dim = 128;
  attention.indexer_tokens = 2048;
  const AttentionWork w = attention_work(attention, Format::kBf16);
  EXPECT_EQ(w.limit, 2048);
  EXPECT_DOUBLE_EQ(w.indexer_bytes, 132);
  EXPECT_DOUBLE_EQ(w.indexer_flops, 2.0 * 64 * 128);
  EXPECT_DOUBLE_EQ(w.cache_bytes, 576 * 2.0);
}

// Qwen3-Next: 32 heads of 128 × 128 in fp32, read and written, and three inputs of the convolution.
TEST(AttentionWork, OfLinearAttentionReadsAndWritesAState) {
  const catalog::LinearAttention linear{
      .key_heads = 16, .value_heads = 32, .key_dim = 128, .value_dim = 128, .convolution = 4};
  const AttentionWork w = attention_work(linear, Format::kBf16);
  EXPECT_DOUBLE_EQ(w.state_bytes, 2 * (4.0 * 32 * 128 * 128 + 2.0 * 3 * (2 * 2048 + 4096)));
  EXPECT_DOUBLE_EQ(w.decode_flops, 7.0 * 32 * 128 * 128);
  EXPECT_EQ(w.cache_bytes, 0);
  EXPECT_EQ(w.prefill_flops_context, 0);
  EXPECT_GT(w.kernels, 1);
}

TEST(AttentionWork, OfNoMixerIsNothing) {
  const AttentionWork w = attention_work(catalog::NoMixer{}, Format::kBf16);
  EXPECT_EQ(w.kernels + w.cache_bytes + w.prefill_flops + w.decode_flops, 0);
}

TEST(MixerTraffic, OfGroupedHeadsPassesQueriesKeysAndValues) {
  const catalog::LanguageModel model = llama_70b();
  const Traffic one = mixer_traffic(model, model.blocks[0].mixer, 1);
  EXPECT_DOUBLE_EQ(one.in, 8192 + 8192);
  EXPECT_DOUBLE_EQ(one.out, 8192 + 2048 + 8192);
  EXPECT_DOUBLE_EQ(one.elementwise, 4.0 * 8192 * 2 + 2 * (8192 + 2048) * 2);
  const Traffic eight = mixer_traffic(model, model.blocks[0].mixer, 8);
  EXPECT_DOUBLE_EQ(eight.out, 1024 + 256 + 8192);
}

TEST(FfnTraffic, OfAGatedPartWritesTwiceItsWidth) {
  const catalog::LanguageModel model = llama_70b();
  const Traffic t = ffn_traffic(model, model.blocks[0].ffn, 4);
  EXPECT_DOUBLE_EQ(t.in, 8192 + 7168);
  EXPECT_DOUBLE_EQ(t.out, 2 * 7168 + 8192);
  EXPECT_DOUBLE_EQ(t.elementwise, 4.0 * 8192 * 2 + 3 * 7168 * 2);
}

TEST(ExpertTraffic, IsOfOneExpertCutOverItsRanks) {
  const catalog::LanguageModel model = mixtral();
  const Traffic t = expert_traffic(model, std::get<catalog::MoeFfn>(model.blocks[0].ffn), 2);
  EXPECT_DOUBLE_EQ(t.in_width, 4096);
  EXPECT_DOUBLE_EQ(t.out, 2 * 7168 + 4096);
}

}  // namespace
}  // namespace assay::model
