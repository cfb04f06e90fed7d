#include "evidence/training_findings.h"

#include <gtest/gtest.h>

#include "evidence/training_test_support.h"

namespace assay::evidence {
namespace {

using Findings = std::vector<TrainingFinding>;

TEST(TrainingFindings, OneFigureInTwoSourcesIsDuplicated) {
  std::vector<TrainingMeasurement> rows{small_run("a", 12346), small_run("b", 12345.6),
                                        small_run("c", 12347)};
  rows[1].source = "another";
  rows[1].pipeline.reset();  // says less, contradicts nothing
  EXPECT_EQ(duplicated_rows(rows), (Findings{{0, 1}}));
  rows[1].batch = 64;
  EXPECT_TRUE(duplicated_rows(rows).empty());
}

TEST(TrainingFindings, FewDigitsAreEqualByChance) {
  const std::vector<TrainingMeasurement> rows{small_run("a", 1230), small_run("b", 1230)};
  EXPECT_TRUE(duplicated_rows(rows).empty());
}

// Step times of `seconds`(layers, sequences of one accelerator), as rows state them.
template <class Seconds>
std::vector<TrainingMeasurement> sweep(Seconds seconds) {
  std::vector<TrainingMeasurement> rows;
  for (const int layers : {8, 16, 32}) {
    for (const int batch : {64, 128, 256}) {
      TrainingMeasurement m = small_run("r" + std::to_string(rows.size()), 0);
      m.shape.layers = layers;
      m.batch = batch;
      m.metric = TrainingMetric::kStepSeconds;
      m.value = seconds(layers, batch / 8.0);
      rows.push_back(std::move(m));
    }
  }
  return rows;
}

TEST(TrainingFindings, StepsLinearInLayersAndMicroBatchesAreComposed) {
  const auto rows = sweep([](int l, double m) { return 0.02 + m * (0.004 * l + 0.03); });
  EXPECT_EQ(composed_rows(rows, resolved(rows)), (Findings{{0, 1, 2, 3, 4, 5, 6, 7, 8}}));
}

TEST(TrainingFindings, StepsThatVaryAsMachinesDoAreMeasured) {
  int row = 0;
  const auto rows = sweep([&](int l, double m) {
    const double noise = ++row % 2 == 0 ? 1.005 : 0.997;
    return noise * (0.02 + m * (0.004 * l + 0.03));
  });
  EXPECT_TRUE(composed_rows(rows, resolved(rows)).empty());
}

TEST(TrainingFindings, ThreePointsOnALineProveNothing) {
  auto rows = sweep([](int l, double m) { return 0.02 + m * (0.004 * l + 0.03); });
  rows.resize(3);
  EXPECT_TRUE(composed_rows(rows, resolved(rows)).empty());
}

}  // namespace
}  // namespace assay::evidence
