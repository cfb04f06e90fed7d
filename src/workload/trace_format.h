// trace_format.h — the formats that traces of requests are published in, and which one a text has.
// docs/traces.md describes each. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::workload {

enum class TraceFormat : unsigned char { kAzure, kMooncake, kBurstGpt, kVllmBench, kRequests };

std::string_view name_of(TraceFormat format);  // "azure", "mooncake", "burstgpt", …
std::optional<TraceFormat> trace_format(std::string_view name);
std::vector<std::string> trace_format_names();

// From the first bytes of a text (64 KiB are enough): its column names or its keys.
std::optional<TraceFormat> detect_format(std::string_view beginning);

}  // namespace assay::workload
