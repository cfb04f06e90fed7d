// csv_fuzz.cpp — any bytes as CSV: refused with errors that have a place, or rows as wide as the
// header.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "document/table.h"
#include "document_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto read = assay::document::read_csv("fuzz", text);
  if (!read) {
    assay::fuzz::check(read.error());
    return 0;
  }
  ASSAY_ASSERT(!read->columns.empty());
  int line = 1;
  for (const assay::document::Row& row : read->rows) {
    ASSAY_ASSERT(row.cells.size() == read->columns.size());
    ASSAY_ASSERT(row.line > line);
    line = row.line;
  }
  for (const auto& column : read->columns) ASSAY_ASSERT(read->column(column).has_value());
  return 0;
}
