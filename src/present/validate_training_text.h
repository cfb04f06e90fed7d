// validate_training_text.h — a validation of training as text: counts, tables by tier, class,
// source, accelerator and stack, what looks wrong with rows, refusals, a scatter plot; and as flat
// tables for CSV, Markdown and plain lines. Computes no figure: evidence/training_score.h.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evidence/training_adapt.h"
#include "evidence/training_score.h"
#include "present/text_table.h"
#include "present/validate_parts.h"

namespace assay::present {

// --fit: what the first runs changed, judged on the rows after them, which the report is of.
struct TrainingFit {
  int runs{};
  std::vector<evidence::AdaptedTrainingConstant> constants;
  evidence::Score before, after;
};

// At most 100 columns wide.
std::string training_validation_text(const evidence::TrainingReport& report,
                                     const std::optional<TrainingFit>& fit,
                                     const CommonOptions& options);

// One line a score. Per cent in Markdown and for readers, fractions in CSV and plain lines.
TextTable training_validation_table(const evidence::TrainingReport& report, OutputFormat format);

std::vector<ValidationRow> training_rows(std::span<const evidence::TrainingMeasurement> rows,
                                         std::span<const evidence::TrainingCase> cases,
                                         std::span<const evidence::Prediction> predictions);

}  // namespace assay::present
