#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "document/json_fields.h"
#include "document/line_stream.h"
#include "workload/arrivals.h"
#include "workload/trace_row.h"
#include "workload/trace_text.h"

namespace assay::workload {

namespace {

using document::JsonField;
using document::JsonToken;

enum Key : std::size_t { kInputs, kOutputs, kStarts, kErrors, kRate, kBurstiness };

// The rate that the benchmark was run with; nothing: all at once.
struct Pace {
  double rate{}, burstiness{1};
};

std::optional<Pace> pace_of(const document::JsonFields& fields) {
  Pace pace;
  if (!parse_double(fields.field(kRate).value.text, pace.rate)) return {};
  const std::string_view burstiness = fields.field(kBurstiness).value.text;
  if (!parse_double(burstiness, pace.burstiness)) pace.burstiness = 1;
  const auto rate = Hertz::from_base(pace.rate);
  if (!check_arrivals(GammaArrivals{pace.burstiness}, rate).empty()) return {};
  return pace;
}

// Gives every request that has no time of its own one; says how.
void draw_times(const document::JsonFields& fields, std::uint64_t seed, VllmResult& result) {
  const auto pace = pace_of(fields);
  if (!pace) {
    result.assumed.push_back(fmt::format(
        "the result has no start_times, and its request_rate is {}: all requests come at once",
        fields.field(kRate).present() ? document::shown(fields.field(kRate).value.text)
                                      : "not stated"));
    return;
  }
  Arrivals arrivals{GammaArrivals{pace->burstiness}, Hertz::from_base(pace->rate), seed};
  for (TraceRow& row : result.rows) row.at_ns = arrivals.next().ns;
  result.assumed.push_back(
      fmt::format("the result has no start_times: arrivals are drawn at its request_rate, {} /s, "
                  "with burstiness {}",
                  number_text(pace->rate), number_text(pace->burstiness)));
}

struct Columns {
  const JsonField &inputs, &outputs, &starts, &errors;
  bool timed() const { return starts.is_list() && starts.items.size() == inputs.items.size(); }
};

RowOutcome read_row(const Columns& lists, std::size_t i, std::optional<std::int64_t>& first_ns,
                    TraceRow& row, RowProblem& problem) {
  const JsonToken& output = lists.outputs.items[i];
  problem.offset = output.offset;
  if (!read_tokens("output_lens", output.text, 0, row.output_tokens, problem)) {
    return RowOutcome::kBad;
  }
  const bool failed = lists.errors.is_list() && i < lists.errors.items.size() &&
                      lists.errors.items[i].text.size() > std::string_view{R"("")"}.size() &&
                      lists.errors.items[i].text.starts_with('"');
  if (failed || row.output_tokens == 0) return RowOutcome::kUnanswered;
  const JsonToken& input = lists.inputs.items[i];
  problem.offset = input.offset;
  if (!read_tokens("input_lens", input.text, 1, row.input_tokens, problem)) return RowOutcome::kBad;
  if (!lists.timed()) return RowOutcome::kRequest;
  const JsonToken& start = lists.starts.items[i];
  const auto at = scaled_decimal(start.text, 9);
  if (!at) {
    problem = problem_of("start_times", start.text, at.error(), "seconds from 0 on", start.offset);
    return RowOutcome::kBad;
  }
  row.at_ns = *at;
  if (!first_ns) first_ns = row.at_ns;
  if (!is_far(row.at_ns, *first_ns)) return RowOutcome::kRequest;
  problem = problem_of_far(start.offset);
  return RowOutcome::kBad;
}

std::optional<RowProblem> refuse_lists(const Columns& lists) {
  if (!lists.inputs.is_list() || !lists.outputs.is_list()) {
    const std::string_view name = lists.inputs.is_list() ? "output_lens" : "input_lens";
    return RowProblem{fmt::format("no list '{}'", name),
                      "a result of vllm bench serve --save-result --save-detailed", 0};
  }
  if (lists.inputs.items.size() == lists.outputs.items.size()) return {};
  return RowProblem{fmt::format("{} input_lens and {} output_lens", lists.inputs.items.size(),
                                lists.outputs.items.size()),
                    "one of each for every request", lists.outputs.value.offset};
}

}  // namespace

tl::expected<VllmResult, RowProblem> read_vllm_bench(std::string_view text, std::uint64_t seed) {
  // Indented JSON has its brackets in column 1 only at its beginning and end.
  const std::size_t second = text.find("\n{");
  if (second != std::string_view::npos && !trim(text.substr(0, second)).empty()) {
    return tl::unexpected(RowProblem{"more than one result in the file",
                                     "one: the line that is wanted, such as the last", second + 1});
  }
  document::JsonFields fields{
      {"input_lens", "output_lens", "start_times", "errors", "request_rate", "burstiness"}};
  if (auto problem = fields.read(text)) {
    return tl::unexpected(
        RowProblem{std::move(problem->what), std::move(problem->expected), problem->offset});
  }
  const Columns lists{fields.field(kInputs), fields.field(kOutputs), fields.field(kStarts),
                      fields.field(kErrors)};
  if (auto problem = refuse_lists(lists)) return tl::unexpected(std::move(*problem));
  VllmResult result;
  std::optional<std::int64_t> first_ns;
  for (std::size_t i = 0; i < lists.inputs.items.size(); ++i) {
    TraceRow row;
    RowProblem problem;
    switch (read_row(lists, i, first_ns, row, problem)) {
      case RowOutcome::kRequest:
        result.rows.push_back(std::move(row));
        break;
      case RowOutcome::kUnanswered:
        ++result.unanswered;
        break;
      case RowOutcome::kBad:
        result.problems.push_back(std::move(problem));
        break;
    }
  }
  if (!lists.timed()) draw_times(fields, seed, result);
  return result;
}

}  // namespace assay::workload
