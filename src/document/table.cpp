#include "document/table.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <csv.h>
#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "document/characters.h"

namespace assay::document {

namespace {

// Collects what libcsv reports: cells, and the ends of rows.
class TableBuilder {
 public:
  TableBuilder(std::string file, std::string_view text) : text_{text} {
    table_.file = std::move(file);
    ASSAY_ASSERT(csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) == 0);
    csv_set_blk_size(&parser_, 1u << 16);  // the default, 128 bytes, is slow for a huge cell
  }
  TableBuilder(const TableBuilder&) = delete;
  TableBuilder& operator=(const TableBuilder&) = delete;
  ~TableBuilder() { csv_free(&parser_); }

  void read();
  Checked<Table> finish();

 private:
  static void on_cell(void* bytes, std::size_t size, void* self);
  static void on_row(int end, void* self);
  bool feed(std::string_view piece);
  void add_row();
  void check_header(const Row& row);
  void fail(const Row& row, std::size_t column, std::string what, std::string expected);

  std::string_view text_;
  csv_parser parser_{};
  Table table_;
  Row row_;  // the one being read; row_.line is 0 between rows
  bool has_header_{};
  Errors errors_;
  std::size_t errors_left_out_{};
};

void TableBuilder::fail(const Row& row, std::size_t column, std::string what,
                        std::string expected) {
  if (errors_.size() == kErrorsMax) {
    ++errors_left_out_;
    return;
  }
  errors_.push_back({.what = std::move(what),
                     .expected = std::move(expected),
                     .near = {},
                     .where = table_.where(row, column)});
}

void TableBuilder::on_cell(void* bytes, std::size_t size, void* self) {
  auto& cells = static_cast<TableBuilder*>(self)->row_.cells;
  cells.emplace_back(static_cast<const char*>(bytes), size);
}

void TableBuilder::on_row(int, void* self) { static_cast<TableBuilder*>(self)->add_row(); }

void TableBuilder::add_row() {
  Row row = std::exchange(row_, {});
  if (!has_header_) {
    has_header_ = true;
    check_header(row);
    table_.columns = std::move(row.cells);
    return;
  }
  const std::size_t found = row.cells.size(), wanted = table_.columns.size();
  if (found == wanted) {
    table_.rows.push_back(std::move(row));
    return;
  }
  fail(row, std::min(found, wanted),
       fmt::format("the row has {} cell{}", found, found == 1 ? "" : "s"),
       fmt::format("{}, one for each column", wanted));
}

void TableBuilder::check_header(const Row& row) {
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const std::string& name = row.cells[i];
    if (name.empty()) {
      fail(row, i, fmt::format("column {} has no name", i + 1), "a name in the first row");
      continue;
    }
    const auto [first, is_new] = seen.try_emplace(name, i);
    if (is_new) continue;
    fail(row, i,
         fmt::format("duplicate column '{}'; first given as column {}", excerpt(name),
                     first->second + 1),
         "");
  }
}

// A line at a time, so that every row knows the line of its beginning.
void TableBuilder::read() {
  int line = 1;
  for (std::size_t begin = 0; begin < text_.size(); ++line) {
    std::size_t end = std::min(text_.find_first_of("\r\n", begin), text_.size());
    if (text_.substr(end).starts_with("\r\n")) ++end;
    end = std::min(end + 1, text_.size());
    if (row_.line == 0) row_.line = line;
    if (!feed(text_.substr(begin, end - begin))) return;
    begin = end;
  }
  if (csv_fini(&parser_, on_cell, on_row, this) != 0) {
    fail(row_, row_.cells.size(), "a quote that is never closed", "");
  }
}

bool TableBuilder::feed(std::string_view piece) {
  const int line = row_.line;
  const bool blank = row_.cells.empty() && trim(piece).empty();
  if (csv_parse(&parser_, piece.data(), piece.size(), on_cell, on_row, this) == piece.size()) {
    // A blank line between rows is skipped by libcsv; within quotes the row goes on anyway.
    if (blank && !parser_.quoted) row_.line = 0;
    return true;
  }
  row_.line = line;
  fail(row_, row_.cells.size(), "a quote inside a cell",
       "quotes around the whole cell, and \"\" for a quote within");
  return false;
}

Checked<Table> TableBuilder::finish() {
  if (!has_header_ && errors_.empty()) {
    errors_.push_back({.what = "the table is empty",
                       .expected = "a first row of column names",
                       .near = {},
                       .where = Where{table_.file, 0, 0}});
  }
  if (errors_.empty()) return std::move(table_);
  sort_by_place(errors_);
  if (errors_left_out_ > 0) {
    errors_.push_back({.what = fmt::format("{} more errors", errors_left_out_),
                       .expected = "",
                       .near = {},
                       .where = Where{table_.file, 0, 0}});
  }
  return tl::unexpected(std::move(errors_));
}

}  // namespace

std::optional<std::size_t> Table::column(std::string_view name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

Where Table::where(const Row& row, std::size_t column) const {
  return {file, row.line, static_cast<int>(column) + 1};
}

Checked<Table> read_csv(std::string file, std::string_view whole) {
  const std::string_view text = without_bom(whole);
  if (auto error = refuse_characters(file, text)) return tl::unexpected(Errors{*std::move(error)});
  TableBuilder builder{std::move(file), text};
  builder.read();
  return builder.finish();
}

}  // namespace assay::document
