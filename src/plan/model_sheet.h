// model_sheet.h — what follows from one language model's shape, gathered to be shown or explained:
// parameters by part, weight bytes by format, KV cache, operations. Formulas: catalog/model_size.h.
// Values only. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/language_model.h"
#include "catalog/model_size.h"
#include "plan/figures.h"

namespace assay::plan {

struct ParameterPart {
  std::string_view name;  // "attention", "routed experts"
  double count{};
};

struct FormatBytes {
  catalog::Format format{};
  Bytes weights;
  Bytes kv_per_token;
};

struct AtContext {
  double tokens{};
  Bytes kv;         // of one sequence, in the model's own 16-bit format
  Flops per_token;  // of one token's pass with so many before it
};

struct ModelSheet {
  catalog::ParameterCount parameters;
  std::vector<ParameterPart> parts;       // that exist; they add up to the total
  std::optional<double> total_deviation;  // (counted − published) / published
  std::optional<double> active_deviation;
  catalog::Format kv_format{};  // of the cache, if nothing else is asked for
  Bytes kv_per_token;           // in kv_format
  Bytes weights_published;      // as the checkpoint stores them
  std::vector<FormatBytes> formats;
  std::vector<AtContext> contexts;
};

ModelSheet model_sheet(const catalog::LanguageModel& model);

// "kv", "weights", "parameters", "active_parameters", "flops": value, formula, inputs.
std::vector<Figure> model_figures(const catalog::LanguageModel& model);

}  // namespace assay::plan
