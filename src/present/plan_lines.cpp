#include "present/plan_lines.h"

#include <fmt/format.h>

#include "base/text.h"
#include "present/colour.h"
#include "present/text_table.h"

namespace assay::present {

std::string wrapped_lines(std::string_view text, std::string_view indent) {
  std::string out;
  bool first = true;
  for (const std::string& line : wrapped(text, kWidthMax - indent.size())) {
    out += (first ? std::string{} : std::string{indent}) + line + "\n";
    first = false;
  }
  return out;
}

std::string rule(const CommonOptions& options) {
  std::string line;
  for (std::size_t i = 0; i < kWidthMax - 4; ++i) line += options.unicode ? "─" : "-";
  return "  " + line + "\n";
}

std::string money(Usd amount) { return "$" + grouped_text(amount.base()); }

std::string units_text(const market::Offer& offer, int units) {
  const std::string_view unit = market::name(offer.unit);
  const bool single = offer.unit == market::PriceUnit::kCard && offer.accelerators == 1;
  if (single) return "cards";
  return fmt::format("{} {}{} of {}", grouped_text(units), unit, units == 1 ? "" : "s",
                     offer.accelerators);
}

std::string headline(const std::string& head, const std::string& tail,
                     const CommonOptions& options) {
  const std::size_t used = display_width(head) + display_width(tail);
  const std::string gap(used + 3 < kWidthMax ? kWidthMax - 2 - used : 1, ' ');
  return paint(head, Colour::kBold, options.colour) + gap + tail + "\n" + rule(options);
}

std::string nearest_misses(const std::vector<plan::Rejected>& rejected) {
  std::string out;
  for (const plan::Rejected& one : rejected) {
    const bool telling = one.reason >= plan::Reason::kUnknownFigure;
    if (!telling || one.nearest.empty()) continue;
    out += wrapped_lines(
        fmt::format("  nearest of those that {}: {}", describe(one.reason), one.nearest), "    ");
  }
  return out;
}

}  // namespace assay::present
