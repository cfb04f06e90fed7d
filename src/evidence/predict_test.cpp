// The published rows of validation/ against the built-in constants: what holds for all of them.
// How far off each is stands in docs/validation.md, which a test compares.
#include "evidence/predict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "catalog/catalog.h"
#include "document/read.h"
#include "evidence/score.h"

namespace assay::evidence {
namespace {

struct Validation {
  std::vector<Measurement> measurements;
  std::vector<Prediction> predictions;
  Report report;
};

const Validation& validation() {
  static const Validation all = [] {
    Validation v;
    const auto text = document::read_text(ASSAY_SOURCE_DIR "/validation/inference.csv");
    const auto catalog = catalog::load_catalog({});
    const auto efficiency = catalog::load_efficiency();
    v.measurements = read_measurements("inference.csv", text.value()).value();
    v.predictions = predict_all(v.measurements, catalog.value(), efficiency.value(), 2).value();
    v.report =
        score(v.measurements, v.predictions, efficiency->interval("ratio", false, true).half_width);
    return v;
  }();
  return all;
}

const Score& score_of(const std::vector<NamedScore>& scores, std::string_view name) {
  return std::ranges::find(scores, name, &NamedScore::name)->score;
}

TEST(Predict, IsFiniteAndSaysWhereItComesFrom) {
  const Validation& v = validation();
  for (std::size_t i = 0; i < v.predictions.size(); ++i) {
    const Prediction& p = v.predictions[i];
    if (p.refusal != Refusal::kNone) {
      EXPECT_FALSE(p.why.empty()) << v.measurements[i].id;
      continue;
    }
    EXPECT_TRUE(std::isfinite(p.value) && p.value > 0) << v.measurements[i].id;
    EXPECT_TRUE(p.half_width_80 > 0 && p.half_width_80 <= p.half_width_90) << p.regime;
    EXPECT_FALSE(p.regime.empty() || p.layout.empty() || p.engine.empty());
  }
}

TEST(Predict, RefusesFewAndExceptsFewer) {
  const Report& r = validation().report;
  EXPECT_LE(r.excepted_groups, 0.03 * r.groups);
  EXPECT_LE(r.refused, 0.04 * r.rows);
}

// The goal of the intervals, over all groups: 87 to 95 %, with what the last refit may move.
TEST(Predict, IntervalsHoldWhatTheyClaim) {
  for (const char* metric : {"output_tokens_per_s", "tpot_ms", "ttft_ms"}) {
    const Score& s = score_of(validation().report.by_metric, metric);
    EXPECT_GE(s.cover_90, 0.87) << metric;
    EXPECT_LE(s.cover_90, 0.98) << metric;
  }
}

TEST(Predict, OrdersAcceleratorsAsMeasured) {
  EXPECT_GE(validation().report.ratios.order_right, 0.95);
}

TEST(Predict, DoesNotDependOnJobs) {
  const Validation& v = validation();
  const auto catalog = catalog::load_catalog({});
  const auto efficiency = catalog::load_efficiency();
  const std::span<const Measurement> some{v.measurements.data(), 300};
  const auto alone = predict_all(some, *catalog, *efficiency, 1);
  ASSERT_TRUE(alone.has_value());
  for (std::size_t i = 0; i < some.size(); ++i) {
    EXPECT_EQ((*alone)[i].value, v.predictions[i].value) << v.measurements[i].id;
  }
}

// A row that needs more operations than the data sheet has is impossible, whatever the software.
TEST(Predict, FindsWhatNoHardwareCanDo) {
  const Validation& v = validation();
  // 102,903 requests/s of an 8B on eight B200: tokens are meant.
  const auto row = std::ranges::find(v.measurements, "mlperf51-0361", &Measurement::id);
  ASSERT_NE(row, v.measurements.end());
  const Prediction& p = v.predictions[static_cast<std::size_t>(row - v.measurements.begin())];
  EXPECT_EQ(p.refusal, Refusal::kImpossible);
  EXPECT_NE(p.why.find("times what the data sheet allows"), std::string::npos);
}

}  // namespace
}  // namespace assay::evidence
