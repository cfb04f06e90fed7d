#include "workload/trace_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"

namespace assay::workload {

namespace {

constexpr std::size_t kDetectBytes = 64u << 10;
constexpr std::size_t kResultBytesMax = 1u << 30;

using document::Line;
using document::LineStream;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

Error unknown_format(const LineStream& lines, std::string_view beginning) {
  const std::string_view first = trim(beginning.substr(0, beginning.find('\n')));
  Error error{.what = "the text is empty",
              .expected = "a trace of requests",
              .near = {},
              .where = Where{lines.file(), 1, 1}};
  if (!trim(beginning).empty()) {
    const auto names = trace_format_names();
    error.what = fmt::format("not a known format of traces: it begins with '{}'",
                             document::shown(first, 60));
    error.expected = fmt::format("one of {}", one_of(names));
  }
  return error;
}

// Line and column of an offset in a text of several lines.
Where place_in(const std::string& file, std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto number = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  return document::place(file, {.text = text.substr(begin), .number = number}, offset - begin);
}

Error error_at(RowProblem problem, Where where) {
  return {.what = std::move(problem.what),
          .expected = std::move(problem.expected),
          .near = {},
          .where = std::move(where)};
}

}  // namespace

Checked<TraceReader> TraceReader::open(document::ByteStream bytes,
                                       std::optional<TraceFormat> format, std::uint64_t seed) {
  LineStream lines{std::move(bytes)};
  if (!format) {
    const std::string_view beginning = lines.peek(kDetectBytes);
    format = detect_format(beginning);
    if (!format && !beginning.empty()) {
      return tl::unexpected(Errors{unknown_format(lines, beginning)});
    }
  }
  // An empty text has no format, but perhaps a reason: damaged data.
  TraceReader reader{std::move(lines), format.value_or(TraceFormat::kRequests)};
  Errors errors = reader.start(seed);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return reader;
}

Errors TraceReader::start(std::uint64_t seed) {
  if (format_ == TraceFormat::kVllmBench) return read_result(seed);
  if (format_ == TraceFormat::kMooncake || format_ == TraceFormat::kRequests) {
    rows_.emplace<JsonRows>(format_);
    return {};
  }
  while (true) {
    const Result<bool> more = lines_.next(line_);
    if (!more) return {more.error()};
    if (!*more) return {unknown_format(lines_, "")};
    if (!is_blank(line_.text)) break;
  }
  auto rows = CsvRows::with_header(format_, line_.text);
  if (!rows) {
    Where where = document::place(lines_.file(), line_, rows.error().offset);
    return {error_at(std::move(rows.error()), std::move(where))};
  }
  rows_ = std::move(*rows);
  return {};
}

Errors TraceReader::read_result(std::uint64_t seed) {
  const Result<std::string> text = lines_.rest(kResultBytesMax);
  if (!text) return {text.error()};
  auto result = read_vllm_bench(*text, seed);
  if (!result) {
    Where where = place_in(lines_.file(), *text, result.error().offset);
    return {error_at(std::move(result.error()), std::move(where))};
  }
  result_ = std::move(*result);
  report_.assumed = std::move(result_.assumed);
  report_.unanswered = result_.unanswered;
  report_.bad_lines = static_cast<std::int64_t>(result_.problems.size());
  report_.lines = report_.unanswered + report_.bad_lines;
  for (RowProblem& problem : result_.problems) {
    if (report_.first_errors.size() == kBadLinesShown) break;
    Where where = place_in(lines_.file(), *text, problem.offset);
    report_.first_errors.push_back(error_at(std::move(problem), std::move(where)));
  }
  return {};
}

bool TraceReader::next_of_result(TraceRow& row) {
  if (next_of_result_ == result_.rows.size()) return false;
  row = std::move(result_.rows[next_of_result_++]);
  ++report_.requests;
  ++report_.lines;
  return true;
}

bool TraceReader::next(TraceRow& row) {
  if (format_ == TraceFormat::kVllmBench) return next_of_result(row);
  while (true) {
    const Result<bool> more = lines_.next(line_);
    if (!more) report_.broken = more.error();
    if (!more || !*more) return false;
    if (is_blank(line_.text)) continue;
    ++report_.lines;
    if (line_.cut) {
      bad_line({"the line is longer than 16 MiB", "one request", 0});
      continue;
    }
    RowProblem problem;
    const RowOutcome outcome = std::holds_alternative<CsvRows>(rows_)
                                   ? std::get<CsvRows>(rows_).read(line_.text, row, problem)
                                   : std::get<JsonRows>(rows_).read(line_.text, row, problem);
    switch (outcome) {
      case RowOutcome::kRequest:
        if (!first_ns_) first_ns_ = row.at_ns;
        if (is_far(row.at_ns, *first_ns_)) {
          bad_line(problem_of_far(0));
          break;
        }
        ++report_.requests;
        return true;
      case RowOutcome::kUnanswered:
        ++report_.unanswered;
        break;
      case RowOutcome::kBad:
        bad_line(std::move(problem));
        break;
    }
  }
}

void TraceReader::bad_line(RowProblem problem) {
  ++report_.bad_lines;
  if (report_.first_errors.size() == kBadLinesShown) return;
  Where where = document::place(lines_.file(), line_, problem.offset);
  report_.first_errors.push_back(error_at(std::move(problem), std::move(where)));
}

void TraceReader::refuse_last(std::string what, std::string expected) {
  --report_.requests;
  bad_line({std::move(what), std::move(expected), 0});
}

bool OrderedRows::next(TraceRow& row) {
  fill();
  if (in_order_.empty() && late_.empty()) return false;
  row = pop();
  last_given_ = row.at_ns;
  if (!first_) first_ = row.at_ns;
  row.at_ns -= *first_;
  return true;
}

void OrderedRows::fill() {
  while (!ended_ && in_order_.size() + late_.size() < kReorderRows) {
    TraceRow row;
    ended_ = !reader_.next(row);
    if (!ended_) take(std::move(row));
  }
}

void OrderedRows::take(TraceRow row) {
  if (row.at_ns < last_given_) {
    const auto back = Seconds::from_base(static_cast<double>(last_given_ - row.at_ns) * 1e-9);
    reader_.refuse_last(fmt::format("goes back in time by {} or more, over more than {} rows",
                                    to_text(back), grouped_text(static_cast<double>(kReorderRows))),
                        "requests in the order of their arrival");
    return;
  }
  if (row.at_ns >= latest_) {
    latest_ = row.at_ns;
    in_order_.push_back(std::move(row));
    return;
  }
  reader_.count_reordered();
  late_.push_back({std::move(row), late_count_++});
  std::push_heap(late_.begin(), late_.end(), later);
}

bool OrderedRows::later(const Late& a, const Late& b) {
  return a.row.at_ns != b.row.at_ns ? a.row.at_ns > b.row.at_ns : a.number > b.number;
}

// At equal times those in order go first: they stood before the late ones.
TraceRow OrderedRows::pop() {
  if (late_.empty() || (!in_order_.empty() && in_order_.front().at_ns <= late_.front().row.at_ns)) {
    TraceRow row = std::move(in_order_.front());
    in_order_.pop_front();
    return row;
  }
  std::pop_heap(late_.begin(), late_.end(), later);
  TraceRow row = std::move(late_.back().row);
  late_.pop_back();
  return row;
}

}  // namespace assay::workload
