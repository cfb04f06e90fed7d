#include "catalog/hf_config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "catalog/hf_family.h"
#include "catalog/model_size.h"
#include "document/read.h"

namespace assay::catalog {

using document::Document;
using document::Node;

namespace {

constexpr WholeRange kSize{1, 1'000'000};
constexpr WholeRange kLayers{1, 10'000};
constexpr WholeRange kTokens{0, 1'000'000'000};

// Models that see: a language model in a text_config (or in the file itself) and a vision tower.
constexpr std::array kWrappers{
    "AyaVisionForConditionalGeneration", "Gemma3ForConditionalGeneration",
    "Gemma4ForConditionalGeneration",    "Glm4vForConditionalGeneration",
    "Glm4vMoeForConditionalGeneration",  "InternVLChatModel",
    "InternVLForConditionalGeneration",  "KimiK25ForConditionalGeneration",
    "KimiK3ForConditionalGeneration",    "KimiVLForConditionalGeneration",
    "Llama4ForConditionalGeneration",    "LlavaForConditionalGeneration",
    "LlavaNextForConditionalGeneration", "LlavaOnevisionForConditionalGeneration",
    "Mistral3ForConditionalGeneration",  "PaliGemmaForConditionalGeneration",
    "Qwen2VLForConditionalGeneration",   "Qwen2_5_VLForConditionalGeneration",
    "Qwen3VLForConditionalGeneration",   "Qwen3VLMoeForConditionalGeneration",
    "Qwen3_5ForConditionalGeneration",   "Qwen3_5MoeForConditionalGeneration",
};

std::array<std::span<const Family>, 3> all_families() {
  return {dense_families(), moe_families(), hybrid_families()};
}

template <class Matches>
const Family* find_family(Matches matches) {
  for (const auto group : all_families()) {
    const auto found = std::ranges::find_if(group, matches);
    if (found != group.end()) return &*found;
  }
  return nullptr;
}

bool is_wrapper(std::string_view architecture) {
  return std::ranges::find(kWrappers, architecture) != kWrappers.end();
}

// By class name if the config gives one, else by model_type.
const Family* family_of(std::string_view architecture, std::string_view type) {
  if (!architecture.empty()) {
    return find_family([&](const Family& f) { return lists(f.architectures, architecture); });
  }
  return find_family([&](const Family& f) { return lists(f.types, type); });
}

// "hidden size 4096, 32 layers, 32 heads": what a refused config still tells.
std::string what_was_read(const ConfigKeys& keys) {
  struct Part {
    std::array<std::string_view, 4> names;
    std::string_view before, after;
  };
  constexpr std::array kParts{
      Part{{"hidden_size", "n_embd", "d_model", "dim"}, "hidden size ", ""},
      Part{{"num_hidden_layers", "n_layer", "n_layers", "num_layers"}, "", " layers"},
      Part{{"num_attention_heads", "n_head", "n_heads", "num_heads"}, "", " heads"},
      Part{{"num_key_value_heads", "n_kv_heads"}, "", " KV heads"},
      Part{{"num_experts", "num_local_experts", "n_routed_experts"}, "", " experts"},
      Part{{"intermediate_size", "d_ff", "ffn_dim"}, "feed-forward ", ""},
      Part{{"vocab_size"}, "vocabulary ", ""},
  };
  std::vector<std::string> read;
  for (const Part& part : kParts) {
    for (const std::string_view name : part.names) {
      const Node* node = name.empty() ? nullptr : keys.find({name});
      if (node == nullptr || !node->is(Node::Kind::kNumber)) continue;
      read.push_back(std::string{part.before} + node->text + std::string{part.after});
      break;
    }
  }
  if (read.empty()) return "nothing of its shape was read";
  return join(read, ", ") + (read.size() == 1 ? " was read" : " were read");
}

std::string name_of(std::string_view architecture, std::string_view type) {
  if (architecture.empty()) return "model_type '" + std::string{type} + "'";
  std::string name = "architecture '" + std::string{architecture} + "'";
  if (!type.empty()) name += " (model_type '" + std::string{type} + "')";
  return name;
}

// The one error of a config that is no language model we can model.
void refuse(const ConfigKeys& keys, std::string_view architecture, std::string_view type) {
  Error error{.what = {}, .expected = {}, .near = {}, .where = {}};
  const Node* place = keys.find({"architectures", "_class_name", "model_type"});
  error.where = keys.document().where(place == nullptr ? keys.node().mark : place->mark);
  const std::string why = refusal(architecture, type);
  const std::string name = name_of(architecture, type);
  if (architecture.empty() && type.empty()) {
    error.what =
        "neither 'architectures' nor 'model_type' says what model this is; " + what_was_read(keys);
    error.expected = "a Hugging Face config.json";
  } else if (!why.empty()) {
    error.what = name + " is not modelled: " + why + "; " + what_was_read(keys);
  } else {
    const std::vector<std::string> known = known_architectures();
    error.what = "unknown " + name + "; " + what_was_read(keys);
    error.expected = "one of " + std::to_string(known.size()) +
                     " known architectures (assay models --architectures)";
    if (!architecture.empty()) error.near = nearest(architecture, known);
  }
  keys.errors().push_back(std::move(error));
}

// A length that the config gives or the published default of a nested configuration.
int size_or(const Reading& r, KeyNames names, WholeRange range, int nested) {
  const auto value = r.keys.whole(names, range);
  if (value) return *value;
  return r.nested() && nested > 0 ? nested : r.keys.required(names, range);
}

void read_heads(Reading& r) {
  Shape& s = r.shape;
  const Shape nested = r.nested() && r.family.nested != nullptr ? *r.family.nested : Shape{};
  s.heads =
      size_or(r, {"num_attention_heads", "n_head", "n_heads", "num_heads"}, kSize, nested.heads);
  constexpr std::string_view kKv = "num_key_value_heads";
  const auto kv = r.keys.whole({kKv, "num_attention_groups", "num_kv_heads"}, kSize);
  const int absent = r.keys.mentions(kKv) || r.family.kv_heads == 0 ? s.heads : r.family.kv_heads;
  s.kv_heads = kv.value_or(absent);
  const auto dim = r.keys.whole({"head_dim", "kv_channels", "attention_head_dim"}, kSize);
  s.head_dim = dim.value_or(r.family.head_dim);
  if (s.head_dim > 0 || s.heads == 0 || s.hidden == 0) return;
  s.head_dim = s.hidden / s.heads;
  if (s.hidden % s.heads != 0 && r.family.attends == Attends::kGrouped) {
    r.keys.fail_at({"hidden_size", "n_embd", "d_model", "n_embed"},
                   "hidden size " + std::to_string(s.hidden) + " is not divisible by " +
                       std::to_string(s.heads) + " heads",
                   "'head_dim', or sizes that divide");
  }
}

void read_shape(Reading& r) {
  Shape& s = r.shape;
  const Family& f = r.family;
  const Shape nested = r.nested() && f.nested != nullptr ? *f.nested : Shape{};
  s.hidden = size_or(r, {"hidden_size", "n_embd", "d_model", "n_embed"}, kSize, nested.hidden);
  const bool listed = r.keys.find({"layers_block_type", "hybrid_override_pattern"}) != nullptr;
  const KeyNames layers{"num_hidden_layers", "n_layer", "n_layers", "num_layers"};
  s.layers = listed ? r.keys.whole(layers, kLayers).value_or(0)
                    : size_or(r, layers, kLayers, nested.layers);
  const auto padded = r.keys.whole({"padded_vocab_size"});
  s.vocabulary = padded ? *padded : size_or(r, {"vocab_size"}, {}, nested.vocabulary);
  if (!f.no_attention) read_heads(r);
  const KeyNames inner{"intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "inner_dim"};
  s.intermediate = r.keys.whole(inner, kSize)
                       .value_or(r.nested() && nested.intermediate > 0 ? nested.intermediate
                                                                       : f.ffn_multiple * s.hidden);
  if (f.layers == nullptr && !f.moe && s.intermediate == 0 && r.keys.find(inner) == nullptr) {
    r.keys.required({"intermediate_size"}, kSize);
  }
  s.window =
      r.keys
          .whole({"sliding_window", "attention_chunk_size", "sliding_window_size", "window_size"},
                 kTokens)
          .value_or(r.nested() && !r.keys.mentions("sliding_window") ? nested.window : 0);
  s.context = r.keys
                  .whole({"max_position_embeddings", "n_positions", "max_seq_len", "seq_length",
                          "max_sequence_length", "model_max_length", "n_ctx"},
                         kTokens)
                  .value_or(nested.context);
  if (s.context > 0 && s.window >= s.context) s.window = 0;  // never reached: Phi-3.5, Phi-4-mini
}

// The published list of layer types may go on into prediction layers; the model's own come first.
void read_types(Reading& r) {
  const KeyNames names{"layer_types", "layers_block_type"};
  const Node* node = r.keys.find(names);
  if (node == nullptr) return;
  r.types = r.keys.texts(names);
  const auto layers = static_cast<std::size_t>(r.shape.layers);
  if (layers == 0) return;
  if (r.types.size() < layers) {
    r.keys.fail(*node, "layer types for " + std::to_string(r.types.size()) + " layers",
                "one for each of the " + std::to_string(layers) + " layers");
  }
  r.types.resize(layers);
}

std::optional<Format> read_dtype(const ConfigKeys& keys) {
  const std::string text = keys.text({"torch_dtype", "dtype"});
  if (text == "bfloat16" || text == "torch.bfloat16") return Format::kBf16;
  if (text == "float16" || text == "torch.float16" || text == "half") return Format::kFp16;
  if (text == "float32" || text == "torch.float32") return Format::kFp32;
  return std::nullopt;  // absent or "auto": as engines serve it, bf16
}

void set_traits(Reading& r) {
  const Family& f = r.family;
  LanguageModel& m = r.model;
  m.hidden = r.shape.hidden;
  m.vocabulary = r.shape.vocabulary;
  m.context_max = r.shape.context;
  const auto tied = r.keys.flag({f.tied.key});
  m.tied_embeddings = tied ? *tied : r.root.flag({f.tied.key}).value_or(f.tied.absent);
  m.output_bias = r.on(f.output_bias);
  m.norm_bias = f.norm == Norms::kLayer;
  m.norms = f.norm == Norms::kNone ? 0 : f.model_norms;
  m.active_count = f.active;
  if (f.positions == Positions::kLearned) m.learned_positions = m.context_max;
  if (f.positions == Positions::kLearnedPlusTwo) m.learned_positions = m.context_max + 2;
  const auto dtype = read_dtype(r.keys);
  m.dtype = dtype ? *dtype : read_dtype(r.root).value_or(Format::kBf16);
  m.mtp_layers = r.keys.whole({"num_nextn_predict_layers", "mtp_num_hidden_layers"}, {0, 1000})
                     .value_or(m.mtp_layers);
}

// Joins equal layers, in the order of their first appearance.
std::vector<Block> join_equal(const std::vector<Block>& layers) {
  std::vector<Block> blocks;
  for (const Block& layer : layers) {
    const auto same = [&](const Block& b) {
      return b.mixer == layer.mixer && b.ffn == layer.ffn && b.norms == layer.norms &&
             b.stored == layer.stored;
    };
    const auto found = std::ranges::find_if(blocks, same);
    if (found == blocks.end()) {
      blocks.push_back(layer);
    } else {
      found->count += layer.count;
    }
  }
  return blocks;
}

// A prediction layer is one more layer, a projection of two hidden vectors into one, and three
// norms (DeepSeek-V3, arXiv 2412.19437, section 2.2); the tables are shared.
double mtp_parameters(const Reading& r) {
  const double hidden = r.model.hidden;
  double layers = 0;
  for (const Block& layer : r.mtp_layers) layers += layer_weights(r.model, layer).total();
  if (r.mtp_layers.empty()) layers = layer_weights(r.model, r.layers.back()).total();
  return r.model.mtp_layers * (layers + 2 * hidden * hidden + 3 * hidden);
}

void check_layer(Reading& r, const Block& layer) {
  const auto* a = std::get_if<GroupedQueryAttention>(&layer.mixer);
  if (a != nullptr && (a->kv_heads < 1 || a->heads % a->kv_heads != 0)) {
    r.keys.fail_at({"num_key_value_heads", "num_kv_heads"},
                   std::to_string(a->heads) + " heads cannot share " + std::to_string(a->kv_heads) +
                       " KV heads evenly",
                   "a number of KV heads that divides the heads");
  }
  const auto* moe = std::get_if<MoeFfn>(&layer.ffn);
  if (moe != nullptr && moe->experts_per_token > moe->experts) {
    r.keys.fail_at(
        {"num_experts_per_tok", "moe_topk", "top_k_experts", "moe_k", "moe_top_k", "ffn_config"},
        std::to_string(moe->experts_per_token) + " experts a token of " +
            std::to_string(moe->experts),
        "at most as many as there are");
  }
}

// One error is enough: the layers come from the same keys.
void check_layers(Reading& r) {
  for (const Block& layer : r.layers) {
    if (!r.keys.errors().empty()) return;
    check_layer(r, layer);
  }
  if (r.layers.empty() && r.keys.errors().empty()) {
    r.keys.fail_at({"intermediate_size"}, "no layer has a size", "sizes above zero");
  }
}

void read_model(Reading& r) {
  read_shape(r);
  read_types(r);
  if (!r.keys.errors().empty()) return;
  if (r.family.adjust != nullptr) r.family.adjust(r);
  set_traits(r);
  if (r.family.norm == Norms::kNone) r.family.norms = 0;
  (r.family.layers != nullptr ? r.family.layers : standard_layers)(r);
  check_layers(r);
  if (!r.keys.errors().empty()) return;
  if (r.model.mtp_layers > 0) r.model.mtp_parameters = mtp_parameters(r);
  if (is_wrapper(r.model.architecture)) add_vision(r);
  read_quantisation(r);
  r.model.blocks = join_equal(r.layers);
}

// Where the language model's own keys are: in a text_config, or in the file itself.
ConfigKeys language_keys(const ConfigKeys& root, std::string_view architecture) {
  if (!is_wrapper(architecture)) return root;
  return root.child({"text_config", "llm_config", "language_config"}).value_or(root);
}

}  // namespace

bool lists(std::string_view list, std::string_view word) {
  if (word.empty()) return false;
  for (const std::string_view piece : split(list, ' ')) {
    if (piece == word) return true;
  }
  return false;
}

Checked<LanguageModel> read_hf_config(const Document& config, std::string id) {
  Errors errors;
  const ConfigKeys root{config, config.root, errors};
  if (!config.root.is(Node::Kind::kMapping)) {
    root.fail("the file is " + shown(config.root), "a mapping: a Hugging Face config.json");
    return tl::unexpected(std::move(errors));
  }
  const std::vector<std::string> names = root.texts({"architectures", "_class_name"});
  const std::string architecture = names.empty() ? std::string{} : names.front();
  const ConfigKeys keys = language_keys(root, architecture);
  const bool nested = &keys.node() != &root.node();
  const std::string type = keys.text({"model_type"});
  const std::string inner = nested || is_wrapper(architecture) ? std::string{} : architecture;
  const Family* family = family_of(inner, type);
  if (family == nullptr && nested) {
    const std::vector<std::string> of_text = keys.texts({"architectures"});
    family = family_of(of_text.empty() ? "" : of_text.front(), type.empty() ? "llama" : type);
  }
  if (family == nullptr && errors.empty()) refuse(keys, architecture, type);
  if (!errors.empty()) return tl::unexpected(std::move(errors));

  Reading reading{.root = root,
                  .keys = keys,
                  .family = *family,
                  .shape = {},
                  .model = {},
                  .types = {},
                  .layers = {},
                  .mtp_layers = {}};
  reading.model.id = std::move(id);
  reading.model.architecture = architecture.empty() ? type : architecture;
  read_model(reading);
  if (!errors.empty()) {
    sort_by_place(errors);
    return tl::unexpected(std::move(errors));
  }
  return std::move(reading.model);
}

Checked<LanguageModel> read_hf_config_text(std::string file, std::string_view text,
                                           std::string id) {
  std::string json{text};
  bool quoted = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (quoted && json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && (json[at] == 'I' || json[at] == 'N')) {
      // A text of the same length: harmless where unread, refused where a number is read.
      const bool nan = std::string_view{json}.substr(at).starts_with("NaN");
      if (!nan && !std::string_view{json}.substr(at).starts_with("Infinity")) continue;
      const std::string_view harmless = nan ? "\"?\"" : "\"infini\"";
      if (at > 0 && json[at - 1] == '-') json[at - 1] = ' ';
      json.replace(at, harmless.size(), harmless);
      at += harmless.size() - 1;
    }
  }
  const auto document = document::read_json(std::move(file), json);
  if (!document) return tl::unexpected(document.error());
  return read_hf_config(*document, std::move(id));
}

std::vector<std::string> known_architectures() {
  std::vector<std::string> names{kWrappers.begin(), kWrappers.end()};
  for (const auto group : all_families()) {
    for (const Family& family : group) {
      for (const std::string_view name : split(family.architectures, ' ')) names.emplace_back(name);
    }
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace assay::catalog
