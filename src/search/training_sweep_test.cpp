#include "search/training_sweep.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "search/training_search_test_support.h"

namespace assay::search {
namespace {

const std::vector<int> kCounts{1, 8, 16, 32, 64};

TrainingSweep swept(const SweepQuestion& question, int jobs = 1) {
  const TrainingQuestion q = llama_8b_on_16_h100();
  return sweep_training(q.subject(), kCounts, megatron_space, question,
                        {.top = 1, .front = false, .jobs = jobs});
}

SweepQuestion of_tokens(double tokens) {
  SweepQuestion question;
  question.run.tokens = tokens;
  return question;
}

TEST(TrainingSweep, MoreAcceleratorsTakeFewerDays) {
  const TrainingSweep sweep = swept(of_tokens(1e12));
  ASSERT_EQ(sweep.points.size(), kCounts.size());
  EXPECT_FALSE(sweep.points[0].run.has_value());  // one holds no 8B model in training
  Seconds before = Seconds::from_base(1e300);
  for (std::size_t i = 2; i < sweep.points.size(); ++i) {
    ASSERT_TRUE(sweep.points[i].run.has_value());
    EXPECT_LT(sweep.points[i].run->expected, before);
    before = sweep.points[i].run->expected;
  }
  EXPECT_EQ(sweep.fastest, 4u);
  EXPECT_FALSE(sweep.fewest.has_value());  // no deadline
}

TEST(TrainingSweep, TheFewestThatMeetADeadline) {
  const TrainingSweep free = swept(of_tokens(1e12));
  for (const std::size_t i : {2u, 3u, 4u}) {
    SweepQuestion question = of_tokens(1e12);
    question.run.deadline = free.points[i].run->expected * 1.001;
    EXPECT_EQ(swept(question).fewest, i);
  }
  SweepQuestion hopeless = of_tokens(1e12);
  hopeless.run.deadline = free.points[4].run->expected * 0.5;
  EXPECT_FALSE(swept(hopeless).fewest.has_value());
  EXPECT_FALSE(swept(hopeless).cheapest.has_value());
}

TEST(TrainingSweep, TheFastestWithinABudget) {
  SweepQuestion question = of_tokens(1e12);
  question.accelerators_max = 40;
  EXPECT_EQ(swept(question).fastest, 3u);
}

TEST(TrainingSweep, TheCheapestNeedsFewestAcceleratorHours) {
  const TrainingSweep sweep = swept(of_tokens(1e12));
  ASSERT_TRUE(sweep.cheapest.has_value());
  for (const SweepPoint& p : sweep.points) {
    if (!p.run) continue;
    EXPECT_LE(sweep.points[*sweep.cheapest].run->accelerator_time, p.run->accelerator_time);
  }
}

TEST(TrainingSweep, TheFrontHoldsTheFastestAndTheCheapest) {
  const TrainingSweep sweep = swept(of_tokens(1e12));
  ASSERT_TRUE(sweep.fastest.has_value() && sweep.cheapest.has_value());
  EXPECT_TRUE(sweep.points[*sweep.fastest].front);
  EXPECT_TRUE(sweep.points[*sweep.cheapest].front);
  EXPECT_FALSE(sweep.points[0].front);  // nothing fits
}

TEST(TrainingSweep, EnergyIsThatOfTheBestLayouts) {
  SweepQuestion question = of_tokens(1e12);
  question.power = [](const FoundLayout&) {
    return std::optional<model::RunPower>{{.board = Watts::from_base(700),
                                           .idle = Watts::from_base(100),
                                           .host = Watts::from_base(300),
                                           .pue = 1}};
  };
  const TrainingSweep sweep = swept(question);
  const auto& run = sweep.points[2].run;
  ASSERT_TRUE(run.has_value() && run->energy.has_value());
  EXPECT_LE(run->energy->base(), 1000 * run->accelerator_time.base() * (1 + 1e-9));
  EXPECT_FALSE(swept(of_tokens(1e12)).points[2].run->energy.has_value());
}

TEST(TrainingSweep, IsTheSameForAnyNumberOfJobs) {
  const TrainingSweep one = swept(of_tokens(1e12), 1), two = swept(of_tokens(1e12), 2);
  for (std::size_t i = 0; i < one.points.size(); ++i) {
    EXPECT_EQ(one.points[i].search.checksum, two.points[i].search.checksum);
    EXPECT_EQ(one.points[i].run.has_value(), two.points[i].run.has_value());
  }
  EXPECT_EQ(one.fastest, two.fastest);
}

TEST(TrainingSweep, CountsArePowersOfTwoAndNodesBetween) {
  EXPECT_EQ(accelerator_counts(8, 64, 8, 100), (std::vector<int>{8, 16, 24, 32, 40, 48, 56, 64}));
  EXPECT_EQ(accelerator_counts(8, 64, 8, 4), (std::vector<int>{8, 16, 32, 64}));
  EXPECT_EQ(accelerator_counts(1, 64, 8, 3), (std::vector<int>{16, 32, 64}));
  EXPECT_EQ(accelerator_counts(72, 288, 72, 10), (std::vector<int>{72, 128, 144, 216, 256, 288}));
  EXPECT_EQ(accelerator_counts(5, 5, 8, 10), (std::vector<int>{5}));
}

}  // namespace
}  // namespace assay::search
