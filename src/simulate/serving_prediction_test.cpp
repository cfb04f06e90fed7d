// Loads whose answer follows from a step or two.
#include "simulate/serving_prediction.h"

#include <gtest/gtest.h>

#include "model/model_test_support.h"
#include "model/steady_state.h"

namespace assay::simulate {
namespace {

using catalog::Format;
using model::Deployment;
using model::Hardware;
using model::StepModel;
using namespace model::test;

constexpr double kInput = 1000, kOutput = 200;

Deployment tp(int tensor) { return deployment(tensor, Format::kBf16); }

ServingLoad load_of(LoadKind kind, double amount) {
  ServingLoad load;
  load.kind = kind;
  load.amount = amount;
  load.input_tokens = kInput;
  load.output_tokens = kOutput;
  return load;
}

ServingFigures predicted(const ServingLoad& load, int replicas = 1) {
  return predict_serving(llama_8b(), hgx_h100(), tp(1), ideal(), load, replicas).value();
}

StepModel step() { return {llama_8b(), hgx_h100(), tp(1), ideal()}; }

Seconds prefill(double prompts) {
  return step().time(
      {.prefill_tokens = prompts * kInput, .prefill_pieces = prompts, .prefill_ends = prompts});
}

Seconds decode(double sequences, double context) {
  return step().time({.decode_sequences = sequences, .decode_context = context});
}

TEST(FixedBatch, IsOnePrefillAndAllIterationsButTheFirst) {
  const ServingFigures f = predicted(load_of(LoadKind::kFixedBatch, 16));
  const Seconds all = prefill(16) + decode(16, 1100) * 199;
  EXPECT_DOUBLE_EQ(f.ttft.base(), prefill(16).base());
  EXPECT_DOUBLE_EQ(f.tpot.base(), decode(16, 1100).base());
  EXPECT_NEAR(f.output_tokens_per_s * all.base(), 16 * 200, 1e-6);
  EXPECT_NEAR(f.requests_per_s * all.base(), 16, 1e-9);
  EXPECT_NEAR(f.input_tokens_per_s * all.base(), 16'000, 1e-6);
  EXPECT_NEAR(f.prefill_share, prefill(16) / all, 1e-12);
}

TEST(FixedBatch, OfTwoReplicasIsHalfOnEach) {
  const ServingFigures one = predicted(load_of(LoadKind::kFixedBatch, 8));
  const ServingFigures two = predicted(load_of(LoadKind::kFixedBatch, 16), 2);
  EXPECT_DOUBLE_EQ(two.ttft.base(), one.ttft.base());
  EXPECT_DOUBLE_EQ(two.output_tokens_per_s, 2 * one.output_tokens_per_s);
  EXPECT_DOUBLE_EQ(two.batch, 8);
}

TEST(Decode, IsTheBatchOverOneIteration) {
  const ServingFigures f = predicted(load_of(LoadKind::kDecode, 32));
  EXPECT_DOUBLE_EQ(f.tpot.base(), decode(32, 1099.5).base());
  EXPECT_DOUBLE_EQ(f.output_tokens_per_s, 32 / f.tpot.base());
  EXPECT_EQ(f.ttft.base(), 0.0);
}

TEST(Decode, WithoutABatchTakesAllThatFits) {
  const ServingFigures f = predicted(load_of(LoadKind::kDecode, 0));
  EXPECT_GT(f.batch_max, 100);
  EXPECT_DOUBLE_EQ(f.batch, f.batch_max);
}

// Each keeps room for its prompt and half of its output.
TEST(Offline, FillsTheCacheOrTheEnginesLimit) {
  ServingLoad load = load_of(LoadKind::kOffline, 0);
  const ServingFigures f = predicted(load);
  EXPECT_TRUE(f.cache_binds);
  EXPECT_NEAR(f.batch, f.memory.kv_tokens / 1100, 1e-9);
  load.batch_limit = 64;
  const ServingFigures limited = predicted(load);
  EXPECT_FALSE(limited.cache_binds);
  EXPECT_DOUBLE_EQ(limited.batch, 64);
  const model::SteadyLoad steady{
      .batch = 64, .input = kInput, .output = kOutput, .tokens_max = 8192};
  EXPECT_DOUBLE_EQ(limited.output_tokens_per_s, model::steady_throughput(step(), steady));
}

// The context grows from the prompt by one token an iteration.
// A run counts in whole nanoseconds.
constexpr double kRounding = 1e-7;

TEST(Concurrency, OfOneIsPrefillAndDecodeAlone) {
  const ServingFigures f = predicted(load_of(LoadKind::kConcurrency, 1));
  EXPECT_NEAR(f.ttft / prefill(1), 1, kRounding);
  EXPECT_NEAR(f.tpot / decode(1, 1000 + 198 / 2.0), 1, kRounding);
  EXPECT_NEAR(f.ttft_p99 / f.ttft, 1, kRounding);
  EXPECT_NEAR(f.requests_per_s * (f.ttft + f.tpot * 199).base(), 1, kRounding);
  EXPECT_NEAR(f.batch, 1, kRounding);
}

TEST(Concurrency, WaitsForTheNetworkBeforeTheFirstToken) {
  catalog::EfficiencyTable table = ideal();
  table.engines[0].per_request = 10.0_ms;
  const auto f =
      predict_serving(llama_8b(), hgx_h100(), tp(1), table, load_of(LoadKind::kConcurrency, 1), 1);
  ASSERT_TRUE(f.has_value());
  EXPECT_NEAR(f->ttft.base(), prefill(1).base() + 0.010, 1e-9);
}

TEST(Concurrency, IsServedFasterByMoreReplicas) {
  double last = 0;
  for (const int replicas : {1, 2, 4, 8}) {
    const ServingFigures f = predicted(load_of(LoadKind::kConcurrency, 256), replicas);
    EXPECT_GT(f.output_tokens_per_s, last) << replicas;
    last = f.output_tokens_per_s;
  }
}

TEST(AtOnce, TakesAsLongAsItsPromptsAndTheLastOfThem) {
  const ServingFigures f = predicted(load_of(LoadKind::kAtOnce, 8));
  EXPECT_NEAR(f.ttft_p99 / prefill(8), 1, kRounding);  // 8,000 tokens fit one iteration
  EXPECT_NEAR(
      f.output_tokens_per_s / predicted(load_of(LoadKind::kFixedBatch, 8)).output_tokens_per_s, 1,
      1e-3);
}

TEST(Rate, WithinTheCapacityIsServedAndBeyondItSaturates) {
  const ServingFigures calm = predicted(load_of(LoadKind::kRate, 2));
  EXPECT_FALSE(calm.saturated);
  EXPECT_NEAR(calm.requests_per_s, 2, 0.1);
  EXPECT_GE(calm.ttft, prefill(1) * 0.999);
  EXPECT_GE(calm.ttft_p99, calm.ttft);
  const ServingFigures storm = predicted(load_of(LoadKind::kRate, 1000));
  EXPECT_TRUE(storm.saturated);
  EXPECT_GT(storm.ttft, calm.ttft * 10);
}

TEST(Capacity, KeepsWithinTheLimit) {
  ServingLoad load = load_of(LoadKind::kCapacity, 0);
  const ServingFigures all = predicted(load);
  load.tpot = Seconds::from_base(0.010);
  const ServingFigures limited = predicted(load);
  EXPECT_LE(limited.tpot.base(), 0.010);
  EXPECT_LT(limited.requests_per_s, all.requests_per_s);
}

TEST(PredictServing, NamesWhatBinds) {
  const auto memory =
      predict_serving(llama_70b(), hgx_h100(), tp(1), ideal(), load_of(LoadKind::kOffline, 0), 1);
  ASSERT_FALSE(memory.has_value());
  EXPECT_EQ(memory.error().kind, Error::Kind::kInfeasible);
  EXPECT_TRUE(memory.error().what.starts_with("weights need 141.1 GB per accelerator"))
      << memory.error().what;
  const auto heads =
      predict_serving(llama_70b(), hgx_h100(), tp(3), ideal(), load_of(LoadKind::kOffline, 0), 1);
  ASSERT_FALSE(heads.has_value());
  EXPECT_EQ(heads.error().what, "64 heads of dense do not divide by tensor parallelism 3");
  ServingLoad much = load_of(LoadKind::kOffline, 0);
  much.input_tokens = 1e6;
  const auto cache = predict_serving(llama_8b(), hgx_h100(), tp(1), ideal(), much, 1);
  ASSERT_FALSE(cache.has_value());
  EXPECT_NE(cache.error().what.find("one request needs 1000200"), std::string::npos)
      << cache.error().what;
}

Hardware networked() {
  Hardware hardware = hgx_h100();
  hardware.link.beyond_one_way = 50.0_GBps;
  return hardware;
}

const Disaggregation kPools{
    .prefill = tp(1), .decode = tp(1), .prefill_replicas = 1, .decode_replicas = 1};

// 1,000 tokens of 131,072 B over 50 GB/s.
TEST(Disaggregated, OfRareRequestsIsPrefillAndTransfer) {
  const auto f = predict_disaggregated(llama_8b(), networked(), kPools, ideal(),
                                       load_of(LoadKind::kRate, 1e-6));
  ASSERT_TRUE(f.has_value());
  EXPECT_NEAR(f->ttft.base(), prefill(1).base() + 131'072'000 / 50e9, 1e-6);
  EXPECT_NEAR(f->tpot / decode(1, 1000 + 198 / 2.0), 1, kRounding);
}

TEST(Disaggregated, IsBoundByItsPrompts) {
  const auto with = [](int replicas) {
    Disaggregation pools = kPools;
    pools.prefill_replicas = replicas;
    ServingLoad load = load_of(LoadKind::kConcurrency, 512);
    load.output_tokens = 20;
    return predict_disaggregated(llama_8b(), networked(), pools, ideal(), load).value();
  };
  EXPECT_GT(with(2).requests_per_s, 1.5 * with(1).requests_per_s);
  EXPECT_GT(with(1).ttft, with(2).ttft);
  EXPECT_LE(with(1).requests_per_s, 1.02 / (prefill(8) / 8).base());
}

}  // namespace
}  // namespace assay::simulate
