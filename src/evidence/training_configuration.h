// training_configuration.h — which rows of training measurements are one configuration, measured
// again: all that describes them is equal but the value, the date, the release within a generation
// of the stack and who ran it. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "evidence/training_measurement.h"
#include "evidence/training_predict.h"

namespace assay::evidence {

// Of each row the number of its configuration, counted from 0 in the order of the rows.
std::vector<std::size_t> training_configurations(std::span<const TrainingMeasurement> rows,
                                                 std::span<const TrainingCase> cases);

// Whether a figure tells the time of a step and nobody doubts it.
bool tells(const TrainingMeasurement& row, const TrainingCase& resolved);

}  // namespace assay::evidence
