// training_predict.h — what the models say of published training measurements, row by row.
// A row that cannot be predicted is refused with the reason, never left out. A row that does not
// state its layout gets the best feasible one, and says so. Rows are independent: the result
// depends neither on their order nor on `jobs`. docs/validation.md.
#pragma once

#include <span>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/training_table.h"
#include "evidence/prediction.h"
#include "evidence/training_layout_choice.h"
#include "evidence/training_measurement.h"
#include "evidence/training_resolve.h"

namespace assay::evidence {

using TrainingCase = tl::expected<ResolvedTraining, Refused>;

// Names resolved; needs no constants, so that it is done once for many sets of them.
Checked<std::vector<TrainingCase>> resolve_training(std::span<const TrainingMeasurement> rows,
                                                    const catalog::Catalog& catalog);

// The layout that each case is predicted with, in order (training_layout_choice.h).
using ChosenLayout = tl::expected<MeasuredLayout, Refused>;
std::vector<ChosenLayout> choose_layouts(std::span<const TrainingCase> cases,
                                         const catalog::TrainingTable& table, int jobs);

// One prediction for each measurement, its case and layout, in order; on at most `jobs` threads.
std::vector<Prediction> predict_layouts(std::span<const TrainingMeasurement> rows,
                                        std::span<const TrainingCase> cases,
                                        std::span<const ChosenLayout> layouts,
                                        const catalog::TrainingTable& table, int jobs);

// Both.
std::vector<Prediction> predict_training(std::span<const TrainingMeasurement> rows,
                                         std::span<const TrainingCase> cases,
                                         const catalog::TrainingTable& table, int jobs);

}  // namespace assay::evidence
