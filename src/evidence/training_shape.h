// training_shape.h — the shape that a row's columns and the table of names give → a model, for
// models that the library does not have; and the library's model cut to the layers that a row
// states. Pure.
#pragma once

#include <string>

#include "base/error.h"
#include "catalog/language_model.h"
#include "evidence/training_measurement.h"
#include "evidence/training_names.h"

namespace assay::evidence {

// Columns win over the named shape. Fails with what neither states. `sequence`: rows of a learned
// position table.
Result<catalog::LanguageModel> decoder(const std::string& id, const DecoderShape& shape,
                                       const StatedShape& stated, int sequence);

// The model with `layers` layers, each kind of them in the same proportion.
catalog::LanguageModel with_layers(const catalog::LanguageModel& model, int layers);

// "dense", "moe", "hybrid".
std::string model_class(const catalog::LanguageModel& model);

}  // namespace assay::evidence
