// lint_suspect.cpp — names for ratios: what went wrong when a figure is 2, 8, 72 or 1000 times the
// right one.
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "base/text.h"
#include "catalog/lint_rules.h"

namespace assay::catalog {
namespace {

constexpr double kNear = 0.05;  // 1.5 TB is printed for 8 × 192 GB
constexpr double kGibPerGb = 1.073741824;

// Sizes of systems that are printed as one card's: 8 cards, 72, and twice that for sparse rates.
constexpr std::array kSystemSizes{8.0, 16.0, 72.0, 144.0};
constexpr std::array kLinkCounts{4.0, 6.0, 7.0, 12.0, 18.0, 24.0};

bool either_ratio(double a, double b, double ratio, double tolerance) {
  return ratio_is(a, b, ratio, tolerance) || ratio_is(b, a, ratio, tolerance);
}

bool is_link(const FigureFact& fact) {
  return fact.rule == BasisRule::kLink || fact.rule == BasisRule::kPair;
}

// Vector units and FP64 have no 2:4 sparsity.
bool can_be_sparse(const FigureFact& fact) {
  return fact.rule == BasisRule::kPeak && fact.path.find("64") == std::string_view::npos &&
         fact.path.find("32_") == std::string_view::npos;
}

using Found = std::optional<Suspicion>;

Found suspect_prefix(const FigureFact& fact, const Comparison& c) {
  for (const double thousand : {1e3, 1e6}) {
    for (const double sparse : {1.0, 2.0, 0.5}) {
      if (sparse != 1 && !can_be_sparse(fact)) continue;
      if (either_ratio(c.value, c.trusted, thousand * sparse, kNear)) {
        return Suspicion{"off-by-thousand", "the unit has another prefix"};
      }
    }
  }
  if (fact.dim == Bytes::kDim && either_ratio(c.value, c.trusted, kGibPerGb, 0.004)) {
    return Suspicion{"gb-gib", "GB and GiB differ by 7.4 %"};
  }
  return std::nullopt;
}

Found suspect_link(const Comparison& c) {
  if (either_ratio(c.value, c.trusted, 2, 0.02)) {
    return Suspicion{"two-bases", "one way and both ways differ by two"};
  }
  for (const double links : kLinkCounts) {
    if (either_ratio(c.value, c.trusted, links, 0.02)) {
      return Suspicion{"two-bases", "one link and all of them differ by their count"};
    }
  }
  return std::nullopt;
}

// Less than the right figure: of a part of the thing.
Found suspect_part(const FigureFact& fact, const Comparison& c) {
  if (c.dies > 1 && ratio_is(c.trusted, c.value, c.dies, kNear)) {
    return Suspicion{"die-as-module", "one of " + number_text(c.dies) + " dies has the rest"};
  }
  const bool of_total = c.accelerators > 1 && fact.path.starts_with("total.");
  if (of_total && ratio_is(c.trusted, c.value, c.accelerators, 0.1)) {
    return Suspicion{"card-as-system", "one of " + number_text(c.accelerators) + " has that"};
  }
  return std::nullopt;
}

// More than the right figure: of something larger, or sparse.
Found suspect_whole(const FigureFact& fact, const Comparison& c) {
  const double ratio = c.value / c.trusted;
  const bool doubled = ratio > 1.85 && ratio < 2.3;  // 20 for 9 PFLOP/s: sparse, of a faster bin
  if (can_be_sparse(fact) && (doubled || ratio_is(ratio, 1, 4, 0.02))) {
    return Suspicion{"sparse-as-dense", "twice the dense rate is the sparse one"};
  }
  const bool with_host = fact.dim == Watts::kDim && ratio > 1.85 && ratio < 2.6;
  const bool adds = fact.path == "memory.marketed" || fact.path == "memory.usable" ||
                    fact.path == "memory.bandwidth" || fact.dim == Watts::kDim;
  if (c.same_product && adds && c.accelerators == 0 && (with_host || ratio_is(ratio, 1, 2, 0.02))) {
    return c.of_superchip ? Suspicion{"superchip-as-card", "the superchip holds two"}
                          : Suspicion{"system-as-card", "a pair has twice that"};
  }
  if (fact.dim == Dim{} || fact.path.starts_with("market.")) return std::nullopt;
  for (const double cards : kSystemSizes) {
    if (ratio_is(ratio, 1, cards, kNear)) {
      return Suspicion{"system-as-card", number_text(cards) + " × that is a whole system's"};
    }
  }
  return std::nullopt;
}

}  // namespace

bool sparse_gain_is_usual(double gain) { return gain > 1.25 && gain < 2.06; }

std::optional<Suspicion> suspect(const FigureFact& fact, const Comparison& comparison) {
  if (auto found = suspect_prefix(fact, comparison)) return found;
  if (is_link(fact)) return suspect_link(comparison);
  return comparison.value < comparison.trusted ? suspect_part(fact, comparison)
                                               : suspect_whole(fact, comparison);
}

}  // namespace assay::catalog
