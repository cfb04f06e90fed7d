// compare_text.h — a comparison as text: a row a figure, a column a subject, the codes of the
// sources last. The unit stands in the row's title, so that six accelerators fit 100 columns; more
// make blocks. Computes no figure.
#pragma once

#include <string>

#include "plan/compare.h"
#include "present/text_table.h"

namespace assay::present {

// The aligned table, in blocks where it is wider than the page.
std::string compare_text(const plan::Comparison& comparison, const std::string& workload_title,
                         const CommonOptions& options);

// One table with a column for the unit: for CSV, Markdown and plain lines.
TextTable compare_table(const plan::Comparison& comparison);

}  // namespace assay::present
