#include "search/training_space.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/trainable.h"
#include "search/training_search_test_support.h"

namespace assay::search {
namespace {

using model::Recompute;
using model::Sharding;
using model::ShardShape;
using model::TrainingLayout;

std::string text(const TrainingLayout& l) {
  return model::to_text(l) + " " + std::to_string(l.shard_ranks) + " " +
         std::to_string(static_cast<int>(l.context_comm)) + (l.sequence_parallel ? " sp" : "");
}

// Layouts that can run, counted by structures.
std::int64_t runnable(const TrainingQuestion& q, const TrainingSpace& space) {
  const model::TrainingSubject subject = q.subject();
  StructureChoices choices;
  std::int64_t count = 0;
  for (const ShardShape& shape : shard_shapes(space, q.accelerators)) {
    for_each_structure(space, q.accelerators, shape, [&](const TrainingLayout& structure) {
      if (!model::trainable(subject, structure)) return;
      choices_of(space, structure, choices);
      count += static_cast<std::int64_t>(choices.sharding.size() * choices.recompute.size() *
                                         choices.offload.size());
    });
  }
  return count;
}

RC_GTEST_PROP(TrainingSpace, EveryLayoutIsMetOnceAndFillsTheAccelerators, ()) {
  const TrainingQuestion q = drawn_question();
  const TrainingSpace space = drawn_space(q);
  std::set<std::string> seen;
  std::int64_t count = 0;
  for_each_layout(space, q.accelerators, [&](const TrainingLayout& l) {
    ++count;
    RC_ASSERT(l.accelerators() == q.accelerators);
    RC_ASSERT(seen.insert(text(l)).second);
  });
  RC_ASSERT(count == count_layouts(space, q.accelerators));
}

RC_GTEST_PROP(TrainingSpace, LayoutsOfAShapeFollowOneAnother, ()) {
  const TrainingQuestion q = drawn_question();
  const TrainingSpace space = drawn_space(q);
  const auto shapes = shard_shapes(space, q.accelerators);
  std::size_t at = 0;
  for_each_layout(space, q.accelerators, [&](const TrainingLayout& l) {
    while (at < shapes.size() && shapes[at] != model::shard_shape(l)) ++at;
    RC_ASSERT(at < shapes.size());
  });
}

RC_GTEST_PROP(TrainingSpace, WhatCanRunDoesNotHangOnShardingRecomputeOrOffload, ()) {
  const TrainingQuestion q = drawn_question();
  const TrainingSpace space = drawn_space(q);
  const model::TrainingSubject subject = q.subject();
  for_each_layout(space, q.accelerators, [&](const TrainingLayout& l) {
    TrainingLayout structure = l;
    choose(ShardChoice{}, structure);
    choose(RecomputeChoice{}, structure);
    choose(OffloadChoice{}, structure);
    RC_ASSERT(model::trainable(subject, structure).has_value() ==
              model::trainable(subject, l).has_value());
  });
}

TEST(TrainingSpace, CalculonsHasAsManyThatRunAsCalculonTries) {
  const TrainingQuestion q = gpt3_on_512_a100();
  const TrainingSpace space = calculon_space(q.subject(), q.accelerators);
  EXPECT_EQ(space.tensor, (std::vector<int>{1, 2, 4, 8, 16, 32}));
  EXPECT_EQ(space.pipeline, (std::vector<int>{1, 2, 4, 8, 16, 32}));
  EXPECT_EQ(space.micro_batch, (std::vector<int>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}));
  EXPECT_EQ(space.offload.size(), 8u);
  // What calculon llm-optimal-execution 175B, 512 processes, batch 512, a100_80g counts: two
  // networks for each of three groups included, which here follow from the placement.
  EXPECT_GE(runnable(q, space), 6'582'816);
}

TEST(TrainingSpace, MegatronsIsPartOfTheFullOne) {
  TrainingQuestion q = llama_8b_on_16_h100();
  q.accelerators = 4;
  std::set<std::string> all;
  for_each_layout(full_space(q.subject(), q.accelerators), q.accelerators,
                  [&](const TrainingLayout& l) { all.insert(text(l)); });
  std::size_t count = 0;
  for_each_layout(megatron_space(q.subject(), q.accelerators), q.accelerators,
                  [&](const TrainingLayout& l) {
                    ++count;
                    EXPECT_TRUE(all.contains(text(l))) << text(l);
                    EXPECT_FALSE(l.offload_weights || l.offload_activations || l.offload_optimizer);
                    EXPECT_LE(l.tensor, 8);
                  });
  EXPECT_LT(count, all.size());
}

TEST(TrainingSpace, PublishedLayoutOfLlama3IsInIt) {
  // 16,384 H100, tp8 pp16 cp1 dp128, stages that count the two ends as layers (arXiv 2407.21783).
  const TrainingQuestion q{.model = model_of("llama-3.1-405b"),
                           .hardware = hardware_of("h100", "hgx-h100"),
                           .job = {.sequence = 8192, .batch = 2048},
                           .accelerators = 16384};
  bool found = false;
  const TrainingSpace space = megatron_space(q.subject(), q.accelerators);
  for (const ShardShape& shape : shard_shapes(space, q.accelerators)) {
    for_each_structure(space, q.accelerators, shape, [&](const TrainingLayout& l) {
      found = found || (l.tensor == 8 && l.pipeline == 16 && l.data == 128 &&
                        l.virtual_stages == 8 && l.micro_batch == 1 && l.sequence_parallel &&
                        model::trainable(q.subject(), l).has_value());
    });
  }
  EXPECT_TRUE(found);
}

TEST(TrainingSpace, WhatNothingTellsApartIsMetOnce) {
  TrainingQuestion q = llama_8b_on_16_h100();
  q.accelerators = 1;
  const TrainingSpace space = full_space(q.subject(), 1);
  for_each_layout(space, 1, [](const TrainingLayout& l) {
    EXPECT_EQ(l.sharding, Sharding::kNone);
    EXPECT_FALSE(l.sequence_parallel);
    EXPECT_EQ(l.virtual_stages, 1);
  });
}

TEST(TrainingSpace, WithoutAKnownHostNothingIsOffloaded) {
  TrainingQuestion q = llama_8b_on_16_h100();
  q.hardware.host_one_way.reset();
  EXPECT_EQ(full_space(q.subject(), 16).offload, std::vector<OffloadChoice>{OffloadChoice{}});
}

TEST(TrainingSpace, DivisorsRiseAndEndAtTheirLimit) {
  EXPECT_EQ(divisors(12, 12), (std::vector<int>{1, 2, 3, 4, 6, 12}));
  EXPECT_EQ(divisors(12, 5), (std::vector<int>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace assay::search
