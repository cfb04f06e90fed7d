// lint_readings.cpp — readings of one fact against each other, and against a reference's figure of
// the same thing.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/unit_text.h"
#include "catalog/lint_rules.h"

namespace assay::catalog {
namespace {

constexpr double kContradiction = 0.05;  // beyond this, two figures are not two roundings of one
constexpr double kNear = 0.05;           // 1.5 TB is printed for 8 × 192 GB

std::string times(double ratio) { return number_text(ratio, 3) + " ×"; }

// Another reading in the canonical basis: the file's author knows of the conflict, so it is never
// an error.
void lint_conflict(LintContext& context, const Subject& subject, const FigureFact& fact,
                   const Figure& used, const Figure& other) {
  const double low = other.value;
  const double high = other.high.value_or(low);
  const bool inside =
      used.value >= low * (1 - kContradiction) && used.value <= high * (1 + kContradiction);
  if (inside) return;
  const std::string what = fact.text(other.value) + " (" + context.source_of(other) + ") against " +
                           fact.text(used.value) + " (" + context.source_of(used) +
                           "), which is used";
  const Comparison comparison{.value = std::max(used.value, low),
                              .trusted = std::min(used.value, low)};
  const auto found = suspect(fact, comparison);
  report(context, found && found->rule == "gb-gib" ? Severity::kNote : Severity::kWarning,
         found ? found->rule : "contradiction", subject, fact, other, what,
         found ? found->why : "readings of one basis within 5 %");
}

void lint_sparse(LintContext& context, const Subject& subject, const FigureFact& fact,
                 const Figure& used, const Figure& sparse) {
  if (sparse.high || sparse.basis->accumulate == Accumulate::kFp16) return;
  const std::string what = "dense " + fact.text(used.value) + " (" + context.source_of(used) +
                           ") and sparse " + fact.text(sparse.value) + " (" +
                           context.source_of(sparse) + ")";
  if (ratio_is(sparse.value, used.value, 1)) {
    report(context, Severity::kError, "sparse-as-dense", subject, fact, used, what,
           "half of the sparse figure: " + fact.text(sparse.value / 2));
  } else if (!sparse_gain_is_usual(sparse.value / used.value)) {
    const auto found = suspect(fact, {.value = sparse.value, .trusted = used.value * 2});
    report(context, Severity::kWarning, found ? found->rule : "contradiction", subject, fact,
           sparse, what, found ? found->why : "2:4 sparsity at most doubles the rate");
  }
}

// Whether a reading has the canonical basis but for being sparse.
bool is_sparse_twin(const FigureFact& fact, const Figure& figure) {
  return fact.rule == BasisRule::kPeak && figure.basis->sparsity == Sparsity::kSparse &&
         (figure.basis->scope == Scope::kSubject || figure.basis->scope == Scope::kAccelerator);
}

bool matters_most(std::string_view path) {
  return path.starts_with("peak.") || path.starts_with("memory.") || path.starts_with("total.") ||
         path == "link.bandwidth" || path == "board.power" || path == "chip.die_area";
}

void lint_provenance(LintContext& context, const Subject& subject, const FigureFact& fact) {
  if (!matters_most(fact.path)) return;
  if (!fact.used_index) {
    report(context, Severity::kNote, "no-canonical", subject, fact, fact.figures.front(),
           "no reading is in the basis that is calculated with",
           "a reading per accelerator; peaks dense, links both ways and aggregate");
    return;
  }
  const Figure& used = fact.figures[*fact.used_index];
  const bool sourced = context.catalog.source(used.source).confidence != Confidence::kAssumed;
  if (!sourced && used.confidence != Confidence::kAssumed) {
    report(context, Severity::kError, "no-source", subject, fact, used,
           "a figure without a source is given as " + std::string(name(used.confidence)),
           "the source that says so, or no confidence of its own");
  } else if (!sourced && !used.none) {
    report(context, Severity::kNote, "no-source", subject, fact, used,
           fact.text(used.value) + " has no source", "a source, or leave the field out");
  }
}

void lint_known_wrong(LintContext& context, const Subject& subject, const FigureFact& fact,
                      const std::vector<SeenInPrint>& entries) {
  const Figure* used = fact.used();
  if (used == nullptr) return;
  for (const SeenInPrint& entry : entries) {
    if (entry.field != fact.path) continue;
    const auto value = parse_quantity(entry.value, fact.dim);
    if (!value || !ratio_is(used->value, value->low, 1, 0.001)) continue;
    report(context, Severity::kError, "known-wrong", subject, fact, *used,
           fact.text(used->value) + " is listed in seen_in_print", "not that value: " + entry.why);
  }
}

// The range of the catalog's own readings in the canonical basis that holds `value`, within 1 %.
bool reference_knows(const FigureFact& known, double value) {
  return std::ranges::any_of(known.figures, [&](const Figure& figure) {
    return figure.canonical && !figure.none && value >= figure.value * 0.99 &&
           value <= figure.high.value_or(figure.value) * 1.01;
  });
}

std::string_view rule_of_basis(const Basis& basis) {
  if (basis.scope == Scope::kDie) return "die-as-module";
  if (basis.scope == Scope::kSuperchip) return "superchip-as-card";
  if (basis.scope == Scope::kSystem || basis.scope == Scope::kRack) return "system-as-card";
  if (basis.scope == Scope::kAccelerator) return "card-as-system";
  return basis.sparsity == Sparsity::kSparse ? "sparse-as-dense" : "two-bases";
}

// The catalog gives the very figure, but in another basis.
const Figure* other_basis(const FigureFact& known, double value) {
  for (const Figure& figure : known.figures) {
    if (!figure.canonical && !figure.none && ratio_is(figure.value, value, 1, 0.005)) {
      return &figure;
    }
  }
  return nullptr;
}

bool has_superchip_readings(const Subject& subject) {
  return std::ranges::any_of(subject.facts, [](const FigureFact& fact) {
    return std::ranges::any_of(fact.figures, [](const Figure& figure) {
      return figure.basis->scope == Scope::kSuperchip;
    });
  });
}

void lint_against(LintContext& context, const Subject& subject, const FigureFact& fact,
                  const Subject& known_subject, const FigureFact& known) {
  const Figure* used = fact.used();
  if (used == nullptr || !known.used_index) return;
  const Figure& trusted = known.figures[*known.used_index];
  if (trusted.none) {
    report(context, Severity::kError, "format-without-hardware", subject, fact, *used,
           fact.text(used->value) + " where the catalog says that there is none", "none");
    return;
  }
  if (reference_knows(known, used->value)) return;
  const double high = trusted.high.value_or(trusted.value);
  const double nearest = used->value > high ? high : trusted.value;
  const std::string own = known.text(nearest) + ", the catalog's own figure";
  const std::string what =
      fact.text(used->value) + " is " + times(used->value / nearest) + " " + own;
  if (const Figure* same = other_basis(known, used->value)) {
    report(context, Severity::kError, rule_of_basis(*same->basis), subject, fact, *used, what,
           own + "; this one is " + to_text(*same->basis));
    return;
  }
  const Comparison comparison{
      .value = used->value,
      .trusted = nearest,
      .dies = known_subject.value("chip.dies").value_or(1),
      .accelerators = subject.system != nullptr ? subject.system->accelerators * 1.0 : 0,
      .same_product = true,
      .of_superchip = has_superchip_readings(known_subject)};
  if (const auto found = suspect(known, comparison)) {
    report(context, Severity::kError, found->rule, subject, fact, *used, what,
           own + ": " + found->why);
  } else if (std::abs(used->value / nearest - 1) > kContradiction) {
    report(context, Severity::kWarning, "contradiction", subject, fact, *used, what, own);
  }
}

}  // namespace

void lint_readings(LintContext& context, const Subject& subject) {
  for (const FigureFact& fact : subject.facts) {
    lint_provenance(context, subject, fact);
    lint_known_wrong(context, subject, fact, *subject.seen_in_print);
    const Figure* used = fact.used();
    if (used == nullptr) continue;
    for (const Figure& other : fact.figures) {
      if (&other == used || other.none) continue;
      if (other.canonical) lint_conflict(context, subject, fact, *used, other);
      else if (is_sparse_twin(fact, other)) lint_sparse(context, subject, fact, *used, other);
    }
  }
}

void lint_reference(LintContext& context, const Subject& subject) {
  if (context.reference == nullptr) return;
  const Accelerator* accelerator =
      subject.accelerator != nullptr ? context.reference->accelerator(*subject.id) : nullptr;
  const System* system =
      subject.system != nullptr ? context.reference->system(*subject.id) : nullptr;
  if (accelerator == nullptr && system == nullptr) return;
  const Subject known = accelerator != nullptr ? subject_of(*accelerator) : subject_of(*system);
  if (known.where->file == subject.where->file) return;  // not replaced
  for (const FigureFact& fact : subject.facts) {
    lint_known_wrong(context, subject, fact, *known.seen_in_print);
    const FigureFact* same = known.find(fact.path);
    if (same != nullptr) lint_against(context, subject, fact, known, *same);
  }
}

}  // namespace assay::catalog
