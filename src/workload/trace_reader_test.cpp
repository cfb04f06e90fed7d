#include "workload/trace_reader.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "document/byte_stream.h"

namespace assay::workload {
namespace {

using document::ByteStream;

const std::string kAzure = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

struct Read {
  std::vector<TraceRow> rows;
  TraceReport report;
  std::string errors;  // of bad lines, or why it was not opened
};

Read read(const std::string& text, std::optional<TraceFormat> format = {}) {
  Read out;
  auto reader = TraceReader::open(ByteStream::of("t", text), format, 1);
  if (!reader) {
    for (const Error& error : reader.error()) out.errors += render(error) + "\n";
    return out;
  }
  TraceRow row;
  while (reader->next(row)) out.rows.push_back(row);
  out.report = reader->report();
  for (const Error& error : out.report.first_errors) out.errors += render(error) + "\n";
  const TraceReport& r = out.report;
  EXPECT_EQ(r.lines, r.requests + r.bad_lines + r.unanswered);
  EXPECT_EQ(r.requests, static_cast<std::int64_t>(out.rows.size()));
  return out;
}

TEST(TraceReader, SaysWhichCellIsWrong) {
  const Read azure = read(kAzure +
                          "2023-11-16 18:15:46,1,2\n"
                          "2023-11-16 18:15:46,x,2\n"
                          "2023-11-16 18:15:46,0,2\n"
                          "2023-11-16 18:15:46,1,-2\n"
                          "2023-11-16 18:15:46,1\n"
                          "2023-11-16 18:15:46,1,2,3\n"
                          "yesterday,1,2\n"
                          "2023-11-16 18:15:46,1,99999999999999999999\n"
                          "2023-11-16 18:15:46,,2\n");
  EXPECT_EQ(azure.rows.size(), 1u);
  EXPECT_EQ(
      azure.errors,
      "t:3:21: error: ContextTokens 'x' is no whole number; expected whole tokens, 1 to "
      "100,000,000\n"
      "t:4:21: error: ContextTokens '0' is out of range; expected whole tokens, 1 to 100,000,000\n"
      "t:5:23: error: GeneratedTokens '-2' is out of range; expected whole tokens, 0 to "
      "100,000,000\n"
      "t:6:22: error: the row has 2 cells; expected 3, one for each column\n"
      "t:7:25: error: the row has 4 cells; expected 3, one for each column\n"
      "t:8:1: error: TIMESTAMP 'yesterday' is no date with a time of day; expected a time such as "
      "2023-11-16 18:15:46.68059\n"
      "t:9:23: error: GeneratedTokens '99999999999999999999' is out of range; expected whole "
      "tokens, 0 to 100,000,000\n"
      "t:10:21: error: ContextTokens is empty; expected whole tokens, 1 to 100,000,000\n");
}

TEST(TraceReader, CountsEveryBadLineAndShowsTwenty) {
  std::string text = kAzure;
  for (int i = 0; i < 1000; ++i) text += "nonsense\n\n";
  const Read bad = read(text);
  EXPECT_EQ(bad.report.bad_lines, 1000);
  EXPECT_EQ(bad.report.first_errors.size(), kBadLinesShown);
}

TEST(TraceReader, CountsRequestsThatWereNotAnswered) {
  const Read burst = read(
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
      "5,ChatGPT,472,18,490,Conversation log\n"
      "9,ChatGPT,472,0,472,Conversation log\n");
  EXPECT_EQ(burst.report.unanswered, 1);
  EXPECT_EQ(burst.report.bad_lines, 0);
  ASSERT_EQ(burst.rows.size(), 1u);
  EXPECT_EQ(burst.rows[0].at_ns, 5'000'000'000);
}

TEST(TraceReader, FindsColumnsByNameAndTakesQuotesAndCarriageReturns) {
  const Read azure = read(
      "\xEF\xBB\xBFGeneratedTokens, ContextTokens ,TIMESTAMP\r\n"
      "7,\"8\",\"2023-11-16 18:15:46.5\"\r\n");
  ASSERT_EQ(azure.rows.size(), 1u) << azure.errors;
  EXPECT_EQ(azure.rows[0].output_tokens, 7);
  EXPECT_EQ(azure.rows[0].input_tokens, 8);
}

TEST(TraceReader, ReadsBlocksThatMooncakeRequestsShare) {
  const Read mooncake = read(
      "{\"timestamp\": 0, \"input_length\": 700, \"output_length\": 5, \"hash_ids\": [0, 14]}\n"
      "{\"timestamp\": 27, \"input_length\": 512, \"output_length\": 5, \"hash_ids\": [0, 1]}\n"
      "{\"timestamp\": 27, \"input_length\": 513, \"output_length\": 5, \"hash_ids\": [0, -1]}\n"
      "{\"timestamp\": -3, \"input_length\": 513, \"output_length\": 5, \"hash_ids\": []}\n"
      "{\"timestamp\": 27, \"input_length\": 513, \"output_length\": 5, \"hash_ids\": 3}\n"
      "{\"timestamp\": 1e30, \"input_length\": 513, \"output_length\": 5}\n"
      "{\"input_length\": 513, \"output_length\": 5}\n"
      "{\"timestamp\": 27, \"input_length\": \"513\", \"output_length\": 5}\n"
      "{\"timestamp\": 27.5, \"input_length\": 513, \"output_length\": 5}\n");
  ASSERT_EQ(mooncake.rows.size(), 2u);
  EXPECT_EQ(mooncake.rows[0].prefix, (std::vector<std::uint64_t>{0, 14}));
  EXPECT_EQ(mooncake.rows[1].at_ns, 27'500'000);
  EXPECT_EQ(
      mooncake.errors,
      "t:2:76: error: 2 hash_ids for 512 tokens; expected at most 1, one for each 512 tokens\n"
      "t:3:76: error: hash id '-1' is negative; expected a whole number from 0 on\n"
      "t:4:15: error: timestamp '-3' is negative; expected milliseconds from 0 on\n"
      "t:5:72: error: hash_ids '3' is no list; expected a list of whole numbers\n"
      "t:6:15: error: timestamp '1e30' is too large; expected milliseconds from 0 on\n"
      "t:7:1: error: no 'timestamp'; expected the arrival of every request\n"
      "t:8:35: error: input_length '\"513\"' is no whole number; expected whole tokens, 1 to "
      "100,000,000\n");
}

TEST(TraceReader, ReadsRequestsWithEachSpelling) {
  const Read requests = read(
      "{\"input_toks\": 3, \"output_toks\": 4, \"arrival_time\": 1787267980.0827403}\n"
      "{\"input_tokens\": 3, \"output_tokens\": 4, \"arrival_time_ns\": 1787267981000000001, "
      "\"priority\": -2, \"model\": 1}\n"
      "{\"input_tokens\": 3, \"output_tokens\": 4, \"timestamp\": 1787267982.5, \"model\": null}\n"
      "{\"input_tokens\": 3, \"output_tokens\": 4, \"timestamp\": 1, \"model\": 70000}\n"
      "{\"input_tokens\": 3, \"output_tokens\": 4, \"arrival_time\": NaN}\n"
      "{\"input_tokens\": 3, \"output_tokens\": 4}\n");
  ASSERT_EQ(requests.rows.size(), 3u) << requests.errors;
  EXPECT_EQ(requests.rows[0].at_ns, 1'787'267'980'082'740'300);
  EXPECT_EQ(requests.rows[1].at_ns, 1'787'267'981'000'000'001);
  EXPECT_EQ(requests.rows[1].priority, -2);
  EXPECT_EQ(requests.rows[1].model, 1);
  EXPECT_EQ(requests.rows[2].priority, 0);
  EXPECT_EQ(requests.rows[2].model, 0);
  EXPECT_EQ(requests.errors,
            "t:4:66: error: model '70000' is out of range; expected a whole number from 0 to "
            "65535\n"
            "t:5:57: error: no valid JSON; expected one JSON object\n"
            "t:6:1: error: no 'arrival_time'; expected the arrival of every request\n");
}

TEST(TraceReader, ReadsAResultOfVllmBench) {
  const Read timed = read(
      "{\"num_prompts\": 4,\n \"input_lens\": [1, 2,\n  3, 0],\n \"output_lens\": [5, 6, 7, 8],\n"
      " \"errors\": [\"\", \"refused\", \"\", \"\"],\n \"start_times\": [10.5, 11, 10.25, 12]}\n");
  ASSERT_EQ(timed.rows.size(), 2u) << timed.errors;
  EXPECT_EQ(timed.rows[1].at_ns, 10'250'000'000);
  EXPECT_EQ(timed.report.unanswered, 1);
  EXPECT_EQ(timed.errors,
            "t:3:6: error: input_lens '0' is out of range; expected whole tokens, 1 to "
            "100,000,000\n");
  EXPECT_TRUE(timed.report.assumed.empty());
}

TEST(TraceReader, DrawsArrivalsThatAResultDoesNotState) {
  const std::string lens = "\"input_lens\": [1, 2, 3], \"output_lens\": [5, 6, 7]}";
  const Read drawn =
      read("{\"request_rate\": 2.0, \"burstiness\": 1.0, \"num_prompts\": 3, " + lens);
  ASSERT_EQ(drawn.rows.size(), 3u) << drawn.errors;
  EXPECT_LT(drawn.rows[0].at_ns, drawn.rows[1].at_ns);
  ASSERT_EQ(drawn.report.assumed.size(), 1u);
  EXPECT_EQ(drawn.report.assumed[0],
            "the result has no start_times: arrivals are drawn at its request_rate, 2 /s, with "
            "burstiness 1");
  const Read at_once = read("{\"request_rate\": \"inf\", \"num_prompts\": 3, " + lens);
  ASSERT_EQ(at_once.rows.size(), 3u);
  EXPECT_EQ(at_once.rows[2].at_ns, 0);
  EXPECT_EQ(at_once.report.assumed.size(), 1u);
}

TEST(TraceReader, RefusesAResultItCannotMatch) {
  EXPECT_EQ(read("{\"num_prompts\": 1}").errors,
            "t:1:1: error: no list 'input_lens'; expected a result of vllm bench serve "
            "--save-result --save-detailed\n");
  EXPECT_EQ(read("{\"num_prompts\": 1, \"input_lens\": [1], \"output_lens\": [1, 2]}").errors,
            "t:1:54: error: 1 input_lens and 2 output_lens; expected one of each for every "
            "request\n");
  const std::string one = "{\"num_prompts\": 1, \"input_lens\": [1], \"output_lens\": [1]}\n";
  EXPECT_EQ(read(one + one).errors,
            "t:2:1: error: more than one result in the file; expected one: the line that is "
            "wanted, such as the last\n");
}

TEST(TraceReader, RefusesWhatIsNoTrace) {
  EXPECT_EQ(read("a,b\n1,2\n").errors,
            "t:1:1: error: not a known format of traces: it begins with 'a,b'; expected one of "
            "azure, mooncake, burstgpt, vllm-bench or requests\n");
  EXPECT_EQ(read("a,b\n1,2\n", TraceFormat::kAzure).errors,
            "t:1:1: error: no column 'TIMESTAMP'; expected a first line with the columns "
            "TIMESTAMP, ContextTokens and GeneratedTokens\n");
  EXPECT_EQ(read("TIMESTAMP,ContextTokens,ContextTokens,GeneratedTokens\n").errors,
            "t:1:1: error: more than one column 'ContextTokens'; expected a first line with the "
            "columns TIMESTAMP, ContextTokens and GeneratedTokens\n");
}

TEST(TraceReader, RefusesTimesThatAreFarFromTheFirst) {
  const Read far = read(kAzure +
                        "2023-11-16 18:15:46,1,2\n"
                        "2123-11-16 18:15:46,1,2\n"
                        "1973-11-16 18:15:46,1,2\n"
                        "2023-11-16 18:15:47,1,2\n");
  EXPECT_EQ(far.rows.size(), 2u);
  EXPECT_EQ(far.errors,
            "t:3:1: error: is more than 10 years from the first request; expected a trace of at "
            "most 10 years\n"
            "t:4:1: error: is more than 10 years from the first request; expected a trace of at "
            "most 10 years\n");
}

TEST(TraceReader, BearsHostileLines) {
  const std::string nul("2023-11-16 18:15:46,1\0,2\n", 25);
  const Read hostile =
      read(kAzure + nul + std::string(20u << 20, '9') + "\n" + std::string(1'000'000, ',') +
           "\n\xFF\xFE\x80\n" + "2023-11-16 18:15:46,1,2\n");
  EXPECT_EQ(hostile.rows.size(), 1u);
  EXPECT_EQ(hostile.report.bad_lines, 4);
  EXPECT_NE(hostile.errors.find("t:2:21: error: ContextTokens '1 ' is no whole number"),
            std::string::npos)
      << hostile.errors;
  EXPECT_NE(hostile.errors.find("t:3:1: error: the line is longer than 16 MiB"), std::string::npos);
  const Read deep = read("{\"input_length\": " + std::string(500'000, '[') + "\n");
  EXPECT_EQ(deep.report.bad_lines, 1);
}

// The rows of a text in the order of time; times from the first.
std::vector<std::int64_t> ordered(const std::string& text, TraceReport* report = nullptr) {
  auto reader = TraceReader::open(ByteStream::of("t", text), {}, 1);
  EXPECT_TRUE(reader.has_value());
  OrderedRows rows{std::move(*reader)};
  std::vector<std::int64_t> times;
  TraceRow row;
  while (rows.next(row)) times.push_back(row.at_ns);
  if (report != nullptr) *report = rows.report();
  return times;
}

std::string request_at(std::int64_t second) {
  return "{\"input_tokens\": 1, \"output_tokens\": 1, \"arrival_time\": " + std::to_string(second) +
         "}\n";
}

TEST(OrderedRows, PutsADisorderThatFitsTheWindowInOrder) {
  TraceReport report;
  EXPECT_EQ(ordered(request_at(7) + request_at(5) + request_at(9) + request_at(8), &report),
            (std::vector<std::int64_t>{0, 2'000'000'000, 3'000'000'000, 4'000'000'000}));
  EXPECT_EQ(report.reordered, 2);
  EXPECT_EQ(report.bad_lines, 0);
}

TEST(OrderedRows, RefusesARowThatComesTooLate) {
  std::string text;
  const auto count = static_cast<std::int64_t>(OrderedRows::kReorderRows) + 10;
  for (std::int64_t i = 0; i < count; ++i) text += request_at(1000 + i);
  text += request_at(3) + request_at(1000 + count);
  TraceReport report;
  EXPECT_EQ(ordered(text, &report).size(), static_cast<std::size_t>(count) + 1);
  EXPECT_EQ(report.bad_lines, 1);
  EXPECT_EQ(render(report.first_errors.at(0)).substr(0, 48),
            "t:65547:1: error: goes back in time by 16.78 min");
}

}  // namespace
}  // namespace assay::workload
