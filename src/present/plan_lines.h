// plan_lines.h — lines that the pages of all plans have alike: wrapped text, rules, money, counts.
// At most kWidthMax columns, each line ends with a newline. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/quantity.h"
#include "market/offer.h"
#include "plan/plan.h"
#include "present/options.h"

namespace assay::present {

// Lines of at most kWidthMax; all but the first begin with `indent`.
std::string wrapped_lines(std::string_view text, std::string_view indent);
std::string rule(const CommonOptions& options);
std::string money(Usd amount);  // "$1,234"
// "9 nodes of 8"; "cards".
std::string units_text(const market::Offer& offer, int units);
// "  HEAD      TAIL" of a choice, the head bold, over a rule.
std::string headline(const std::string& head, const std::string& tail,
                     const CommonOptions& options);
// A line for each reason that tells what came near.
std::string nearest_misses(const std::vector<plan::Rejected>& rejected);

}  // namespace assay::present
