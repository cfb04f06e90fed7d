// trace_row.h — one request as a line of a trace states it, and the readers of such lines.
// Times are absolute here: nanoseconds since an epoch of the file's own. Readers keep no lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/json_fields.h"
#include "workload/trace_format.h"

namespace assay::workload {

inline constexpr std::int64_t kTokensMax = 100'000'000;  // of one prompt or answer
inline constexpr std::int32_t kMooncakeBlockTokens = 512;

struct TraceRow {
  std::int64_t at_ns{};
  std::int32_t input_tokens{}, output_tokens{}, priority{}, model{};
  std::vector<std::uint64_t> prefix;  // blocks of kMooncakeBlockTokens
};

// Between the first line of a trace and any other: sums of such times cannot overflow.
inline constexpr std::int64_t kFromFirstMaxNs = 10LL * 365 * 86'400 * 1'000'000'000;

enum class RowOutcome : unsigned char { kRequest, kUnanswered, kBad };

// What is wrong with a line, and at which of its bytes.
struct RowProblem {
  std::string what, expected;
  std::size_t offset{};
};

// Lines of an Azure or BurstGPT trace: columns by their names in the header.
class CsvRows {
 public:
  static tl::expected<CsvRows, RowProblem> with_header(TraceFormat format, std::string_view header);
  RowOutcome read(std::string_view line, TraceRow& row, RowProblem& problem);

 private:
  TraceFormat format_{};
  std::size_t columns_{};
  std::size_t time_{}, input_{}, output_{};  // which column
  std::vector<std::string_view> cells_;
};

// Lines of a Mooncake trace or of "requests".
class JsonRows {
 public:
  explicit JsonRows(TraceFormat format);
  RowOutcome read(std::string_view line, TraceRow& row, RowProblem& problem);

 private:
  bool read_time(TraceRow& row, RowProblem& problem) const;
  bool read_prefix(TraceRow& row, RowProblem& problem) const;
  bool read_small(std::size_t key, std::int32_t& value, RowProblem& problem) const;

  TraceFormat format_{};
  document::JsonFields fields_;
};

// A result of `vllm bench serve --save-result --save-detailed`: what each request was, the bad
// ones as problems (offsets in the text), and what was assumed.
struct VllmResult {
  std::vector<TraceRow> rows;
  std::vector<RowProblem> problems;
  std::int64_t unanswered{};
  std::vector<std::string> assumed;
};
tl::expected<VllmResult, RowProblem> read_vllm_bench(std::string_view text, std::uint64_t seed);

// Reads a count of tokens: 1 to kTokensMax, or from 0 where an answer may be missing.
bool read_tokens(std::string_view name, std::string_view text, std::int64_t at_least,
                 std::int32_t& tokens, RowProblem& problem);

// A time that is too far from that of the first request.
bool is_far(std::int64_t at_ns, std::int64_t first_ns);
RowProblem problem_of_far(std::size_t offset);

// "'x' is no number" for a message about a named value.
RowProblem problem_of(std::string_view name, std::string_view text, const char* reason,
                      std::string expected, std::size_t offset);

}  // namespace assay::workload
