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
