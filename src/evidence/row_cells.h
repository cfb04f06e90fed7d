// row_cells.h — one row of a CSV table by column name: text, numbers, whole numbers, one of several
// words. A cell of an absent column is empty; what cannot be read is an error at its place, and
// the row goes on. The table and the errors must outlive it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/table.h"

namespace assay::evidence {

class RowCells {
 public:
  RowCells(const document::Table& table, const document::Row& row, Errors& errors,
           double count_max = 1e9)
      : table_{table}, row_{row}, errors_{errors}, count_max_{count_max} {}

  std::string_view text(std::string_view column) const;
  // As it is written: the names of some engines end with a blank that the reader has dropped.
  std::string word(std::string_view column) const { return std::string{text(column)}; }
  std::optional<double> number(std::string_view column);  // above 0
  std::optional<int> count(std::string_view column);      // up to count_max
  // Index among `choices`; nothing for an empty cell or, with an error, an unknown word.
  std::optional<std::size_t> choice(std::string_view column,
                                    std::span<const std::string_view> choices);
  void require(std::span<const std::string_view> columns);  // none of them may be empty
  Where where(std::string_view column) const;

 private:
  void fail(std::string_view column, std::string what, std::string expected,
            std::vector<std::string> near = {});

  const document::Table& table_;
  const document::Row& row_;
  Errors& errors_;
  double count_max_;
};

// Columns that the table lacks, each an error.
void require_columns(const document::Table& table, std::span<const std::string_view> columns,
                     Errors& errors);

// At most document::kErrorsMax of them, then a count.
Errors shortened(Errors errors, const std::string& file);

}  // namespace assay::evidence
