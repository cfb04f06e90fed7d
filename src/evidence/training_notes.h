// training_notes.h — free text beside a training measurement → the few facts that no column has.
// Each fact has one or two patterns, listed in training_notes.cpp; whatever else is written is
// dropped. The notes of validation/training.csv hold nothing but these patterns
// (tools/normalise_measurements.py). Pure.
#pragma once

#include <string_view>

#include "evidence/training_measurement.h"

namespace assay::evidence {

// Adds what the notes say; columns that are filled stay as they are.
void read_training_notes(std::string_view notes, TrainingMeasurement& measurement);

}  // namespace assay::evidence
