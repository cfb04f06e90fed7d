#include "search/training_waterfall.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/trainable.h"
#include "search/training_search_test_support.h"

namespace assay::search {
namespace {

using model::TrainingLayout;

RC_GTEST_PROP(TrainingWaterfall, SecondsAndPointsAddUp, ()) {
  const TrainingQuestion q = drawn_question();
  const model::TrainingSubject subject = q.subject();
  for_each_layout(drawn_space(q), q.accelerators, [&](const TrainingLayout& l) {
    if (!model::trainable(subject, l)) return;
    const model::TrainingPass pass = model::training_pass(subject, model::shard_shape(l));
    const model::TrainingStep step = model::training_step(subject, pass, l);
    const TrainingWaterfall fall = training_waterfall(subject, pass, l, step);
    double seconds = fall.ideal, points = fall.mfu;
    std::set<std::string> names;
    for (const WaterfallStep& loss : fall.losses) {
      seconds += loss.seconds;
      points += loss.mfu;
      RC_ASSERT(names.insert(loss.name).second);
    }
    RC_ASSERT(std::abs(seconds / step.time.total - 1) < 1e-9);
    RC_ASSERT(std::abs(points - 1) < 1e-9);
  });
}

TEST(TrainingWaterfall, NamesWhatTheLayoutDoes) {
  const TrainingQuestion q = gpt3_on_512_a100();
  const model::TrainingSubject subject = q.subject();
  const TrainingLayout layout{.tensor = 8,
                              .data = 8,
                              .pipeline = 8,
                              .micro_batch = 1,
                              .sequence_parallel = true,
                              .recompute = model::Recompute::kFull};
  const model::TrainingPass pass = model::training_pass(subject, model::shard_shape(layout));
  const TrainingWaterfall fall =
      training_waterfall(subject, pass, layout, model::training_step(subject, pass, layout));
  const auto has = [&](std::string_view name) {
    for (const WaterfallStep& loss : fall.losses) {
      if (loss.name == name) return loss.seconds > 0;
    }
    return false;
  };
  EXPECT_TRUE(has("recompute"));
  EXPECT_TRUE(has("pipeline bubble"));
  EXPECT_TRUE(has("tensor communication"));
  EXPECT_FALSE(has("expert communication"));
  EXPECT_FALSE(has("offload"));
}

TEST(TrainingWaterfall, FixesAreThoseOfEachLayoutsOwnStep) {
  TrainingQuestion q = gpt3_on_512_a100();
  const model::TrainingSubject subject = q.subject();
  const TrainingLayout layout{
      .tensor = 8, .data = 16, .pipeline = 4, .micro_batch = 4, .sequence_parallel = true};
  ASSERT_FALSE(model::predict_step(subject, layout)->fits);
  const auto fixes = fixes_of(subject, layout);
  ASSERT_FALSE(fixes.empty());
  for (const model::TrainingFix& fix : fixes) {
    const auto step = model::predict_step(subject, fix.layout);
    ASSERT_TRUE(step.has_value());
    EXPECT_TRUE(step->fits);
    EXPECT_EQ(step->time.total, fix.step.time.total);
  }
}

}  // namespace
}  // namespace assay::search
