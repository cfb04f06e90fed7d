#include "workload/trace_format.h"

#include <gtest/gtest.h>

namespace assay::workload {
namespace {

TEST(TraceFormat, HasANameThatIsReadBack) {
  EXPECT_EQ(trace_format_names().size(), 5u);
  for (const std::string& name : trace_format_names()) {
    const auto format = trace_format(name);
    ASSERT_TRUE(format.has_value()) << name;
    EXPECT_EQ(name_of(*format), name);
  }
  EXPECT_EQ(trace_format("Azure"), std::nullopt);
}

TEST(DetectFormat, KnowsEachByItsColumnsOrKeys) {
  EXPECT_EQ(detect_format("TIMESTAMP,ContextTokens,GeneratedTokens\n"), TraceFormat::kAzure);
  EXPECT_EQ(detect_format("Timestamp,Model,Request tokens,Response tokens"),
            TraceFormat::kBurstGpt);
  EXPECT_EQ(detect_format("{\"timestamp\": 0, \"input_length\": 1}"), TraceFormat::kMooncake);
  EXPECT_EQ(detect_format("\n {\n  \"date\": \"x\",\n  \"num_prompts\": 4\n}"),
            TraceFormat::kVllmBench);
  EXPECT_EQ(detect_format("{\"input_toks\": 1}\n"), TraceFormat::kRequests);
  EXPECT_EQ(detect_format("{\"input_tokens\": 1}\n"), TraceFormat::kRequests);
}

TEST(DetectFormat, GuessesNothing) {
  for (const char* text : {"", " \n", "a,b\n1,2\n", "{}", "[1]", "{\"tokens\": 1}", "\x7f\x45LF"}) {
    EXPECT_EQ(detect_format(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace assay::workload
