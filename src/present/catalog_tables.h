// catalog_tables.h — many accelerators or systems as one table: the usual columns, or chosen ones.
// Computes no figure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "plan/catalog_sheet.h"
#include "present/text_table.h"

namespace assay::present {

using Accelerators = std::vector<const catalog::Accelerator*>;
using Systems = std::vector<const catalog::System*>;

// One line each; without units in the aligned table, where a legend says them.
TextTable accelerator_list(const catalog::Catalog& catalog, const Accelerators& accelerators,
                           OutputFormat format);
TextTable system_list(const catalog::Catalog& catalog, const Systems& systems,
                      OutputFormat format);

// `columns`: "id", "name", …, or any figure's name; checked by chosen_names before.
TextTable accelerator_columns(const catalog::Catalog& catalog, const Accelerators& accelerators,
                              const std::vector<std::string>& columns);
TextTable system_columns(const catalog::Catalog& catalog, const Systems& systems,
                         const std::vector<std::string>& columns);

// The figures among `columns`, or all when no columns are named; the error for an unknown one, with
// the nearest.
Result<std::vector<plan::FigureName>> chosen_names(const std::vector<std::string>& columns,
                                                   std::span<const plan::FigureName> names);

}  // namespace assay::present
