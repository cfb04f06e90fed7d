// precision.h — the precisions that a row names, or leaves blank, → the formats of a deployment.
// Blank weights: as published. Blank activations: what the hardware multiplies for these weights.
// Blank cache: the engine's default for the weights, else the model's 16-bit format. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "catalog/format.h"
#include "catalog/language_model.h"
#include "evidence/names.h"
#include "model/hardware.h"

namespace assay::evidence {

struct Formats {
  catalog::Format weights{}, activations{}, kv_cache{};
  friend bool operator==(const Formats&, const Formats&) = default;
};

// Names as in the file; empty: not stated.
struct PrecisionNames {
  std::string weights{}, activations{}, kv_cache{};
};

// Fails on a name that the table does not have.
Result<Formats> read_formats(const PrecisionNames& names, const NameTable& table,
                             const catalog::LanguageModel& model, const model::Hardware& hardware,
                             std::string_view vendor, const EngineName& engine);

}  // namespace assay::evidence
