#include "search/predict_training.h"

#include <cmath>

#include <gtest/gtest.h>

#include "search/training_search_test_support.h"
#include "search/training_work.h"

namespace assay::search {
namespace {

using model::TrainingLayout;

const TrainingLayout kLayout{.tensor = 8,
                             .data = 8,
                             .pipeline = 8,
                             .micro_batch = 1,
                             .sequence_parallel = true,
                             .sharding = model::Sharding::kOptimizer,
                             .recompute = model::Recompute::kFull};

catalog::PowerTable power_table() {
  const auto loaded = catalog::load_power();
  EXPECT_TRUE(loaded.has_value());
  return *loaded;
}

TEST(StepInterval, IsOfTheTierThatTheFitKnows) {
  const TrainingQuestion q = gpt3_on_512_a100();
  catalog::TrainingTable table = training_table();
  table.intervals = {
      {.tier = "seen dense", .half_width = 0.2, .half_width_80 = 0.1, .groups = 9, .origin = {}}};
  const auto confide = [&](catalog::Confidence confidence, std::vector<std::string> families) {
    for (catalog::TrainingStack& stack : table.stacks) {
      stack.confidence = confidence;
      stack.families = families;
    }
  };
  confide(catalog::Confidence::kMeasured, {"ampere"});
  const StepInterval seen = step_interval({q.model, q.hardware, table, q.job});
  EXPECT_EQ(seen.tier, "seen dense");
  EXPECT_DOUBLE_EQ(seen.half_width, 0.2);
  confide(catalog::Confidence::kMeasured, {"hopper"});
  EXPECT_EQ(step_interval({q.model, q.hardware, table, q.job}).tier, "unseen dense");
  confide(catalog::Confidence::kAssumed, {"ampere"});
  const StepInterval unseen = step_interval({q.model, q.hardware, table, q.job});
  EXPECT_EQ(unseen.tier, "unseen dense");
  EXPECT_GE(unseen.half_width, 0.69);  // a factor of two: nothing was measured of it
}

TEST(StepWork, IsThatOfTheModelAndOfWhatIsComputedAgain) {
  const TrainingQuestion q = gpt3_on_512_a100();
  const model::TrainingSubject subject = q.subject();
  const model::TrainingPass pass = model::training_pass(subject, model::shard_shape(kLayout));
  const double tokens = 1.0 * q.job.batch * q.job.sequence;
  const double of_model = tokens * pass.model_flops / kLayout.accelerators();
  TrainingLayout plain = kLayout;
  plain.recompute = model::Recompute::kNone;
  const StepWork once = step_work(subject, pass, plain), again = step_work(subject, pass, kLayout);
  // Attention's backward multiplies 2.5 times, not twice, what its forward does.
  EXPECT_NEAR((once.layers + once.sixteen) / of_model, 1, 0.05);
  EXPECT_NEAR(again.layers / once.layers, 4.0 / 3, 1e-9);
  EXPECT_GT(again.bytes, once.bytes);
}

TEST(PredictTraining, FiguresAreOfTheSameStep) {
  const TrainingQuestion q = gpt3_on_512_a100();
  const model::TrainingSubject subject = q.subject();
  const catalog::PowerTable power = power_table();
  workload::TrainingRun run;
  run.tokens = 300e9;
  const auto p = predict_training(subject, {.power = power}, kLayout, run);
  ASSERT_TRUE(p.has_value());
  const double tokens = 1.0 * q.job.batch * q.job.sequence;
  EXPECT_NEAR(p->tokens_per_s.value * p->seconds.value, tokens, 1e-6 * tokens);
  EXPECT_NEAR(p->tokens_per_s.value / p->tokens_per_s_per_accelerator.value, 512, 1e-6);
  EXPECT_NEAR(p->seconds.high / p->seconds.value, std::exp(p->interval.half_width), 1e-9);
  EXPECT_NEAR(p->waterfall.mfu, p->mfu.value, 1e-12);
  EXPECT_EQ(p->shortage.empty(), p->step.fits);
  ASSERT_TRUE(p->run.has_value());
  EXPECT_NEAR(p->run->full_speed.base() * p->tokens_per_s.value / 300e9, 1, 1e-4);
  ASSERT_TRUE(p->power.has_value());
  EXPECT_LE(p->power->board.high, p->power->limit.base());
  EXPECT_FALSE(p->power->host.has_value());
}

TEST(PredictTraining, OfALayoutThatCannotRunSaysWhy) {
  const TrainingQuestion q = gpt3_on_512_a100();
  TrainingLayout layout = kLayout;
  layout.expert = 2;
  const catalog::PowerTable power = power_table();
  const auto p = predict_training(q.subject(), {.power = power}, layout, std::nullopt);
  ASSERT_FALSE(p.has_value());
  EXPECT_EQ(p.error().what, "expert parallelism without experts");
}

}  // namespace
}  // namespace assay::search
