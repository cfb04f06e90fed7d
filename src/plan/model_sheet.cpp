#include "plan/model_sheet.h"

#include <algorithm>
#include <array>
#include <variant>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"

namespace assay::plan {
namespace {

using catalog::Block;
using catalog::Format;
using catalog::LanguageModel;

constexpr std::array kFormats{Format::kBf16,  Format::kFp8,   Format::kInt8,
                              Format::kNvfp4, Format::kMxfp4, Format::kInt4};
constexpr std::array kContexts{2048.0, 8192.0, 32'768.0, 131'072.0};
constexpr double kShownContext = 8192;
constexpr std::string_view kSection = "Language models";

std::vector<ParameterPart> parts_of(const LanguageModel& model,
                                    const catalog::ParameterCount& count) {
  ParameterPart mixer{"attention", 0}, ffn{"dense feed-forward, shared experts", 0},
      routed{"routed experts", 0}, rest{"norms, biases, routers", 0};
  for (const Block& block : model.blocks) {
    const catalog::LayerWeights layer = layer_weights(model, block);
    mixer.count += layer.mixer * block.count;
    ffn.count += layer.ffn * block.count;
    routed.count += layer.routed * block.count;
  }
  rest.count = count.decoder - count.embedding - mixer.count - ffn.count - routed.count;
  std::vector<ParameterPart> parts;
  for (const ParameterPart& part :
       {ParameterPart{"embeddings", count.embedding}, mixer, ffn, routed, rest,
        ParameterPart{"outside the decoder", count.total - count.decoder}}) {
    if (part.count > 0) parts.push_back(part);
  }
  return parts;
}

std::optional<double> deviation(double counted, std::optional<double> published) {
  if (!published || *published <= 0) return std::nullopt;
  return (counted - *published) / *published;
}

model::UsedFact input(const LanguageModel& model, std::string figure, std::string value) {
  return {.figure = std::move(figure),
          .value = std::move(value),
          .basis = "",
          .source = model.source,
          .confidence =
              model.assumed ? catalog::Confidence::kAssumed : catalog::Confidence::kVendorDocument};
}

// The numbers of the cache's formula, for each kind of layer once.
std::vector<model::UsedFact> cache_inputs(const LanguageModel& model) {
  std::vector<model::UsedFact> inputs;
  for (const Block& block : model.blocks) {
    const std::string layers = fmt::format("{} layers", block.count);
    if (const auto* a = std::get_if<catalog::GroupedQueryAttention>(&block.mixer)) {
      inputs.push_back(
          input(model, layers,
                fmt::format("{} KV heads of {} + {}{}", a->kv_heads, a->head_dim, a->value_head_dim,
                            a->window > 0 ? fmt::format(", window {}", a->window) : "")));
    } else if (const auto* l = std::get_if<catalog::LatentAttention>(&block.mixer)) {
      inputs.push_back(input(
          model, layers,
          fmt::format("latent {} + rope {}{}", l->kv_lora_rank, l->qk_rope_dim,
                      l->indexer_dim > 0 ? fmt::format(" + indexer {}", l->indexer_dim) : "")));
    } else if (!std::holds_alternative<catalog::NoMixer>(block.mixer)) {
      inputs.push_back(input(model, layers, "a state of fixed size, no cache"));
    }
  }
  return inputs;
}

std::vector<model::UsedFact> part_inputs(const LanguageModel& model, const ModelSheet& sheet) {
  std::vector<model::UsedFact> inputs;
  for (const ParameterPart& part : sheet.parts) {
    inputs.push_back(input(model, std::string{part.name}, grouped_text(part.count)));
  }
  return inputs;
}

std::vector<model::UsedFact> weight_inputs(const LanguageModel& model, const ModelSheet& sheet) {
  std::vector<model::UsedFact> inputs = part_inputs(model, sheet);
  inputs.push_back(input(model, "dtype", std::string{catalog::name(model.dtype)}));
  if (model.quantisation) {
    inputs.push_back(input(
        model, "quantised",
        fmt::format("{}, {} bits a value with scales", catalog::name(model.quantisation->weights),
                    bits_per_value(model.quantisation->weights))));
  }
  return inputs;
}

}  // namespace

ModelSheet model_sheet(const LanguageModel& model) {
  ModelSheet sheet;
  sheet.parameters = catalog::parameters(model);
  sheet.parts = parts_of(model, sheet.parameters);
  sheet.total_deviation = deviation(sheet.parameters.total, model.published_parameters);
  sheet.active_deviation = deviation(sheet.parameters.active, model.published_active);
  sheet.kv_format = model.quantisation && model.quantisation->kv_cache
                        ? *model.quantisation->kv_cache
                        : model.dtype;
  sheet.kv_per_token = catalog::kv_bytes_per_token(model, sheet.kv_format);
  sheet.weights_published = catalog::weight_bytes(model);
  for (const Format format : kFormats) {
    sheet.formats.push_back(
        {format, catalog::weight_bytes(model, format), catalog::kv_bytes_per_token(model, format)});
  }
  for (const double tokens : kContexts) {
    if (model.context_max > 0 && tokens > model.context_max) continue;
    sheet.contexts.push_back({tokens, catalog::kv_bytes(model, tokens, sheet.kv_format),
                              catalog::flops_per_token(model, tokens)});
  }
  return sheet;
}

std::vector<Figure> model_figures(const LanguageModel& model) {
  const ModelSheet sheet = model_sheet(model);
  const std::string section{kSection};
  const auto with = [](std::vector<model::UsedFact> inputs, model::UsedFact more) {
    inputs.push_back(std::move(more));
    return inputs;
  };
  return {
      {"parameters", grouped_text(sheet.parameters.total),
       "sum of all weights: embeddings, layers, what stands outside the decoder", section,
       part_inputs(model, sheet)},
      {"active_parameters", grouped_text(sheet.parameters.active),
       "weights that one token passes: all but the experts that it is not routed to", section,
       part_inputs(model, sheet)},
      {"weights", to_text(sheet.weights_published),
       "sum over the parts of elements × bits per value / 8, as the checkpoint stores them",
       section, weight_inputs(model, sheet)},
      {"kv", to_text(sheet.kv_per_token) + " per token",
       "sum over layers of KV heads × (key + value width) × bytes per value; a latent cache "
       "counts its rank and rope once",
       section,
       with(cache_inputs(model),
            input(model, "format of the cache", std::string{catalog::name(sheet.kv_format)}))},
      {"flops",
       fmt::format("{} per token at {} tokens of context",
                   to_text(catalog::flops_per_token(model, kShownContext)),
                   grouped_text(kShownContext)),
       "2 × weights that are multiplied + attention over the context", section,
       with(cache_inputs(model),
            input(model, "active parameters", grouped_text(sheet.parameters.active)))},
  };
}

}  // namespace assay::plan
