#include "evidence/training_score.h"

#include <cmath>

#include <gtest/gtest.h>

#include "evidence/training_test_support.h"

namespace assay::evidence {
namespace {

Prediction predicted(double value) {
  Prediction p;
  p.value = value;
  p.half_width_80 = 0.1;
  p.half_width_90 = 0.2;
  p.model_class = "dense";
  p.family = "hopper";
  p.engine = "nemo-25";
  p.regime = "seen dense";
  return p;
}

Prediction refused(Refusal refusal) {
  Prediction p;
  p.refusal = refusal;
  p.why = "does not fit";
  return p;
}

TEST(TrainingScore, ReplicatesAreOneRowWithTheMeanOfTheirLogErrors) {
  const std::vector<TrainingMeasurement> rows{small_run("a", 100), small_run("b", 400)};
  const TrainingReport report =
      score_training(rows, resolved(rows), std::vector{predicted(220), predicted(220)});
  EXPECT_EQ(report.all.rows, 1);
  EXPECT_NEAR(report.all.median_ape, 0.1, 1e-12);  // 220 over √(100 · 400)
  EXPECT_NEAR(report.all.cover_80, 1, 1e-12);
}

TEST(TrainingScore, BiasIsOfSpeedWhateverWasMeasured) {
  std::vector<TrainingMeasurement> rows{small_run("a", 10)};
  rows[0].metric = TrainingMetric::kStepSeconds;
  const TrainingReport report = score_training(rows, resolved(rows), std::vector{predicted(8)});
  EXPECT_NEAR(report.all.median_ape, 0.2, 1e-12);
  EXPECT_NEAR(report.all.bias, 0.25, 1e-12);
}

TEST(TrainingScore, PointsAreTokensOfOneAcceleratorWhateverWasMeasured) {
  std::vector<TrainingMeasurement> rows{small_run("a", 16)};
  rows[0].metric = TrainingMetric::kStepSeconds;
  const TrainingReport report = score_training(rows, resolved(rows), std::vector{predicted(8)});
  ASSERT_EQ(report.points.size(), 1U);
  EXPECT_NEAR(report.points[0].measured, 8192, 1e-9);  // 128 · 8192 tokens / 16 s / 8
  EXPECT_NEAR(report.points[0].predicted, 16384, 1e-9);
}

TEST(TrainingScore, ARefusedGroupCountsInFullAndAnExceptedOneNot) {
  std::vector<TrainingMeasurement> rows{small_run("a", 100), small_run("b", 100),
                                        small_run("c", 100)};
  rows[1].source = "second";
  rows[2].source = "third";
  const TrainingReport report = score_training(
      rows, resolved(rows),
      std::vector{predicted(110), refused(Refusal::kRefused), refused(Refusal::kImpossible)});
  EXPECT_EQ(report.groups, 3);
  EXPECT_EQ(report.excepted_groups, 1);
  EXPECT_EQ(report.impossible, 1);
  EXPECT_EQ(report.refused, 2);
  EXPECT_EQ(report.all.groups, 2);
  EXPECT_EQ(report.all.refused_groups, 1);
  EXPECT_NEAR(report.all.median_ape, 0.55, 1e-12);
  ASSERT_EQ(report.by_tier.size(), 2U);
  EXPECT_EQ(report.by_tier[0].name, "seen dense");
  EXPECT_EQ(report.by_tier[1].name, "unseen unknown");
}

TEST(TrainingScore, DoubtedRowsAreInNoScore) {
  std::vector<TrainingMeasurement> rows{small_run("a", 100), small_run("b", 100)};
  rows[1].notes.suspect = true;
  const TrainingReport report =
      score_training(rows, resolved(rows), std::vector{predicted(110), predicted(500)});
  EXPECT_EQ(report.suspect, 1);
  EXPECT_NEAR(report.all.median_ape, 0.1, 1e-12);
}

}  // namespace
}  // namespace assay::evidence
