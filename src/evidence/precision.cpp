#include "evidence/precision.h"

#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"

namespace assay::evidence {

namespace {

using catalog::Format;
using catalog::LanguageModel;
using model::Hardware;

Format sixteen_bit(const LanguageModel& model) {
  return model.dtype == Format::kFp16 ? Format::kFp16 : Format::kBf16;
}

std::optional<Format> published(const LanguageModel& model) {
  if (!model.quantisation) return std::nullopt;
  return model.quantisation->weights;
}

bool is_fp4(Format format) { return format == Format::kNvfp4 || format == Format::kMxfp4; }

// Rows say "fp4" for both formats: the checkpoint's own, AMD's hardware multiplies MXFP4 only.
Format fp4_of(const LanguageModel& model, std::string_view vendor) {
  if (const auto own = published(model); own && is_fp4(*own)) return *own;
  return to_lower(vendor) == "amd" ? Format::kMxfp4 : Format::kNvfp4;
}

// What matrices multiply in where nobody says. Checkpoints in MXFP4 leave activations in 16 bits
// (gpt-oss model card); engines multiply them with 8-bit ones where the hardware has both widths.
Format default_activations(Format weights, const LanguageModel& model, const Hardware& hardware) {
  const bool multiplies = hardware.matrix_peak(weights).has_value();
  switch (weights) {
    case Format::kMxfp4:
      if (published(model) != Format::kMxfp4) return multiplies ? weights : sixteen_bit(model);
      return multiplies && hardware.matrix_peak(Format::kFp8) ? Format::kFp8 : sixteen_bit(model);
    case Format::kFp8:
    case Format::kInt8:
    case Format::kNvfp4:
      return multiplies ? weights : sixteen_bit(model);
    default:
      return sixteen_bit(model);
  }
}

Format activations_of(std::optional<Format> stated, Format weights, const LanguageModel& model,
                      const Hardware& hardware) {
  if (!stated) return default_activations(weights, model, hardware);
  if (*stated == Format::kInt4) return sixteen_bit(model);  // weights alone have 4 integer bits
  const Format format = is_fp4(*stated) && is_fp4(weights) ? weights : *stated;
  return hardware.matrix_peak(format) ? format : sixteen_bit(model);
}

Error unknown(const NameTable& table, std::string_view what, const std::string& name) {
  std::vector<std::string> known;
  for (const PrecisionName& p : table.precisions) known.push_back(p.name);
  return {.kind = Error::Kind::kInput,
          .what = fmt::format("unknown {} precision '{}'", what, excerpt(name)),
          .expected = {},
          .near = nearest(name, known),
          .where = {}};
}

}  // namespace

Result<Formats> read_formats(const PrecisionNames& names, const NameTable& table,
                             const LanguageModel& model, const Hardware& hardware,
                             std::string_view vendor, const EngineName& engine) {
  const auto weights = table.precision(names.weights);
  const auto activations = table.precision(names.activations);
  const auto cache = table.precision(names.kv_cache);
  const bool automatic = to_lower(names.kv_cache) == "auto";  // vLLM: the model's own type
  if (!names.weights.empty() && !weights) {
    return tl::unexpected(unknown(table, "weight", names.weights));
  }
  if (!names.activations.empty() && !activations) {
    return tl::unexpected(unknown(table, "activation", names.activations));
  }
  if (!names.kv_cache.empty() && !cache && !automatic) {
    return tl::unexpected(unknown(table, "KV cache", names.kv_cache));
  }

  Formats formats;
  formats.weights = weights.value_or(published(model).value_or(model.dtype));
  if (weights == Format::kNvfp4) formats.weights = fp4_of(model, vendor);
  formats.activations = activations_of(activations, formats.weights, model, hardware);
  const bool eight_bit_default =
      engine.kv_cache && (formats.weights == Format::kFp8 || formats.weights == Format::kNvfp4);
  formats.kv_cache = sixteen_bit(model);
  if (cache) {
    formats.kv_cache = *cache;
  } else if (!automatic && eight_bit_default) {
    formats.kv_cache = *engine.kv_cache;
  }
  return formats;
}

}  // namespace assay::evidence
