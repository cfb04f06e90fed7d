// plot.h — points and lines on two axes → text for a terminal: measured against predicted, the
// Pareto front of tokens/s per accelerator against tokens/s per user, any other scatter.
// Unicode draws with Braille dots (2 × 4 a character), ASCII with one character a cell. No colour:
// series differ by their mark, and the legend names each. Points that an axis cannot show (0 on a
// logarithmic one, not-a-number, beyond its ends) are counted in the legend. Pure; the only way in
// which Assay plots on a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace assay::present {

struct PlotPoint {
  double x{}, y{};
};

enum class PlotStyle : std::uint8_t {
  kDots,    // a cloud of many points: Braille dots; in ASCII o, O and @ for 1, 2 to 4 and more
  kMarks,   // a mark for each point
  kLine,    // marks, joined in the order of the points
  kGuide,   // only the joining line; does not widen the axes and is cut at their ends
  kDotted,  // the same, drawn thinner
};

struct PlotSeries {
  std::string name;  // in the legend; empty: not there
  std::vector<PlotPoint> points;
  PlotStyle style{};
};

struct PlotAxis {
  std::string title;  // with the unit: "predicted (ms)"
  bool logarithmic{};
  double low{}, high{};  // equal: from the points
};

struct Plot {
  std::string title;  // may be empty
  PlotAxis x, y;
  std::vector<PlotSeries> series;  // a later one covers an earlier one, and guides are below all
};

// `width` is of the whole picture, at least 30; `height` counts the lines of the drawing area, at
// least 5. One line "nothing to plot" where no point can be shown, and no line between given ends.
std::string render_plot(const Plot& plot, bool unicode, std::size_t width, std::size_t height);

}  // namespace assay::present
