// trace_fuzz.cpp — any bytes as a trace, compressed or not: refused with reasons, or requests in
// the order of time whose number and lengths agree with the report, held in memory or streamed.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "workload/trace.h"
#include "workload/trace_row.h"
#include "workload/transform.h"

namespace {

using namespace assay;
using namespace assay::workload;

struct Sum {
  std::int64_t requests{}, last_ns{};
  std::uint64_t tokens{}, ids{};
  friend bool operator==(const Sum&, const Sum&) = default;
};

Sum sum_of(const NextRequest& next) {
  Sum sum;
  TrafficRequest request;
  while (next(request)) {
    ASSAY_ASSERT(request.arrival.ns >= sum.last_ns);
    ASSAY_ASSERT(request.input_tokens >= 1 && request.input_tokens <= kTokensMax);
    ASSAY_ASSERT(request.output_tokens >= 1 && request.output_tokens <= kTokensMax);
    ASSAY_ASSERT(request.prefix.empty() == (request.prefix_block_tokens == 0));
    ++sum.requests;
    sum.last_ns = request.arrival.ns;
    sum.tokens = sum.tokens * 31 + static_cast<std::uint64_t>(request.input_tokens) * 7 +
                 static_cast<std::uint64_t>(request.output_tokens);
    for (const std::uint64_t id : request.prefix) sum.ids = sum.ids * 31 + id + 1;
  }
  return sum;
}

void check(const TraceReport& report) {
  ASSAY_ASSERT(report.lines == report.requests + report.bad_lines + report.unanswered);
  ASSAY_ASSERT(report.first_errors.size() <= kBadLinesShown);
  for (const Error& error : report.first_errors) {
    ASSAY_ASSERT(error.where && error.where->line >= 1 && error.where->column >= 1);
    ASSAY_ASSERT(!error.what.empty() && render(error).size() < 500);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  TraceOptions options;
  options.bad_lines = BadLines::kSkip;
  const auto held = read_trace_text("input", text, options);
  options.entries_max = 1;
  const auto streamed = read_trace_text("input", text, options);
  ASSAY_ASSERT(held.has_value() == streamed.has_value());
  if (!held) {
    ASSAY_ASSERT(!held.error().empty());
    for (const Error& error : held.error()) ASSAY_ASSERT(render(error).size() < 500);
    return 0;
  }
  check(held->report);
  const auto failure = std::make_shared<std::optional<Error>>();
  const Sum sum = sum_of(requests_of(*held, failure));
  ASSAY_ASSERT(sum.requests == held->requests && sum.last_ns <= held->period_ns);
  ASSAY_ASSERT(sum == sum_of(requests_of(*streamed, failure)) && !failure->has_value());
  const Copies copies{.count = 3, .period_ns = held->period_ns, .seed = size, .stream = 0};
  const NextRequest many = scaled(copies_of(held->trace, copies), {3, 0.3, 0.7});
  ASSAY_ASSERT(sum_of(many).requests == 3 * sum.requests);
  return 0;
}
