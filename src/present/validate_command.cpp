// validate_command.cpp — `assay validate inference`: predicts published measurements and says how
// far off the predictions are. Findings are an answer: exit 0.
#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/text.h"
#include "catalog/efficiency.h"
#include "catalog/embedded.h"
#include "document/read.h"
#include "evidence/predict.h"
#include "evidence/score.h"
#include "present/commands.h"
#include "present/progress.h"
#include "present/validate_json.h"
#include "present/validate_text.h"

namespace assay::present {
namespace {

using evidence::Measurement;
using evidence::Prediction;

constexpr std::string_view kBuiltIn = "validation/inference.csv";
constexpr std::string_view kNothing = "validated";
constexpr std::size_t kRowsAtOnce = 500;  // between two lines of progress

Checked<std::vector<Measurement>> load_measurements(const std::string& file) {
  if (file.empty()) {
    const auto text = catalog::embedded_file(kBuiltIn);
    if (text) return evidence::read_measurements(std::string{kBuiltIn}, *text);
    return tl::unexpected(Errors{{.kind = Error::Kind::kIo,
                                  .what = "no measurements were built in",
                                  .expected = "a file: --data FILE.csv",
                                  .near = {},
                                  .where = {}}});
  }
  const auto text = document::read_text(file, document::kTextBytesMax);
  if (!text) return tl::unexpected(Errors{text.error()});
  return evidence::read_measurements(file, *text);
}

std::vector<Prediction> predict(const Context& context, const ValidateOptions& options,
                                std::span<const Measurement> measurements,
                                std::span<const evidence::Case> cases,
                                const catalog::EfficiencyTable& efficiency) {
  const int jobs = jobs_or_cores(options.jobs);
  Progress progress{context.streams.err, context.streams.err_is_tty, context.seconds};
  std::vector<Prediction> all;
  while (all.size() < measurements.size()) {
    progress.update(fmt::format("predicted {}/{} measurements",
                                grouped_text(static_cast<double>(all.size())),
                                grouped_text(static_cast<double>(measurements.size()))));
    const std::size_t some = std::min(kRowsAtOnce, measurements.size() - all.size());
    for (Prediction& p :
         evidence::predict_cases(measurements.subspan(all.size(), some),
                                 cases.subspan(all.size(), some), efficiency, jobs)) {
      all.push_back(std::move(p));
    }
  }
  return all;
}

int print_rows(const Context& context, std::span<const Measurement> measurements,
               std::span<const Prediction> predictions) {
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << validation_rows_json(measurements, predictions);
    return kAnswered;
  }
  return print_table(context, validation_rows(measurements, predictions));
}

}  // namespace

int validate_command(const Context& context, const ValidateOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  auto efficiency = catalog::load_efficiency();
  if (!efficiency) return report_errors(context, std::move(efficiency.error()), kNothing);
  auto measurements = load_measurements(options.data);
  if (!measurements) return report_errors(context, std::move(measurements.error()), kNothing);

  auto cases = evidence::resolve_all(*measurements, loaded.catalog);
  if (!cases) return report_errors(context, std::move(cases.error()), kNothing);

  const std::vector<Prediction> predictions =
      predict(context, options, *measurements, *cases, *efficiency);
  if (options.rows) return print_rows(context, *measurements, predictions);

  const evidence::Report report = evidence::score(
      *measurements, predictions, efficiency->interval("ratio", false, true).half_width);
  const std::string data = options.data.empty() ? std::string{kBuiltIn} : options.data;
  const OutputFormat format = context.common.format;
  if (format == OutputFormat::kJson) {
    context.streams.out << validation_json(report, data, loaded.catalog);
    return kAnswered;
  }
  if (format != OutputFormat::kTable || !context.common.columns.empty()) {
    return print_table(context, validation_table(report, format));
  }
  context.streams.out << data << ": " << validation_text(report, context.common)
                      << fmt::format(
                             "assay {} · catalog {} {} · next: assay validate inference "
                             "--rows\n",
                             version(), loaded.catalog.date, loaded.catalog.hash.substr(0, 6));
  return kAnswered;
}

}  // namespace assay::present
