#include "search/training_bounds.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/trainable.h"
#include "search/training_search_test_support.h"

namespace assay::search {
namespace {

using model::TrainingLayout;

// Whether a layout is at least as slow and as large as both bounds of its groups.
void expect_within(const model::TrainingSubject& subject, const model::TrainingPass& pass,
                   const TrainingLayout& layout, const StructureChoices& choices,
                   const Extremes& extremes) {
  const model::TrainingStep step = model::training_step(subject, pass, layout);
  for (const GroupBound& bound :
       {group_bound(subject, pass, layout, choices.recompute, choices.offload, extremes),
        group_bound(subject, pass, layout, choices.offload, extremes)}) {
    RC_LOG() << model::to_text(layout) << " of stack " << subject.job.stack << "\n";
    RC_ASSERT(step.time.total >= bound.time);
    RC_ASSERT(step.memory.total() >= bound.memory);
  }
}

RC_GTEST_PROP(TrainingBounds, NoLayoutOfAGroupIsFasterOrLeaner, ()) {
  const TrainingQuestion q = drawn_question();
  const TrainingSpace space = drawn_space(q);
  const model::TrainingSubject subject = q.subject();
  const Extremes extremes = extremes_of(space);
  StructureChoices choices;
  for_each_layout(space, q.accelerators, [&](const TrainingLayout& layout) {
    if (!model::trainable(subject, layout)) return;
    choices_of(space, layout, choices);
    const model::TrainingPass pass = model::training_pass(subject, model::shard_shape(layout));
    expect_within(subject, pass, layout, choices, extremes);
  });
}

TEST(TrainingBounds, AreThoseOfTheExtremeMembers) {
  const TrainingQuestion q = gpt3_on_512_a100();
  const model::TrainingSubject subject = q.subject();
  const TrainingSpace space = full_space(subject, q.accelerators);
  TrainingLayout layout{.tensor = 8, .data = 8, .pipeline = 8, .micro_batch = 1};
  const model::TrainingPass pass = model::training_pass(subject, model::shard_shape(layout));
  const GroupBound bound =
      group_bound(subject, pass, layout, space.recompute, space.offload, extremes_of(space));
  EXPECT_DOUBLE_EQ(bound.time / kRounding, model::step_time(subject, pass, layout).total);
  choose(kFullRecompute, layout);
  choose(kFullOffload, layout);
  EXPECT_DOUBLE_EQ(bound.memory / kRounding, model::training_memory(subject, pass, layout).total());
}

}  // namespace
}  // namespace assay::search
