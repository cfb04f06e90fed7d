// Iterations that one can add up by hand, on the plain roofline.
#include "model/step_model.h"

#include <cmath>

#include <gtest/gtest.h>

#include "model/model_test_support.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

constexpr double kBandwidth = 3.35e12, kPeak = 989e12;

Step step_of(const catalog::LanguageModel& model, const Deployment& d, const Iteration& iteration) {
  return StepModel{model, hgx_h100(), d, ideal()}.step(iteration);
}

Step decode(const catalog::LanguageModel& model, const Deployment& d, double sequences,
            double context) {
  return step_of(model, d, {.decode_sequences = sequences, .decode_context = context});
}

Step prefill(const catalog::LanguageModel& model, const Deployment& d, double prompts,
             double tokens) {
  return step_of(
      model, d,
      {.prefill_tokens = prompts * tokens, .prefill_pieces = prompts, .prefill_ends = prompts});
}

Deployment bf16(int tensor = 1) { return deployment(tensor, Format::kBf16); }

Deployment ranks(int data, int expert, int pipeline = 1) {
  Deployment d = bf16();
  d.data = data;
  d.expert = expert;
  d.pipeline = pipeline;
  return d;
}

double bytes(const Step& step, OperatorKind kind) { return step[kind].bytes.base(); }
double flops(const Step& step, OperatorKind kind) { return step[kind].flops.base(); }
double time(const Step& step, OperatorKind kind) { return step[kind].time.base(); }

TEST(StepModel, OfNothingTakesNothing) {
  const StepModel step{llama_8b(), hgx_h100(), bf16(), catalog::load_efficiency().value()};
  EXPECT_EQ(step.time({}).base(), 0.0);
  EXPECT_EQ(step.time({.decode_context = 1000}).base(), 0.0);
  EXPECT_EQ(step.step({}).time.base(), 0.0);
}

// Per layer: weights, and in 16 bit what a row reads and writes. The head's logits are written in
// 16 bit, read and sampled from in 32.
TEST(StepModel, OfOneTokenReadsEveryWeightOnce) {
  const Step step = decode(llama_70b(), bf16(), 1, 0);
  const double projections = 80.0 * (2 * 150'994'944 + 2 * (16'384 + 18'432));
  const double ffn = 80.0 * (2.0 * 704'643'072 + 2 * (36'864 + 65'536));
  const double head = 2.0 * 8192 * 128'256 + 10.0 * 128'256;
  // residual and norm twice, queries and keys twice, the gated product of three
  const double passes = 80.0 * (2 * 65'536 + 4 * 10'240 + 6 * 28'672);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttentionProjections), projections);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kDenseFfn), ffn);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kLanguageHead), head);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kElementwise), passes);
  EXPECT_DOUBLE_EQ(step.time.base(), (projections + ffn + head + passes) / kBandwidth);
  EXPECT_NEAR(step.time.base(), 0.0415, 0.0001);  // 139.1 GB at 3.35 TB/s
  EXPECT_EQ(step.bound, Bound::kMemory);
}

TEST(StepModel, OfAPromptMultipliesEveryWeightWithEveryToken) {
  const Step step = prefill(llama_8b(), bf16(), 1, 2048);
  const double projections = 2.0 * 2048 * 32 * 41'943'040, ffn = 2.0 * 2048 * 32 * 176'160'768;
  // causal, in tiles of 128 queries: each token sees half of the prompt, and half of a tile more
  const double seen = 32.0 * 2048 * 4 * 32 * 128;
  EXPECT_DOUBLE_EQ(time(step, OperatorKind::kAttentionProjections), projections / kPeak);
  EXPECT_DOUBLE_EQ(time(step, OperatorKind::kDenseFfn), ffn / kPeak);
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kAttention), seen * 1024);
  EXPECT_DOUBLE_EQ(time(step, OperatorKind::kAttention), seen * (1024 + 64) / kPeak);
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kLanguageHead), 2.0 * 4096 * 128'256);
  EXPECT_DOUBLE_EQ(time(step, OperatorKind::kElementwise),
                   32.0 * 2048 * (2 * 32'768 + 4 * 6144 + 6 * 14'336) / kBandwidth);
  EXPECT_EQ(step[OperatorKind::kDenseFfn].bound, Bound::kCompute);
  EXPECT_EQ(step.bound, Bound::kCompute);
}

TEST(StepModel, AttendsToWhatIsInTheCacheAlready) {
  const Step step = step_of(llama_8b(), bf16(),
                            {.prefill_tokens = 512, .prefill_pieces = 1, .prefill_before = 1000});
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kAttention), 32.0 * 512 * 4 * 32 * 128 * 1256);
  EXPECT_EQ(flops(step, OperatorKind::kLanguageHead), 0.0);
}

TEST(StepModel, OfAWindowAttendsToItsMeanAndReadsNoMoreThanIt) {
  catalog::LanguageModel model = llama_8b();
  std::get<catalog::GroupedQueryAttention>(model.blocks[0].mixer).window = 100;
  EXPECT_DOUBLE_EQ(flops(prefill(model, bf16(), 1, 1000), OperatorKind::kAttention),
                   32.0 * 1000 * 4 * 32 * 128 * 95);
  const auto read = [&](double context) {
    return bytes(decode(model, bf16(), 1, context), OperatorKind::kAttention);
  };
  EXPECT_DOUBLE_EQ(read(50), 50.0 * 32 * 4096);
  EXPECT_DOUBLE_EQ(read(100'000), 100.0 * 32 * 4096);
}

TEST(StepModel, ReadsTheCacheOfEverySequence) {
  const Step step = decode(llama_70b(), bf16(), 10, 1000);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttention), 10.0 * 1000 * 327'680);
  EXPECT_DOUBLE_EQ(time(step, OperatorKind::kAttention), 10.0 * 1000 * 327'680 / kBandwidth);
}

TEST(StepModel, ReadsALatentCacheWholeOnEveryAccelerator) {
  const Step step = decode(deepseek_v3(), deployment(8, Format::kFp8), 1, 1000);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttention), 61.0 * 1000 * 576 * 2);
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kAttention), 61.0 * 1000 * 2 * 128 * 1088 / 8);
}

TEST(StepModel, OfASparseIndexerReadsItsKeysAndTheChosenTokens) {
  catalog::LanguageModel model = deepseek_v3();
  for (catalog::Block& block : model.blocks) {
    auto& attention = std::get<catalog::LatentAttention>(block.mixer);
    attention.indexer_heads = 64;
    attention.indexer_dim = 128;
    attention.indexer_tokens = 2048;
  }
  const Step step = decode(model, deployment(8, Format::kFp8), 1, 100'000);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttention),
                   61.0 * (100'000.0 * 132 + 2048.0 * 576 * 2));
}

// Bytes of routed experts besides the router's, in experts of Mixtral.
double experts_read(const Deployment& d, double sequences) {
  const double rows = sequences / d.data;
  const double router = 32 * (2.0 * 4096 * 8 + rows * 2 * (4096 + 8));
  const double read = bytes(decode(mixtral(), d, sequences, 0), OperatorKind::kRoutedExperts);
  return (read - router) / (32 * 3.0 * 4096 * 14336 * 2);
}

TEST(StepModel, MeetsTwoOfEightExpertsAloneAndAllInACrowd) {
  EXPECT_NEAR(experts_read(bf16(), 1), 2.0, 1e-9);
  EXPECT_NEAR(experts_read(bf16(), 2), 8 * (1 - 0.75 * 0.75), 1e-9);
  EXPECT_NEAR(experts_read(bf16(), 1000), 8.0, 1e-9);
}

// Of four ranks with two experts each the busiest meets the mean of half an expert and, of four
// draws, √(2 ln 4 · ½ · ¾) more.
TEST(StepModel, WaitsForTheBusiestOfTheExpertRanks) {
  EXPECT_NEAR(experts_read(ranks(4, 4), 1), 0.5 + std::sqrt(2 * std::log(4.0) * 0.5 * 0.75), 1e-9);
  EXPECT_NEAR(experts_read(ranks(4, 4), 1000), 2.0, 1e-9);
  // Each expert cut in two over two pairs of ranks: four halves.
  EXPECT_NEAR(experts_read(ranks(4, 2), 1000), 2.0, 1e-9);
}

TEST(StepModel, GivesEachDataParallelRankItsShareOfTheRows) {
  const Step one = decode(llama_8b(), bf16(), 64, 1000);
  const Step two = decode(llama_8b(), ranks(2, 1), 64, 1000);
  EXPECT_DOUBLE_EQ(flops(two, OperatorKind::kDenseFfn), flops(one, OperatorKind::kDenseFfn) / 2);
  EXPECT_DOUBLE_EQ(bytes(two, OperatorKind::kAttention), bytes(one, OperatorKind::kAttention) / 2);
}

// Each of 32 rows to two experts of other ranks and back, in 16 bit.
TEST(StepModel, SendsTokensToTheirExpertsAndBack) {
  const Step step = decode(mixtral(), ranks(8, 8), 256, 0);
  EXPECT_DOUBLE_EQ(time(step, OperatorKind::kExpertExchange),
                   32 * 32.0 * 2 * 4096 * (2 + 2) * 7 / 8 / 450e9);
  EXPECT_EQ(time(decode(mixtral(), bf16(8), 256, 0), OperatorKind::kExpertExchange), 0.0);
}

TEST(StepModel, CutsABatchOverThePipelineAndSendsItOn) {
  const Step one = decode(llama_8b(), bf16(), 64, 1000);
  const Step two = decode(llama_8b(), ranks(1, 1, 2), 64, 1000);
  EXPECT_DOUBLE_EQ(flops(two, OperatorKind::kDenseFfn), flops(one, OperatorKind::kDenseFfn) / 2);
  EXPECT_DOUBLE_EQ(time(two, OperatorKind::kPipeline), 32 * 4096 * 2 / 450e9);
  // one sequence has nothing to cut
  EXPECT_DOUBLE_EQ(flops(decode(llama_8b(), ranks(1, 1, 2), 1, 0), OperatorKind::kDenseFfn),
                   flops(decode(llama_8b(), bf16(), 1, 0), OperatorKind::kDenseFfn));
}

// Four prompts, two stages: three half batches in a row instead of two whole ones.
TEST(StepModel, FillsThePipelineWithPrompts) {
  const double one = time(prefill(llama_8b(), bf16(), 4, 4096), OperatorKind::kDenseFfn);
  const double two = time(prefill(llama_8b(), ranks(1, 1, 2), 4, 4096), OperatorKind::kDenseFfn);
  EXPECT_DOUBLE_EQ(two, 0.75 * one);
}

TEST(StepModel, ChecksDraftsAsRows) {
  Deployment d = bf16();
  d.speculation = {.draft_tokens = 3, .acceptance = 0.5};
  const Step plain = decode(llama_8b(), bf16(), 8, 1000), drafts = decode(llama_8b(), d, 8, 1000);
  for (const OperatorKind kind :
       {OperatorKind::kDenseFfn, OperatorKind::kLanguageHead, OperatorKind::kAttention})
    EXPECT_DOUBLE_EQ(flops(drafts, kind), 4 * flops(plain, kind)) << name(kind);
  EXPECT_DOUBLE_EQ(bytes(drafts, OperatorKind::kAttention), bytes(plain, OperatorKind::kAttention));
  const StepModel step{llama_8b(), hgx_h100(), d, ideal()};
  EXPECT_DOUBLE_EQ(step.tokens_per_iteration(), 1.875);
}

// Two drafts of a tenth of an iteration that decodes without them, whatever prompts come along.
TEST(StepModel, ChargesDraftsInIterationsWithoutThem) {
  Deployment d = bf16();
  d.speculation = {.draft_tokens = 2, .acceptance = 0.5};
  EXPECT_EQ(time(decode(llama_8b(), d, 8, 1000), OperatorKind::kDrafts), 0.0);
  d.speculation.draft_cost = 0.1;
  const double plain = decode(llama_8b(), bf16(), 8, 1000).time.base();
  EXPECT_DOUBLE_EQ(time(decode(llama_8b(), d, 8, 1000), OperatorKind::kDrafts), 0.2 * plain);
  const Iteration mixed{
      .prefill_tokens = 4096, .prefill_pieces = 1, .decode_sequences = 8, .decode_context = 1000};
  EXPECT_DOUBLE_EQ(time(step_of(llama_8b(), d, mixed), OperatorKind::kDrafts), 0.2 * plain);
  EXPECT_EQ(time(prefill(llama_8b(), d, 1, 1000), OperatorKind::kDrafts), 0.0);
}

TEST(StepModel, DividesWeightsAndAddsTwoAllReducesALayer) {
  const Step step = decode(llama_70b(), bf16(8), 4, 0);
  EXPECT_DOUBLE_EQ(flops(step, OperatorKind::kDenseFfn), 2.0 * 4 * 80 * 704'643'072 / 8);
  EXPECT_DOUBLE_EQ(time(step, OperatorKind::kAllReduce), 2 * 80 * 1.75 * (4 * 8192 * 2) / 450e9);
}

TEST(StepModel, WithoutEightBitHardwareSavesMemoryNotOperations) {
  const auto step = [](Format format, double prompts) {
    const StepModel model{llama_70b(), hgx_a100(), deployment(1, format), ideal()};
    if (prompts == 0) return model.step({.decode_sequences = 1});
    return model.step({.prefill_tokens = prompts * 1000, .prefill_pieces = prompts});
  };
  EXPECT_NEAR(bytes(step(Format::kFp8, 0), OperatorKind::kDenseFfn), 80.0 * 704'643'072, 2e7);
  EXPECT_DOUBLE_EQ(time(step(Format::kFp8, 8), OperatorKind::kDenseFfn),
                   time(step(Format::kBf16, 8), OperatorKind::kDenseFfn));
}

TEST(StepModel, StoredAsPublishedTakesEachPartsFormat) {
  catalog::LanguageModel model = mixtral();
  model.quantisation = catalog::Quantisation{};
  model.quantisation->weights = Format::kMxfp4;
  model.blocks[0].stored.routed = Format::kMxfp4;
  const Step step = decode(model, deployment(1, Format::kMxfp4), 1000, 0);
  EXPECT_DOUBLE_EQ(bytes(step, OperatorKind::kAttentionProjections),
                   2.0 * 32 * (2.5 * 4096 * 4096 + 1000 * (8192 + 10'240)));
  const double router = 32 * (2.0 * 4096 * 8 + 1000 * 2 * (4096 + 8));
  EXPECT_NEAR(bytes(step, OperatorKind::kRoutedExperts),
              router + 4.25 / 8 * 32 * 8 * 3.0 * 4096 * 14336, 1.0);
}

}  // namespace
}  // namespace assay::model
