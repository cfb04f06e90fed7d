// read_subject.h — one file of the catalog → sources, an accelerator or a system, with the places
// that later checks need. References to other files (accelerator, parts) are only read here;
// check_references.h resolves them. Every problem is appended to the context's errors. Format:
// docs/catalog-format.md.
#pragma once

#include <vector>

#include "base/error.h"
#include "catalog/accelerator.h"
#include "catalog/read_fact.h"
#include "catalog/system.h"
#include "document/node.h"

namespace assay::catalog {

struct SystemFile {
  System system;
  Where accelerator_where;         // of its reference, if it has one
  std::vector<Where> part_wheres;  // of each part
};

std::vector<Source> read_sources(const document::Document& document, Errors& errors);
Accelerator read_accelerator(const ReadContext& context);
SystemFile read_system(const ReadContext& context);

}  // namespace assay::catalog
