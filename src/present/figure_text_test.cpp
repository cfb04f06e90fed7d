#include "present/figure_text.h"

#include <gtest/gtest.h>

namespace assay::present {
namespace {

using plan::CatalogFigure;
using State = CatalogFigure::State;

CatalogFigure number(double value, Dim dim) {
  CatalogFigure figure;
  figure.state = State::kNumber;
  figure.value = value;
  figure.dim = dim;
  return figure;
}

TEST(FigureText, NeverPrintsTheUnknownAsZero) {
  EXPECT_EQ(figure_text(CatalogFigure{}, "peak.fp8"), "—");
  EXPECT_EQ(code_text(CatalogFigure{}), "—");
}

TEST(FigureText, PrintsSizesInTheUnitInWhichTheyAreRound) {
  EXPECT_EQ(figure_text(number(141e9, Bytes::kDim), "memory.marketed"), "141 GB");
  EXPECT_EQ(figure_text(number(141 * 1073741824.0, Bytes::kDim), "memory.usable"), "141 GiB");
  EXPECT_EQ(figure_text(number(50 * 1048576.0, Bytes::kDim), "memory.l2"), "50 MiB");
}

TEST(FigureText, CallsIntegerOperationsOperations) {
  EXPECT_EQ(figure_text(number(1979e12, FlopsPerSecond::kDim), "peak.int8"), "1979 TOP/s");
  EXPECT_EQ(figure_text(number(1979e12, FlopsPerSecond::kDim), "peak.fp8"), "1979 TFLOP/s");
}

TEST(FigureText, PrintsARangeWithItsUnitOnce) {
  CatalogFigure range = number(750e12, FlopsPerSecond::kDim);
  range.state = State::kRange;
  range.high = 800e12;
  EXPECT_EQ(figure_text(range, "peak.bf16"), "750 .. 800 TFLOP/s");
}

TEST(FigureText, PrintsCountsInWords) {
  EXPECT_EQ(figure_text(number(80e9, Dim{}), "chip.transistors"), "80 billion");
  EXPECT_EQ(figure_text(number(2, Dim{}), "chip.dies"), "2");
}

}  // namespace
}  // namespace assay::present
