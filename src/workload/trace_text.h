// trace_text.h — numbers and times of traces from text to whole nanoseconds and tokens, exactly:
// no double stands between, so that 0.1 s is 100,000,000 ns and an epoch keeps its last digit.
// Pure. A reason is the end of a sentence that begins with what was read: "is no number".
#pragma once

#include <cstdint>
#include <string_view>

#include <tl/expected.hpp>

namespace assay::workload {

using Reason = const char*;

// A decimal number ("12", "0.25", "1.5e3") times 10^exponent, nearest whole, halves up. `exponent`
// is 9 for seconds, 6 for milliseconds, 0 for nanoseconds. Not below 0.
tl::expected<std::int64_t, Reason> scaled_decimal(std::string_view text, int exponent);

// "2023-11-16 18:15:46.6805900", "2024-05-10T00:00:00.009930+00:00", "…Z" → nanoseconds since
// 1970 in UTC, which is meant where no zone is said. Years 1971 to 2199.
tl::expected<std::int64_t, Reason> calendar_time(std::string_view text);

// A whole number, also as "374.0".
tl::expected<std::int64_t, Reason> whole_number(std::string_view text);

}  // namespace assay::workload
