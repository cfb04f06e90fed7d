#include "search/predict_serving.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "search/search_test_support.h"

namespace assay::search {
namespace {

using simulate::LoadKind;
using simulate::ServingLoad;

Result<PredictedServing> predicted(const ServingSubject& subject, const DeploymentWish& wish,
                                   const ServingLoad& load) {
  const auto chosen = choose_deployment(subject, built_in_tables(), wish, load);
  if (!chosen) return tl::unexpected(chosen.error());
  return predict_deployment(subject, built_in_tables(), *chosen, load);
}

DeploymentWish tensor(int ways) {
  DeploymentWish wish;
  wish.tensor = ways;
  return wish;
}

ServingLoad at_rate(double per_second) {
  ServingLoad load = fixed_batch(per_second);
  load.kind = LoadKind::kRate;
  return load;
}

TEST(PredictServing, SmallestTensorParallelismThatHoldsTheLoadIsChosen) {
  const auto small = choose_deployment(eight_h200(llama()), built_in_tables(), {}, fixed_batch(8));
  ASSERT_TRUE(small.has_value());
  EXPECT_EQ(small->deployment.tensor, 1);
  EXPECT_EQ(small->replicas, 8);
  const auto large =
      choose_deployment(eight_h200(deepseek()), built_in_tables(), {}, fixed_batch(8));
  ASSERT_TRUE(large.has_value());
  EXPECT_EQ(large->deployment.tensor, 8);
  EXPECT_EQ(large->deployment.weights, catalog::Format::kFp8);  // as published
  EXPECT_EQ(large->deployment.activations, catalog::Format::kFp8);
}

TEST(PredictServing, FiguresOfABatchAreThoseOfTheServingModel) {
  const ServingSubject subject = eight_h200(llama());
  const auto p = predicted(subject, {}, fixed_batch(16));
  ASSERT_TRUE(p.has_value());
  ServingLoad all = fixed_batch(16.0 * 8);
  const auto same = simulate::predict_serving(llama(), h200(), p->chosen.deployment,
                                              built_in_tables().efficiency, all, 8);
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(p->figures.output_tokens_per_s, same->output_tokens_per_s);
  EXPECT_EQ(p->ttft.estimate.value, same->ttft.base());
  EXPECT_NEAR(p->decode.time.base(), same->tpot.base(), 1e-12);
  EXPECT_NEAR(p->prefill.time.base(), same->ttft.base(), 1e-12);
  EXPECT_NEAR(p->shares.prefill, same->prefill_share, 1e-9);
  EXPECT_NEAR(p->shares.prefill + p->shares.decode, 1, 1e-9);
}

TEST(PredictServing, EveryFigureLiesInItsInterval) {
  for (const catalog::LanguageModel* model : {&llama(), &deepseek()}) {
    const auto p = predicted(eight_h200(*model), {}, fixed_batch(4));
    ASSERT_TRUE(p.has_value());
    for (const ServingFigure* f :
         {&p->ttft, &p->tpot, &p->tokens_per_s, &p->tokens_per_s_per_accelerator, &p->power->mean,
          &p->power->joules_per_token}) {
      EXPECT_LT(f->estimate.low, f->estimate.value);
      EXPECT_LE(f->estimate.value, f->estimate.high);
      EXPECT_FALSE(f->regime.empty());
    }
  }
}

TEST(PredictServing, PowerLiesBetweenTheFloorAndTheLimitAndEnergyFollows) {
  const auto p = predicted(eight_h200(llama()), {}, fixed_batch(32));
  ASSERT_TRUE(p.has_value() && p->power);
  const auto& curve = built_in_tables().power.family("hopper");
  for (const ServingFigure* f : {&p->power->decode, &p->power->prefill, &p->power->mean}) {
    EXPECT_GE(f->estimate.value, p->power->limit.base() * curve.overhead);
    EXPECT_LE(f->estimate.value, p->power->limit.base());
  }
  EXPECT_GT(p->power->prefill.estimate.value, p->power->decode.estimate.value);
  EXPECT_NEAR(p->power->joules_per_token.estimate.value * p->figures.output_tokens_per_s,
              8 * p->power->mean.estimate.value, 1e-6);
  ASSERT_TRUE(p->power->node);
  EXPECT_GT(*p->power->joules_per_token_node, p->power->joules_per_token.estimate.value);
}

TEST(PredictServing, AReplicaThatWaitsDrawsLess) {
  const auto few = predicted(eight_h200(llama()), {}, at_rate(0.5));
  const auto many = predicted(eight_h200(llama()), {}, at_rate(40));
  ASSERT_TRUE(few.has_value() && many.has_value());
  EXPECT_LT(few->shares.prefill + few->shares.decode, 0.5);
  EXPECT_LT(few->power->mean.estimate.value, many->power->mean.estimate.value);
  EXPECT_GT(few->power->joules_per_token.estimate.value,
            many->power->joules_per_token.estimate.value);
}

TEST(PredictServing, EightWaysAtBatchOneYieldLessAnAcceleratorThanOne) {
  const auto one = predicted(eight_h200(llama()), tensor(1), fixed_batch(1));
  const auto eight = predicted(eight_h200(llama()), tensor(8), fixed_batch(1));
  ASSERT_TRUE(one.has_value() && eight.has_value());
  EXPECT_LT(eight->tokens_per_s_per_accelerator.estimate.value,
            one->tokens_per_s_per_accelerator.estimate.value);
  EXPECT_GT(eight->tokens_per_s_per_user->estimate.value,
            one->tokens_per_s_per_user->estimate.value);
}

RC_GTEST_PROP(PredictServingProperty, MoreBandwidthIsNeverSlower, ()) {
  const double factor = 1 + *rc::gen::inRange(0, 300) / 100.0;
  const double batch = *rc::gen::element(1.0, 4.0, 32.0, 128.0);
  const bool large = *rc::gen::arbitrary<bool>();
  const catalog::LanguageModel& model = large ? deepseek() : llama();
  model::Hardware faster = h200();
  faster.memory_bandwidth = faster.memory_bandwidth * factor;
  const auto a = predicted(eight_h200(model), {}, fixed_batch(batch));
  const auto b = predicted({model, faster, nullptr, 8}, {}, fixed_batch(batch));
  RC_ASSERT(a.has_value() && b.has_value());
  RC_ASSERT(b->figures.tpot <= a->figures.tpot);
  RC_ASSERT(b->figures.ttft <= a->figures.ttft);
}

TEST(PredictServing, ABatchThatDoesNotFitNamesTheCache) {
  const auto p = predicted(eight_h200(deepseek()), {}, fixed_batch(5000));
  ASSERT_FALSE(p.has_value());
  EXPECT_EQ(p.error().kind, Error::Kind::kInfeasible);
  EXPECT_NE(p.error().what.find("KV cache"), std::string::npos) << p.error().what;
  EXPECT_TRUE(p.error().expected.starts_with("at most ")) << p.error().expected;
}

TEST(PredictServing, WhatIsTooLargeNamesTheShortage) {
  const ServingSubject one{deepseek(), h200(), nullptr, 1};
  const auto p = predicted(one, {}, fixed_batch(1));
  ASSERT_FALSE(p.has_value());
  EXPECT_EQ(p.error().kind, Error::Kind::kInfeasible);
  EXPECT_NE(p.error().what.find("short at tp1"), std::string::npos) << p.error().what;
}

TEST(PredictServing, ALayoutLargerThanTheFleetIsRefused) {
  DeploymentWish wish = tensor(8);
  wish.pipeline = 2;
  const auto p = predicted(eight_h200(llama()), wish, fixed_batch(1));
  ASSERT_FALSE(p.has_value());
  EXPECT_EQ(p.error().what, "tp8 pp2 takes 16 accelerators, there are 8");
}

TEST(PredictServing, IdleAcceleratorsCount) {
  const ServingSubject three{llama(), h200(), nullptr, 3};
  const ServingSubject two{llama(), h200(), nullptr, 2};
  const auto a = predicted(three, tensor(2), fixed_batch(8));
  const auto b = predicted(two, tensor(2), fixed_batch(8));
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_EQ(a->chosen.idle, 1);
  EXPECT_NEAR(a->tokens_per_s_per_accelerator.estimate.value * 3,
              b->tokens_per_s_per_accelerator.estimate.value * 2, 1e-6);
}

TEST(PredictServing, DraftsThatAreAcceptedShortenTheTimePerToken) {
  DeploymentWish drafts;
  drafts.draft_tokens = 3;
  drafts.acceptance = 0.8;
  const auto plain = predicted(eight_h200(deepseek()), {}, fixed_batch(1));
  const auto faster = predicted(eight_h200(deepseek()), drafts, fixed_batch(1));
  ASSERT_TRUE(plain.has_value() && faster.has_value());
  EXPECT_LT(faster->figures.tpot, plain->figures.tpot);
}

TEST(PredictServing, BorrowedCurvesAreSaid) {
  const auto text = [](const model::Hardware& hardware) {
    return provenance({llama(), hardware, nullptr, 1}, built_in_tables(), {}).front();
  };
  EXPECT_TRUE(text(h200()).starts_with("operators: curves measured on hopper"));
  model::Hardware strange = h200();
  strange.family = "abacus";
  EXPECT_NE(text(strange).find("those of abacus were not measured"), std::string::npos);
}

}  // namespace
}  // namespace assay::search
