#include "model/inference_step.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/model_test_support.h"
#include "model/tensor_split.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

double bytes(const Step& step, OperatorKind kind) { return step[kind].bytes.base(); }
double flops(const Step& step, OperatorKind kind) { return step[kind].flops.base(); }

TEST(DecodeStep, OfOneSequenceReadsEveryWeightOnce) {
  const Step step =
      decode_step(llama_70b(), hgx_h100(), deployment(1, Format::kBf16), ideal(), 1, 0);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttentionProjections), 2.0 * 80 * 150'994'944);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kDenseFfn), 2.0 * 80 * 704'643'072);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kLanguageHead), 2.0 * 8192 * 128'256);
  // 139.0 GB at 3.35 TB/s
  EXPECT_NEAR(step.time.base(), 0.0415, 0.0001);
  EXPECT_EQ(step.bound, Bound::kMemory);
}

TEST(DecodeStep, ReadsTheCacheOfEverySequence) {
  const Step step =
      decode_step(llama_70b(), hgx_h100(), deployment(1, Format::kBf16), ideal(), 10, 1000);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttention), 10.0 * 1000 * 327'680);
}

TEST(DecodeStep, WithoutOverheadsIsTheSumOfItsOperators) {
  const Step step =
      decode_step(deepseek_v3(), hgx_h100(), deployment(8, Format::kFp8), ideal(), 64, 4096);
  Seconds sum;
  for (const Operator& op : step.operators) sum += op.time;
  EXPECT_DOUBLE_EQ(step.time.base(), sum.base());
  EXPECT_EQ(step[OperatorKind::kLayerOverhead].time.base(), 0.0);
  EXPECT_EQ(step[OperatorKind::kStepOverhead].time.base(), 0.0);
}

TEST(DecodeStep, OfALatentCacheReadsItWholeOnEveryAccelerator) {
  const Step step =
      decode_step(deepseek_v3(), hgx_h100(), deployment(8, Format::kFp8), ideal(), 1, 1000);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttention), 61.0 * 1000 * 576 * 2);
}

TEST(DecodeStep, OfAWindowReadsNoMoreThanIt) {
  catalog::LanguageModel model = llama_8b();
  std::get<catalog::GroupedQueryAttention>(model.blocks[0].mixer).window = 128;
  const auto read = [&](double context) {
    return bytes(decode_step(model, hgx_h100(), deployment(1, Format::kBf16), ideal(), 1, context),
                 OperatorKind::kAttention);
  };
  EXPECT_DOUBLE_EQ(read(100), 100.0 * 32 * 4096);
  EXPECT_DOUBLE_EQ(read(100'000), 128.0 * 32 * 4096);
}

TEST(DecodeStep, MeetsTwoOfEightExpertsAloneAndAllInACrowd) {
  const double expert = 3.0 * 4096 * 14336 * 2;
  const auto read = [&](double sequences) {
    return bytes(decode_step(mixtral(), hgx_h100(), deployment(1, Format::kBf16), ideal(),
                             sequences, 0),
                 OperatorKind::kRoutedExperts) /
           (32 * expert);
  };
  EXPECT_NEAR(read(1), 2.0, 1e-9);
  EXPECT_NEAR(read(2), 8 * (1 - 0.75 * 0.75), 1e-9);
  EXPECT_NEAR(read(1000), 8.0, 1e-9);
}

TEST(DecodeStep, OfASparseIndexerReadsItsKeysAndTheChosenTokens) {
  catalog::LanguageModel model = deepseek_v3();
  for (catalog::Block& block : model.blocks) {
    auto& attention = std::get<catalog::LatentAttention>(block.mixer);
    attention.indexer_heads = 64;
    attention.indexer_dim = 128;
    attention.indexer_tokens = 2048;
  }
  const Step step =
      decode_step(model, hgx_h100(), deployment(8, Format::kFp8), ideal(), 1, 100'000);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttention),
                   61.0 * (100'000.0 * 132 + 2048.0 * 576 * 2));
}

TEST(PrefillStep, MultipliesEveryWeightWithEveryToken) {
  const Step step =
      prefill_step(llama_70b(), hgx_h100(), deployment(1, Format::kBf16), ideal(), 2, 1000);
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kDenseFfn), 2.0 * 2000 * 80 * 704'643'072);
  // causal: each token sees half of the prompt; 4 operations a head element
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kAttention), 80.0 * 2000 * 4 * 64 * 128 * 500);
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kLanguageHead), 2.0 * 2 * 8192 * 128'256);
  EXPECT_EQ(step.bound, Bound::kCompute);
}

TEST(PrefillStep, OfAWindowAttendsToItsMean) {
  catalog::LanguageModel model = llama_8b();
  std::get<catalog::GroupedQueryAttention>(model.blocks[0].mixer).window = 100;
  const Step step = prefill_step(model, hgx_h100(), deployment(1, Format::kBf16), ideal(), 1, 1000);
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kAttention), 32.0 * 1000 * 4 * 32 * 128 * 95);
}

TEST(Steps, DivideWeightsAndAddTwoAllReducesALayer) {
  const Step step =
      decode_step(llama_70b(), hgx_h100(), deployment(8, Format::kBf16), ideal(), 4, 0);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kDenseFfn), 2.0 * 80 * 704'643'072 / 8);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAllReduce), 2.0 * 80 * 1.75 * (4 * 8192 * 2));
}

TEST(Steps, WithoutEightBitHardwareSaveMemoryNotOperations) {
  catalog::EfficiencyTable table = ideal();
  const Step fp8 = decode_step(llama_70b(), hgx_a100(), deployment(1, Format::kFp8), table, 1, 0);
  EXPECT_DOUBLE_EQ(bytes(fp8, OperatorKind::kDenseFfn), 80.0 * 704'643'072);
  const Step slow =
      prefill_step(llama_70b(), hgx_a100(), deployment(1, Format::kFp8), table, 8, 1000);
  const Step same =
      prefill_step(llama_70b(), hgx_a100(), deployment(1, Format::kBf16), table, 8, 1000);
  EXPECT_DOUBLE_EQ(slow[OperatorKind::kDenseFfn].time.base(),
                   same[OperatorKind::kDenseFfn].time.base());
}

TEST(Steps, StoredAsPublishedTakeEachPartsFormat) {
  catalog::LanguageModel model = mixtral();
  model.quantisation = catalog::Quantisation{};
  model.quantisation->weights = Format::kMxfp4;
  model.blocks[0].stored.routed = Format::kMxfp4;
  const Step step = decode_step(model, hgx_h100(), deployment(1, Format::kMxfp4), ideal(), 1000, 0);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttentionProjections),
                   2.0 * 32 * (2.0 + 0.5) * 4096 * 4096);
  EXPECT_NEAR(bytes(step, OperatorKind::kRoutedExperts), 4.25 / 8 * 32 * 8 * 3.0 * 4096 * 14336,
              1.0);
}

TEST(TensorSplit, RepeatsKvHeadsBeyondTheirNumber) {
  const catalog::Mixer mixer = llama_70b().blocks[0].mixer;
  EXPECT_EQ(kv_ways(mixer, 4), 4.0);
  EXPECT_EQ(kv_ways(mixer, 16), 8.0);
  EXPECT_EQ(replicated_elements(mixer, 8192, 8), 0.0);
  EXPECT_DOUBLE_EQ(replicated_elements(mixer, 8192, 16), 8192.0 * 8 * 256 * (1.0 / 8 - 1.0 / 16));
}

TEST(BusyShare, LeavesOutLinksAndOverheads) {
  Step step;
  step.operators[0] = {.kind = OperatorKind::kDenseFfn,
                       .flops = {},
                       .bytes = {},
                       .time = 3.0_s,
                       .bound = Bound::kMemory};
  step.operators[1] = {.kind = OperatorKind::kAllReduce,
                       .flops = {},
                       .bytes = {},
                       .time = 1.0_s,
                       .bound = Bound::kLink};
  step.time = 4.0_s;
  EXPECT_DOUBLE_EQ(busy_share(step), 0.75);
}

// Any of the four models, a deployment that divides it, and a table with plausible constants.
struct Case {
  catalog::LanguageModel model;
  Deployment deployment;
  catalog::EfficiencyTable table;
  double sequences{}, context{};
};

Case any_case() {
  Case c;
  c.model = *rc::gen::element(llama_70b(), llama_8b(), mixtral(), deepseek_v3());
  c.deployment =
      deployment(*rc::gen::element(1, 2, 4, 8), *rc::gen::element(Format::kBf16, Format::kFp8));
  c.table = ideal();
  c.table.roofline_norm = *rc::gen::element(1.0, 1.29, 4.0);
  c.table.gemm_half_tokens = *rc::gen::element(0.0, 6.4, 60.0);
  c.sequences = *rc::gen::inRange(1, 2000);
  c.context = *rc::gen::inRange(1, 100'000);
  return c;
}

RC_GTEST_PROP(Steps, NeverSlowDownWithMoreBandwidthOrCompute, ()) {
  const Case c = any_case();
  Hardware faster = hgx_h100();
  const double factor = 1.0 + *rc::gen::inRange(0, 300) / 100.0;
  faster.memory_bandwidth = faster.memory_bandwidth * factor;
  faster.link.one_way = faster.link.one_way * factor;
  for (auto& peak : faster.peaks) {
    if (peak) peak = *peak * factor;
  }
  const auto decode = [&](const Hardware& h) {
    return decode_step(c.model, h, c.deployment, c.table, c.sequences, c.context).time;
  };
  const auto prefill = [&](const Hardware& h) {
    return prefill_step(c.model, h, c.deployment, c.table, 1, c.context).time;
  };
  RC_ASSERT(decode(faster) <= decode(hgx_h100()));
  RC_ASSERT(prefill(faster) <= prefill(hgx_h100()));
}

RC_GTEST_PROP(Steps, NeverShortenWithMoreSequencesOrContextAndGainFromBatching, ()) {
  const Case c = any_case();
  const double more = c.sequences + *rc::gen::inRange(1, 500);
  const auto time = [&](double sequences, double context) {
    return decode_step(c.model, hgx_h100(), c.deployment, c.table, sequences, context).time.base();
  };
  const double slack = 1 + 1e-12;
  RC_ASSERT(time(more, c.context) * slack >= time(c.sequences, c.context));
  RC_ASSERT(time(c.sequences, c.context + 100) * slack >= time(c.sequences, c.context));
  // Serving relies on it: a sequence costs no more in a larger batch.
  RC_ASSERT(time(more, c.context) / more <= time(c.sequences, c.context) / c.sequences * slack);
}

}  // namespace
}  // namespace assay::model
