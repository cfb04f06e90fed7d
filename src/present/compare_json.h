// compare_json.h — a comparison as "assay.compare/1": each cell with value, unit, base value, code.
// Versioned; may only grow. Computes no figure.
#pragma once

#include <string>

#include "plan/compare.h"
#include "present/options.h"

namespace assay::present {

std::string compare_json(const catalog::Catalog& catalog, const plan::Comparison& comparison,
                         const CompareOptions& options);

}  // namespace assay::present
