// text_table.h — rows of cells → text: aligned table, CSV, Markdown or tab-separated lines.
// Width counts terminal columns (UTF-8 aware). The aligned table fits `width_max`: the least
// important columns (highest `drop_order`) are left out and named in a closing note, so nothing
// disappears silently; the cells of `wraps` columns go on in the next line. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "present/options.h"

namespace assay::present {

struct Column {
  std::string title;
  bool right{};       // numbers: right-aligned
  int drop_order{};   // 0: never dropped
  bool wraps{};       // long text: continues below itself where the line is full
  std::string key{};  // in --columns and CSV; empty: the title
  std::size_t wrap_min{24};  // a wrapping column is never narrower, if its text is not
};

struct TextTable {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
  std::size_t gap{2};  // spaces between the columns of the aligned table
};

inline constexpr std::size_t kWidthMax = 100;
inline constexpr std::size_t kWidthUnlimited = 100'000;

// `colour` prints the titles bold; only in the aligned table.
std::string render_table(const TextTable& table, OutputFormat format,
                         std::size_t width_max = kWidthMax, bool colour = false);

// The named columns in the order of the names, or the error with the nearest key. No names: all.
Result<TextTable> select_columns(TextTable table, std::span<const std::string> keys);

inline constexpr std::string_view kUnknownText = "—";  // in a cell: nobody knows, nobody says

// Without the columns in which no cell says anything.
TextTable without_empty_columns(TextTable table);

// At most `width` terminal columns, the end cut off behind "…".
std::string shortened(std::string_view text, std::size_t width);

// Terminal columns that UTF-8 text takes.
std::size_t display_width(std::string_view text);
// Text cut into lines of at most `width`, at spaces where there are any; at least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);
// "███████░░░" or "#######---": share of `cells`, clamped to 0..1.
std::string bar(double share, int cells, bool unicode);
// The characters that Assay itself prints, in ASCII: "≤" → "<=", "·" → "|"; others stay.
std::string ascii(std::string_view text);

}  // namespace assay::present
