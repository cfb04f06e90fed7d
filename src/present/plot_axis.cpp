#include "present/plot_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace assay::present {
namespace {

constexpr double kMargin = 0.03;  // of the length, at each end
constexpr double kSlack = 1e-9;   // a tick that rounding puts just outside counts

bool within(const AxisScale& scale, double value) {
  const double share = scale.share(value);
  return share >= -kSlack && share <= 1 + kSlack;
}

std::vector<double> decade_ticks(const AxisScale& scale, std::size_t count) {
  const int first = static_cast<int>(std::floor(std::log10(scale.low)));
  const int last = static_cast<int>(std::ceil(std::log10(scale.high)));
  const int decades = std::max(1, last - first);
  const bool few = static_cast<std::size_t>(2 * decades) <= count;
  const int step = std::max(
      1,
      static_cast<int>(std::ceil(decades / static_cast<double>(std::max<std::size_t>(2, count)))));
  std::vector<double> out;
  for (int decade = first; decade <= last; decade += step) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double tick = digit * std::pow(10.0, decade);
      if ((digit == 1 || few) && within(scale, tick)) out.push_back(tick);
    }
  }
  return out;
}

std::vector<double> linear_ticks(const AxisScale& scale, std::size_t count) {
  const double rough =
      (scale.high - scale.low) / static_cast<double>(std::max<std::size_t>(2, count));
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double digit = rough / power;
  const double step = (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * power;
  std::vector<double> out;
  const double first = std::ceil(scale.low / step - kSlack);
  for (double i = first; i * step <= scale.high + kSlack * step; ++i) out.push_back(i * step);
  return out;
}

}  // namespace

double AxisScale::share(double value) const {
  if (!logarithmic) return (value - low) / (high - low);
  if (!(value > 0)) return std::numeric_limits<double>::quiet_NaN();
  return std::log(value / low) / std::log(high / low);
}

AxisScale widened(AxisScale scale) {
  ASSAY_ASSERT(scale.low <= scale.high);
  if (scale.logarithmic) {
    const double room = scale.low < scale.high ? std::pow(scale.high / scale.low, kMargin) : 2;
    return {scale.low / room, scale.high * room, true};
  }
  const double length = scale.high - scale.low;
  const double room = length > 0 ? kMargin * length : std::max(1.0, std::abs(scale.low)) / 2;
  return {scale.low - room, scale.high + room, false};
}

std::vector<double> ticks(const AxisScale& scale, std::size_t count) {
  if (!(scale.low < scale.high)) return {};
  return scale.logarithmic ? decade_ticks(scale, count) : linear_ticks(scale, count);
}

std::string tick_text(double value) {
  struct Prefix {
    double factor;
    std::string_view letter;
  };
  constexpr std::array kPrefixes{Prefix{1e12, "T"}, Prefix{1e9, "G"}, Prefix{1e6, "M"},
                                 Prefix{1e3, "k"}};
  for (const Prefix& prefix : kPrefixes) {
    if (std::abs(value) >= prefix.factor * (1 - kSlack)) {
      return number_text(value / prefix.factor, 3) + std::string{prefix.letter};
    }
  }
  return number_text(std::abs(value) < kSlack ? 0 : value, 3);
}

}  // namespace assay::present
