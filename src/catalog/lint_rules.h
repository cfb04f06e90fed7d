// lint_rules.h — the rules behind lint(): each looks at one subject and appends what it finds.
// Rules compare numbers with numbers: within a fact, between facts of a subject, with the family,
// with the systems that hold the accelerator, and with a reference. Internal to the room; see
// lint.h for the contract.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/figures.h"
#include "catalog/lint.h"

namespace assay::catalog {

struct LintContext {
  const Catalog& catalog;
  const Catalog* reference;           // may be null
  std::vector<Subject> accelerators;  // of the catalog, same order
  std::vector<Subject> systems;
  std::vector<Finding> findings;

  std::string source_of(const Figure& figure) const { return catalog.source(figure.source).id; }
};

// Appends a finding at a figure of a fact.
void report(LintContext& context, Severity severity, std::string_view rule, const Subject& subject,
            const FigureFact& fact, const Figure& figure, std::string what, std::string expected);

// a/b lies within `tolerance` (relative) of `ratio`.
bool ratio_is(double a, double b, double ratio, double tolerance = 0.02);

// What the ratio of a suspect figure to a trusted one of the same field says went wrong.
struct Suspicion {
  std::string rule;
  std::string why;
};
struct Comparison {
  double value{}, trusted{};
  double dies{1};         // of the accelerator
  double accelerators{};  // of the system; 0 for an accelerator
  bool same_product{};    // the trusted figure is of the very same thing
  bool of_superchip{};    // the accelerator is also described per superchip
};
std::optional<Suspicion> suspect(const FigureFact& fact, const Comparison& comparison);

// 2:4 sparsity at most doubles a rate; hardware that is short of something else gains less.
bool sparse_gain_is_usual(double gain);

// Within one fact, and against the reference's figure for the same id.
void lint_readings(LintContext& context, const Subject& subject);
void lint_reference(LintContext& context, const Subject& subject);
// Ranges that real hardware keeps to, by memory type and field.
void lint_plausible(LintContext& context, const Subject& subject);
void lint_memory(LintContext& context, const Subject& accelerator);
void lint_silicon(LintContext& context, const Subject& accelerator);
// Ratios between the formats of one accelerator.
void lint_peaks(LintContext& context, const Subject& accelerator);
// Against other accelerators of the same family.
void lint_family(LintContext& context, const Subject& accelerator);
// Links: per link × count, per pair × peers, both ways against one way.
void lint_links(LintContext& context, const Subject& subject);
// A system against what it is made of.
void lint_system(LintContext& context, const Subject& system);

}  // namespace assay::catalog
