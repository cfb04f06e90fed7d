// figure_text.h — a figure of the catalog as a reader expects it: "4.8 TB/s", "141 GiB".
// Unknown is "—", never 0 and never empty; a thing that does not exist is "none". Pure.
#pragma once

#include <string>
#include <string_view>

#include "plan/catalog_sheet.h"
#include "present/text_table.h"

namespace assay::present {

// `path` decides between operations and floating-point operations, and how sizes are printed.
std::string figure_text(const plan::CatalogFigure& figure, std::string_view path, int digits = 4);

// The same, split: {"4.8", "TB/s"}; no unit for counts and text.
struct ValueWithUnit {
  std::string value, unit;
};
ValueWithUnit split_unit(const std::string& text);

// "peak.fp8 / memory.bandwidth" for what is derived, the source's id otherwise.
std::string source_text(const plan::CatalogFigure& figure);
// "DS"; "—" for unknown.
std::string code_text(const plan::CatalogFigure& figure);

// How another reading stands to the used one: "agrees", "conflicts" or "other basis".
std::string_view relation(const plan::CatalogFigure& used, const plan::CatalogFigure& other);

// 70.6 billion, 8.03 billion, 596 million; small counts as they are.
std::string count_text(double count, int digits = 3);

}  // namespace assay::present
