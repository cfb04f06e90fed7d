#include "present/plot.h"

#include <cmath>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "present/plot_axis.h"
#include "present/text_table.h"

namespace assay::present {
namespace {

Plot square(std::vector<PlotSeries> series) {
  return {.title = {},
          .x = {.title = "x (ms)", .logarithmic = true, .low = 1, .high = 100},
          .y = {.title = "y (ms)", .logarithmic = true, .low = 1, .high = 100},
          .series = std::move(series)};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Plot, PutsPointsGuidesTicksTitlesAndLegendIntoText) {
  const Plot plot = square({{"measured", {{1, 1}, {10, 10}, {100, 100}}, PlotStyle::kDots},
                            {"equal", {{1, 1}, {100, 100}}, PlotStyle::kGuide},
                            {"front", {{1, 100}}, PlotStyle::kMarks}});
  EXPECT_EQ(render_plot(plot, false, 30, 7),
            "y (ms)\n"
            "100 +*                    ---o\n"
            "    |                  ----\n"
            "    |              ----\n"
            " 10 +          --o--\n"
            "    |       ----\n"
            "    |   ----\n"
            "  1 +o---\n"
            "    ++-----------+-----------+\n"
            "     1          10         100\n"
            "                        x (ms)\n"
            "o O @ measured   -- equal\n"
            "* front\n");
}

TEST(Plot, DrawsBrailleDotsWhereTheTerminalCan) {
  const Plot plot = square({{"a", {{1, 1}, {100, 100}}, PlotStyle::kDots}});
  const auto lines = lines_of(render_plot(plot, true, 30, 5));
  ASSERT_EQ(lines.size(), 10u);
  EXPECT_TRUE(lines[1].ends_with("⠈")) << lines[1];  // the upper right dot
  EXPECT_EQ(lines[5], "  1 ┤⡀");                     // the lower left dot
}

TEST(Plot, CountsInTheLegendWhatTheAxesCannotShow) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Plot plot =
      square({{"a", {{10, 10}, {0, 10}, {-1, 10}, {nan, 10}, {10, 1000}}, PlotStyle::kDots}});
  EXPECT_NE(render_plot(plot, true, 60, 8).find("a (4 not shown)"), std::string::npos);
}

TEST(Plot, SaysThatThereIsNothingToPlot) {
  EXPECT_EQ(render_plot(square({}), true, 60, 8), "nothing to plot\n");
  Plot free = square({{"a", {{0, 1}}, PlotStyle::kDots}});
  free.x = {.title = "x", .logarithmic = true};
  EXPECT_EQ(render_plot(free, true, 60, 8), "nothing to plot\n");
}

TEST(Plot, TakesItsAxesFromThePointsAndNotFromTheGuides) {
  Plot plot = square({{"a", {{20, 3}, {40, 9}}, PlotStyle::kDots},
                      {"far", {{1e-9, 1e-9}, {1e9, 1e9}}, PlotStyle::kDotted}});
  plot.x = {.title = "x"};
  plot.y = {.title = "y"};
  const std::string text = render_plot(plot, false, 60, 8);
  EXPECT_EQ(text.find("G"), std::string::npos) << text;
  EXPECT_NE(text.find("20"), std::string::npos);
}

TEST(Plot, JoinsTheMarksOfAFrontAndGivesEachSeriesItsOwnMark) {
  const Plot plot = square({{"h200", {{1, 100}, {10, 50}, {100, 1}}, PlotStyle::kLine},
                            {"b200", {{2, 60}}, PlotStyle::kLine}});
  const std::string text = render_plot(plot, true, 60, 12);
  EXPECT_NE(text.find("● h200   ○ b200"), std::string::npos);
  std::size_t marks = 0;
  for (std::size_t at = text.find("●"); at != std::string::npos; at = text.find("●", at + 1)) {
    ++marks;
  }
  EXPECT_EQ(marks, 4u);  // three points and the legend
}

TEST(Plot, ShowsASinglePoint) {
  Plot plot = square({{"a", {{5, 5}}, PlotStyle::kMarks}});
  plot.x = plot.y = {.title = "t", .logarithmic = false};
  EXPECT_NE(render_plot(plot, false, 40, 6).find("* a"), std::string::npos);
}

RC_GTEST_PROP(Plot, NeverLeavesItsWidthAndKeepsItsHeight, (bool unicode)) {
  const auto width = static_cast<std::size_t>(*rc::gen::inRange(30, 100));
  const auto height = static_cast<std::size_t>(*rc::gen::inRange(5, 40));
  const auto draws = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(-9, 9), rc::gen::inRange(-9, 9)));
  PlotSeries series{"s", {}, PlotStyle::kLine};
  for (const auto& [x, y] : draws) series.points.push_back({std::exp(x), std::exp(y)});
  Plot plot = square({series});
  plot.x.high = plot.x.low;
  plot.y.high = plot.y.low;
  const auto lines = lines_of(render_plot(plot, unicode, width, height));
  RC_ASSERT(lines.size() == (draws.empty() ? 1 : height + 5));
  for (const std::string& line : lines) RC_ASSERT(display_width(line) <= width);
}

TEST(PlotAxis, MeasuresSharesInDecadesWhereLogarithmic) {
  const AxisScale scale{1, 1000, true};
  EXPECT_DOUBLE_EQ(scale.share(10), 1.0 / 3);
  EXPECT_TRUE(std::isnan(scale.share(0)));
  EXPECT_DOUBLE_EQ((AxisScale{0, 50, false}).share(10), 0.2);
}

TEST(PlotAxis, TicksAreRoundAndWithinTheAxis) {
  EXPECT_EQ(ticks({3, 42, true}, 8), (std::vector<double>{5, 10, 20}));
  EXPECT_EQ(ticks({1, 1e6, true}, 8).size(), 7u);
  EXPECT_EQ(ticks({1, 1e6, true}, 3).size(), 4u);  // every second decade
  EXPECT_EQ(ticks({0, 10, false}, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_TRUE(ticks({1, 1, true}, 5).empty());
}

TEST(PlotAxis, LabelsAreShort) {
  EXPECT_EQ(tick_text(0.05), "0.05");
  EXPECT_EQ(tick_text(200), "200");
  EXPECT_EQ(tick_text(1500), "1.5k");
  EXPECT_EQ(tick_text(1e6), "1M");
  EXPECT_EQ(tick_text(-1e-17), "0");
}

}  // namespace
}  // namespace assay::present
