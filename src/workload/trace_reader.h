// trace_reader.h — the requests of a trace file in the order of its lines, whatever its format.
// One pass in the memory of a line (a result of `vllm bench` is read whole). Lines that are no
// request are counted and told in the report; nothing is dropped without a word.
// Used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "document/line_stream.h"
#include "workload/trace_report.h"
#include "workload/trace_row.h"

namespace assay::workload {

class TraceReader {
 public:
  // Errors: the format cannot be told, or its header lacks a column. `seed` draws the arrivals of
  // a result that has none.
  static Checked<TraceReader> open(document::ByteStream bytes, std::optional<TraceFormat> format,
                                   std::uint64_t seed);

  bool next(TraceRow& row);  // false at the end

  // Counts the request that next() gave last as a bad line instead.
  void refuse_last(std::string what, std::string expected);
  void count_reordered() { ++report_.reordered; }

  TraceFormat format() const { return format_; }
  const TraceReport& report() const { return report_; }

 private:
  TraceReader(document::LineStream lines, TraceFormat format)
      : lines_{std::move(lines)}, format_{format} {}
  Errors start(std::uint64_t seed);
  Errors read_result(std::uint64_t seed);
  bool next_of_result(TraceRow& row);
  void bad_line(RowProblem problem);

  document::LineStream lines_;
  document::Line line_;
  TraceFormat format_{};
  std::optional<std::int64_t> first_ns_;  // of the first line, which need not be the earliest
  std::variant<std::monostate, CsvRows, JsonRows> rows_;
  VllmResult result_;
  std::size_t next_of_result_{};
  TraceReport report_;
};

// Gives the rows of a reader in the order of time, as far as a window of kReorderRows reaches; a
// row that comes too late for it is a bad line. Times count from the first request.
class OrderedRows {
 public:
  static constexpr std::size_t kReorderRows = 65'536;

  explicit OrderedRows(TraceReader reader) : reader_{std::move(reader)} {}
  bool next(TraceRow& row);
  const TraceReport& report() const { return reader_.report(); }

 private:
  void fill();
  void take(TraceRow row);
  TraceRow pop();

  TraceReader reader_;
  std::deque<TraceRow> in_order_;  // those that do not come before their predecessors
  struct Late {
    TraceRow row;
    std::uint64_t number{};
  };
  static bool later(const Late& a, const Late& b);
  std::vector<Late> late_;  // the others: a heap
  std::uint64_t late_count_{};
  std::int64_t last_given_{-1}, latest_{-1};
  std::optional<std::int64_t> first_;
  bool ended_{};
};

}  // namespace assay::workload
