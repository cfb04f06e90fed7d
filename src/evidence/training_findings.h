// training_findings.h — training measurements that cannot all be what they seem: one figure given
// for two rows, and step times that were put together from parts instead of measured. They are
// reported and stay in the scores. docs/validation.md, "Training". Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evidence/training_measurement.h"
#include "evidence/training_predict.h"

namespace assay::evidence {

// Rows of a finding, by index, in order.
using TrainingFinding = std::vector<std::size_t>;

// Rows whose configurations do not contradict each other (a blank cell contradicts nothing) and
// whose values are equal to the last of at least four digits: replicates differ by a per cent.
std::vector<TrainingFinding> duplicated_rows(std::span<const TrainingMeasurement> rows);

// Rows of one source, accelerator, model, release and layout whose step times are linear in layers
// and micro-batches to a tenth of a per cent, by more rows than a line has freedom.
std::vector<TrainingFinding> composed_rows(std::span<const TrainingMeasurement> rows,
                                           std::span<const TrainingCase> cases);

}  // namespace assay::evidence
