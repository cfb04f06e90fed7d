// plot_axis.h — an axis of a plot: values → share of its length, round ticks, their labels.
// Linear or logarithmic (base 10). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace assay::present {

struct AxisScale {
  double low{}, high{};
  bool logarithmic{};

  // 0 at the low end, 1 at the high end, beyond them outside; not-a-number where the axis has no
  // such value.
  double share(double value) const;
};

// A little room at both ends, so that no point lies on the frame; also where low equals high.
AxisScale widened(AxisScale scale);

// Round values within the axis, lowest first, about `count` of them. Logarithmic: decades, or 1, 2
// and 5 of each where decades are few, or every second or third decade.
std::vector<double> ticks(const AxisScale& scale, std::size_t count);

// 0.05, 20, 1.5k, 20M: short enough for a margin.
std::string tick_text(double value);

}  // namespace assay::present
