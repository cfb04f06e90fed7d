// trace.h — a trace of requests in memory, column by column, and the file that it came from.
// Times count from the first request of the file, or from the beginning of the window asked for.
// A Trace never changes after it was read: threads share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "workload/trace_format.h"
#include "workload/trace_report.h"
#include "workload/traffic.h"

namespace assay::document {
class ByteStream;
}

namespace assay::workload {

// Requests and prefix blocks together that are held in memory; about 1 GB.
inline constexpr std::int64_t kTraceEntriesMax = 50'000'000;

struct Trace {
  std::vector<std::int64_t> arrival_ns;  // never falls
  std::vector<std::int32_t> input_tokens, output_tokens;
  std::vector<std::int32_t> priority, model;  // empty: all 0
  // Blocks of request i: prefix_ids[prefix_end[i − 1]] to prefix_ids[prefix_end[i] − 1].
  std::vector<std::uint64_t> prefix_ids;
  std::vector<std::size_t> prefix_end;  // empty: no prefixes
  std::int32_t prefix_block_tokens{};

  std::size_t size() const { return arrival_ns.size(); }
  void get(std::size_t i, TrafficRequest& request) const;
};

struct TraceOptions {
  std::optional<TraceFormat> format;
  BadLines bad_lines{BadLines::kRefuse};
  std::optional<Seconds> window_begin, window_end;  // requests at begin <= t < end
  std::uint64_t seed{1};                            // of arrivals that a result does not state
  std::int64_t entries_max{kTraceEntriesMax};
};

using OpenBytes = std::function<Result<document::ByteStream>()>;

// A trace that was read once, to its end, and found good.
struct TraceFile {
  std::string file;
  TraceFormat format{};
  TraceReport report;
  std::shared_ptr<const Trace> trace;  // null: too large, it is read again while it is used
  std::int64_t requests{};             // in the window
  // After this time the trace would begin again: one mean gap behind its last request, or the end
  // of the window. 0: all requests come at once.
  std::int64_t period_ns{};
  TraceOptions options;
  OpenBytes open;
};

// "-" is standard input. Errors: each bad line under kRefuse; under both, no request at all.
Checked<TraceFile> read_trace(const std::string& path, const TraceOptions& options);
// `open` is called twice for a trace that is too large, and once for each time it is streamed.
Checked<TraceFile> read_trace(std::string file, OpenBytes open, const TraceOptions& options);
// A text in memory; `file` names it in messages.
Checked<TraceFile> read_trace_text(std::string file, std::string_view bytes,
                                   const TraceOptions& options);

// The whole trace in memory or the reason why not.
Checked<Trace> load_trace(const std::string& path, const TraceOptions& options);

// The requests once, from memory or from the file; what goes wrong with the file on the way ends
// them and is left in `failure`.
NextRequest requests_of(const TraceFile& file, std::shared_ptr<std::optional<Error>> failure);

}  // namespace assay::workload
