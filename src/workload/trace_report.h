// trace_report.h — what came of reading a trace: how many lines were requests, which were not, and
// what had to be assumed. Every line is counted once: lines = requests + bad_lines + unanswered.
// Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace assay::workload {

inline constexpr std::size_t kBadLinesShown = 20;

// A line that cannot be read: every one is an error and nothing is opened, or it is counted.
enum class BadLines : unsigned char { kRefuse, kSkip };

struct TraceReport {
  std::int64_t lines{};       // with something to read in them; without the header
  std::int64_t requests{};    // read
  std::int64_t bad_lines{};   // skipped: what is written there is no request
  std::int64_t unanswered{};  // skipped: requests that failed, no token was generated
  std::int64_t reordered{};   // requests that stood behind a later one and were put in order
  Errors first_errors;        // of the first kBadLinesShown bad lines
  // The data end early or are damaged: what stands before that was read. Only with kSkip.
  std::optional<Error> broken;
  std::vector<std::string> assumed;  // sentences: what the file does not say and was chosen
};

}  // namespace assay::workload
