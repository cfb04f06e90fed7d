#include <array>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "workload/trace_row.h"
#include "workload/trace_text.h"

namespace assay::workload {

namespace {

using document::JsonField;
using document::JsonToken;

// The keys of each format; their numbers are these.
enum Key : std::size_t {
  kInput,
  kOutput,
  kTime,
  kInputOther,
  kOutputOther,
  kTimeOther,
  kTimeNs,
  kPriority,
  kModel,
  kHashIds = kInputOther
};

constexpr std::array<std::string_view, 4> kMooncakeKeys{"input_length", "output_length",
                                                        "timestamp", "hash_ids"};
constexpr std::array<std::string_view, 9> kRequestKeys{
    "input_tokens", "output_tokens",   "arrival_time", "input_toks", "output_toks",
    "timestamp",    "arrival_time_ns", "priority",     "model"};

std::span<const std::string_view> keys_of(TraceFormat format) {
  if (format == TraceFormat::kMooncake) return kMooncakeKeys;
  return kRequestKeys;
}

}  // namespace

JsonRows::JsonRows(TraceFormat format)
    : format_{format}, fields_{{keys_of(format).begin(), keys_of(format).end()}} {}

RowOutcome JsonRows::read(std::string_view line, TraceRow& row, RowProblem& problem) {
  if (auto found = fields_.read(line)) {
    problem = {std::move(found->what), std::move(found->expected), found->offset};
    return RowOutcome::kBad;
  }
  const bool mooncake = format_ == TraceFormat::kMooncake;
  const auto keys = keys_of(format_);
  const auto tokens = [&](std::size_t key, std::size_t other, std::int64_t at_least,
                          std::int32_t& value) {
    if (!mooncake && !fields_.field(key).present()) key = other;
    const JsonField& field = fields_.field(key);
    if (!field.present()) {
      problem = {fmt::format("no '{}'", keys[key]), "the tokens of every request", 0};
      return false;
    }
    problem.offset = field.value.offset;
    return read_tokens(keys[key], field.value.text, at_least, value, problem);
  };
  row.priority = row.model = 0;
  row.prefix.clear();
  if (!read_time(row, problem) || !tokens(kOutput, kOutputOther, 0, row.output_tokens) ||
      !tokens(kInput, kInputOther, row.output_tokens == 0 ? 0 : 1, row.input_tokens)) {
    return RowOutcome::kBad;
  }
  const bool rest = mooncake ? read_prefix(row, problem)
                             : read_small(kPriority, row.priority, problem) &&
                                   read_small(kModel, row.model, problem);
  if (!rest) return RowOutcome::kBad;
  return row.output_tokens == 0 ? RowOutcome::kUnanswered : RowOutcome::kRequest;
}

bool JsonRows::read_time(TraceRow& row, RowProblem& problem) const {
  constexpr int kSeconds = 9, kMilliseconds = 6, kNanoseconds = 0;
  std::size_t key = kTime;
  int exponent = format_ == TraceFormat::kMooncake ? kMilliseconds : kSeconds;
  if (format_ == TraceFormat::kRequests) {
    if (fields_.field(kTimeNs).present()) {
      key = kTimeNs, exponent = kNanoseconds;
    } else if (!fields_.field(kTime).present()) {
      key = kTimeOther;
    }
  }
  const JsonToken& value = fields_.field(key).value;
  // Of several spellings that are all missing, the first is asked for.
  const bool known = format_ == TraceFormat::kMooncake || fields_.field(key).present();
  const std::string_view name = keys_of(format_)[known ? key : kTime];
  if (value.text.empty()) {
    problem = {fmt::format("no '{}'", name), "the arrival of every request", 0};
    return false;
  }
  const auto at = scaled_decimal(value.text, exponent);
  if (!at) {
    problem = problem_of(name, value.text, at.error(),
                         exponent == kSeconds        ? "seconds from 0 on"
                         : exponent == kMilliseconds ? "milliseconds from 0 on"
                                                     : "nanoseconds from 0 on",
                         value.offset);
    return false;
  }
  row.at_ns = *at;
  return true;
}

bool JsonRows::read_prefix(TraceRow& row, RowProblem& problem) const {
  const JsonField& ids = fields_.field(kHashIds);
  if (!ids.present()) return true;  // nothing is known to be shared
  if (!ids.is_list()) {
    problem = problem_of("hash_ids", ids.value.text, "is no list", "a list of whole numbers",
                         ids.value.offset);
    return false;
  }
  const auto blocks = static_cast<std::size_t>((row.input_tokens + kMooncakeBlockTokens - 1) /
                                               kMooncakeBlockTokens);
  if (ids.items.size() > blocks) {
    problem = {fmt::format("{} hash_ids for {} tokens", ids.items.size(), row.input_tokens),
               fmt::format("at most {}, one for each 512 tokens", blocks),
               ids.items[blocks].offset};
    return false;
  }
  row.prefix.reserve(ids.items.size());
  for (const JsonToken& item : ids.items) {
    const auto id = whole_number(item.text);
    if (!id || *id < 0) {
      problem = problem_of("hash id", item.text, id ? "is negative" : id.error(),
                           "a whole number from 0 on", item.offset);
      return false;
    }
    row.prefix.push_back(static_cast<std::uint64_t>(*id));
  }
  return true;
}

bool JsonRows::read_small(std::size_t key, std::int32_t& value, RowProblem& problem) const {
  const JsonField& field = fields_.field(key);
  if (!field.present() || field.value.text == "null") return true;
  const bool priority = key == kPriority;
  const auto number = whole_number(field.value.text);
  const std::int64_t low = priority ? -1'000'000 : 0, high = priority ? 1'000'000 : 65'535;
  if (number && *number >= low && *number <= high) {
    value = static_cast<std::int32_t>(*number);
    return true;
  }
  problem = problem_of(priority ? "priority" : "model", field.value.text,
                       number ? "is out of range" : number.error(),
                       fmt::format("a whole number from {} to {}", low, high), field.value.offset);
  return false;
}

}  // namespace assay::workload
