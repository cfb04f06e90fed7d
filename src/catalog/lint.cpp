#include "catalog/lint.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "catalog/lint_rules.h"

namespace assay::catalog {

void report(LintContext& context, Severity severity, std::string_view rule, const Subject& subject,
            const FigureFact& fact, const Figure& figure, std::string what, std::string expected) {
  context.findings.push_back({.severity = severity,
                              .rule = std::string(rule),
                              .subject = *subject.id,
                              .field = std::string(fact.path),
                              .what = std::move(what),
                              .expected = std::move(expected),
                              .where = *figure.where});
}

bool ratio_is(double a, double b, double ratio, double tolerance) {
  ASSAY_ASSERT(ratio > 0 && tolerance > 0);
  return b > 0 && std::abs(a / b / ratio - 1) <= tolerance;
}

std::vector<Finding> lint(const Catalog& catalog, const Catalog* reference) {
  LintContext context{.catalog = catalog,
                      .reference = reference,
                      .accelerators = {},
                      .systems = {},
                      .findings = {}};
  for (const Accelerator& a : catalog.accelerators) context.accelerators.push_back(subject_of(a));
  for (const System& s : catalog.systems) context.systems.push_back(subject_of(s));
  for (const Subject& accelerator : context.accelerators) {
    lint_readings(context, accelerator);
    lint_reference(context, accelerator);
    lint_plausible(context, accelerator);
    lint_memory(context, accelerator);
    lint_silicon(context, accelerator);
    lint_peaks(context, accelerator);
    lint_family(context, accelerator);
    lint_links(context, accelerator);
  }
  for (const Subject& system : context.systems) {
    lint_readings(context, system);
    lint_reference(context, system);
    lint_links(context, system);
    lint_system(context, system);
  }
  auto place = [](const Finding& f) {
    return std::tie(f.where.file, f.where.line, f.where.column, f.rule, f.field);
  };
  auto& findings = context.findings;
  std::ranges::stable_sort(findings, [&](const Finding& a, const Finding& b) {
    return std::tuple{place(a), a.severity} < std::tuple{place(b), b.severity};
  });
  // Several comparisons may show one defect: the first, and most severe, speaks for it.
  const auto same = [&](const Finding& a, const Finding& b) { return place(a) == place(b); };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
  return std::move(findings);
}

}  // namespace assay::catalog
