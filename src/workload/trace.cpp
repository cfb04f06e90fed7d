#include "workload/trace.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/sim_time.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "document/byte_stream.h"
#include "workload/trace_reader.h"

namespace assay::workload {

namespace {

struct Window {
  std::int64_t begin_ns{}, end_ns{kNever.ns};
};

Window window_of(const TraceOptions& options) {
  Window window;
  if (options.window_begin) window.begin_ns = nanoseconds(*options.window_begin);
  if (options.window_end) window.end_ns = nanoseconds(*options.window_end);
  return window;
}

// What a pass over a trace learns of it. Times from the first request of the file.
struct Extent {
  std::int64_t requests{};             // in the window
  std::int64_t first_ns{}, last_ns{};  // of those
  std::int64_t end_ns{};               // the last of the file
};

std::int64_t period_of(const Extent& extent, const Window& window) {
  if (extent.end_ns >= window.end_ns) return window.end_ns - window.begin_ns;
  const std::int64_t gaps = extent.requests - 1;
  const std::int64_t span = extent.last_ns - extent.first_ns;
  return extent.last_ns - window.begin_ns + (gaps > 0 ? span / gaps : 0);
}

// Under kRefuse every bad line, else nothing unless there is no request.
Errors verdict(const std::string& file, const TraceReport& report, const TraceOptions& options,
               const Extent& extent) {
  const bool refuse =
      options.bad_lines == BadLines::kRefuse && (report.bad_lines > 0 || report.broken.has_value());
  if (!refuse && extent.requests > 0) return {};
  Errors errors = report.first_errors;
  const auto shown = static_cast<std::int64_t>(errors.size());
  const auto whole_file = [&](std::string what, std::string expected) {
    errors.push_back({.what = std::move(what),
                      .expected = std::move(expected),
                      .near = {},
                      .where = Where{file, 0, 0}});
  };
  if (report.bad_lines > shown) {
    whole_file(fmt::format("{} more bad lines",
                           grouped_text(static_cast<double>(report.bad_lines - shown))),
               "");
  }
  if (report.broken) errors.push_back(*report.broken);
  if (report.requests == 0) {
    whole_file(report.unanswered > 0
                   ? fmt::format("no request was answered, of {}",
                                 grouped_text(static_cast<double>(report.unanswered)))
                   : std::string{"there is no request in it"},
               "one request or more");
  } else if (extent.requests == 0) {
    const auto last = Seconds::from_base(static_cast<double>(extent.end_ns) * 1e-9);
    whole_file("no request comes within the window",
               fmt::format("a window that begins before {}, where the trace ends", to_text(last)));
  }
  return errors;
}

void append(Trace& trace, const TraceRow& row) {
  const std::size_t before = trace.size();
  trace.arrival_ns.push_back(row.at_ns);
  trace.input_tokens.push_back(row.input_tokens);
  trace.output_tokens.push_back(row.output_tokens);
  const auto rare = [&](std::vector<std::int32_t>& column, std::int32_t value) {
    if (column.empty() && value == 0) return;
    column.resize(before);  // the earlier ones are 0
    column.push_back(value);
  };
  rare(trace.priority, row.priority);
  rare(trace.model, row.model);
  if (trace.prefix_end.empty() && row.prefix.empty()) return;
  trace.prefix_block_tokens = kMooncakeBlockTokens;
  trace.prefix_end.resize(before);
  trace.prefix_ids.insert(trace.prefix_ids.end(), row.prefix.begin(), row.prefix.end());
  trace.prefix_end.push_back(trace.prefix_ids.size());
}

template <class T>
void permute(std::vector<T>& column, const std::vector<std::size_t>& order) {
  if (column.empty()) return;
  std::vector<T> out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) out[i] = column[order[i]];
  column = std::move(out);
}

// Stable: requests of one time keep the order of their lines. Returns how many were out of order.
std::int64_t sort_by_arrival(Trace& trace) {
  std::int64_t latest = 0, late = 0;
  for (const std::int64_t at : trace.arrival_ns) {
    late += at < latest ? 1 : 0;
    latest = std::max(latest, at);
  }
  if (late == 0) return 0;
  std::vector<std::size_t> order(trace.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return trace.arrival_ns[a] < trace.arrival_ns[b];
  });
  if (!trace.prefix_end.empty()) {
    std::vector<std::uint64_t> ids;
    ids.reserve(trace.prefix_ids.size());
    std::vector<std::size_t> ends;
    for (const std::size_t i : order) {
      const std::size_t begin = i == 0 ? 0 : trace.prefix_end[i - 1];
      for (std::size_t k = begin; k < trace.prefix_end[i]; ++k) ids.push_back(trace.prefix_ids[k]);
      ends.push_back(ids.size());
    }
    trace.prefix_ids = std::move(ids);
    trace.prefix_end = std::move(ends);
  }
  permute(trace.arrival_ns, order);
  permute(trace.input_tokens, order);
  permute(trace.output_tokens, order);
  permute(trace.priority, order);
  permute(trace.model, order);
  return late;
}

// Makes times count from the first request, then keeps what lies in the window.
Extent keep_window(Trace& trace, const Window& window) {
  if (trace.size() == 0) return {};
  const std::int64_t first = trace.arrival_ns.front();
  for (std::int64_t& at : trace.arrival_ns) at -= first;
  const auto bound = [&](std::int64_t at) {
    const auto found = std::lower_bound(trace.arrival_ns.begin(), trace.arrival_ns.end(), at);
    return static_cast<std::size_t>(found - trace.arrival_ns.begin());
  };
  Extent extent{.end_ns = trace.arrival_ns.back()};
  const std::size_t begin = bound(window.begin_ns), end = std::max(begin, bound(window.end_ns));
  const auto cut = [&](auto& column) {
    if (column.empty()) return;
    column.erase(column.begin() + static_cast<std::ptrdiff_t>(end), column.end());
    column.erase(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(begin));
  };
  if (!trace.prefix_end.empty()) {
    const std::size_t ids = begin == 0 ? 0 : trace.prefix_end[begin - 1];
    trace.prefix_ids.erase(trace.prefix_ids.begin(),
                           trace.prefix_ids.begin() + static_cast<std::ptrdiff_t>(ids));
    for (std::size_t& prefix_end : trace.prefix_end) prefix_end -= std::min(ids, prefix_end);
  }
  cut(trace.arrival_ns), cut(trace.input_tokens), cut(trace.output_tokens);
  cut(trace.priority), cut(trace.model), cut(trace.prefix_end);
  if (trace.size() == 0) return extent;
  extent.requests = static_cast<std::int64_t>(trace.size());
  extent.first_ns = trace.arrival_ns.front(), extent.last_ns = trace.arrival_ns.back();
  for (std::int64_t& at : trace.arrival_ns) at -= window.begin_ns;
  return extent;
}

Checked<TraceReader> reader_of(const OpenBytes& open, const TraceOptions& options) {
  Result<document::ByteStream> bytes = open();
  if (!bytes) return tl::unexpected(Errors{bytes.error()});
  return TraceReader::open(std::move(*bytes), options.format, options.seed);
}

// A pass that keeps nothing, through the window of reordering that streaming has.
Checked<TraceFile> scan(TraceFile file) {
  auto reader = reader_of(file.open, file.options);
  if (!reader) return tl::unexpected(reader.error());
  const Window window = window_of(file.options);
  OrderedRows rows{std::move(*reader)};
  Extent extent;
  TraceRow row;
  while (rows.next(row)) {
    extent.end_ns = row.at_ns;
    if (row.at_ns < window.begin_ns || row.at_ns >= window.end_ns) continue;
    if (extent.requests++ == 0) extent.first_ns = row.at_ns;
    extent.last_ns = row.at_ns;
  }
  file.report = rows.report();
  Errors errors = verdict(file.file, file.report, file.options, extent);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  file.requests = extent.requests;
  file.period_ns = period_of(extent, window);
  return file;
}

// Streams a file through the window; kept by shared_ptr because a function is copied.
struct FileCursor {
  OrderedRows rows;
  Window window;
  TraceRow row;

  bool next(TrafficRequest& request) {
    do {
      if (!rows.next(row) || row.at_ns >= window.end_ns) return false;
    } while (row.at_ns < window.begin_ns);
    request.arrival = {row.at_ns - window.begin_ns};
    request.input_tokens = row.input_tokens, request.output_tokens = row.output_tokens;
    request.priority = row.priority, request.model = row.model;
    request.prefix.swap(row.prefix);
    request.prefix_block_tokens = request.prefix.empty() ? 0 : kMooncakeBlockTokens;
    return true;
  }
};

}  // namespace

void Trace::get(std::size_t i, TrafficRequest& request) const {
  request.arrival = {arrival_ns[i]};
  request.input_tokens = input_tokens[i];
  request.output_tokens = output_tokens[i];
  request.priority = priority.empty() ? 0 : priority[i];
  request.model = model.empty() ? 0 : model[i];
  request.prefix.clear();
  request.prefix_block_tokens = 0;
  if (prefix_end.empty()) return;
  const std::size_t begin = i == 0 ? 0 : prefix_end[i - 1];
  request.prefix.assign(prefix_ids.begin() + static_cast<std::ptrdiff_t>(begin),
                        prefix_ids.begin() + static_cast<std::ptrdiff_t>(prefix_end[i]));
  if (!request.prefix.empty()) request.prefix_block_tokens = prefix_block_tokens;
}

Checked<TraceFile> read_trace(std::string name, OpenBytes open, const TraceOptions& options) {
  TraceFile file;
  file.file = std::move(name);
  file.options = options;
  file.open = std::move(open);
  auto reader = reader_of(file.open, options);
  if (!reader) return tl::unexpected(reader.error());
  file.format = reader->format();
  file.options.format = file.format;
  Trace trace;
  TraceRow row;
  while (reader->next(row)) {
    append(trace, row);
    const std::size_t entries = trace.size() + trace.prefix_ids.size();
    if (entries > static_cast<std::size_t>(options.entries_max)) {
      trace = {};
      return scan(std::move(file));
    }
  }
  file.report = reader->report();
  file.report.reordered = sort_by_arrival(trace);
  const Window window = window_of(options);
  const Extent extent = keep_window(trace, window);
  Errors errors = verdict(file.file, file.report, options, extent);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  file.requests = extent.requests;
  file.period_ns = period_of(extent, window);
  file.trace = std::make_shared<const Trace>(std::move(trace));
  return file;
}

Checked<TraceFile> read_trace(const std::string& path, const TraceOptions& options) {
  auto opened = std::make_shared<bool>(false);
  return read_trace(
      path == "-" ? "standard input" : path,
      [path, opened]() -> Result<document::ByteStream> {
        if (path == "-" && std::exchange(*opened, true)) {
          return tl::unexpected(Error{.kind = Error::Kind::kLimit,
                                      .what = "the trace is too large to be held in memory",
                                      .expected = "a file, which can be read again",
                                      .near = {},
                                      .where = Where{"standard input", 0, 0}});
        }
        return document::ByteStream::open(path);
      },
      options);
}

Checked<TraceFile> read_trace_text(std::string file, std::string_view bytes,
                                   const TraceOptions& options) {
  return read_trace(
      file,
      [file, bytes]() -> Result<document::ByteStream> {
        return document::ByteStream::of(file, bytes);
      },
      options);
}

Checked<Trace> load_trace(const std::string& path, const TraceOptions& options) {
  auto file = read_trace(path, options);
  if (!file) return tl::unexpected(file.error());
  if (file->trace) return *file->trace;
  return tl::unexpected(
      Errors{{.kind = Error::Kind::kLimit,
              .what = "the trace is too large to be held in memory",
              .expected = fmt::format("at most {} requests and prefix blocks",
                                      grouped_text(static_cast<double>(options.entries_max))),
              .near = {},
              .where = Where{path, 0, 0}}});
}

NextRequest requests_of(const TraceFile& file, std::shared_ptr<std::optional<Error>> failure) {
  if (file.trace) {
    return [trace = file.trace, next = std::size_t{0}](TrafficRequest& request) mutable {
      if (next == trace->size()) return false;
      trace->get(next++, request);
      return true;
    };
  }
  auto reader = reader_of(file.open, file.options);
  if (!reader) {
    *failure = reader.error().front();
    return [](TrafficRequest&) { return false; };
  }
  auto cursor = std::make_shared<FileCursor>(
      FileCursor{OrderedRows{std::move(*reader)}, window_of(file.options), {}});
  return [cursor, failure = std::move(failure), expected = file.report.requests,
          name = file.file](TrafficRequest& request) {
    if (cursor->next(request)) return true;
    const TraceReport& report = cursor->rows.report();
    const bool passed_window = cursor->row.at_ns >= cursor->window.end_ns;
    if (!passed_window && report.requests != expected) {
      *failure = Error{.kind = Error::Kind::kIo,
                       .what = "changed while it was used",
                       .expected = "the file as it was when it was opened",
                       .near = {},
                       .where = Where{name, 0, 0}};
    }
    return false;
  };
}

}  // namespace assay::workload
