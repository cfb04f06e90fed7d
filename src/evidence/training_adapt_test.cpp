#include "evidence/training_adapt.h"

#include <cmath>

#include <gtest/gtest.h>

#include "evidence/training_test_support.h"

namespace assay::evidence {
namespace {

std::vector<TrainingMeasurement> four_runs() {
  std::vector<TrainingMeasurement> rows;
  for (const int batch : {32, 64, 128, 256}) {
    rows.push_back(small_run("r" + std::to_string(batch), 1));
    rows.back().batch = batch;
  }
  return rows;
}

double factor(const AdaptedTraining& adapted, std::string_view name) {
  for (const AdaptedTrainingConstant& c : adapted.constants) {
    if (c.name == name) return c.factor;
  }
  ADD_FAILURE() << "no constant '" << name << "'";
  return 0;
}

TEST(TrainingAdapt, RunsThatAreAsPredictedChangeNothing) {
  auto rows = four_runs();
  const auto cases = resolved(rows);
  const auto table = catalog::load_training().value();
  const auto predictions = predict_training(rows, cases, table, 1);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].value = predictions[i].value;
  const AdaptedTraining adapted = adapt_training(rows, cases, table, 1);
  EXPECT_EQ(adapted.constants.size(), 6U);
  for (const AdaptedTrainingConstant& c : adapted.constants) {
    EXPECT_NEAR(c.factor, 1, 1e-6) << c.name;
  }
}

TEST(TrainingAdapt, ASlowerClusterIsMostlySlowerKernels) {
  auto rows = four_runs();
  const auto cases = resolved(rows);
  const auto table = catalog::load_training().value();
  const auto before = predict_training(rows, cases, table, 1);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].value = 0.8 * before[i].value;
  const AdaptedTraining adapted = adapt_training(rows, cases, table, 1);
  EXPECT_LT(factor(adapted, "nemo-25 matrix"), 0.95);
  const auto after = predict_training(rows, cases, adapted.table, 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_LT(std::abs(std::log(after[i].value / rows[i].value)), 0.05);
  }
}

TEST(TrainingAdapt, ConstantsThatRunsDoNotUseStayAsTheyWere) {
  auto rows = four_runs();  // no tensor parallelism
  for (TrainingMeasurement& m : rows) m.value = 8000;
  const AdaptedTraining adapted =
      adapt_training(rows, resolved(rows), catalog::load_training().value(), 1);
  EXPECT_NEAR(factor(adapted, "nemo-25 tensor_exposed"), 1, 1e-6);
}

}  // namespace
}  // namespace assay::evidence
