// validate_parts.h — what validations of inference and of training print alike: scores, counts,
// refusals, rows with their predictions, the scatter plot. Computes no figure:
// evidence/group_score.h. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/group_score.h"
#include "evidence/prediction.h"
#include "present/text_table.h"

namespace assay::present {

std::string per_cent(double fraction);         // "12.3 %"; a dash for not-a-number
std::string signed_per_cent(double fraction);  // "+12.3 %"
std::string counted(int count, std::string_view one, std::string_view many);  // "1,200 rows"

// These columns, then those of a score.
TextTable scores_table(std::vector<Column> first);
std::vector<std::string> score_cells(const evidence::Score& score);      // per cent
std::vector<std::string> score_fractions(const evidence::Score& score);  // for programs
void append(std::vector<std::string>& row, std::vector<std::string> more);

struct ValidationCounts {
  int rows{}, groups{}, refused{}, suspect{}, excepted_groups{}, impossible{}, assumed_layouts{};
};
std::string counts_text(const ValidationCounts& counts);   // the first lines of an answer
std::string remarks_text(const ValidationCounts& counts);  // what to know of some rows; or empty

// A title and a table below an empty line; empty where the table has no row.
std::string table_section(std::string_view title, const TextTable& table,
                          const CommonOptions& options);
std::string refusals_text(std::span<const evidence::RefusalCount> refusals,
                          const CommonOptions& options);

// Measured against predicted, on logarithmic axes; empty where no point has this metric.
struct ScatterWords {
  std::string_view metric, title, unit;
};
std::string scatter_text(std::span<const evidence::Point> points, const ScatterWords& words,
                         const CommonOptions& options);

// --rows: one line a measurement.
struct ValidationRow {
  std::string id, source, accelerator, model, metric;
  double measured{};
  std::string remark;
};
TextTable rows_table(std::span<const ValidationRow> rows,
                     std::span<const evidence::Prediction> predictions);
// "unresolved: unknown engine 'x'", "suspect"; empty for a row that counts with its prediction.
std::string remark_text(const evidence::Prediction& prediction, bool suspect);

}  // namespace assay::present
