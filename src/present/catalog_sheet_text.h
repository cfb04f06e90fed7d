// catalog_sheet_text.h — everything known of one accelerator or system, figure by figure: value,
// basis, source, what contradicts it, what follows from it, and what nobody knows.
#pragma once

#include "catalog/catalog.h"
#include "present/commands.h"

namespace assay::present {

int show_accelerator_sheet(const Context& context, const catalog::Catalog& catalog,
                           const catalog::Accelerator& accelerator);
int show_system_sheet(const Context& context, const catalog::Catalog& catalog,
                      const catalog::System& system);

}  // namespace assay::present
