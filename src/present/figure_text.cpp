#include "present/figure_text.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"

namespace assay::present {
namespace {

using plan::CatalogFigure;
using State = CatalogFigure::State;

constexpr double kMiB = 1048576.0, kMB = 1e6;

bool is_whole(double value) { return value >= 1 && std::abs(value - std::round(value)) < 1e-9; }

// In the unit in which the number is round: 141 GB, 141 GiB, 50 MiB.
std::string bytes_text(double bytes, int digits) {
  const double mib = bytes / kMiB;
  if (is_whole(bytes / kMB) || !is_whole(mib)) return quantity_text(bytes, Bytes::kDim, digits);
  if (mib >= 1024 * 1024) return number_text(mib / (1024 * 1024), digits) + " TiB";
  if (mib >= 1024) return number_text(mib / 1024, digits) + " GiB";
  return number_text(mib, digits) + " MiB";
}

std::string number_of(double value, Dim dim, std::string_view path, int digits) {
  if (path == "bandwidth_per_usd") {
    return quantity_text(value, BytesPerSecond::kDim, digits) + "/USD";
  }
  if (path == "tpp") return grouped_text(value);
  if (dim == Bytes::kDim) return bytes_text(value, digits);
  if (dim == Dim{}) return count_text(value, digits);
  std::string text = quantity_text(value, dim, digits);
  const bool integer = path.find("int8") != std::string_view::npos ||
                       path.find("int4") != std::string_view::npos;
  const std::size_t flop = text.find("FLOP");
  if (integer && flop != std::string::npos) text.replace(flop, 4, "OP");
  return text;
}

}  // namespace

std::string figure_text(const CatalogFigure& figure, std::string_view path, int digits) {
  switch (figure.state) {
    case State::kUnknown: return std::string{kUnknownText};
    case State::kNone: return "none";
    case State::kText: return figure.text;
    case State::kNumber: return number_of(figure.value, figure.dim, path, digits);
    case State::kRange: break;
  }
  const ValueWithUnit low = split_unit(number_of(figure.value, figure.dim, path, digits));
  const std::string high = number_of(figure.high, figure.dim, path, digits);
  const bool same_unit = low.unit == split_unit(high).unit;
  return fmt::format("{}{}{} .. {}", low.value, same_unit || low.unit.empty() ? "" : " ",
                     same_unit ? "" : low.unit, high);
}

ValueWithUnit split_unit(const std::string& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return {text, ""};
  return {text.substr(0, space), text.substr(space + 1)};
}

std::string source_text(const CatalogFigure& figure) {
  if (!figure.from.empty()) return figure.from;
  return figure.source;
}

std::string code_text(const CatalogFigure& figure) {
  if (figure.state == State::kUnknown) return std::string{kUnknownText};
  return std::string{code(figure.confidence)};
}

std::string_view relation(const CatalogFigure& used, const CatalogFigure& other) {
  if (used.basis != other.basis) return "other basis";
  const bool same = used.state == other.state && used.value == other.value &&
                    used.high == other.high && used.text == other.text;
  return same ? "agrees" : "conflicts";
}

std::string count_text(double count, int digits) {
  if (count >= 1e12) return number_text(count / 1e12, digits) + " trillion";
  if (count >= 1e9) return number_text(count / 1e9, digits) + " billion";
  if (count >= 1e6) return number_text(count / 1e6, digits) + " million";
  return number_text(count, digits);
}

}  // namespace assay::present
