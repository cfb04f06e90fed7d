// validate_training_command.cpp — `assay validate training`: predicts published measurements of
// training, or a user's own, and says how far off the predictions are; with --fit after adapting
// the constants to the first of the user's own. Findings are an answer: exit 0.
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "catalog/embedded.h"
#include "catalog/training_table.h"
#include "document/read.h"
#include "evidence/training_adapt.h"
#include "evidence/training_configuration.h"
#include "evidence/training_score.h"
#include "evidence/training_tier.h"
#include "present/commands.h"
#include "present/validate_training_json.h"
#include "present/validate_training_text.h"

namespace assay::present {
namespace {

using evidence::Prediction;
using evidence::TrainingCase;
using evidence::TrainingMeasurement;

constexpr std::string_view kBuiltIn = "validation/training.csv";
constexpr std::string_view kNothing = "validated";

// Rows and what they resolve to; the two go together.
struct Rows {
  std::vector<TrainingMeasurement> measurements;
  std::vector<TrainingCase> cases;
};

Checked<Rows> load_rows(const std::string& file, std::string_view text,
                        const catalog::Catalog& catalog) {
  auto measurements = evidence::read_training_measurements(file, text);
  if (!measurements) return tl::unexpected(std::move(measurements.error()));
  auto cases = evidence::resolve_training(*measurements, catalog);
  if (!cases) return tl::unexpected(std::move(cases.error()));
  return Rows{.measurements = *std::move(measurements), .cases = *std::move(cases)};
}

Checked<Rows> built_in(const catalog::Catalog& catalog) {
  const auto text = catalog::embedded_file(kBuiltIn);
  if (text) return load_rows(std::string{kBuiltIn}, *text, catalog);
  return tl::unexpected(Errors{{.kind = Error::Kind::kIo,
                                .what = "no measurements were built in",
                                .expected = "a file: --data FILE.csv",
                                .near = {},
                                .where = {}}});
}

Checked<Rows> own_rows(const std::string& file, const catalog::Catalog& catalog) {
  const auto text = document::read_text(file, document::kTextBytesMax);
  if (!text) return tl::unexpected(Errors{text.error()});
  return load_rows(file, *text, catalog);
}

// Rows, which of them were fitted, and the constants with which they are predicted.
struct Question {
  Rows rows;
  evidence::SeenTraining seen;
  evidence::OwnRow own{};
  catalog::TrainingTable table;
  int jobs{};
};

std::vector<Prediction> predict(const Question& q, const catalog::TrainingTable& table) {
  auto predictions = evidence::predict_training(q.rows.measurements, q.rows.cases, table, q.jobs);
  evidence::add_tiers(q.rows.cases, q.seen, q.own, table, predictions);
  return predictions;
}

// Takes the first rows that can be used out of the question; empty: there are too few.
std::optional<Rows> take_usable(Question& q, int count) {
  const std::vector<Prediction> predictions = predict(q, q.table);
  Rows used, rest;
  int usable = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const bool usable_row = predictions[i].refusal == evidence::Refusal::kNone &&
                            evidence::tells(q.rows.measurements[i], q.rows.cases[i]);
    usable += usable_row ? 1 : 0;
    Rows& to = usable_row && usable <= count ? used : rest;
    to.measurements.push_back(std::move(q.rows.measurements[i]));
    to.cases.push_back(std::move(q.rows.cases[i]));
  }
  q.rows = std::move(rest);
  if (usable <= count) return std::nullopt;
  return used;
}

Error too_few(const ValidateOptions& options) {
  return {
      .kind = Error::Kind::kInput,
      .what = fmt::format("{} has not enough rows for --fit {}", options.data, options.fit),
      .expected = fmt::format("{} that can be predicted, and one more to judge by", options.fit),
      .near = {},
      .where = {}};
}

// Adapts the constants of the question; its rows are then those after the ones that were used.
Result<TrainingFit> adapt(Question& q, const ValidateOptions& options) {
  const std::optional<Rows> used = take_usable(q, options.fit);
  if (!used) return tl::unexpected(too_few(options));
  const auto score = [&] {
    return evidence::score_training(q.rows.measurements, q.rows.cases, predict(q, q.table)).all;
  };
  TrainingFit fit{.runs = options.fit, .constants = {}, .before = score(), .after = {}};
  auto adapted = evidence::adapt_training(used->measurements, used->cases, q.table, q.jobs);
  q.table = std::move(adapted.table);
  fit.constants = std::move(adapted.constants);
  // What the constants were adapted to has been seen.
  for (const auto& [kind, count] : evidence::seen_training(used->measurements, used->cases)) {
    q.seen[kind] += count;
  }
  fit.after = score();
  return fit;
}

Checked<Question> question(const ValidateOptions& options, const catalog::Catalog& catalog) {
  auto table = catalog::load_training();
  if (!table) return tl::unexpected(std::move(table.error()));
  auto fitted = built_in(catalog);
  if (!fitted) return tl::unexpected(std::move(fitted.error()));
  Question q{.rows = {},
             .seen = evidence::seen_training(fitted->measurements, fitted->cases),
             .own = options.data.empty() ? evidence::OwnRow::kYes : evidence::OwnRow::kNo,
             .table = *std::move(table),
             .jobs = jobs_or_cores(options.jobs)};
  if (options.data.empty()) {
    q.rows = *std::move(fitted);
    return q;
  }
  auto own = own_rows(options.data, catalog);
  if (!own) return tl::unexpected(std::move(own.error()));
  q.rows = *std::move(own);
  return q;
}

int print_rows(const Context& context, const Question& q,
               const std::vector<Prediction>& predictions) {
  const auto rows = training_rows(q.rows.measurements, q.rows.cases, predictions);
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << training_rows_json(rows, predictions);
    return kAnswered;
  }
  return print_table(context, rows_table(rows, predictions));
}

}  // namespace

int validate_training_command(const Context& context, const ValidateOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto q = question(options, loaded.catalog);
  if (!q) return report_errors(context, std::move(q.error()), kNothing);
  std::optional<TrainingFit> fit;
  if (options.fit > 0) {
    auto adapted = adapt(*q, options);
    if (!adapted) return report_errors(context, {adapted.error()}, kNothing);
    fit = *std::move(adapted);
  }
  const std::vector<Prediction> predictions = predict(*q, q->table);
  if (options.rows) return print_rows(context, *q, predictions);

  const auto report = evidence::score_training(q->rows.measurements, q->rows.cases, predictions);
  const std::string data = options.data.empty() ? std::string{kBuiltIn} : options.data;
  const OutputFormat format = context.common.format;
  if (format == OutputFormat::kJson) {
    context.streams.out << training_validation_json(report, fit, data, loaded.catalog);
    return kAnswered;
  }
  if (format != OutputFormat::kTable || !context.common.columns.empty()) {
    return print_table(context, training_validation_table(report, format));
  }
  context.streams.out << data << ": " << training_validation_text(report, fit, context.common)
                      << fmt::format(
                             "assay {} · catalog {} {} · next: assay validate training --rows\n",
                             version(), loaded.catalog.date, loaded.catalog.hash.substr(0, 6));
  return kAnswered;
}

}  // namespace assay::present
