#include "evidence/training_shape.h"

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace assay::evidence {

namespace {

using catalog::Block;
using catalog::GroupedQueryAttention;
using catalog::LanguageModel;

constexpr int kHeadDim = 128;    // where heads are not counted
constexpr int kWidthsOfFfn = 4;  // where the feed-forward width is not stated

int either(const std::optional<int>& stated, int named, int fallback = 0) {
  if (stated) return *stated;
  return named != 0 ? named : fallback;
}

Error missing(const std::string& id, const std::vector<std::string>& what) {
  return {.kind = Error::Kind::kInput,
          .what = fmt::format("shape of '{}' is not known: no {}", excerpt(id), join(what, ", ")),
          .expected = "the columns layers, hidden, heads, ffn, vocab",
          .near = {},
          .where = {}};
}

// All layers, or those that see everything and those that see a window.
std::vector<Block> blocks(const Block& block, const DecoderShape& shape, int layers) {
  Block whole = block;
  const int windowed = shape.window > 0 ? std::min(shape.window_layers, layers - 1) : 0;
  whole.count = layers - windowed;
  std::vector<Block> list{whole};
  if (windowed == 0) return list;
  std::get<GroupedQueryAttention>(whole.mixer).window = shape.window;
  whole.count = windowed;
  list.push_back(whole);
  return list;
}

}  // namespace

Result<LanguageModel> decoder(const std::string& id, const DecoderShape& shape,
                              const StatedShape& stated, int sequence) {
  const int layers = either(stated.layers, shape.layers);
  const int hidden = either(stated.hidden, shape.hidden);
  const int vocabulary = either(stated.vocabulary, shape.vocabulary);
  std::vector<std::string> absent;
  if (layers == 0) absent.emplace_back("layers");
  if (hidden == 0) absent.emplace_back("hidden width");
  if (vocabulary == 0) absent.emplace_back("vocabulary");
  if (!absent.empty()) return tl::unexpected(missing(id, absent));

  const int heads = either(stated.heads, shape.heads, std::max(hidden / kHeadDim, 1));
  // Rows of tuning sweeps state heads that do not divide the width: the nearest width does.
  const int head_dim = shape.head_dim != 0 ? shape.head_dim : std::max(hidden / heads, 1);
  const int kv_heads = either(stated.kv_heads, shape.kv_heads, heads);
  Block block;
  block.mixer = GroupedQueryAttention{.heads = heads,
                                      .kv_heads = kv_heads,
                                      .head_dim = head_dim,
                                      .value_head_dim = head_dim,
                                      .bias_qkv = shape.bias,
                                      .bias_out = shape.bias};
  block.ffn =
      catalog::DenseFfn{.intermediate = either(stated.ffn, shape.ffn, kWidthsOfFfn * hidden),
                        .gated = shape.gated,
                        .bias = shape.bias};

  LanguageModel model;
  model.id = id;
  model.hidden = hidden;
  model.vocabulary = vocabulary;
  model.context_max = sequence;
  model.learned_positions = shape.learned_positions ? sequence : 0;
  model.tied_embeddings = shape.tied;
  model.norm_bias = shape.bias;
  model.blocks = blocks(block, shape, layers);
  return model;
}

LanguageModel with_layers(const LanguageModel& model, int layers) {
  ASSAY_ASSERT(layers > 0);
  const int all = model.layers();
  if (layers == all) return model;
  LanguageModel cut = model;
  cut.blocks.clear();
  int before = 0, given = 0;  // layers of the model and of the cut one, up to here
  for (const Block& block : model.blocks) {
    before += block.count;
    const auto upto = static_cast<int>(static_cast<long long>(before) * layers / all);
    Block part = block;
    part.count = upto - given;
    given = upto;
    if (part.count > 0) cut.blocks.push_back(part);
  }
  return cut;
}

std::string model_class(const LanguageModel& model) {
  for (const Block& block : model.blocks) {
    if (std::holds_alternative<catalog::LinearAttention>(block.mixer) ||
        std::holds_alternative<catalog::StateSpace>(block.mixer)) {
      return "hybrid";
    }
  }
  return catalog::is_mixture_of_experts(model) ? "moe" : "dense";
}

}  // namespace assay::evidence
