// lint_peaks.cpp — ratios between the formats of one accelerator: half the bits give up to twice
// the rate, not four times. A ratio that some accelerator of the same family shares is the
// family's, not a mistake.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "base/text.h"
#include "catalog/lint_rules.h"

namespace assay::catalog {
namespace {

// `faster` may be at most `ratio` × `slower` per operation of the hardware; twice that is suspect.
// k16 stands for the faster one of BF16 and FP16.
constexpr std::string_view k16 = "16";

struct FormatPair {
  std::string_view faster, slower;
  double ratio;
};

constexpr std::array kPairs{
    FormatPair{"peak.fp8", k16, 2},          FormatPair{"peak.int8", k16, 2},
    FormatPair{"peak.fp4", "peak.fp8", 2},   FormatPair{"peak.int4", "peak.int8", 2},
    FormatPair{"peak.bf16", "peak.fp16", 1}, FormatPair{"peak.fp16", "peak.bf16", 1},
};

// Dense, of one accelerator, whatever it accumulates in.
bool is_dense_rate(const Figure& figure) {
  const Scope scope = figure.basis->scope;
  return !figure.none && !figure.high && figure.basis->sparsity == Sparsity::kDense &&
         (scope == Scope::kSubject || scope == Scope::kAccelerator);
}

// The fastest dense rate of a format: cards that halve FP32 accumulation reach it with FP16.
std::optional<double> fastest(const Subject& subject, std::string_view path) {
  if (path == k16) return std::max(fastest(subject, "peak.bf16"), fastest(subject, "peak.fp16"));
  const FigureFact* fact = subject.find(path);
  if (fact == nullptr || fact->used() == nullptr) return std::nullopt;
  double rate = fact->used()->value;
  for (const Figure& figure : fact->figures) {
    if (is_dense_rate(figure) && figure.basis->accumulate == Accumulate::kFp16) {
      rate = std::max(rate, figure.value);
    }
  }
  return rate;
}

std::optional<double> ratio_of(const Subject& subject, const FormatPair& pair) {
  const auto faster = subject.value(pair.faster);
  const auto slower = fastest(subject, pair.slower);
  if (!faster || !slower) return std::nullopt;
  return *faster / *slower;
}

// Whether a sibling has the same ratio: then it is the family's.
bool family_shares(const LintContext& context, const Subject& subject, const FormatPair& pair,
                   double ratio) {
  return std::ranges::any_of(context.accelerators, [&](const Subject& other) {
    if (*other.family != *subject.family || *other.id == *subject.id) return false;
    const auto theirs = ratio_of(other, pair);
    return theirs && ratio_is(ratio, *theirs, 1, 0.06);
  });
}

// Whether the family halves its rates with FP32 accumulation: then integers run at the full rate
// beside them.
bool family_halves_fp32(const LintContext& context, const Subject& subject) {
  return std::ranges::any_of(context.accelerators, [&](const Subject& other) {
    return *other.family == *subject.family &&
           std::ranges::any_of(other.facts, [](const FigureFact& fact) {
             return std::ranges::any_of(fact.figures, [](const Figure& figure) {
               return figure.basis->accumulate == Accumulate::kFp16;
             });
           });
  });
}

void lint_pair(LintContext& context, const Subject& subject, const FormatPair& pair) {
  const auto ratio = ratio_of(subject, pair);
  if (!ratio) return;
  const bool four = ratio_is(*ratio, 1, pair.ratio * 2, 0.12);
  const bool eight = ratio_is(*ratio, 1, pair.ratio * 4, 0.03);
  if ((!four && !eight) || family_shares(context, subject, pair, *ratio)) return;
  const bool halves = family_halves_fp32(context, subject);
  const FigureFact& fact = *subject.find(pair.faster);
  if (halves && fact.path.starts_with("peak.int")) return;
  const Figure& used = *fact.used();
  const bool accumulate = halves && four && used.basis->accumulate == Accumulate::kUnstated;
  const std::string half = fact.text(used.value / 2);
  report(context, ratio_is(*ratio, 1, pair.ratio * 2, 0.03) ? Severity::kError : Severity::kWarning,
         accumulate ? "two-bases" : "sparse-as-dense", subject, fact, used,
         fact.text(used.value) + " is " + number_text(*ratio, 3) + " × the rate of " +
             (pair.slower == k16 ? "16 bit" : std::string(pair.slower)),
         accumulate ? half + " with fp32 accumulate; the rate with fp16 accumulate is twice that"
                    : half + "; the sparse rate is twice the dense one");
}

// Fewer bits are never slower on one kind of unit.
void lint_order(LintContext& context, const Subject& subject) {
  constexpr std::array kOrder{"peak.bf16", "peak.fp8", "peak.fp6", "peak.fp4"};
  for (std::size_t i = 0; i + 1 < kOrder.size(); ++i) {
    for (std::size_t j = i + 1; j < kOrder.size(); ++j) {
      const FigureFact* wide = subject.find(kOrder[i]);
      const auto narrow = subject.value(kOrder[j]);
      if (wide == nullptr || wide->used() == nullptr || !narrow) continue;
      if (wide->used()->value <= *narrow * 1.1) continue;
      report(context, Severity::kWarning, "contradiction", subject, *wide, *wide->used(),
             wide->text(wide->used()->value) + ", but only " + wide->text(*narrow) + " for " +
                 kOrder[j],
             "a rate that does not fall as the bits do");
    }
  }
}

void lint_sparsity(LintContext& context, const Subject& subject) {
  if (!subject.accelerator->sparsity_2to4.none()) return;
  for (const FigureFact& fact : subject.facts) {
    for (const Figure& figure : fact.figures) {
      if (figure.basis->sparsity != Sparsity::kSparse || figure.none) continue;
      report(context, Severity::kError, "contradiction", subject, fact, figure,
             "a sparse rate, although sparsity_2to4 is none", "a dense rate, or sparsity_2to4");
    }
  }
}

}  // namespace

void lint_peaks(LintContext& context, const Subject& subject) {
  for (const FormatPair& pair : kPairs) lint_pair(context, subject, pair);
  lint_order(context, subject);
  lint_sparsity(context, subject);
}

}  // namespace assay::catalog
