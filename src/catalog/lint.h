// lint.h — what sources get wrong: sparse given as dense, a system given as one card, units off by
// a thousand, one figure in two bases, a value without a source, readings that contradict each
// other or the die's arithmetic. Rules work on the numbers, not on names; each finding says the
// rule, the place, the evidence and the likely truth. Pure; deterministic order (file, line, rule).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace assay::catalog {

enum class Severity : std::uint8_t { kError, kWarning, kNote };

struct Finding {
  Severity severity{};
  std::string rule;      // "sparse-as-dense"
  std::string subject;   // id of the accelerator or system
  std::string field;     // "peak.fp8"
  std::string what;      // what was found, with the figures
  std::string expected;  // the likely truth, with its evidence
  Where where;
};

// `reference`: the built-in catalog, where an overlay is checked: a figure that it replaces is
// compared with it.
std::vector<Finding> lint(const Catalog& catalog, const Catalog* reference = nullptr);

}  // namespace assay::catalog
