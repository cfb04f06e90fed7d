#include "model/training_stages.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::model {
namespace {

StageLayers stages(int layers, int pipeline, int virtual_stages = 1) {
  return stage_layers(layers, {.pipeline = pipeline, .virtual_stages = virtual_stages});
}

// Llama-3.1-70B: 80/4 = 20. GPT-3: 96/8 = 12, in chunks of one layer as well.
TEST(StageLayers, AreEqualSharesWhereTheyDivide) {
  for (const StageLayers& s : {stages(80, 4), stages(80, 4, 5)}) {
    EXPECT_TRUE(s.divides);
    EXPECT_FALSE(s.ends_count);
    EXPECT_EQ(s.inner, 20);
    EXPECT_EQ(s.end, 20);
  }
  for (const StageLayers& s : {stages(96, 8), stages(96, 8, 12)}) {
    EXPECT_TRUE(s.divides);
    EXPECT_EQ(s.inner, 12);
  }
}

// Llama-3.1-405B: (126 + 2)/8 = 16, of which the first and the last rank have a table in the place
// of one: 15 + 6 · 16 + 15 = 126. The same in 64 chunks of two.
TEST(StageLayers, CountTheEndsAsLayersWhereThatDivides) {
  for (const StageLayers& s : {stages(126, 8), stages(126, 8, 8)}) {
    EXPECT_FALSE(s.divides);
    EXPECT_TRUE(s.ends_count);
    EXPECT_EQ(s.inner, 16);
    EXPECT_EQ(s.end, 15);
    EXPECT_EQ(2 * s.end + 6 * s.inner, 126);
  }
}

// DeepSeek-V3: 61 on 16 stages is 3.8: some have 4. In chunks: 80 on 4 · 3 is 6.7 a chunk, 7 · 3.
TEST(StageLayers, AreOtherwiseThoseOfTheFullestRank) {
  const StageLayers s = stages(61, 16);
  EXPECT_FALSE(s.divides);
  EXPECT_FALSE(s.ends_count);
  EXPECT_EQ(s.inner, 4);
  EXPECT_EQ(s.end, 4);
  EXPECT_EQ(stages(80, 4, 3).inner, 21);
}

TEST(StageLayers, OfOneRankAreAll) { EXPECT_EQ(stages(61, 1).inner, 61); }

RC_GTEST_PROP(StageLayers, AreEnoughForAllLayers, ()) {
  const int layers = *rc::gen::inRange(2, 200), pipeline = *rc::gen::inRange(2, 33);
  const StageLayers s = stages(layers, pipeline, *rc::gen::inRange(1, 9));
  RC_ASSERT(2 * s.end + (pipeline - 2) * s.inner >= layers);
  RC_ASSERT(s.end <= s.inner);
}

}  // namespace
}  // namespace assay::model
