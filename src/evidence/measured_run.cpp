// Reading of measured runs: replay.h.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/embedded.h"
#include "document/bind.h"
#include "document/read.h"
#include "document/table.h"
#include "evidence/replay.h"

namespace assay::evidence {

namespace {

using document::Binder;
using document::Need;

constexpr document::Range kCounts{1, 1e9};

struct Column {
  std::string_view name;
  std::size_t index{};
};

Error missing_column(const document::Table& table, std::string_view name) {
  return {.what = fmt::format("no column '{}'", name),
          .expected =
              "arrival_s, queued_s, first_token_s, last_token_s, input_tokens and "
              "output_tokens",
          .near = {},
          .where = Where{.file = table.file, .line = 1, .column = 1}};
}

// A row's figures in the order of the columns; NaN where one is no number.
template <std::size_t N>
std::array<double, N> figures(const document::Table& table, const document::Row& row,
                              const std::array<Column, N>& columns, Errors& errors) {
  std::array<double, N> values{};
  for (std::size_t i = 0; i < N; ++i) {
    const std::string& cell = row.cells[columns[i].index];
    if (parse_double(cell, values[i]) && std::isfinite(values[i])) continue;
    values[i] = std::nan("");
    errors.push_back({.what = fmt::format("{} is '{}'", columns[i].name, excerpt(cell)),
                      .expected = "a number",
                      .near = {},
                      .where = table.where(row, columns[i].index)});
  }
  return values;
}

std::vector<ReplayedRequest> read_requests(const document::Table& table, Errors& errors) {
  std::array<Column, 6> columns{{{"arrival_s"},
                                 {"queued_s"},
                                 {"first_token_s"},
                                 {"last_token_s"},
                                 {"input_tokens"},
                                 {"output_tokens"}}};
  for (Column& column : columns) {
    const auto index = table.column(column.name);
    if (index) column.index = *index;
    else errors.push_back(missing_column(table, column.name));
  }
  std::vector<ReplayedRequest> requests;
  if (!errors.empty()) return requests;
  for (const document::Row& row : table.rows) {
    const auto [arrival, queued, first, last, input, output] = figures(table, row, columns, errors);
    if (!(queued <= first && first <= last && input >= 1 && output >= 1 && input <= 1e8 &&
          output <= 1e8 && arrival >= 0)) {
      errors.push_back({.what = "times that go back, or no tokens",
                        .expected = "queued_s <= first_token_s <= last_token_s, tokens >= 1",
                        .near = {},
                        .where = table.where(row, 0)});
      continue;
    }
    requests.push_back({.arrival = arrival,
                        .input = static_cast<std::int32_t>(input),
                        .output = static_cast<std::int32_t>(output),
                        .ttft = first - queued,
                        .tpot = output > 1 ? (last - first) / (output - 1) : 0,
                        .end_to_end = last - queued});
  }
  std::sort(requests.begin(), requests.end(),
            [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
  return requests;
}

MeasuredRun bind_run(Binder& b) {
  MeasuredRun run;
  run.id = b.take_text("run", Need::kRequired).value_or("");
  run.source = b.take_text("source", Need::kRequired).value_or("");
  run.file = b.take_text("requests", Need::kRequired).value_or("");
  run.model = b.take_text("model", Need::kRequired).value_or("");
  run.accelerator = b.take_text("accelerator", Need::kRequired).value_or("");
  run.engine = b.take_text("engine", Need::kRequired).value_or("");
  run.accelerators =
      static_cast<int>(b.take_int("accelerators", Need::kRequired, {1, 1024}).value_or(1));
  run.tensor = static_cast<int>(b.take_int("tensor", Need::kRequired, {1, 1024}).value_or(1));
  if (const document::Node* node = b.take("weights", Need::kOptional)) {
    const std::string text = node->is_scalar() ? node->text : std::string{};
    run.weights = catalog::parse_format(text);
    if (!run.weights)
      b.fail(*node, fmt::format("unknown format '{}'", excerpt(text)), "bf16, fp8, …");
  }
  const auto count = [&](std::string_view key, Need need) {
    return b.take_int(key, need, kCounts);
  };
  run.tokens_max = static_cast<std::int32_t>(count("tokens_max", Need::kRequired).value_or(1));
  run.sequences_max =
      static_cast<std::int32_t>(count("sequences_max", Need::kRequired).value_or(1));
  run.block_tokens =
      static_cast<std::int32_t>(b.take_int("block_tokens", Need::kRequired, {1, 4096}).value_or(1));
  run.kv_blocks = count("kv_blocks", Need::kOptional);
  run.link = b.take_quantity<BytesPerSecond>("link", Need::kOptional, {document::kAboveZero, 1e16});
  b.finish();
  return run;
}

// `requests_of` yields the text of the CSV that the description names.
template <class RequestsOf>
Checked<MeasuredRun> parse_run(const std::string& file, std::string_view text,
                               RequestsOf&& requests_of) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder b{*document, document->root, errors, "description of a run"};
  MeasuredRun run = bind_run(b);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  const std::size_t folder = file.find_last_of('/');
  const std::string beside =
      folder == std::string::npos ? run.file : file.substr(0, folder + 1) + run.file;
  const Result<std::string> csv = requests_of(beside);
  if (!csv) return tl::unexpected(Errors{csv.error()});
  const auto table = document::read_csv(beside, *csv);
  if (!table) return tl::unexpected(table.error());
  run.requests = read_requests(*table, errors);
  if (errors.empty() && run.requests.size() < 2) {
    errors.push_back(
        {.what = beside + " has fewer than two requests", .expected = {}, .near = {}, .where = {}});
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return run;
}

}  // namespace

Checked<std::vector<MeasuredRun>> built_in_runs() {
  std::vector<MeasuredRun> runs;
  for (const catalog::EmbeddedFile& file : catalog::embedded_files()) {
    if (!file.path.starts_with("validation/requests/") || !file.path.ends_with(".yaml")) continue;
    auto run = parse_run(std::string{file.path}, file.bytes,
                         [](const std::string& path) -> Result<std::string> {
                           const auto text = catalog::embedded_file(path);
                           if (text) return std::string{*text};
                           return tl::unexpected(Error{.kind = Error::Kind::kIo,
                                                       .what = path + " was not built in",
                                                       .expected = {},
                                                       .near = {},
                                                       .where = {}});
                         });
    if (!run) return tl::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  return runs;
}

Checked<MeasuredRun> read_run(const std::string& path) {
  const auto text = document::read_text(path);
  if (!text) return tl::unexpected(Errors{text.error()});
  return parse_run(path, *text, [](const std::string& csv) {
    return document::read_text(csv, document::kTextBytesMax);
  });
}

}  // namespace assay::evidence
