#include "evidence/ratio_score.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::evidence {
namespace {

Measurement row(const char* accelerator, double value, double batch) {
  Measurement m;
  m.source = "doc";
  m.model = "llama";
  m.accelerator = accelerator;
  m.load_text = std::to_string(batch);
  m.value = value;
  return m;
}

Prediction predicted(double value) {
  Prediction p;
  p.value = value;
  return p;
}

TEST(ScoreRatios, LetsCommonErrorsCancel) {
  // Both twice too fast: the ratio of 2 is exact.
  const std::vector<Measurement> measured{row("a", 100, 1), row("b", 50, 1)};
  const std::vector<Prediction> all{predicted(200), predicted(100)};
  const RatioScore score = score_ratios(measured, all, 0.1);
  EXPECT_EQ(score.pairs, 1);
  EXPECT_EQ(score.groups, 1);
  EXPECT_NEAR(score.median_ape, 0, 1e-12);
  EXPECT_EQ(score.order_right, 1);
  EXPECT_EQ(score.cover_90, 1);
}

TEST(ScoreRatios, CountsWrongOrdersAndMisses) {
  // Measured 2:1, predicted 1:2: the ratio is off by a factor of four.
  const std::vector<Measurement> measured{row("a", 100, 1), row("b", 50, 1)};
  const std::vector<Prediction> all{predicted(50), predicted(100)};
  const RatioScore score = score_ratios(measured, all, 0.1);
  EXPECT_NEAR(score.median_ape, 0.75, 1e-12);
  EXPECT_EQ(score.order_right, 0);
  EXPECT_EQ(score.cover_90, 0);
}

TEST(ScoreRatios, PairsOnlyWhatDiffersInTheAcceleratorAlone) {
  const std::vector<Measurement> measured{row("a", 100, 1), row("b", 50, 2), row("a", 100, 2)};
  const std::vector<Prediction> all{predicted(1), predicted(1), predicted(1)};
  EXPECT_EQ(score_ratios(measured, all, 0.1).pairs, 1);
  Prediction refused;
  refused.refusal = Refusal::kRefused;
  const std::vector<Prediction> one{predicted(1), refused, predicted(1)};
  EXPECT_EQ(score_ratios(measured, one, 0.1).pairs, 0);
}

}  // namespace
}  // namespace assay::evidence
