#include "workload/trace_format.h"

#include <array>
#include <utility>

namespace assay::workload {

namespace {

constexpr std::array<std::pair<TraceFormat, std::string_view>, 5> kNames{{
    {TraceFormat::kAzure, "azure"},
    {TraceFormat::kMooncake, "mooncake"},
    {TraceFormat::kBurstGpt, "burstgpt"},
    {TraceFormat::kVllmBench, "vllm-bench"},
    {TraceFormat::kRequests, "requests"},
}};

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

std::string_view name_of(TraceFormat format) {
  return kNames[static_cast<std::size_t>(format)].second;
}

std::optional<TraceFormat> trace_format(std::string_view name) {
  for (const auto& [format, known] : kNames) {
    if (known == name) return format;
  }
  return {};
}

std::vector<std::string> trace_format_names() {
  std::vector<std::string> names;
  for (const auto& [format, name] : kNames) names.emplace_back(name);
  return names;
}

std::optional<TraceFormat> detect_format(std::string_view beginning) {
  const std::size_t first = beginning.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  beginning.remove_prefix(first);
  const std::string_view line = beginning.substr(0, beginning.find('\n'));
  if (!line.starts_with('{')) {
    if (holds(line, "ContextTokens")) return TraceFormat::kAzure;
    if (holds(line, "Request tokens")) return TraceFormat::kBurstGpt;
    return {};
  }
  if (holds(line, "\"input_length\"")) return TraceFormat::kMooncake;
  // A result is one object over all of the text, with its lists behind its figures.
  for (const std::string_view key :
       {"\"num_prompts\"", "\"input_lens\"", "\"request_throughput\""}) {
    if (holds(beginning, key)) return TraceFormat::kVllmBench;
  }
  if (holds(line, "\"input_toks\"") || holds(line, "\"input_tokens\"")) {
    return TraceFormat::kRequests;
  }
  return {};
}

}  // namespace assay::workload
