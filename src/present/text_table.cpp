#include "present/text_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/nearest.h"
#include "base/text.h"
#include "present/colour.h"

namespace assay::present {
namespace {


// The first character of `text`, which is not empty: a byte alone where the text is no UTF-8.
std::string_view first_character(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
  if (length > text.size()) return text.substr(0, 1);
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return text.substr(0, 1);
  }
  return text.substr(0, length);
}

std::uint32_t code_point(std::string_view character) {
  constexpr std::array<std::uint32_t, 5> kFirstBits{0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t point = static_cast<unsigned char>(character[0]) & kFirstBits[character.size()];
  for (std::size_t i = 1; i < character.size(); ++i) {
    point = point << 6 | (static_cast<unsigned char>(character[i]) & 0x3Fu);
  }
  return point;
}

// East Asian wide characters take two columns, combining marks none.
std::size_t columns_of(std::uint32_t point) {
  const auto within = [point](std::uint32_t low, std::uint32_t high) {
    return point >= low && point <= high;
  };
  if (within(0x300, 0x36F) || within(0x200B, 0x200F) || point == 0xFEFF) return 0;
  const bool wide = within(0x1100, 0x115F) || within(0x2E80, 0xA4CF) || within(0xAC00, 0xD7A3) ||
                    within(0xF900, 0xFAFF) || within(0xFE30, 0xFE6F) || within(0xFF00, 0xFF60) ||
                    within(0xFFE0, 0xFFE6) || within(0x1F300, 0x1FAFF);
  return wide ? 2 : 1;
}

// Bytes of the longest beginning of `text` that takes at most `width` columns; at least one
// character.
std::size_t bytes_that_fit(std::string_view text, std::size_t width) {
  std::size_t bytes = 0, used = 0;
  while (bytes < text.size()) {
    const std::string_view character = first_character(text.substr(bytes));
    const std::size_t columns = columns_of(code_point(character));
    if (used + columns > width && bytes > 0) break;
    used += columns;
    bytes += character.size();
  }
  return bytes;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t taken = display_width(text);
  const std::string space(width > taken ? width - taken : 0, ' ');
  return right ? space + text : text + space;
}

std::size_t total(const std::vector<std::size_t>& widths, const std::vector<std::size_t>& shown,
                  std::size_t gap) {
  std::size_t sum = shown.empty() ? 0 : (shown.size() - 1) * gap;
  for (const std::size_t column : shown) sum += widths[column];
  return sum;
}

// Which columns are printed, how wide, and which are not.
struct Layout {
  std::vector<std::size_t> widths;  // of every column of the table
  std::vector<std::size_t> shown, dropped;
};

std::vector<std::size_t> natural_widths(const TextTable& table) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t width = display_width(table.columns[c].title);
    for (const auto& row : table.rows) width = std::max(width, display_width(row[c]));
    widths.push_back(width);
  }
  return widths;
}

// Takes from the widest wrapping column, one by one, until the line fits.
void fit_wrapping(const TextTable& table, std::size_t width_max, Layout& layout) {
  while (total(layout.widths, layout.shown, table.gap) > width_max) {
    std::size_t* widest = nullptr;
    for (const std::size_t c : layout.shown) {
      const Column& column = table.columns[c];
      if (!column.wraps || layout.widths[c] <= column.wrap_min) continue;
      if (widest == nullptr || layout.widths[c] > *widest) widest = &layout.widths[c];
    }
    if (widest == nullptr) return;
    --*widest;
  }
}

Layout lay_out(const TextTable& table, std::size_t width_max) {
  Layout layout{.widths = natural_widths(table), .shown = {}, .dropped = {}};
  layout.shown.resize(table.columns.size());
  std::iota(layout.shown.begin(), layout.shown.end(), std::size_t{0});
  std::vector<std::size_t> least = layout.widths;
  for (std::size_t c = 0; c < least.size(); ++c) {
    if (table.columns[c].wraps) least[c] = std::min(least[c], table.columns[c].wrap_min);
  }
  while (total(least, layout.shown, table.gap) > width_max) {
    const auto order = [&](std::size_t c) { return table.columns[c].drop_order; };
    const auto worst = std::max_element(
        layout.shown.begin(), layout.shown.end(),
        [&](std::size_t a, std::size_t b) { return order(a) < order(b); });
    if (worst == layout.shown.end() || order(*worst) == 0) break;
    layout.dropped.push_back(*worst);
    layout.shown.erase(worst);
  }
  std::sort(layout.dropped.begin(), layout.dropped.end());
  fit_wrapping(table, width_max, layout);
  return layout;
}

// One row as one or more lines, without spaces at their ends.
std::string aligned_row(const TextTable& table, const Layout& layout,
                        const std::vector<std::string>& row) {
  std::vector<std::vector<std::string>> cells;
  std::size_t height = 1;
  for (const std::size_t c : layout.shown) {
    cells.push_back(table.columns[c].wraps ? wrapped(row[c], layout.widths[c])
                                           : std::vector{row[c]});
    height = std::max(height, cells.back().size());
  }
  std::string out;
  for (std::size_t line = 0; line < height; ++line) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string cell = line < cells[i].size() ? cells[i][line] : std::string{};
      if (i > 0) text += std::string(table.gap, ' ');
      text += padded(cell, layout.widths[layout.shown[i]], table.columns[layout.shown[i]].right);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
  return out;
}

std::string aligned(const TextTable& table, std::size_t width_max, bool colour) {
  const Layout layout = lay_out(table, width_max);
  std::vector<std::string> titles;
  for (const Column& column : table.columns) titles.push_back(column.title);
  std::string head = aligned_row(table, layout, titles);
  head.pop_back();
  std::string out = head.empty() ? "" : paint(head, Colour::kBold, colour) + '\n';
  for (const auto& row : table.rows) out += aligned_row(table, layout, row);
  if (!layout.dropped.empty()) {
    std::vector<std::string> names;
    for (const std::size_t c : layout.dropped) names.push_back(table.columns[c].title);
    out += fmt::format("not shown: {} (--wide shows all)\n", join(names, ", "));
  }
  return out;
}

const std::string& key_of(const Column& column) {
  return column.key.empty() ? column.title : column.key;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string plain_cell(const std::string& text) {
  std::string out = text;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return out;
}

std::string markdown_cell(const std::string& text) {
  std::string out;
  for (const char c : plain_cell(text)) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

template <class F>
std::string joined(const std::vector<std::string>& cells, std::string_view separator, F cell) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += separator;
    out += cell(cells[i]);
  }
  return out;
}

std::string csv(const TextTable& table) {
  std::vector<std::string> keys;
  for (const Column& column : table.columns) keys.push_back(key_of(column));
  std::string out = joined(keys, ",", csv_cell) + '\n';
  for (const auto& row : table.rows) out += joined(row, ",", csv_cell) + '\n';
  return out;
}

std::string markdown(const TextTable& table) {
  std::vector<std::string> titles, rules;
  for (const Column& column : table.columns) {
    titles.push_back(column.title);
    rules.emplace_back(column.right ? "---:" : "---");
  }
  std::string out = "| " + joined(titles, " | ", markdown_cell) + " |\n";
  out += "| " + join(rules, " | ") + " |\n";
  for (const auto& row : table.rows) out += "| " + joined(row, " | ", markdown_cell) + " |\n";
  return out;
}

std::string plain(const TextTable& table) {
  std::string out;
  for (const auto& row : table.rows) out += joined(row, "\t", plain_cell) + '\n';
  return out;
}

}  // namespace

std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width || width == 0) return std::string{text};
  return std::string{trim(text.substr(0, bytes_that_fit(text, width - 1)))} + "…";
}

TextTable without_empty_columns(TextTable table) {
  std::vector<std::string> filled;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const bool any = std::any_of(table.rows.begin(), table.rows.end(), [c](const auto& row) {
      return !row[c].empty() && row[c] != kUnknownText;
    });
    if (any || table.rows.empty()) filled.push_back(key_of(table.columns[c]));
  }
  auto selected = select_columns(std::move(table), filled);
  ASSAY_ASSERT(selected.has_value());
  return std::move(*selected);
}

std::string render_table(const TextTable& table, OutputFormat format, std::size_t width_max,
                         bool colour) {
  for (const auto& row : table.rows) ASSAY_ASSERT(row.size() == table.columns.size());
  switch (format) {
    case OutputFormat::kTable: return aligned(table, width_max, colour);
    case OutputFormat::kCsv: return csv(table);
    case OutputFormat::kMarkdown: return markdown(table);
    case OutputFormat::kPlain: return plain(table);
    case OutputFormat::kJson:  // values, not cells: each command writes its own
    case OutputFormat::kVllmBench:
    case OutputFormat::kVllmBenchJson: break;
  }
  ASSAY_ASSERT(!"a format of cells");
  return {};
}

Result<TextTable> select_columns(TextTable table, std::span<const std::string> keys) {
  if (keys.empty()) return table;
  std::vector<std::string> known;
  for (const Column& column : table.columns) known.push_back(key_of(column));
  std::vector<std::size_t> chosen;
  for (const std::string& key : keys) {
    const auto found = std::find(known.begin(), known.end(), key);
    if (found == known.end()) {
      return tl::unexpected(Error{.what = fmt::format("unknown column '{}'", excerpt(key)),
                                  .expected = one_of(known),
                                  .near = nearest(key, known, 1),
                                  .where = {}});
    }
    chosen.push_back(static_cast<std::size_t>(found - known.begin()));
  }
  TextTable out{.columns = {}, .rows = {}, .gap = table.gap};
  for (const std::size_t c : chosen) out.columns.push_back(table.columns[c]);
  for (const auto& row : table.rows) {
    std::vector<std::string> cells;
    for (const std::size_t c : chosen) cells.push_back(row[c]);
    out.rows.push_back(std::move(cells));
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = first_character(text.substr(at));
    width += columns_of(code_point(character));
    at += character.size();
  }
  return width;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  ASSAY_ASSERT(width > 0);
  std::vector<std::string> lines;
  text = trim(text);
  while (display_width(text) > width) {
    std::size_t end = bytes_that_fit(text, width);
    const std::size_t space = text.substr(0, end + 1).rfind(' ');
    if (space != std::string_view::npos && space > 0) end = space;
    lines.emplace_back(trim(text.substr(0, end)));
    text = trim(text.substr(end));
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

std::string bar(double share, int cells, bool unicode) {
  ASSAY_ASSERT(cells >= 0);
  const double clamped = share > 0 ? std::min(share, 1.0) : 0.0;  // not-a-number counts as nothing
  const int full = static_cast<int>(std::lround(clamped * cells));
  std::string out;
  for (int i = 0; i < cells; ++i) {
    if (unicode) out += i < full ? "█" : "░";
    else out += i < full ? '#' : '-';
  }
  return out;
}

std::string ascii(std::string_view text) {
  struct Replacement {
    std::string_view from, to;
  };
  constexpr std::array kReplacements{
      Replacement{"≤", "<="}, Replacement{"≥", ">="}, Replacement{"·", "|"},
      Replacement{"…", "..."}, Replacement{"×", "x"}, Replacement{"→", "->"},
      Replacement{"µ", "u"}, Replacement{"²", "2"}, Replacement{"³", "3"},
      Replacement{"–", "-"}, Replacement{"—", "-"}, Replacement{"─", "-"},
      Replacement{"█", "#"}, Replacement{"░", "-"}, Replacement{"±", "+-"},
      Replacement{"≠", "!="}, Replacement{"≈", "~"}, Replacement{"§", "section "},
      Replacement{"Σ", "sum"}, Replacement{"“", "\""}, Replacement{"”", "\""}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view character = first_character(text.substr(at));
    const auto* found =
        std::find_if(kReplacements.begin(), kReplacements.end(),
                     [character](const Replacement& r) { return r.from == character; });
    out += found == kReplacements.end() ? character : found->to;
    at += character.size();
  }
  return out;
}

}  // namespace assay::present
