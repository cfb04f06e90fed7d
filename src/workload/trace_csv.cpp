#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "document/line_stream.h"
#include "workload/trace_row.h"
#include "workload/trace_text.h"

namespace assay::workload {

namespace {

struct Columns {
  std::string_view time, input, output;
};
constexpr Columns kAzureColumns{"TIMESTAMP", "ContextTokens", "GeneratedTokens"};
constexpr Columns kBurstGptColumns{"Timestamp", "Request tokens", "Response tokens"};

// Quotes may stand around a whole cell; neither format has commas or line ends in one.
void split_cells(std::string_view line, std::vector<std::string_view>& cells) {
  cells.clear();
  while (true) {
    const std::size_t end = line.find(',');
    std::string_view cell = trim(line.substr(0, end));
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') {
      cell = cell.substr(1, cell.size() - 2);
    }
    cells.push_back(cell);
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

std::size_t offset_of(std::string_view cell, std::string_view line) {
  return static_cast<std::size_t>(cell.data() - line.data());
}

}  // namespace

RowProblem problem_of(std::string_view name, std::string_view text, const char* reason,
                      std::string expected, std::size_t offset) {
  return {text.empty() ? fmt::format("{} is empty", name)
                       : fmt::format("{} '{}' {}", name, document::shown(text), reason),
          std::move(expected), offset};
}

bool is_far(std::int64_t at_ns, std::int64_t first_ns) {
  return at_ns > first_ns ? at_ns - first_ns > kFromFirstMaxNs : first_ns - at_ns > kFromFirstMaxNs;
}

RowProblem problem_of_far(std::size_t offset) {
  return {"is more than 10 years from the first request", "a trace of at most 10 years", offset};
}

bool read_tokens(std::string_view name, std::string_view text, std::int64_t at_least,
                 std::int32_t& tokens, RowProblem& problem) {
  const auto value = whole_number(text);
  if (value && *value >= at_least && *value <= kTokensMax) {
    tokens = static_cast<std::int32_t>(*value);
    return true;
  }
  const char* reason = "is out of range";
  if (!value) reason = value.error();
  problem = problem_of(name, text, reason, fmt::format("whole tokens, {} to 100,000,000", at_least),
                       problem.offset);
  return false;
}

tl::expected<CsvRows, RowProblem> CsvRows::with_header(TraceFormat format,
                                                       std::string_view header) {
  const Columns& names = format == TraceFormat::kAzure ? kAzureColumns : kBurstGptColumns;
  CsvRows rows;
  rows.format_ = format;
  split_cells(header, rows.cells_);
  rows.columns_ = rows.cells_.size();
  const std::array<std::string_view, 3> wanted{names.time, names.input, names.output};
  const std::array<std::size_t*, 3> columns{&rows.time_, &rows.input_, &rows.output_};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    int found = 0;
    for (std::size_t cell = 0; cell < rows.columns_; ++cell) {
      if (rows.cells_[cell] != wanted[i]) continue;
      *columns[i] = cell;
      ++found;
    }
    if (found == 1) continue;
    return tl::unexpected(RowProblem{
        fmt::format("{} column '{}'", found == 0 ? "no" : "more than one", wanted[i]),
        fmt::format("a first line with the columns {}, {} and {}", wanted[0], wanted[1], wanted[2]),
        0});
  }
  return rows;
}

RowOutcome CsvRows::read(std::string_view line, TraceRow& row, RowProblem& problem) {
  const Columns& names = format_ == TraceFormat::kAzure ? kAzureColumns : kBurstGptColumns;
  split_cells(line, cells_);
  if (cells_.size() != columns_) {
    const std::size_t at =
        cells_.size() > columns_ ? offset_of(cells_[columns_], line) : line.size();
    problem = {fmt::format("the row has {} cell{}", cells_.size(), cells_.size() == 1 ? "" : "s"),
               fmt::format("{}, one for each column", columns_), at};
    return RowOutcome::kBad;
  }
  const std::string_view time = cells_[time_];
  const auto at = format_ == TraceFormat::kAzure ? calendar_time(time) : scaled_decimal(time, 9);
  if (!at) {
    problem = problem_of(names.time, time, at.error(),
                         format_ == TraceFormat::kAzure ? "a time such as 2023-11-16 18:15:46.68059"
                                                        : "seconds from 0 on",
                         offset_of(time, line));
    return RowOutcome::kBad;
  }
  row.at_ns = *at;
  problem.offset = offset_of(cells_[output_], line);
  if (!read_tokens(names.output, cells_[output_], 0, row.output_tokens, problem)) {
    return RowOutcome::kBad;
  }
  problem.offset = offset_of(cells_[input_], line);
  const std::int64_t input_min = row.output_tokens == 0 ? 0 : 1;
  if (!read_tokens(names.input, cells_[input_], input_min, row.input_tokens, problem)) {
    return RowOutcome::kBad;
  }
  return row.output_tokens == 0 ? RowOutcome::kUnanswered : RowOutcome::kRequest;
}

}  // namespace assay::workload
