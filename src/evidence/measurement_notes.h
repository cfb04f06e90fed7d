// measurement_notes.h — free text beside a measurement → the few facts that no column has.
// Each fact has one or two patterns, listed in measurement_notes.cpp; whatever else is written is
// dropped. The notes of validation/inference.csv hold nothing but these patterns
// (tools/normalise_measurements.py). Pure.
#pragma once

#include <string_view>

#include "evidence/measurement.h"

namespace assay::evidence {

// Adds what the notes say; columns that are filled stay as they are.
void read_notes(std::string_view notes, Measurement& measurement);

}  // namespace assay::evidence
