#include "model/training_fit.h"

#include <gtest/gtest.h>

namespace assay::model {
namespace {

using namespace literals;

TEST(TrainingFit, NamesThePartsThatAreTooLarge) {
  TrainingMemory memory;
  memory.weights = 10e9;
  memory.gradients = 20e9;
  memory.optimizer = 30e9;
  memory.activations = 25.1e9;
  memory.buffers = 6.2e9;
  memory.reserve = 1e9;
  EXPECT_EQ(training_shortage(memory, 80.0_GB),
            "does not fit: 12.3 GB short of 80 GB: optimizer 30 GB, activations 25.1 GB, "
            "gradients 20 GB, weights 10 GB, buffers 6.2 GB, reserve 1 GB");
  EXPECT_EQ(training_shortage(memory, 100.0_GB), "");
}

// Of a machine where only the micro-batch and the optimizer take memory, and where recomputing,
// tensor and pipeline parallelism take time.
Result<TrainingStep> step_of(const TrainingLayout& l) {
  if (l.tensor > 8)
    return tl::unexpected(
        Error{.what = "heads do not divide", .expected = {}, .near = {}, .where = {}});
  TrainingStep step;
  const double share = l.sharding == Sharding::kNone ? 1.0 : 1.0 / l.data;
  step.memory.optimizer = 64 * share / (l.tensor * l.pipeline);
  step.memory.activations = 8.0 * l.micro_batch / l.tensor;
  step.fits = step.memory.total() <= 30;
  step.time.total = 10.0 * (1 + 0.1 * l.tensor + 0.2 * l.pipeline) / l.accelerators() * 8;
  return step;
}

std::vector<std::string> changes(const TrainingLayout& layout) {
  std::vector<std::string> texts;
  for (const TrainingFix& fix : nearest_fixes(layout, step_of)) texts.push_back(fix.change);
  return texts;
}

TEST(TrainingFit, FindsTheSmallestChangesThatFitFastestFirst) {
  const TrainingLayout layout{.data = 8};
  EXPECT_EQ(changes(layout), (std::vector<std::string>{"zero1", "tp4", "pp4", "16 accelerators"}));
}

TEST(TrainingFit, GivesTheStepOfEveryFix) {
  for (const TrainingFix& fix : nearest_fixes({.data = 8}, step_of)) {
    EXPECT_TRUE(fix.step.fits);
    EXPECT_EQ(fix.step.time.total, step_of(fix.layout)->time.total);
    EXPECT_NE(fix.layout, TrainingLayout{.data = 8});
  }
}

TEST(TrainingFit, HalvesTheMicroBatchUntilItFits) {
  TrainingLayout layout{.data = 8};
  layout.micro_batch = 8;
  layout.sharding = Sharding::kOptimizer;
  const std::vector<std::string> texts = changes(layout);
  EXPECT_NE(std::find(texts.begin(), texts.end(), "mbs2"), texts.end());
}

TEST(TrainingFit, FindsNothingWhereNothingHelps) {
  const auto never = [](const TrainingLayout&) -> Result<TrainingStep> { return TrainingStep{}; };
  EXPECT_TRUE(nearest_fixes({.data = 8}, never).empty());
}

}  // namespace
}  // namespace assay::model
