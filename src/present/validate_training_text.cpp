#include "present/validate_training_text.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace assay::present {
namespace {

using evidence::NamedScore;
using evidence::TrainingReport;

constexpr std::size_t kFoundShown = 10;
constexpr ScatterWords kRate{"tokens_per_s_per_gpu", "tokens per second of one accelerator",
                             "tokens/s"};

struct Selection {
  std::string_view by, title;
  std::vector<NamedScore> TrainingReport::*scores;
};
constexpr std::array kSelections{
    Selection{"tier", "By tier: what the fit of the constants knows", &TrainingReport::by_tier},
    Selection{"class", "By class of model", &TrainingReport::by_class},
    Selection{"source", "By source", &TrainingReport::by_source},
    Selection{"accelerator", "By accelerator", &TrainingReport::by_accelerator},
    Selection{"stack", "By software stack", &TrainingReport::by_stack}};

ValidationCounts counts_of(const TrainingReport& r) {
  return {.rows = r.rows,
          .groups = r.groups,
          .refused = r.refused,
          .suspect = r.suspect,
          .excepted_groups = r.excepted_groups,
          .impossible = r.impossible,
          .assumed_layouts = r.assumed_layouts};
}

Column rows_column() { return {.title = "rows", .right = true}; }

TextTable named_table(const Selection& selection, const std::vector<NamedScore>& scores) {
  TextTable table = scores_table({{.title = std::string{selection.by}}, rows_column()});
  for (const NamedScore& named : scores) {
    std::vector<std::string> row{named.name, grouped_text(named.score.rows)};
    append(row, score_cells(named.score));
    table.rows.push_back(std::move(row));
  }
  return table;
}

// With the score of all rows above the tiers.
std::string selection_text(const TrainingReport& report, const Selection& selection,
                           const CommonOptions& options) {
  std::vector<NamedScore> scores = report.*selection.scores;
  if (selection.scores == &TrainingReport::by_tier && !scores.empty()) {
    scores.insert(scores.begin(), NamedScore{"all", report.all});
  }
  return table_section(selection.title, named_table(selection, scores), options);
}

std::string found_text(std::string_view title, const std::vector<evidence::FoundRows>& found) {
  if (found.empty()) return {};
  std::string out = fmt::format("\n{}\n", title);
  for (std::size_t i = 0; i < found.size() && i < kFoundShown; ++i) {
    for (const std::string& line : wrapped(join(found[i].ids, ", "), kWidthMax - 2)) {
      out += "  " + line + '\n';
    }
  }
  if (found.size() > kFoundShown) {
    out += fmt::format("… and {} more (--json lists all)\n", found.size() - kFoundShown);
  }
  return out;
}

std::string fit_text(const TrainingFit& fit, const CommonOptions& options) {
  TextTable table = scores_table({{.title = "constants"}, rows_column()});
  for (const auto& [name, score] :
       {std::pair{"built in", fit.before}, std::pair{"adapted", fit.after}}) {
    std::vector<std::string> row{name, grouped_text(score.rows)};
    append(row, score_cells(score));
    table.rows.push_back(std::move(row));
  }
  std::string out =
      table_section(fmt::format("Constants adapted to the first {}, judged on the rest",
                                counted(fit.runs, "usable row", "usable rows")),
                    table, options);
  std::vector<std::string> factors;
  for (const evidence::AdaptedTrainingConstant& c : fit.constants) {
    factors.push_back(fmt::format("{} × {:.3f}", c.name, c.factor));
  }
  for (const std::string& line : wrapped(join(factors, ", "), kWidthMax)) out += line + '\n';
  return out;
}

}  // namespace

std::string training_validation_text(const TrainingReport& report,
                                     const std::optional<TrainingFit>& fit,
                                     const CommonOptions& options) {
  const ValidationCounts counts = counts_of(report);
  std::string out = counts_text(counts);
  if (fit) out += fit_text(*fit, options);
  for (const Selection& s : kSelections) out += selection_text(report, s, options);
  out += refusals_text(report.refusals, options);
  out += found_text("One figure for several rows: duplicated", report.duplicates);
  out += found_text("Linear in layers and micro-batches: composed, not measured", report.composed);
  const std::string remarks = remarks_text(counts);
  if (!remarks.empty()) out += '\n' + remarks;
  out += scatter_text(report.points, kRate, options);
  return out +
         "\nAPE: |predicted/measured - 1|, replicates as one row, the median over a group's rows; "
         "medians\nand 90th percentiles run over groups (source, accelerator, model). bias: of "
         "speed, "
         "whatever a row\nmeasures.\n";
}

TextTable training_validation_table(const TrainingReport& report, OutputFormat format) {
  TextTable table = scores_table({{.title = "by"}, {.title = "name"}, rows_column()});
  const bool fractions = format == OutputFormat::kCsv || format == OutputFormat::kPlain;
  const auto add = [&](std::string_view by, const NamedScore& named) {
    std::vector<std::string> row{std::string{by}, named.name, std::to_string(named.score.rows)};
    append(row, fractions ? score_fractions(named.score) : score_cells(named.score));
    table.rows.push_back(std::move(row));
  };
  add("all", {"all", report.all});
  for (const Selection& s : kSelections) {
    for (const NamedScore& named : report.*s.scores) add(s.by, named);
  }
  return table;
}

std::vector<ValidationRow> training_rows(std::span<const evidence::TrainingMeasurement> rows,
                                         std::span<const evidence::TrainingCase> cases,
                                         std::span<const evidence::Prediction> predictions) {
  ASSAY_ASSERT(rows.size() == predictions.size() && rows.size() == cases.size());
  std::vector<ValidationRow> all;
  all.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const evidence::TrainingMeasurement& m = rows[i];
    const bool suspect = m.notes.suspect || (cases[i] && cases[i]->suspect);
    ValidationRow row{.id = m.id,
                      .source = m.source,
                      .accelerator = m.accelerator,
                      .model = m.model,
                      .metric = std::string{name(m.metric)},
                      .measured = m.value,
                      .remark = remark_text(predictions[i], suspect)};
    if (row.remark.empty() && cases[i]) row.remark = cases[i]->assumed;
    all.push_back(std::move(row));
  }
  return all;
}

}  // namespace assay::present
