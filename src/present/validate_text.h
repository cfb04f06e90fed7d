// validate_text.h — a validation as text: counts, tables, the worst cells, refusals, scatter plots;
// and as flat tables for CSV, Markdown and plain lines. Computes no figure: see evidence/score.h.
#pragma once

#include <span>
#include <string>

#include "evidence/measurement.h"
#include "evidence/prediction.h"
#include "evidence/score.h"
#include "present/text_table.h"

namespace assay::present {

// Everything that a reader wants to see, at most 100 columns wide.
std::string validation_text(const evidence::Report& report, const CommonOptions& options);

// One line a score: by metric, then by class, family, engine and scenario. Per cent in Markdown
// and for readers, fractions in CSV and plain lines.
TextTable validation_table(const evidence::Report& report, OutputFormat format);

// One line a measurement, in their order: what was measured, what is predicted, or why nothing is.
TextTable validation_rows(std::span<const evidence::Measurement> measurements,
                          std::span<const evidence::Prediction> predictions);

// "unresolved: unknown engine 'x'", "suspect"; empty for a row that counts with its prediction.
std::string row_remark(const evidence::Measurement& measurement,
                       const evidence::Prediction& prediction);

}  // namespace assay::present
