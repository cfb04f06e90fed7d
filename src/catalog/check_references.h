// check_references.h — what one catalog file says about others: names that are taken, ids that do
// not exist, cycles. Counts the accelerators of composed systems once all references hold.
#pragma once

#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/read_subject.h"

namespace assay::catalog {

// `files` describe the systems of `catalog`, in the same order.
void check_references(Catalog& catalog, const std::vector<SystemFile>& files, Errors& errors);

}  // namespace assay::catalog
