// findings.h — what lint found, of the catalog or of an offer book: printed by severity.
// Computes nothing; the exit code follows from the severities.
#pragma once

#include <string>
#include <vector>

#include "catalog/lint.h"
#include "present/commands.h"

namespace assay::present {

struct FindingsOf {
  std::string schema;  // of the JSON: "assay.catalog.check/1"
  std::string what;    // "88 accelerators, 40 systems"
  bool strict{};       // warnings fail too
};

// Returns 3 with errors (strict: with warnings), else 0.
int print_findings(const Context& context, std::vector<catalog::Finding> findings,
                   const FindingsOf& of);

// "error", "warning", "note"
std::string_view name(catalog::Severity severity);

}  // namespace assay::present
