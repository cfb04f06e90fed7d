#include "evidence/score.h"

#include <cmath>

#include <gtest/gtest.h>

namespace assay::evidence {
namespace {

// Measurements of 100, each with a prediction; group "a" is (a, h100, llama).
struct Sample {
  std::vector<Measurement> measurements;
  std::vector<Prediction> predictions;

  Measurement& add(const std::string& source, Prediction prediction) {
    Measurement m;
    m.source = source;
    m.accelerator = "h100";
    m.model = "llama";
    m.metric = Metric::kTpot;
    m.scenario = Scenario::kServer;
    m.value = 100;
    measurements.push_back(std::move(m));
    predictions.push_back(std::move(prediction));
    return measurements.back();
  }
  Report report() const { return score(measurements, predictions, 0.2); }
};

Prediction predicted(double value, double half_width_80 = 0.1, double half_width_90 = 0.2) {
  Prediction p;
  p.value = value;
  p.half_width_80 = half_width_80;
  p.half_width_90 = half_width_90;
  p.model_class = "dense";
  p.family = "hopper";
  p.engine = "vllm-0.10";
  p.regime = "tpot dense";
  return p;
}

Prediction refused(Refusal refusal, const std::string& why = "does not fit") {
  Prediction p;
  p.refusal = refusal;
  p.why = why;
  return p;
}

Score of(const std::vector<NamedScore>& scores, std::string_view name) {
  for (const NamedScore& named : scores) {
    if (named.name == name) return named.score;
  }
  ADD_FAILURE() << "no score of '" << name << "'";
  static const Score kNone;
  return kNone;
}

TEST(Score, OfAGroupIsTheMedianOverItsRowsAndMediansRunOverGroups) {
  Sample sample;
  for (const double value : {110, 120, 190}) sample.add("a", predicted(value));  // median 0.2
  sample.add("b", predicted(60));                                                // 0.4
  const Score& s = of(sample.report().by_metric, "tpot_ms");
  EXPECT_EQ(s.groups, 2);
  EXPECT_EQ(s.refused_groups, 0);
  EXPECT_NEAR(s.median_ape, 0.3, 1e-12);
  EXPECT_NEAR(s.p90_ape, 0.2 + 0.9 * 0.2, 1e-12);
  EXPECT_NEAR(s.bias, -0.1, 1e-12);  // medians of the ratios 1.2 and 0.6: 0.9
}

TEST(Score, CountsASourceWithManyRowsOnce) {
  Sample sample;
  for (int i = 0; i < 100; ++i) sample.add("many", predicted(100));
  sample.add("b", predicted(150));
  sample.add("c", predicted(150));
  EXPECT_DOUBLE_EQ(of(sample.report().by_metric, "tpot_ms").median_ape, 0.5);
}

TEST(Score, CoverageIsTheMeanOverGroupsOfTheShareOfRowsInside) {
  Sample sample;
  // |log(100 / 110)| = 0.095: in both. |log(100 / 120)| = 0.182: in the wider one only.
  // |log(100 / 150)| = 0.405: in neither.
  sample.add("a", predicted(110));
  sample.add("a", predicted(120));
  sample.add("a", predicted(150));
  sample.add("a", predicted(100));
  sample.add("b", predicted(120));
  const Score& s = of(sample.report().by_metric, "tpot_ms");
  EXPECT_DOUBLE_EQ(s.cover_80, (0.5 + 0.0) / 2);
  EXPECT_DOUBLE_EQ(s.cover_90, (0.75 + 1.0) / 2);
}

TEST(Score, CountsARefusedGroupAsAHundredPerCent) {
  Sample sample;
  sample.add("a", predicted(110));
  sample.add("b", refused(Refusal::kRefused));
  const Report report = sample.report();
  const Score& s = of(report.by_metric, "tpot_ms");
  EXPECT_EQ(s.groups, 2);
  EXPECT_EQ(s.refused_groups, 1);
  EXPECT_NEAR(s.median_ape, (0.1 + 1.0) / 2, 1e-12);
  EXPECT_NEAR(s.bias, 0.1, 1e-12);  // there is no ratio of a refused group
  EXPECT_DOUBLE_EQ(s.cover_90, 1);
  EXPECT_EQ(report.excepted_groups, 0);
  EXPECT_EQ(of(report.by_class, "tpot_ms unknown").refused_groups, 1);
}

TEST(Score, LeavesOutAGroupOnlyIfEachOfItsRowsIsExcepted) {
  Sample sample;
  sample.add("a", refused(Refusal::kUnresolved));
  sample.add("a", refused(Refusal::kImpossible));
  sample.add("a", refused(Refusal::kUnmodelled));
  sample.add("b", refused(Refusal::kUnresolved));
  sample.add("b", refused(Refusal::kRefused));
  sample.add("c", predicted(100));
  const Report report = sample.report();
  const Score& s = of(report.by_metric, "tpot_ms");
  EXPECT_EQ(s.groups, 2);
  EXPECT_EQ(s.refused_groups, 1);
  EXPECT_EQ(report.groups, 3);
  EXPECT_EQ(report.excepted_groups, 1);
  EXPECT_EQ(report.impossible, 1);
  EXPECT_EQ(report.refused, 5);
}

TEST(Score, RefusesAGroupOnlyWhereNoneOfItsRowsIsPredicted) {
  Sample sample;
  sample.add("a", predicted(110));
  sample.add("a", refused(Refusal::kRefused));
  sample.add("a", refused(Refusal::kRefused)).metric = Metric::kTtft;
  const Report report = sample.report();
  EXPECT_EQ(of(report.by_metric, "tpot_ms").refused_groups, 0);
  EXPECT_NEAR(of(report.by_metric, "tpot_ms").median_ape, 0.1, 1e-12);
  EXPECT_EQ(of(report.by_metric, "ttft_ms").refused_groups, 1);
  EXPECT_TRUE(std::isnan(of(report.by_metric, "ttft_ms").bias));
  EXPECT_TRUE(std::isnan(of(report.by_metric, "ttft_ms").cover_80));
}

TEST(Score, LeavesOutSuspectRowsAndCountsThem) {
  Sample sample;
  sample.add("a", predicted(110));
  sample.add("a", predicted(900)).suspect = true;
  sample.add("b", refused(Refusal::kRefused)).suspect = true;
  const Report report = sample.report();
  EXPECT_EQ(report.rows, 3);
  EXPECT_EQ(report.suspect, 2);
  EXPECT_EQ(report.refused, 0);
  EXPECT_EQ(report.groups, 1);
  EXPECT_EQ(report.points.size(), 1u);
  EXPECT_NEAR(of(report.by_metric, "tpot_ms").median_ape, 0.1, 1e-12);
}

TEST(Score, FormsGroupsWithinEachSelection) {
  Sample sample;
  sample.add("a", predicted(110));
  Prediction moe = predicted(140);
  moe.model_class = "moe";
  moe.engine = "sglang-0.5";
  moe.layout_assumed = true;
  sample.add("a", moe).scenario = Scenario::kOffline;
  const Report report = sample.report();
  EXPECT_EQ(of(report.by_metric, "tpot_ms").groups, 1);
  EXPECT_NEAR(of(report.by_class, "tpot_ms dense").median_ape, 0.1, 1e-12);
  EXPECT_NEAR(of(report.by_class, "tpot_ms moe").median_ape, 0.4, 1e-12);
  EXPECT_NEAR(of(report.by_engine, "tpot_ms sglang-0.5").median_ape, 0.4, 1e-12);
  EXPECT_NEAR(of(report.by_family, "tpot_ms hopper").median_ape, 0.25, 1e-12);
  EXPECT_EQ(report.by_scenario.size(), 2u);
  EXPECT_EQ(report.assumed_layouts, 1);
  ASSERT_EQ(report.cells.size(), 2u);
  EXPECT_EQ(report.cells[0].model_class, "moe");  // offline stands before server
  EXPECT_DOUBLE_EQ(report.cells[0].half_width, 0.2);
}

TEST(Score, CountsRefusalsByReasonMostRowsFirst) {
  Sample sample;
  sample.add("a", refused(Refusal::kRefused, "no fp4"));
  sample.add("b", refused(Refusal::kUnresolved, "unknown engine"));
  sample.add("c", refused(Refusal::kUnresolved, "unknown engine"));
  const Report report = sample.report();
  ASSERT_EQ(report.refusals.size(), 2u);
  EXPECT_EQ(report.refusals[0].why, "unknown engine");
  EXPECT_EQ(report.refusals[0].rows, 2);
  EXPECT_EQ(report.refusals[1].why, "no fp4");
}

TEST(Score, OfNothingIsEmpty) {
  const Report report = Sample{}.report();
  EXPECT_EQ(report.rows, 0);
  EXPECT_TRUE(report.by_metric.empty());
  EXPECT_TRUE(report.cells.empty());
}

}  // namespace
}  // namespace assay::evidence
