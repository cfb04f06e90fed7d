// version_json.h — "assay.version/1": the program's version, and the catalog's.
// Versioned; may only grow.
#pragma once

#include <string>

#include "catalog/catalog.h"

namespace assay::present {

// `catalog` null: only the program's version.
std::string version_json(const catalog::Catalog* catalog);

}  // namespace assay::present
