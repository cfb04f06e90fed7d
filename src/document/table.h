// table.h — CSV text (RFC 4180) → rows of text cells that know their line.
// The first record is the header. Quoted commas, quotes and newlines are kept; blanks around
// unquoted cells, empty lines and a byte-order mark are skipped.
// Errors, all at once (at most kErrorsMax, then a count): a row with more or fewer cells than the
// header, duplicate or empty column names, an unclosed quote, binary bytes, no header.
// The only file of the project that meets libcsv is table.cpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace assay::document {

struct Row {
  int line{};  // of the row's first character
  std::vector<std::string> cells;
};

struct Table {
  std::string file;
  std::vector<std::string> columns;
  std::vector<Row> rows;

  // Index of a column by exact name, or nothing.
  std::optional<std::size_t> column(std::string_view name) const;
  // Place of a cell: its row's line and the number of the column, counted from 1.
  Where where(const Row& row, std::size_t column) const;
};

inline constexpr std::size_t kErrorsMax = 50;

Checked<Table> read_csv(std::string file, std::string_view text);

}  // namespace assay::document
