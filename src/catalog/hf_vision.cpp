// Parameters of the vision towers that wrappers carry: counted into the total, never into the
// decoder. The shapes follow the published modeling code of each tower.
#include <array>
#include <string>

#include "catalog/hf_family.h"

namespace assay::catalog {
namespace {

constexpr WholeRange kSize{1, 10'000'000};

// A tower's sizes; keys have a spelling for each family.
struct Tower {
  double width{}, layers{}, inner{}, patch{}, channels{3}, image{};
};

double whole(const ConfigKeys& keys, KeyNames names, double absent) {
  const auto value = keys.whole(names, kSize);
  return value ? *value : absent;
}

Tower read_tower(const ConfigKeys& v) {
  Tower t;
  t.width = whole(v, {"embed_dim", "hidden_size", "vt_hidden_size"}, 0);
  t.layers = whole(v, {"depth", "num_hidden_layers", "vt_num_hidden_layers"}, 0);
  t.inner = whole(v, {"intermediate_size", "vt_intermediate_size"}, 4 * t.width);
  t.patch = whole(v, {"patch_size"}, 14);
  t.image = whole(v, {"image_size"}, 224);
  return t;
}

// Linear map with bias, as most towers have.
double linear(double in, double out) { return in * out + out; }

// Attention with biases, two matrices with biases, two LayerNorms.
double plain_layer(const Tower& t) {
  return 4 * linear(t.width, t.width) + linear(t.width, t.inner) + linear(t.inner, t.width) +
         4 * t.width;
}

// Patches of two frames each, as the Qwen towers take them.
double video_patch(const Tower& t, const ConfigKeys& v) {
  return t.channels * whole(v, {"temporal_patch_size"}, 2) * t.patch * t.patch * t.width;
}

// Qwen2-VL, Qwen2.5-VL (gated, RMSNorm).
double qwen2_vl(const Tower& t, const ConfigKeys& v, double hidden) {
  const bool gated = v.find({"intermediate_size"}) != nullptr;
  const double merged = 4 * t.width;
  const double out = gated ? whole(v, {"out_hidden_size"}, hidden) : hidden;
  const double layer = gated ? 4 * linear(t.width, t.width) + 2 * linear(t.width, t.inner) +
                                   linear(t.inner, t.width) + 2 * t.width
                             : plain_layer(t);
  return video_patch(t, v) + t.layers * layer + (gated ? 1 : 2) * t.width + linear(merged, merged) +
         linear(merged, out);
}

// Qwen3-VL, Qwen3.5: learned positions, and a merger more for each deep-stacked layer.
double qwen3_vl(const Tower& t, const ConfigKeys& v, double hidden) {
  const double merged = 4 * t.width, out = whole(v, {"out_hidden_size"}, hidden);
  const auto* deep = v.find({"deepstack_visual_indexes"});
  const double stacked = deep == nullptr ? 0 : static_cast<double>(deep->items.size());
  const double merger = linear(merged, merged) + linear(merged, out);
  return video_patch(t, v) + t.width + whole(v, {"num_position_embeddings"}, 0) * t.width +
         t.layers * plain_layer(t) + 2 * t.width + merger + stacked * (2 * merged + merger);
}

double positions(const Tower& t) { return (t.image / t.patch) * (t.image / t.patch); }

double patches(const Tower& t) { return t.channels * t.patch * t.patch * t.width; }

// SigLIP with Gemma 3's projector: one matrix without bias behind a norm.
double gemma3(const Tower& t, const ConfigKeys&, double hidden) {
  return patches(t) + t.width + positions(t) * t.width + t.layers * plain_layer(t) + 2 * t.width +
         t.width * hidden + t.width;
}

// SigLIP with PaliGemma's projector.
double paligemma(const Tower& t, const ConfigKeys&, double hidden) {
  return patches(t) + t.width + positions(t) * t.width + t.layers * plain_layer(t) + 2 * t.width +
         linear(t.width, hidden);
}

// CLIP (a class token, norms before and after) or SigLIP with LLaVA's two linear maps.
double llava(const Tower& t, const ConfigKeys& v, double hidden) {
  const bool clip = v.text({"model_type"}) != "siglip_vision_model";
  const double ends = clip ? t.width + t.width + 4 * t.width : t.width + 2 * t.width;
  return patches(t) + positions(t) * t.width + ends + t.layers * plain_layer(t) +
         linear(t.width, hidden) + linear(hidden, hidden);
}

// Pixtral: no biases, gated, RMSNorm; Mistral 3 joins four patches.
double pixtral(const Tower& t, const ConfigKeys&, double hidden) {
  const double layer = 4 * t.width * t.width + 3 * t.width * t.inner + 2 * t.width;
  return patches(t) + t.width + t.layers * layer + 4 * t.width * t.width + t.width +
         t.width * hidden + hidden * hidden;
}

double llama4(const Tower& t, const ConfigKeys& v, double hidden) {
  const double middle = whole(v, {"projector_input_dim"}, 4096);
  const double out = whole(v, {"vision_output_dim"}, 4096);
  const double tokens = positions(t) + 1;
  return patches(t) + t.width + tokens * t.width + 4 * t.width + t.layers * plain_layer(t) +
         t.inner * middle + middle * out + out * hidden;
}

// MoonViT with Kimi's projector.
double moon_vit(const Tower& t, const ConfigKeys& v, double hidden) {
  const double rows = whole(v, {"init_pos_emb_height"}, 64);
  const double columns = whole(v, {"init_pos_emb_width"}, 64);
  const double merged = 4 * t.width;
  return patches(t) + t.width + rows * columns * t.width + t.layers * plain_layer(t) + 2 * t.width +
         2 * t.width + linear(merged, merged) + linear(merged, hidden);
}

// Of a tower whose details are not modelled: its large matrices, within a few percent of the tower.
double large_matrices(const Tower& t, const ConfigKeys&, double hidden) {
  return t.layers * (4 * t.width * t.width + 2 * t.width * t.inner) + 4 * t.width * hidden;
}

struct Kind {
  std::string_view architectures;
  double (*count)(const Tower&, const ConfigKeys&, double hidden);
};

constexpr std::array kKinds{
    Kind{"Qwen2VLForConditionalGeneration Qwen2_5_VLForConditionalGeneration", qwen2_vl},
    Kind{"Qwen3VLForConditionalGeneration Qwen3VLMoeForConditionalGeneration "
         "Qwen3_5ForConditionalGeneration Qwen3_5MoeForConditionalGeneration",
         qwen3_vl},
    Kind{"Gemma3ForConditionalGeneration", gemma3},
    Kind{"PaliGemmaForConditionalGeneration", paligemma},
    Kind{"LlavaForConditionalGeneration LlavaNextForConditionalGeneration "
         "LlavaOnevisionForConditionalGeneration",
         llava},
    Kind{"Mistral3ForConditionalGeneration", pixtral},
    Kind{"Llama4ForConditionalGeneration", llama4},
    Kind{"KimiVLForConditionalGeneration KimiK25ForConditionalGeneration", moon_vit},
};

}  // namespace

void add_vision(Reading& r) {
  const auto vision = r.root.child({"vision_config"});
  if (!vision) {
    r.model.other_note = "the config has no vision_config: the vision tower is not counted";
    return;
  }
  const Tower tower = read_tower(*vision);
  if (tower.width == 0 || tower.layers == 0) {
    r.model.other_note = "the vision_config has no sizes: the vision tower is not counted";
    return;
  }
  for (const Kind& kind : kKinds) {
    if (!lists(kind.architectures, r.model.architecture)) continue;
    r.model.other_parameters = kind.count(tower, *vision, r.model.hidden);
    r.model.other_note = "vision tower and projector";
    return;
  }
  r.model.other_parameters = large_matrices(tower, *vision, r.model.hidden);
  r.model.other_note = "vision tower, its large matrices only";
}

}  // namespace assay::catalog
