#include "present/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "present/plot_axis.h"
#include "present/text_table.h"

namespace assay::present {
namespace {

constexpr std::size_t kWidthMin = 30, kHeightMin = 5;
constexpr int kDotsAcross = 2, kDotsDown = 4;  // of a Braille character
constexpr double kStepsMax = 1e5;              // of a line, however far beyond the axes it goes
constexpr int kDotPeriod = 4;                  // a dotted line shows one dot of four

constexpr std::array<std::string_view, 8> kMarks{"●", "○", "▲", "△", "■", "□", "◆", "◇"};
constexpr std::array<std::string_view, 8> kAsciiMarks{"*", "x", "+", "#", "%", "&", "$", "o"};

bool is_guide(const PlotSeries& series) {
  return series.style == PlotStyle::kGuide || series.style == PlotStyle::kDotted;
}

// The drawing area: a layer of guides below a layer of points, each cell with Braille dots, a
// count of points and a mark.
struct Cell {
  unsigned guide{}, dots{};  // Braille bits
  bool dotted{};             // the guide, for ASCII
  int points{};
  std::string_view mark;
};

struct Canvas {
  int columns{}, rows{};
  std::vector<Cell> cells;
  Cell& at(int column, int row) {
    return cells[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                 static_cast<std::size_t>(column)];
  }
};

// A place in units of Braille dots, from the upper left corner.
struct Dot {
  int x{}, y{};
};

unsigned braille_bit(Dot dot) {
  constexpr std::array<std::array<unsigned, kDotsAcross>, kDotsDown> kBits{
      {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
  return kBits[static_cast<std::size_t>(dot.y % kDotsDown)]
              [static_cast<std::size_t>(dot.x % kDotsAcross)];
}

std::string braille(unsigned bits) {
  const unsigned point = 0x2800 + bits;
  return {static_cast<char>(0xE0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 0x3F)),
          static_cast<char>(0x80 | (point & 0x3F))};
}

struct Frame {
  AxisScale x, y;
  Canvas canvas;
};

// Shares of the axes → dot; nothing outside of the area.
std::optional<Dot> dot_at(const Canvas& canvas, double across, double up) {
  if (!(across >= 0 && across <= 1 && up >= 0 && up <= 1)) return std::nullopt;
  return Dot{static_cast<int>(std::lround(across * (canvas.columns * kDotsAcross - 1))),
             static_cast<int>(std::lround((1 - up) * (canvas.rows * kDotsDown - 1)))};
}

std::optional<Dot> place(const Frame& frame, PlotPoint point) {
  return dot_at(frame.canvas, frame.x.share(point.x), frame.y.share(point.y));
}

struct Line {
  PlotPoint from, to;
  bool guide{}, dotted{};
};

// Straight on the picture: between the shares of the axes, not between the values.
void draw_line(Frame& frame, const Line& line) {
  const double x0 = frame.x.share(line.from.x), y0 = frame.y.share(line.from.y);
  const double dx = frame.x.share(line.to.x) - x0, dy = frame.y.share(line.to.y) - y0;
  if (!std::isfinite(x0 + y0 + dx + dy)) return;
  const double dots = std::abs(dx) * frame.canvas.columns * kDotsAcross +
                      std::abs(dy) * frame.canvas.rows * kDotsDown;
  const int steps = static_cast<int>(std::min(2 * dots + 1, kStepsMax));  // two to a dot
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    const auto dot = dot_at(frame.canvas, x0 + t * dx, y0 + t * dy);
    if (!dot || (line.dotted && dot->x % kDotPeriod != 0)) continue;
    Cell& cell = frame.canvas.at(dot->x / kDotsAcross, dot->y / kDotsDown);
    (line.guide ? cell.guide : cell.dots) |= braille_bit(*dot);
    if (line.guide) cell.dotted = line.dotted;
  }
}

void draw_lines(Frame& frame, const PlotSeries& series) {
  for (std::size_t i = 1; i < series.points.size(); ++i) {
    draw_line(frame, {series.points[i - 1], series.points[i], is_guide(series),
                      series.style == PlotStyle::kDotted});
  }
}

// Returns how many points lie outside.
int draw_points(Frame& frame, const PlotSeries& series, std::string_view mark) {
  int outside = 0;
  for (const PlotPoint& point : series.points) {
    const auto dot = place(frame, point);
    if (!dot) {
      ++outside;
      continue;
    }
    Cell& cell = frame.canvas.at(dot->x / kDotsAcross, dot->y / kDotsDown);
    cell.dots |= braille_bit(*dot);
    ++cell.points;
    if (series.style != PlotStyle::kDots) cell.mark = mark;
  }
  return outside;
}

std::string_view crowd(int points) { return points > 4 ? "@" : points > 1 ? "O" : "o"; }

std::string cell_text(const Cell& cell, bool unicode) {
  if (!cell.mark.empty()) return std::string{cell.mark};
  if (unicode) {
    const unsigned bits = cell.dots != 0 ? cell.dots : cell.guide;
    return bits == 0 ? " " : braille(bits);
  }
  if (cell.points > 0) return std::string{crowd(cell.points)};
  if (cell.dots != 0) return "-";
  if (cell.guide != 0) return cell.dotted ? "." : "-";
  return " ";
}

std::string_view sample_of(PlotStyle style, std::string_view mark, bool unicode) {
  switch (style) {
    case PlotStyle::kDots:
      return unicode ? "⠿" : "o O @";
    case PlotStyle::kMarks:
    case PlotStyle::kLine:
      return mark;
    case PlotStyle::kGuide:
      return unicode ? "⠤⠤" : "--";
    case PlotStyle::kDotted:
      return unicode ? "⠄⠄" : "..";
  }
  return mark;
}

struct Drawn {
  std::vector<std::string> legend;
  int shown{};
};

Drawn draw_series(Frame& frame, const Plot& plot, bool unicode) {
  Drawn drawn;
  const auto& marks = unicode ? kMarks : kAsciiMarks;
  std::size_t next = 0;
  // Lines alone are a picture where the axes do not need points.
  const bool ends_given = plot.x.low < plot.x.high && plot.y.low < plot.y.high;
  for (const PlotSeries& series : plot.series) {
    const bool marked = series.style == PlotStyle::kMarks || series.style == PlotStyle::kLine;
    const std::string_view mark = marked ? marks[next++ % marks.size()] : std::string_view{};
    std::string text = fmt::format("{} {}", sample_of(series.style, mark, unicode), series.name);
    if (is_guide(series) || series.style == PlotStyle::kLine) draw_lines(frame, series);
    if (!is_guide(series)) {
      const int outside = draw_points(frame, series, mark);
      drawn.shown += static_cast<int>(series.points.size()) - outside;
      if (outside > 0) text += fmt::format(" ({} not shown)", outside);
    }
    if (is_guide(series) && ends_given && series.points.size() > 1) ++drawn.shown;
    if (!series.name.empty()) drawn.legend.push_back(std::move(text));
  }
  return drawn;
}

AxisScale scale_of(const Plot& plot, const PlotAxis& axis, double PlotPoint::*value) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const PlotSeries& series : plot.series) {
    if (is_guide(series)) continue;
    for (const PlotPoint& point : series.points) {
      const double v = point.*value;
      if (!std::isfinite(v) || (axis.logarithmic && v <= 0)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  }
  if (axis.low < axis.high) return {axis.low, axis.high, axis.logarithmic};
  if (!(low <= high)) return {1, 1, axis.logarithmic};
  return widened({low, high, axis.logarithmic});
}

// Row or column of each tick → its label. A label that would touch its neighbour is left out.
struct PlacedTick {
  std::size_t at{};
  std::string label;
};

std::vector<PlacedTick> placed_ticks(const AxisScale& scale, std::size_t cells, bool upwards) {
  std::vector<PlacedTick> placed;
  for (const double tick : ticks(scale, cells / (upwards ? 4 : 10))) {
    const double share = upwards ? 1 - scale.share(tick) : scale.share(tick);
    placed.push_back({static_cast<std::size_t>(std::lround(share * static_cast<double>(cells - 1))),
                      tick_text(tick)});
  }
  return placed;
}

std::string drawing(Frame& frame, bool unicode, std::size_t label_width) {
  const auto rows = static_cast<std::size_t>(frame.canvas.rows);
  const auto labels = placed_ticks(frame.y, rows, true);
  std::string out;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto tick = std::find_if(labels.begin(), labels.end(),
                                   [row](const PlacedTick& t) { return t.at == row; });
    const bool has_tick = tick != labels.end();
    std::string line = fmt::format("{:>{}} ", has_tick ? tick->label : "", label_width);
    if (unicode) line += has_tick ? "┤" : "│";
    else line += has_tick ? '+' : '|';
    for (int column = 0; column < frame.canvas.columns; ++column) {
      line += cell_text(frame.canvas.at(column, static_cast<int>(row)), unicode);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string x_axis(const Frame& frame, const PlotAxis& axis, bool unicode,
                   std::size_t label_width) {
  const auto columns = static_cast<std::size_t>(frame.canvas.columns);
  const std::size_t left = label_width + 2;
  std::vector<bool> has_tick(columns, false);
  std::string labels(left + columns, ' ');
  std::size_t free_from = 0;
  for (const PlacedTick& tick : placed_ticks(frame.x, columns, false)) {
    has_tick[tick.at] = true;
    const std::size_t half = tick.label.size() / 2;
    const std::size_t at =
        std::min(left + tick.at - std::min(half, left), left + columns - tick.label.size());
    if (at < free_from) continue;
    labels.replace(at, tick.label.size(), tick.label);
    free_from = at + tick.label.size() + 1;
  }
  std::string line(label_width + 1, ' ');
  line += unicode ? "└" : "+";
  for (const bool tick : has_tick) line += unicode ? (tick ? "┬" : "─") : (tick ? "+" : "-");
  labels.erase(labels.find_last_not_of(' ') + 1);
  const std::size_t taken = display_width(axis.title);
  const std::size_t indent = left + columns > taken ? left + columns - taken : 0;
  return line + '\n' + labels + '\n' + std::string(indent, ' ') + axis.title + '\n';
}

std::string legend_text(const std::vector<std::string>& entries, std::size_t width) {
  std::string out, line;
  for (const std::string& entry : entries) {
    if (!line.empty() && display_width(line) + display_width(entry) + 3 > width) {
      out += line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : "   ") + entry;
  }
  return out + line + '\n';
}

}  // namespace

std::string render_plot(const Plot& plot, bool unicode, std::size_t width, std::size_t height) {
  ASSAY_ASSERT(width >= kWidthMin && height >= kHeightMin);
  Frame frame{scale_of(plot, plot.x, &PlotPoint::x), scale_of(plot, plot.y, &PlotPoint::y), {}};
  std::size_t label_width = 1;
  for (const PlacedTick& tick : placed_ticks(frame.y, height, true)) {
    label_width = std::max(label_width, tick.label.size());
  }
  frame.canvas = {.columns = static_cast<int>(width - label_width - 2),
                  .rows = static_cast<int>(height),
                  .cells = std::vector<Cell>((width - label_width - 2) * height)};
  const Drawn drawn = draw_series(frame, plot, unicode);
  std::string out;
  if (!plot.title.empty()) out += plot.title + '\n';
  if (drawn.shown == 0) return out + "nothing to plot\n";
  out += plot.y.title + '\n' + drawing(frame, unicode, label_width) +
         x_axis(frame, plot.x, unicode, label_width) + legend_text(drawn.legend, width);
  return unicode ? out : ascii(out);
}

}  // namespace assay::present
