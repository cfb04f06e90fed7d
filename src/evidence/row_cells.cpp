#include "evidence/row_cells.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"

namespace assay::evidence {

namespace {

std::vector<std::string> words(std::span<const std::string_view> names) {
  return {names.begin(), names.end()};
}

}  // namespace

std::string_view RowCells::text(std::string_view column) const {
  const auto index = table_.column(column);
  return index ? trim(row_.cells[*index]) : std::string_view{};
}

std::optional<double> RowCells::number(std::string_view column) {
  const std::string_view cell = text(column);
  if (cell.empty()) return std::nullopt;
  double value = 0;
  if (!parse_double(cell, value) || !(value > 0)) {
    fail(column, fmt::format("'{}' in the column {}", excerpt(cell), column),
         "a number above 0, or nothing");
    return std::nullopt;
  }
  return value;
}

std::optional<int> RowCells::count(std::string_view column) {
  const auto value = number(column);
  if (!value) return std::nullopt;
  if (*value > count_max_ || *value != std::floor(*value)) {
    fail(column, fmt::format("'{}' in the column {}", excerpt(text(column)), column),
         "a whole number");
    return std::nullopt;
  }
  return static_cast<int>(*value);
}

std::optional<std::size_t> RowCells::choice(std::string_view column,
                                            std::span<const std::string_view> choices) {
  const std::string_view cell = text(column);
  if (cell.empty()) return std::nullopt;
  const auto found = std::find(choices.begin(), choices.end(), cell);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  const std::vector<std::string> known = words(choices);
  fail(column, fmt::format("unknown {} '{}'", column, excerpt(cell)), one_of(known),
       nearest(cell, known));
  return std::nullopt;
}

void RowCells::require(std::span<const std::string_view> columns) {
  for (const std::string_view column : columns) {
    if (text(column).empty()) fail(column, fmt::format("no {}", column), "one in every row");
  }
}

Where RowCells::where(std::string_view column) const {
  return table_.where(row_, table_.column(column).value_or(0));
}

void RowCells::fail(std::string_view column, std::string what, std::string expected,
                    std::vector<std::string> near) {
  errors_.push_back({.kind = Error::Kind::kInput,
                     .what = std::move(what),
                     .expected = std::move(expected),
                     .near = std::move(near),
                     .where = where(column)});
}

void require_columns(const document::Table& table, std::span<const std::string_view> columns,
                     Errors& errors) {
  for (const std::string_view column : columns) {
    if (table.column(column)) continue;
    errors.push_back({.kind = Error::Kind::kInput,
                      .what = fmt::format("no column '{}'", column),
                      .expected = "the columns " + join(words(columns), ", "),
                      .near = nearest(column, table.columns, 1),
                      .where = Where{table.file, 1, 0}});
  }
}

Errors shortened(Errors errors, const std::string& file) {
  if (errors.size() <= document::kErrorsMax) return errors;
  const std::size_t more = errors.size() - document::kErrorsMax;
  errors.resize(document::kErrorsMax);
  errors.push_back({.kind = Error::Kind::kInput,
                    .what = fmt::format("{} more errors", more),
                    .expected = {},
                    .near = {},
                    .where = Where{file, 0, 0}});
  return errors;
}

}  // namespace assay::evidence
