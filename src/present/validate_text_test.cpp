#include "present/validate_text.h"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

namespace assay::present {
namespace {

evidence::Report small() {
  const evidence::Score good{.groups = 4,
                             .refused_groups = 1,
                             .median_ape = 0.123,
                             .p90_ape = 0.4,
                             .bias = -0.0001,
                             .cover_80 = 0.75,
                             .cover_90 = 1};
  const evidence::Score none{.groups = 1,
                             .refused_groups = 1,
                             .median_ape = 1,
                             .p90_ape = 1,
                             .bias = std::nan(""),
                             .cover_80 = std::nan(""),
                             .cover_90 = std::nan("")};
  evidence::Report report;
  report.rows = 1200;
  report.groups = 40;
  report.refused = 3;
  report.suspect = 2;
  report.excepted_groups = 1;
  report.assumed_layouts = 1;
  report.by_metric = {{"tpot_ms", good}};
  report.by_class = {{"tpot_ms dense", good}, {"tpot_ms moe", none}};
  report.by_engine = {{"tpot_ms vllm 0.10", good}};
  report.cells = {{"tpot_ms", "server", "moe", "hopper", "vllm 0.10", "", none, std::nan("")},
                  {"tpot_ms", "server", "dense", "hopper", "vllm 0.10", "tpot dense", good, 0.5}};
  report.refusals = {{"refused", "does not fit", 2}, {"unresolved", "unknown engine 'x'", 1}};
  report.points = {{"tpot_ms", 10, 12}, {"tpot_ms", 100, 80}, {"ttft_ms", 5, 0}};
  return report;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ValidateText, CountsRowsGroupsAndExceptions) {
  const std::string text = validation_text(small(), {});
  EXPECT_TRUE(
      text.starts_with("1,200 measurements in 40 groups: 1,195 predicted, 3 refused, 2 suspect\n"
                       "excepted from the scores: 1 group, 2.5 % of all; allowed are 3 %\n"))
      << text;
  evidence::Report many = small();
  many.excepted_groups = 2;
  EXPECT_TRUE(holds(validation_text(many, {}), "2 groups, 5.0 % of all; ! more than the allowed"));
}

TEST(ValidateText, PutsTheClassesBelowTheirMetric) {
  EXPECT_TRUE(holds(validation_text(small(), {}),
                    "metric  class  groups  refused   median      p90    bias  in 80 %  in 90 %\n"
                    "TPOT    all         4        1   12.3 %   40.0 %  +0.0 %   75.0 %  100.0 %\n"
                    "        dense       4        1   12.3 %   40.0 %  +0.0 %   75.0 %  100.0 %\n"
                    "        moe         1        1  100.0 %  100.0 %       —        —        —\n"))
      << validation_text(small(), {});
}

TEST(ValidateText, ShowsNoWorstCellInWhichNothingIsPredicted) {
  const std::string text = validation_text(small(), {});
  const std::size_t cells = text.find("Worst cells"), end = text.find("Refused, by reason");
  ASSERT_NE(cells, std::string::npos);
  const std::string part = text.substr(cells, end - cells);
  EXPECT_TRUE(holds(part, "dense"));
  EXPECT_FALSE(holds(part, "moe"));
}

TEST(ValidateText, PlotsTheMetricsThatHavePoints) {
  const std::string text = validation_text(small(), {});
  EXPECT_TRUE(holds(text, "predicted (ms)"));
  EXPECT_FALSE(holds(text, "predicted (tokens/s)"));
  EXPECT_FALSE(holds(text, "time to first token"));  // its only prediction is 0
}

TEST(ValidateText, FitsAHundredColumns) {
  std::istringstream lines{validation_text(small(), {})};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(display_width(line), kWidthMax) << line;
  }
}

TEST(ValidateTable, PrintsFractionsForProgramsAndPerCentForReaders) {
  const evidence::Report report = small();
  EXPECT_EQ(render_table(validation_table(report, OutputFormat::kCsv), OutputFormat::kCsv),
            "by,name,metric,groups,refused,median_ape,p90_ape,bias,cover_80,cover_90\n"
            "metric,all,tpot_ms,4,1,0.123,0.4,-0.0001,0.75,1\n"
            "class,dense,tpot_ms,4,1,0.123,0.4,-0.0001,0.75,1\n"
            "class,moe,tpot_ms,1,1,1,1,,,\n"
            "engine,vllm 0.10,tpot_ms,4,1,0.123,0.4,-0.0001,0.75,1\n");
  EXPECT_EQ(validation_table(report, OutputFormat::kMarkdown).rows[2],
            (std::vector<std::string>{"class", "moe", "tpot_ms", "1", "1", "100.0 %", "100.0 %",
                                      "—", "—", "—"}));
}

TEST(ValidateRows, GiveThePredictionOrTheReasonWhyThereIsNone) {
  std::vector<evidence::Measurement> measurements(3);
  std::vector<evidence::Prediction> predictions(3);
  for (evidence::Measurement& m : measurements) {
    m.id = "a";
    m.metric = evidence::Metric::kTpot;
    m.value = 10;
  }
  measurements[1].suspect = true;
  predictions[0].value = predictions[1].value = 12.5;
  predictions[0].half_width_90 = std::log(2.0);
  predictions[2].refusal = evidence::Refusal::kUnresolved;
  predictions[2].why = "unknown engine 'x'";
  const TextTable table = validation_rows(measurements, predictions);
  EXPECT_EQ(render_table(table, OutputFormat::kCsv),
            "id,source,accelerator,model,metric,measured,predicted,ratio,low_90,high_90,layout,"
            "regime,remark\n"
            "a,,,,tpot_ms,10,12.5,1.250,6.25,25,,,\n"
            "a,,,,tpot_ms,10,12.5,1.250,12.5,12.5,,,suspect\n"
            "a,,,,tpot_ms,10,,,,,,,unresolved: unknown engine 'x'\n");
}

}  // namespace
}  // namespace assay::present
