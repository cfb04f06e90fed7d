#include "present/compare_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "present/figure_text.h"

namespace assay::present {
namespace {

using plan::CompareCell;
using plan::CompareRow;
using plan::Comparison;
using State = plan::CatalogFigure::State;

// In which unit a row is printed: the one of the data sheets.
struct RowUnit {
  std::string_view path;  // or the beginning of it, up to its dot
  std::string_view unit;
  double factor;
  int digits{4};
};

constexpr double kGiB = 1073741824.0;
constexpr std::array kUnits{
    RowUnit{"memory.usable", "GiB", kGiB},
    RowUnit{"memory.marketed", "GB", 1e9},
    RowUnit{"memory.bandwidth", "TB/s", 1e12},
    RowUnit{"peak.int8", "TOP/s", 1e12},
    RowUnit{"peak.", "TFLOP/s", 1e12},
    RowUnit{"link.bandwidth", "GB/s", 1e9},
    RowUnit{"board.power", "W", 1},
    RowUnit{"chip.transistors", "billion", 1e9},
    RowUnit{"ridge.", "FLOP/B", 1, 3},
    RowUnit{"flop_per_joule.", "TFLOP/s", 1e12, 3},
    RowUnit{"bandwidth_per_usd", "MB/s", 1e6, 3},
    RowUnit{"price", "USD/h", 1 / 3600.0, 3},
    RowUnit{"bytes_per_usd", "PB", 1e15, 3},
    RowUnit{"tpot", "ms", 1e-3, 3},
    RowUnit{"decode_rate", "", 1, 3},
    RowUnit{"prefill_rate", "", 1, 3},
    RowUnit{"usd_per_mtok", "USD", 1, 3},
    RowUnit{"kv_tokens", "k tokens", 1e3, 3},
};

RowUnit unit_of(const std::string& path) {
  for (const RowUnit& unit : kUnits) {
    const bool group = unit.path.back() == '.' && path.starts_with(unit.path);
    if (unit.path == path || group) return unit;
  }
  return {path, "", 1};
}

// Significant digits where they carry something: 12,345 rather than 12300 would claim too much.
std::string number_cell(double base_value, const RowUnit& unit) {
  const double value = base_value / unit.factor;
  const std::string text = number_text(value, unit.digits);
  return value >= 10'000 ? grouped_text(value) : text;
}

constexpr std::size_t kMonth = 7;  // "2023-11": of a date, as much as a comparison needs

std::string cell_text(const CompareCell& cell, const RowUnit& unit) {
  switch (cell.figure.state) {
    case State::kUnknown: return std::string{kUnknownText};
    case State::kNone: return "none";
    case State::kText: return unit.path == "market.released" ? cell.figure.text.substr(0, kMonth)
                                                             : cell.figure.text;
    case State::kNumber: return number_cell(cell.figure.value, unit);
    case State::kRange: break;
  }
  return fmt::format("{}..{}", number_cell(cell.figure.value, unit),
                     number_cell(cell.figure.high, unit));
}

std::string interval_text(const CompareCell& cell, const RowUnit& unit) {
  if (!cell.interval) return std::string{kUnknownText};
  return fmt::format("{}..{}", number_cell(cell.interval->low, unit),
                     number_cell(cell.interval->high, unit));
}

bool has_interval(const CompareRow& row) {
  return std::any_of(row.cells.begin(), row.cells.end(),
                     [](const CompareCell& cell) { return cell.interval.has_value(); });
}

std::string titled(const std::string& title, std::string_view unit) {
  return unit.empty() ? title : fmt::format("{} ({})", title, unit);
}

// One code when all are the same, else one a column; of many columns each code once.
std::string codes(const CompareRow& row, std::size_t first, std::size_t last) {
  std::vector<std::string> all;
  for (std::size_t i = first; i < last; ++i) {
    const std::string& code = row.cells[i].code;
    all.push_back(code.empty() ? std::string{kUnknownText} : code);
  }
  const bool same = std::all_of(all.begin(), all.end(),
                                [&](const std::string& code) { return code == all.front(); });
  if (same) return all.front();
  constexpr std::size_t kColumnsMax = 3;
  if (all.size() > kColumnsMax) {
    std::vector<std::string> once;
    for (const std::string& code : all) {
      if (std::find(once.begin(), once.end(), code) == once.end()) once.push_back(code);
    }
    all = std::move(once);
  }
  return join(all, " ");
}

using Rows = std::vector<std::vector<std::string>>;

// The subjects [first, last) of a block; text longer than `text_width` is cut.
struct Span {
  std::size_t first, last, text_width;
};

void add_row(Rows& rows, const CompareRow& row, const Span& span) {
  const auto [first, last, text_width] = span;
  const RowUnit unit = unit_of(row.path);
  std::vector<std::string> cells{titled(row.title, unit.unit)};
  for (std::size_t i = first; i < last; ++i) {
    cells.push_back(shortened(cell_text(row.cells[i], unit), text_width) +
                    (row.cells[i].best ? "*" : " "));
  }
  cells.push_back(codes(row, first, last));
  rows.push_back(std::move(cells));
  if (!has_interval(row)) return;
  std::vector<std::string> interval{"  9 of 10 within"};
  for (std::size_t i = first; i < last; ++i) {
    interval.push_back(interval_text(row.cells[i], unit) + " ");
  }
  interval.emplace_back();
  rows.push_back(std::move(interval));
}

TextTable block(const Comparison& comparison, const Span& span,
                const std::string& workload_title) {
  TextTable table{.columns = {{.title = ""}}, .rows = {}, .gap = 1};
  for (std::size_t i = span.first; i < span.last; ++i) {
    table.columns.push_back({.title = comparison.subjects[i].title, .right = true});
  }
  table.columns.push_back({.title = "source"});
  const auto add = [&](const std::vector<CompareRow>& rows, const std::string& title) {
    if (rows.empty()) return;
    if (!table.rows.empty()) table.rows.emplace_back(table.columns.size());
    if (!title.empty()) {
      table.rows.emplace_back(table.columns.size());
      table.rows.back().front() = title;
    }
    for (const CompareRow& row : rows) add_row(table.rows, row, span);
  };
  add(comparison.figures, "");
  add(comparison.derived, "");
  add(comparison.workload, workload_title);
  return table;
}

std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (const std::string_view line : split(text, '\n')) {
    width = std::max(width, display_width(line));
  }
  return width;
}

bool fit_page(const std::vector<std::string>& tables) {
  return std::all_of(tables.begin(), tables.end(),
                     [](const std::string& table) { return width_of(table) <= kWidthMax; });
}

// The comparison in blocks of `size` subjects.
std::vector<std::string> blocks(const Comparison& comparison, std::size_t size,
                                std::size_t text_width, const std::string& workload_title,
                                const CommonOptions& options) {
  std::vector<std::string> out;
  for (std::size_t first = 0; first < comparison.subjects.size(); first += size) {
    const std::size_t last = std::min(first + size, comparison.subjects.size());
    TextTable table = block(comparison, {first, last, text_width}, workload_title);
    if (!options.unicode) {
      for (auto& row : table.rows) std::transform(row.begin(), row.end(), row.begin(), ascii);
    }
    out.push_back(render_table(table, OutputFormat::kTable, kWidthUnlimited, options.colour));
  }
  return out;
}

void add_plain_row(TextTable& table, const CompareRow& row) {
  const RowUnit unit = unit_of(row.path);
  const auto add = [&](const std::string& figure, auto text_of) {
    std::vector<std::string> cells{figure, std::string{unit.unit}};
    for (const CompareCell& cell : row.cells) cells.push_back(text_of(cell, unit));
    cells.push_back(codes(row, 0, row.cells.size()));
    table.rows.push_back(std::move(cells));
  };
  add(row.path, cell_text);
  if (has_interval(row)) add(row.path + ".interval", interval_text);
}

}  // namespace

std::string compare_text(const Comparison& comparison, const std::string& workload_title,
                         const CommonOptions& options) {
  constexpr std::array<std::size_t, 3> kTextWidths{28, 16, 8};
  const std::size_t all = comparison.subjects.size();
  std::vector<std::string> tables = blocks(comparison, all, kWidthMax, workload_title, options);
  for (std::size_t size = all; size > 0 && !options.wide && !fit_page(tables); --size) {
    for (const std::size_t text_width : kTextWidths) {
      tables = blocks(comparison, size, text_width, workload_title, options);
      if (fit_page(tables)) break;
    }
  }
  std::string out;
  for (const std::string& table : tables) out += (out.empty() ? "" : "\n") + table;
  return out;
}

TextTable compare_table(const Comparison& comparison) {
  TextTable table{{{.title = "figure"}, {.title = "unit"}}, {}};
  for (const plan::CompareSubject& subject : comparison.subjects) {
    table.columns.push_back({.title = subject.title, .right = true});
  }
  table.columns.push_back({.title = "source"});
  for (const auto* rows : {&comparison.figures, &comparison.derived, &comparison.workload}) {
    for (const CompareRow& row : *rows) add_plain_row(table, row);
  }
  return table;
}

}  // namespace assay::present
