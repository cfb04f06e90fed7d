#include "present/validate_training_text.h"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

namespace assay::present {
namespace {

evidence::TrainingReport small() {
  const evidence::Score score{.groups = 4,
                              .refused_groups = 1,
                              .median_ape = 0.123,
                              .p90_ape = 0.4,
                              .bias = -0.05,
                              .cover_80 = 0.75,
                              .cover_90 = 1,
                              .rows = 1200};
  evidence::TrainingReport report;
  report.rows = 1300;
  report.groups = 5;
  report.refused = 3;
  report.all = score;
  report.by_tier = {{"seen dense", score}};
  report.by_stack = {{"maxtext", score}};
  report.points = {{"tokens_per_s_per_gpu", 1000, 1100}, {"tokens_per_s_per_gpu", 9000, 8000}};
  report.duplicates = {{{"a-1", "b-1"}}};
  return report;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ValidateTrainingText, PutsAllRowsAboveTheTiers) {
  const std::string text = training_validation_text(small(), std::nullopt, {});
  EXPECT_TRUE(text.starts_with("1,300 measurements in 5 groups: 1,297 predicted")) << text;
  EXPECT_TRUE(
      holds(text,
            "tier         rows  groups  refused  median     p90    bias  in 80 %  in 90 %\n"
            "all         1,200       4        1  12.3 %  40.0 %  -5.0 %   75.0 %  100.0 %\n"
            "seen dense  1,200       4        1  12.3 %  40.0 %  -5.0 %   75.0 %  100.0 %\n"))
      << text;
  EXPECT_TRUE(holds(text, "By software stack\n"));
  EXPECT_FALSE(holds(text, "By source\n"));  // there is none
}

TEST(ValidateTrainingText, ListsRowsThatShareAFigure) {
  const std::string text = training_validation_text(small(), std::nullopt, {});
  EXPECT_TRUE(holds(text, "One figure for several rows: duplicated\n  a-1, b-1\n"));
  EXPECT_FALSE(holds(text, "composed"));
}

TEST(ValidateTrainingText, PlotsTokensPerSecond) {
  EXPECT_TRUE(holds(training_validation_text(small(), std::nullopt, {}), "predicted (tokens/s)"));
}

TEST(ValidateTrainingText, ShowsWhatTheFitChangedAndWhatItGained) {
  const evidence::TrainingReport report = small();
  const TrainingFit fit{.runs = 3,
                        .constants = {{"maxtext matrix", 0.875}},
                        .before = report.all,
                        .after = report.all};
  const std::string text = training_validation_text(report, fit, {});
  EXPECT_TRUE(holds(text, "Constants adapted to the first 3 usable rows, judged on the rest\n"));
  EXPECT_TRUE(holds(text, "maxtext matrix × 0.875\n"));
}

TEST(ValidateTrainingText, FitsAHundredColumns) {
  std::istringstream lines{training_validation_text(small(), std::nullopt, {})};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(display_width(line), kWidthMax) << line;
  }
}

TEST(ValidateTrainingTable, PrintsFractionsForProgramsAndPerCentForReaders) {
  const evidence::TrainingReport report = small();
  EXPECT_EQ(render_table(training_validation_table(report, OutputFormat::kCsv), OutputFormat::kCsv),
            "by,name,rows,groups,refused,median_ape,p90_ape,bias,cover_80,cover_90\n"
            "all,all,1200,4,1,0.123,0.4,-0.05,0.75,1\n"
            "tier,seen dense,1200,4,1,0.123,0.4,-0.05,0.75,1\n"
            "stack,maxtext,1200,4,1,0.123,0.4,-0.05,0.75,1\n");
  EXPECT_EQ(training_validation_table(report, OutputFormat::kMarkdown).rows[1][5], "12.3 %");
}

}  // namespace
}  // namespace assay::present
