#include "model/steady_state.h"

#include <gtest/gtest.h>

#include "model/model_test_support.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

StepModel step(Speculation speculation = {}) {
  Deployment d = deployment(1, Format::kBf16);
  d.speculation = speculation;
  return {llama_8b(), hgx_h100(), d, catalog::load_efficiency().value()};
}

// Of ten sequences a tenth of one ends in an iteration: every tenth iteration carries a prompt.
TEST(MeanIteration, MixesThoseThatCarryAPromptWithThoseThatDoNot) {
  const StepModel s = step();
  const Seconds with = s.time({.prefill_tokens = 1000,
                               .prefill_pieces = 1,
                               .prefill_ends = 1,
                               .decode_sequences = 10,
                               .decode_context = 1050});
  const Seconds without = s.time({.decode_sequences = 10, .decode_context = 1050});
  const SteadyLoad load{.batch = 10, .input = 1000, .output = 100, .tokens_max = 8192};
  EXPECT_DOUBLE_EQ(mean_iteration(s, load).base(), (with * 0.1 + without * 0.9).base());
  EXPECT_DOUBLE_EQ(steady_throughput(s, load), 10 / mean_iteration(s, load).base());
}

// Ten prompts of 1,000 tokens an iteration, of which 8,092 fit beside 100 decoding sequences: the
// other 1,908 take 0.236 iterations more.
TEST(MeanIteration, OfMorePromptsThanFitRunsIterationsWithoutDecoding) {
  const StepModel s = step();
  Iteration mixed{.prefill_tokens = 8092,
                  .prefill_pieces = 8.092,
                  .prefill_ends = 8.092,
                  .decode_sequences = 100,
                  .decode_context = 1005};
  const Seconds with = s.time(mixed);
  mixed.decode_sequences = 0;
  const Seconds alone = s.time(mixed);
  const SteadyLoad load{.batch = 100, .input = 1000, .output = 10, .tokens_max = 8192};
  EXPECT_NEAR(mean_iteration(s, load) / (with + alone * (1908.0 / 8092)), 1, 1e-12);
}

// 1.024 prompts of 32,000 tokens an iteration are 32 pieces of 1,024, the least room there is.
TEST(MeanIteration, CutsAPromptThatIsLongerThanTheBudget) {
  const StepModel s = step();
  Iteration mixed{.prefill_tokens = 1024,
                  .prefill_pieces = 1,
                  .prefill_before = (32'000 - 1024) / 2.0,
                  .prefill_ends = 1024 / 32'000.0,
                  .decode_sequences = 1024,
                  .decode_context = 32'500};
  const Seconds with = s.time(mixed);
  mixed.decode_sequences = 0;
  const Seconds alone = s.time(mixed);
  const SteadyLoad load{.batch = 1024, .input = 32'000, .output = 1000, .tokens_max = 1500};
  EXPECT_NEAR(mean_iteration(s, load) / (with + alone * 31), 1, 1e-12);
}

TEST(SteadyThroughput, GrowsWithTheBatch) {
  const StepModel s = step();
  double last = 0;
  for (const double batch : {1.0, 8.0, 64.0, 256.0}) {
    const double now =
        steady_throughput(s, {.batch = batch, .input = 1000, .output = 500, .tokens_max = 8192});
    EXPECT_GT(now, last);
    last = now;
  }
}

TEST(SteadyThroughput, CountsTheTokensThatAreAccepted) {
  const SteadyLoad load{.batch = 4, .input = 100, .output = 400, .tokens_max = 8192};
  const StepModel none = step(), all = step({.draft_tokens = 3, .acceptance = 1});
  EXPECT_GT(steady_throughput(all, load), 3 * steady_throughput(none, load));
  EXPECT_LT(steady_throughput(all, load), 4 * steady_throughput(none, load));
}

TEST(SequencesInCache, KeepRoomForThePromptAndAShareOfTheOutput) {
  MemoryFit fit;
  fit.kv_tokens = 12'000;
  EXPECT_DOUBLE_EQ(sequences_in_cache(fit, 1000, 1000, 1), 6);
  EXPECT_DOUBLE_EQ(sequences_in_cache(fit, 1000, 1000, 0.5), 8);
  EXPECT_DOUBLE_EQ(sequences_in_cache(fit, 11'000, 900, 1), 12'000.0 / 11'900);
  EXPECT_DOUBLE_EQ(sequences_in_cache(fit, 20'000, 4000, 0.5), 0.5);
}

}  // namespace
}  // namespace assay::model
