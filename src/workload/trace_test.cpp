#include "workload/trace.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::workload {
namespace {

const std::string kData = ASSAY_SOURCE_DIR "/tests/data/traces/";

std::string rendered(const Errors& errors) {
  std::string out;
  for (const Error& error : errors) out += render(error) + "\n";
  return out;
}

TraceFile file_of(const std::string& name, const TraceOptions& options = {}) {
  auto file = read_trace(kData + name, options);
  EXPECT_TRUE(file.has_value()) << rendered(file.error());
  return file ? *file : TraceFile{};
}

std::vector<TrafficRequest> all(const TraceFile& file) {
  const auto failure = std::make_shared<std::optional<Error>>();
  const NextRequest next = requests_of(file, failure);
  std::vector<TrafficRequest> out;
  TrafficRequest request;
  while (next(request)) out.push_back(request);
  EXPECT_FALSE(failure->has_value());
  return out;
}

bool equal(const TrafficRequest& a, const TrafficRequest& b) {
  return a.arrival == b.arrival && a.input_tokens == b.input_tokens &&
         a.output_tokens == b.output_tokens && a.priority == b.priority && a.model == b.model &&
         a.prefix == b.prefix && a.prefix_block_tokens == b.prefix_block_tokens;
}

bool equal(const std::vector<TrafficRequest>& a, const std::vector<TrafficRequest>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return equal(x, y); });
}

TEST(ReadTrace, ReadsEveryPublishedFormat) {
  const std::vector<std::tuple<std::string, TraceFormat, std::int64_t>> files{
      {"azure_conv_2023.csv", TraceFormat::kAzure, 300},
      {"azure_code_2023.csv", TraceFormat::kAzure, 300},
      {"azure_2024.csv", TraceFormat::kAzure, 5},
      {"mooncake_conversation.jsonl", TraceFormat::kMooncake, 100},
      {"burstgpt.csv", TraceFormat::kBurstGpt, 4},
      {"burstgpt_sessions.csv", TraceFormat::kBurstGpt, 2},
      {"vllm_bench.json", TraceFormat::kVllmBench, 3},
      {"vllm_bench_inf.json", TraceFormat::kVllmBench, 3},
      {"vllm_bench_start_times.json", TraceFormat::kVllmBench, 3},
      {"requests.jsonl", TraceFormat::kRequests, 3},
  };
  for (const auto& [name, format, requests] : files) {
    const TraceFile file = file_of(name);
    EXPECT_EQ(file.format, format) << name;
    EXPECT_EQ(file.requests, requests) << name;
    EXPECT_EQ(all(file).size(), static_cast<std::size_t>(requests)) << name;
    EXPECT_EQ(all(file).front().arrival.ns >= 0, true);
  }
}

TEST(ReadTrace, CountsTimeFromTheFirstRequest) {
  const auto azure = all(file_of("azure_conv_2023.csv"));
  EXPECT_EQ(azure[0].arrival.ns, 0);
  EXPECT_EQ(azure[0].input_tokens, 374);
  EXPECT_EQ(azure[0].output_tokens, 44);
  EXPECT_EQ(azure[1].arrival.ns, 4'314'579'000);  // 18:15:46.6805900 to 18:15:50.9951690
  EXPECT_EQ(all(file_of("azure_2024.csv"))[1].arrival.ns, 7'405'000);
  EXPECT_EQ(all(file_of("requests.jsonl"))[1].arrival.ns, 265'091'400);
  const auto vllm = all(file_of("vllm_bench_start_times.json"));
  EXPECT_EQ(vllm[1].arrival.ns, 319'298'933);  // the third request came second
  EXPECT_EQ(vllm[1].input_tokens, 300);
  EXPECT_EQ(file_of("vllm_bench_start_times.json").report.reordered, 1);
}

TEST(ReadTrace, KeepsTheBlocksOfAMooncakeTrace) {
  const auto mooncake = all(file_of("mooncake_conversation.jsonl"));
  EXPECT_EQ(mooncake[0].prefix.size(), 14u);
  EXPECT_EQ(mooncake[0].prefix_block_tokens, 512);
  EXPECT_EQ(mooncake[1].prefix[0], mooncake[0].prefix[0]);
}

TEST(ReadTrace, GivesTheSameFromCompressedFiles) {
  const auto plain = all(file_of("azure_conv_2023.csv"));
  EXPECT_TRUE(equal(all(file_of("azure_conv_2023.csv.gz")), plain));
  EXPECT_TRUE(equal(all(file_of("azure_conv_2023.csv.zst")), plain));
  EXPECT_TRUE(equal(all(file_of("mooncake_conversation.jsonl.gz")),
                    all(file_of("mooncake_conversation.jsonl"))));
}

TEST(ReadTrace, StreamsWhatIsTooLargeAndGivesTheSame) {
  for (const char* name : {"azure_conv_2023.csv.gz", "mooncake_conversation.jsonl"}) {
    const TraceFile held = file_of(name);
    TraceOptions options;
    options.entries_max = 10;
    const TraceFile streamed = file_of(name, options);
    ASSERT_NE(held.trace, nullptr);
    EXPECT_EQ(streamed.trace, nullptr);
    EXPECT_EQ(streamed.requests, held.requests);
    EXPECT_EQ(streamed.period_ns, held.period_ns);
    EXPECT_TRUE(equal(all(streamed), all(held))) << name;
    options.window_begin = Seconds::from_base(1), options.window_end = Seconds::from_base(9);
    const TraceFile window = file_of(name, options);
    options.entries_max = kTraceEntriesMax;
    const TraceFile held_window = file_of(name, options);
    EXPECT_EQ(window.period_ns, 8'000'000'000);
    EXPECT_EQ(window.requests, held_window.requests);
    EXPECT_TRUE(equal(all(window), all(held_window))) << name;
    options.entries_max = 10;
    EXPECT_FALSE(load_trace(kData + name, options).has_value());
  }
}

std::string azure(const std::vector<std::string>& rows) {
  std::string out = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
  for (const std::string& row : rows) out += row + "\n";
  return out;
}

std::string errors_of(const std::string& text, const TraceOptions& options = {}) {
  const auto file = read_trace_text("t", text, options);
  EXPECT_FALSE(file.has_value());
  return file ? "" : rendered(file.error());
}

TEST(ReadTrace, RefusesBadLinesUnlessTheyMayBeSkipped) {
  std::vector<std::string> rows{"2023-11-16 18:15:46,1,2"};
  for (int i = 0; i < 25; ++i) rows.emplace_back("bad");
  const std::string errors = errors_of(azure(rows));
  EXPECT_TRUE(errors.ends_with("t: error: 5 more bad lines\n")) << errors;
  TraceOptions skip;
  skip.bad_lines = BadLines::kSkip;
  const auto file = read_trace_text("t", azure(rows), skip);
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->report.bad_lines, 25);
  EXPECT_EQ(file->requests, 1);
  EXPECT_EQ(file->period_ns, 0);
}

TEST(ReadTrace, RefusesATraceWithoutARequest) {
  TraceOptions skip;
  skip.bad_lines = BadLines::kSkip;
  EXPECT_EQ(errors_of("", skip),
            "t: error: there is no request in it; expected one request or more\n");
  EXPECT_EQ(errors_of(azure({}), skip),
            "t: error: there is no request in it; expected one request or more\n");
  EXPECT_EQ(errors_of(azure({"2023-11-16 18:15:46,1,0"})),
            "t: error: no request was answered, of 1; expected one request or more\n");
  EXPECT_NE(errors_of(azure({"bad"}), skip).find("t:2:4: error: the row has 1 cell"),
            std::string::npos);
  TraceOptions window;
  window.window_begin = Seconds::from_base(100);
  EXPECT_EQ(errors_of(azure({"2023-11-16 18:15:46,1,1", "2023-11-16 18:15:49,1,1"}), window),
            "t: error: no request comes within the window; expected a window that begins before "
            "3 s, where the trace ends\n");
}

TEST(ReadTrace, TellsThatCompressedDataAreCut) {
  const auto whole = read_trace(kData + "azure_conv_2023.csv.gz", {});
  ASSERT_TRUE(whole.has_value());
  std::string bytes;
  if (std::FILE* file = std::fopen((kData + "azure_conv_2023.csv.gz").c_str(), "rb")) {
    bytes.resize(1500);
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    std::fclose(file);
  }
  EXPECT_NE(errors_of(bytes).find("the gzip data end in the middle, after 1500 bytes"),
            std::string::npos)
      << errors_of(bytes);
  TraceOptions skip;
  skip.bad_lines = BadLines::kSkip;
  const auto cut = read_trace_text("t", bytes, skip);
  ASSERT_TRUE(cut.has_value());
  EXPECT_TRUE(cut->report.broken.has_value());
  EXPECT_LT(cut->requests, 300);
  EXPECT_GT(cut->requests, 50);
}

TEST(ReadTrace, SortsAShuffledTraceOfAnyDisorder) {
  const auto file = read_trace_text("t",
                                    azure({"2023-11-16 18:15:46,3,1", "2023-11-16 18:15:40,1,1",
                                           "2023-11-16 18:15:43,2,1", "2023-11-16 18:15:46,4,1"}),
                                    {});
  ASSERT_TRUE(file.has_value());
  std::vector<std::int32_t> inputs;
  for (const TrafficRequest& request : all(*file)) inputs.push_back(request.input_tokens);
  EXPECT_EQ(inputs, (std::vector<std::int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(file->report.reordered, 2);
  EXPECT_EQ(file->period_ns, 8'000'000'000);
}

RC_GTEST_PROP(ReadTrace, SortsBlocksTogetherWithTheirRequests, ()) {
  const auto times =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 50)));
  std::string text;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::string id = std::to_string(i);
    text += "{\"timestamp\": " + std::to_string(times[i]) +
            ", \"input_length\": 600, \"output_length\": " + std::to_string(i + 1) +
            ", \"hash_ids\": [" +
            (i % 3 == 0   ? ""
             : i % 3 == 1 ? id
                          : id + "," + id) +
            "]}\n";
  }
  const auto file = read_trace_text("t", text, {});
  RC_ASSERT(file.has_value());
  TraceOptions small;
  small.entries_max = 0;
  const auto streamed = read_trace_text("t", text, small);
  RC_ASSERT(streamed.has_value());
  RC_ASSERT(file->report.reordered == streamed->report.reordered);
  const auto requests = all(*file);
  RC_ASSERT(equal(requests, all(*streamed)));
  const int first = *std::min_element(times.begin(), times.end());
  for (std::size_t k = 0; k < requests.size(); ++k) {
    const auto i = static_cast<std::size_t>(requests[k].output_tokens) - 1;
    RC_ASSERT(requests[k].arrival.ns == (times[i] - first) * 1'000'000LL);
    RC_ASSERT(requests[k].prefix == std::vector<std::uint64_t>(i % 3, i));
    if (k > 0 && requests[k].arrival == requests[k - 1].arrival) {
      RC_ASSERT(requests[k - 1].output_tokens < requests[k].output_tokens);
    }
  }
}

}  // namespace
}  // namespace assay::workload
