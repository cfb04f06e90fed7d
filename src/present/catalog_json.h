// catalog_json.h — the catalog's answers as JSON: every reading with value, unit, base value,
// basis, source and confidence. Versioned; may only grow. Computes no figure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/lint.h"
#include "plan/catalog_sheet.h"

namespace assay::present {

// "assay.catalog.accelerators/1", "assay.catalog.systems/1"; only the named figures.
std::string accelerators_json(const catalog::Catalog& catalog,
                              const std::vector<const catalog::Accelerator*>& accelerators,
                              const std::vector<plan::FigureName>& names);
std::string systems_json(const catalog::Catalog& catalog,
                         const std::vector<const catalog::System*>& systems,
                         const std::vector<plan::FigureName>& names);
// "assay.catalog.sources/1"
std::string sources_json(const catalog::Catalog& catalog,
                         const std::vector<const catalog::Source*>& sources);
// `schema`: "assay.catalog.check/1", "assay.offers.check/1"
std::string findings_json(std::string_view schema, const std::vector<catalog::Finding>& findings);

}  // namespace assay::present
