#include "plan/training_plan.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "plan/test_inputs.h"
#include "plan/training_figures.h"

namespace assay::plan {
namespace {

constexpr Seconds kDay = kHour * 24.0;

const catalog::TrainingTable& built_in_training() {
  static const auto loaded = catalog::load_training();
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

const catalog::PowerTable& built_in_power() {
  static const auto loaded = catalog::load_power();
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

// Llama-3.1-8B on 1T tokens in 60 days.
TrainingScenario scenario_of_8b() {
  TrainingScenario s;
  s.file = "run.yaml";
  s.model = "llama-3.1-8b";
  s.job = {.sequence = 8192, .batch = 512};
  s.formats = {model::TrainingFormat::kSixteen};
  s.run.tokens = 1e12;
  s.run.deadline = kDay * 60.0;
  s.confidence = 0.9;
  s.offers.kinds = {market::OfferKind::kOnDemand, market::OfferKind::kReserved};
  s.offers.include = {"h100", "h200"};
  s.accelerators_max = 2048;
  return s;
}

TrainingPlan planned(const TrainingScenario& scenario, int jobs = 1) {
  const catalog::LanguageModel model = built_in_model(scenario.model);
  return make_training_plan(scenario, {built_in_catalog(), built_in_training(), built_in_power(),
                                       article_prices(), model, jobs});
}

TEST(TrainingPlan, TheChoiceKeepsTheDeadlineAndCostsLeast) {
  const TrainingPlan plan = planned(scenario_of_8b());
  ASSERT_TRUE(plan.is_feasible());
  for (const TrainingOption& option : plan.options) {
    EXPECT_GE(option.predicted.run->in_time.value(), 0.9);
    EXPECT_LE(option.sure, kDay * 60.0 * 1.0001);
    EXPECT_GE(option.lease.cost, plan.options.front().lease.cost);
    EXPECT_LE(option.lease.used, option.lease.cost);
    EXPECT_TRUE(option.predicted.step.fits);
  }
  EXPECT_TRUE(plan.options.front().why_not_first.empty());
  EXPECT_EQ(plan.sensitivities.size(), 4u);
}

TEST(TrainingPlan, DoesNotDependOnTheNumberOfThreads) {
  const TrainingPlan one = planned(scenario_of_8b(), 1), two = planned(scenario_of_8b(), 2);
  ASSERT_EQ(one.options.size(), two.options.size());
  for (std::size_t i = 0; i < one.options.size(); ++i) {
    EXPECT_EQ(option_text(one.options[i]), option_text(two.options[i]));
    EXPECT_EQ(one.options[i].lease.cost, two.options[i].lease.cost);
  }
  EXPECT_EQ(one.candidates, two.candidates);
}

TEST(TrainingPlan, ALooserDeadlineNeverCostsMore) {
  TrainingScenario loose = scenario_of_8b();
  loose.run.deadline = kDay * 120.0;
  const TrainingPlan tight = planned(scenario_of_8b()), plan = planned(loose);
  ASSERT_TRUE(tight.is_feasible() && plan.is_feasible());
  EXPECT_LE(plan.options.front().lease.used, tight.options.front().lease.used * 1.001);
}

TEST(TrainingPlan, EveryCandidateIsCountedOnce) {
  const TrainingPlan plan = planned(scenario_of_8b());
  int counted = plan.feasible;
  for (const Rejected& rejected : plan.rejected) counted += rejected.count;
  EXPECT_EQ(counted, plan.candidates);
}

TEST(TrainingPlan, WhatIsInfeasibleNamesWhatWouldHelp) {
  TrainingScenario s = scenario_of_8b();
  s.accelerators_max = 8;
  const TrainingPlan plan = planned(s);
  ASSERT_FALSE(plan.is_feasible());
  bool by_deadline = false, by_count = false;
  for (const TrainingRelaxation& r : plan.relaxations) {
    by_deadline = by_deadline || r.constraint == "limits.deadline";
    by_count = by_count || r.constraint == "constraints.accelerators_max";
  }
  EXPECT_TRUE(by_deadline && by_count);
}

// What the relaxation says is then feasible.
TEST(TrainingPlan, ARelaxedBudgetIsEnough) {
  TrainingScenario s = scenario_of_8b();
  const TrainingPlan free = planned(s);
  ASSERT_TRUE(free.is_feasible());
  s.budget = free.options.front().lease.cost * 0.5;
  EXPECT_FALSE(planned(s).is_feasible());
  s.budget = free.options.front().sure_lease.cost * 1.0001;
  EXPECT_TRUE(planned(s).is_feasible());
}

TEST(TrainingPlan, FiguresExplainTheChoice) {
  const TrainingPlan plan = planned(scenario_of_8b());
  ASSERT_TRUE(plan.is_feasible());
  for (const Figure& figure : training_figures(plan, built_in_training(), built_in_power())) {
    EXPECT_FALSE(figure.value.empty() || figure.formula.empty() || figure.inputs.empty())
        << figure.key;
  }
}

}  // namespace
}  // namespace assay::plan
