#include "model/memory_fit.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "catalog/model_size.h"
#include "model/model_test_support.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

MemoryFit fit(const catalog::LanguageModel& model, int tensor, Format format) {
  return memory_fit(model, hgx_h100(), deployment(tensor, format), ideal(), 1024, 2048);
}

TEST(MemoryFit, OfALlama70bIn16BitNeedsTwoOfEighty) {
  const MemoryFit one = fit(llama_70b(), 1, Format::kBf16);
  EXPECT_NEAR(one.weights.base(), 141.1e9, 0.1e9);
  EXPECT_FALSE(one.fits());
  EXPECT_EQ(one.kv_tokens, 0.0);
  EXPECT_TRUE(fit(llama_70b(), 2, Format::kBf16).fits());
}

TEST(MemoryFit, AddsUpToTheUsableMemory) {
  const MemoryFit f = fit(llama_70b(), 4, Format::kBf16);
  EXPECT_DOUBLE_EQ((f.weights + f.activations + f.reserve + f.kv_available).base(),
                   f.usable.base());
  // 80 layers × 2 of the 8 KV heads × 256 × 2 bytes
  EXPECT_NEAR(f.kv_tokens, f.kv_available.base() / (80.0 * 2 * 256 * 2), 1e-6);
}

TEST(MemoryFit, KeepsALatentCacheWholeOnEveryAccelerator) {
  const auto bytes = [](int tensor) {
    return kv_bytes_per_accelerator(deepseek_v3(), deployment(tensor, Format::kFp8), 1000).base();
  };
  EXPECT_DOUBLE_EQ(bytes(1), 61.0 * 1000 * 576 * 2);
  EXPECT_DOUBLE_EQ(bytes(8), bytes(1));
}

TEST(MemoryFit, TakesThePublishedFormatsWhereTheyAreAskedFor) {
  catalog::LanguageModel model = mixtral();
  model.quantisation = catalog::Quantisation{};
  model.quantisation->weights = Format::kMxfp4;
  model.blocks[0].stored.routed = Format::kMxfp4;
  EXPECT_DOUBLE_EQ(fit(model, 1, Format::kMxfp4).weights.base(),
                   catalog::weight_bytes(model).base());
  EXPECT_LT(catalog::weight_bytes(model, Format::kMxfp4), catalog::weight_bytes(model));
}

// Mixtral: 45.1 billion of 46.7 billion elements are its experts'.
TEST(MemoryFit, DealsExpertsOverDataParallelRanksAndLayersOverStages) {
  const auto weights = [](int tensor, int data, int pipeline) {
    Deployment d = deployment(tensor, Format::kBf16);
    d.data = data;
    d.expert = data;
    d.pipeline = pipeline;
    return memory_fit(mixtral(), hgx_h100(), d, ideal(), 1024, 2048).weights.base();
  };
  const double experts = 2.0 * 32 * 8 * 3 * 4096 * 14336;
  const double others = weights(1, 1, 1) - experts;
  EXPECT_NEAR(others, 2 * 1.6e9, 0.1e9);
  EXPECT_DOUBLE_EQ(weights(1, 8, 1), others + experts / 8);
  EXPECT_DOUBLE_EQ(weights(2, 4, 1), others / 2 + experts / 8);
  EXPECT_DOUBLE_EQ(weights(1, 1, 4), (others + experts) / 4);
}

TEST(MemoryFit, GivesEveryDataParallelRankACacheOfItsOwn) {
  Deployment d = deployment(1, Format::kBf16);
  d.data = 4;
  const MemoryFit f = memory_fit(llama_8b(), hgx_h100(), d, ideal(), 1024, 2048);
  EXPECT_NEAR(f.kv_tokens, 4 * f.kv_available.base() / 131'072, 1e-6);
}

TEST(MemoryFit, CutsTheCacheOverTheStages) {
  Deployment d = deployment(2, Format::kBf16);
  d.pipeline = 4;
  EXPECT_DOUBLE_EQ(kv_bytes_per_accelerator(llama_8b(), d, 1000).base(), 131'072'000.0 / 8);
}

TEST(MemoryFit, TakesTheEnginesShareByItsRule) {
  catalog::EfficiencyTable table = ideal();
  catalog::EngineOverhead& engine = table.engines[0];
  engine.memory_share = 0.9;
  engine.reserve = 1.0_GB;
  const auto left = [&](catalog::MemoryRule rule) {
    engine.memory_rule = rule;
    return memory_fit(llama_8b(), hgx_h100(), deployment(1, Format::kBf16), table, 1024, 2048);
  };
  const MemoryFit f = left(catalog::MemoryRule::kTotal);
  const double usable = f.usable.base(), weights = f.weights.base(), peak = f.activations.base();
  // tokens · (2 h + three of the feed-forward width) · 2 B, and 1,024 sequences' logits
  EXPECT_DOUBLE_EQ(peak, 8192.0 * (2 * 4096 + 3 * 14'336) * 2 + 1024.0 * 128'256 * 8);
  EXPECT_NEAR(f.kv_available.base(), 0.9 * usable - weights - peak - 1e9, 1);
  EXPECT_NEAR(left(catalog::MemoryRule::kFree).kv_available.base(),
              0.9 * (usable - weights - peak - 1e9), 1);
  // Activations take the tenth that weights and cache leave.
  EXPECT_NEAR(left(catalog::MemoryRule::kStatic).kv_available.base(), 0.9 * usable - weights - 1e9,
              1);
  // … and no more than it: what they need beyond comes out of the cache.
  engine.tokens_max = 200'000;
  const MemoryFit much = left(catalog::MemoryRule::kStatic);
  EXPECT_NEAR(much.kv_available.base(), usable - weights - much.activations.base() - 1e9, 1);
}

TEST(MemoryShortage, SaysWhatIsShort) {
  const MemoryFit f = fit(llama_70b(), 1, Format::kBf16);
  const std::string text = memory_shortage(f, deployment(1, Format::kBf16), 2048);
  EXPECT_TRUE(text.starts_with("weights need 141.1 GB per accelerator")) << text;
  EXPECT_TRUE(text.ends_with("short at tp1")) << text;
  MemoryFit small = fit(llama_70b(), 4, Format::kBf16);
  small.kv_tokens = 1000.7;
  EXPECT_EQ(memory_shortage(small, deployment(4, Format::kBf16), 2048),
            "the KV cache holds 1000 tokens at tp4, one request needs 2048");
}

// vLLM 0.19 on an RTX 4090 with Llama-3.1-8B reports 41,408 tokens of cache with 2,048 tokens an
// iteration and 256 sequences (25.25 GB of memory, of which it takes 0.9).
TEST(MemoryFit, MeetsTheCacheThatAnEngineReports) {
  Hardware hardware = hgx_h100();
  hardware.memory_usable = Bytes::from_base(25'250'627'584);
  catalog::EfficiencyTable table = ideal();
  table.engines[0].memory_share = 0.9;
  table.engines[0].reserve = 0.8_GB;
  table.engines[0].tokens_max = 2048;
  table.engines[0].sequences_max = 256;
  const MemoryFit f =
      memory_fit(llama_8b(), hardware, deployment(1, Format::kBf16), table, 1024, 2048);
  EXPECT_NEAR(f.kv_tokens, 41'408, 0.02 * 41'408);
}

RC_GTEST_PROP(MemoryFit, DividesWeightsByTheTensorParallelism, ()) {
  const catalog::LanguageModel model = *rc::gen::element(llama_70b(), llama_8b(), mixtral());
  const int tensor = *rc::gen::element(1, 2, 4, 8);
  const double one = fit(model, 1, Format::kFp8).weights.base();
  RC_ASSERT(std::abs(fit(model, tensor, Format::kFp8).weights.base() * tensor / one - 1) < 1e-12);
}

RC_GTEST_PROP(MemoryFit, OfMoreAcceleratorsHoldsMore, ()) {
  const catalog::LanguageModel model =
      *rc::gen::element(llama_70b(), llama_8b(), mixtral(), deepseek_v3());
  const int tensor = *rc::gen::element(1, 2, 4);
  RC_ASSERT(fit(model, 2 * tensor, Format::kFp8).kv_available >
            fit(model, tensor, Format::kFp8).kv_available);
}

}  // namespace
}  // namespace assay::model
