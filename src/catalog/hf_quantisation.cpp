// quantization_config of a config.json → what each layer's matrices are stored in.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.h"
#include "catalog/hf_family.h"
#include "catalog/model_size.h"
#include "catalog/module_patterns.h"

namespace assay::catalog {

using document::Node;

namespace {

// One format for the modules that `targets` names; all of them if it is empty.
struct Rule {
  Format weights{};
  std::optional<Format> activations;
  int group{};
  ModulePatterns targets;
};

struct Scheme {
  std::vector<Rule> rules;
  ModulePatterns ignored;
};

// Spellings of the module that stands for each part: a matrix whose exclusion means the part's.
constexpr std::array<std::string_view, 7> kAttention{
    "self_attn.o_proj", "attn.o_proj", "self_attn.wo",   "mixer.o_proj",
    "attention.wo",     "attn.wo",     "self_attn.dense"};
constexpr std::array<std::string_view, 3> kLinear{"linear_attn.out_proj", "self_attn.out_proj",
                                                  "self_attn.o_proj"};
constexpr std::array<std::string_view, 2> kState{"mixer.out_proj", "mamba.out_proj"};
constexpr std::array<std::string_view, 4> kDense{"mlp.down_proj", "feed_forward.down_proj",
                                                 "mixer.down_proj", "feed_forward.w2"};
constexpr std::array<std::string_view, 5> kShared{
    "mlp.shared_experts.down_proj", "mlp.shared_expert.down_proj", "mixer.shared_experts.down_proj",
    "feed_forward.shared_expert.down_proj", "ffn.shared_experts.w2"};
constexpr std::array<std::string_view, 6> kRouted{"mlp.experts.0.down_proj",
                                                  "mixer.experts.0.down_proj",
                                                  "block_sparse_moe.experts.0.w2",
                                                  "feed_forward.experts.0.down_proj",
                                                  "ffn.experts.0.w2",
                                                  "mlp.experts.down_proj"};

// modelopt's names of algorithms.
struct Algorithm {
  std::string_view name;
  Format weights;
  std::optional<Format> activations;
};
constexpr std::array kAlgorithms{
    Algorithm{"FP8", Format::kFp8, Format::kFp8},
    Algorithm{"FP8_PER_CHANNEL_PER_TOKEN", Format::kFp8, Format::kFp8},
    Algorithm{"FP8_PB_WO", Format::kFp8, std::nullopt},
    Algorithm{"FP8_PB_REAL", Format::kFp8, Format::kFp8},
    Algorithm{"NVFP4", Format::kNvfp4, Format::kNvfp4},
    Algorithm{"NVFP4_AWQ", Format::kNvfp4, Format::kNvfp4},
    Algorithm{"W4A16_NVFP4", Format::kNvfp4, std::nullopt},
    Algorithm{"W4A8_NVFP4_FP8", Format::kNvfp4, Format::kFp8},
    Algorithm{"MXFP4", Format::kMxfp4, Format::kMxfp4},
    Algorithm{"W4A8_MXFP4_FP8", Format::kMxfp4, Format::kFp8},
    Algorithm{"W4A16_MXFP4", Format::kMxfp4, std::nullopt},
    Algorithm{"W4A16_AWQ", Format::kInt4, std::nullopt},
    Algorithm{"W4A8_AWQ", Format::kInt4, Format::kFp8},
    Algorithm{"INT8_SQ", Format::kInt8, Format::kInt8},
    Algorithm{"W8A8_SQ_PER_CHANNEL", Format::kInt8, Format::kInt8},
    Algorithm{"W8A16", Format::kInt8, std::nullopt},
};

std::optional<Rule> rule_of_algorithm(const ConfigKeys& keys, const std::string& name) {
  const auto* found = std::ranges::find(kAlgorithms, name, &Algorithm::name);
  if (found != kAlgorithms.end()) {
    return Rule{.weights = found->weights,
                .activations = found->activations,
                .group = keys.whole({"group_size"}, {-1, 1'000'000}).value_or(0),
                .targets = {}};
  }
  std::vector<std::string> known;
  for (const Algorithm& algorithm : kAlgorithms) known.emplace_back(algorithm.name);
  keys.fail("unknown quant_algo '" + name + "'", one_of(known));
  return std::nullopt;
}

// {"num_bits": 4, "type": "float", "group_size": 16}
std::optional<Format> format_of_bits(const ConfigKeys& keys) {
  const int bits = keys.whole({"num_bits"}, {1, 64}).value_or(0);
  const bool is_float = keys.text({"type"}) == "float";
  const int group = keys.whole({"group_size"}, {-1, 1'000'000}).value_or(0);
  if (bits == 8) return is_float ? Format::kFp8 : Format::kInt8;
  if (bits == 4 && !is_float) return Format::kInt4;
  if (bits == 4) return group == 32 ? Format::kMxfp4 : Format::kNvfp4;
  if (bits == 16) return Format::kBf16;
  keys.fail("a format of " + std::to_string(bits) + " bits", "4, 8 or 16 bits");
  return std::nullopt;
}

// config_groups of compressed-tensors and modelopt.
void read_groups(const ConfigKeys& groups, Scheme& scheme) {
  for (const document::Member& member : groups.node().members) {
    if (!member.value.is(Node::Kind::kMapping)) continue;
    const ConfigKeys group{groups.document(), member.value, groups.errors()};
    const auto weights = group.child({"weights"});
    if (!weights) continue;
    const auto format = format_of_bits(*weights);
    if (!format) return;
    Rule rule{.weights = *format,
              .activations = {},
              .group = weights->whole({"group_size"}, {-1, 1'000'000}).value_or(0),
              .targets = {}};
    if (const auto activations = group.child({"input_activations"})) {
      rule.activations = format_of_bits(*activations);
    }
    const std::vector<std::string> targets = group.texts({"targets"});
    const bool all = targets.empty() || std::ranges::find(targets, "Linear") != targets.end();
    if (!all) rule.targets = ModulePatterns{targets};
    scheme.rules.push_back(std::move(rule));
  }
}

// modelopt's mixed precision names the algorithm of each layer.
void read_quantised_layers(const ConfigKeys& keys, const ConfigKeys& layers, Scheme& scheme) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_algorithm;
  for (const document::Member& member : layers.node().members) {
    const Node* algorithm = member.value.find("quant_algo");
    if (algorithm == nullptr) continue;
    const auto same = [&](const auto& entry) { return entry.first == algorithm->text; };
    auto found = std::ranges::find_if(by_algorithm, same);
    if (found == by_algorithm.end()) {
      found = by_algorithm.insert(found, {algorithm->text, {}});
    }
    found->second.push_back(member.key);
  }
  for (const auto& [name, modules] : by_algorithm) {
    auto rule = rule_of_algorithm(keys, name);
    if (!rule) return;
    rule->targets = ModulePatterns{modules};
    scheme.rules.push_back(std::move(*rule));
  }
}

void read_modelopt(const ConfigKeys& keys, Scheme& scheme) {
  const std::string algorithm = keys.text({"quant_algo"});
  const auto groups = keys.child({"config_groups"});
  const auto layers = keys.child({"quantized_layers"});
  if (layers) return read_quantised_layers(keys, *layers, scheme);
  if (groups) return read_groups(*groups, scheme);
  if (auto rule = rule_of_algorithm(keys, algorithm)) scheme.rules.push_back(std::move(*rule));
}

// AWQ, GPTQ and their kin: integers of 4 or 8 bits, weights only.
void read_integers(const ConfigKeys& keys, Scheme& scheme) {
  const int bits = keys.whole({"bits", "w_bit", "num_bits"}, {1, 64}).value_or(4);
  const int group = keys.whole({"group_size", "q_group_size"}, {-1, 1'000'000}).value_or(128);
  if (bits != 4 && bits != 8) {
    keys.fail("weights of " + std::to_string(bits) + " bits", "4 or 8 bits");
    return;
  }
  scheme.rules.push_back({.weights = bits == 4 ? Format::kInt4 : Format::kInt8,
                          .activations = {},
                          .group = std::max(0, group),
                          .targets = {}});
}

void read_bitsandbytes(const ConfigKeys& keys, Scheme& scheme) {
  const bool four = keys.flag({"load_in_4bit", "_load_in_4bit"}).value_or(false);
  scheme.rules.push_back({.weights = four ? Format::kInt4 : Format::kInt8,
                          .activations = {},
                          .group = four ? 64 : 0,
                          .targets = {}});
}

// AMD Quark: {"weight": {"dtype": "fp8_e4m3"}, "input_tensors": {…}}.
void read_quark(const ConfigKeys& keys, Scheme& scheme) {
  const auto global = keys.child({"global_quant_config"});
  const auto weights = global ? global->child({"weight"}) : std::nullopt;
  if (!weights) {
    keys.fail("no 'weight' in 'global_quant_config'", "the format of the weights");
    return;
  }
  const auto format_of = [](const ConfigKeys& tensor) -> std::optional<Format> {
    const std::string dtype = tensor.text({"dtype"});
    if (dtype.starts_with("fp8")) return Format::kFp8;
    if (dtype.starts_with("fp4")) return Format::kMxfp4;
    if (dtype == "int8") return Format::kInt8;
    if (dtype == "int4" || dtype == "uint4") return Format::kInt4;
    tensor.fail("unknown dtype '" + dtype + "'", "fp8, fp4, int8 or int4");
    return std::nullopt;
  };
  const auto format = format_of(*weights);
  if (!format) return;
  const auto inputs = global->child({"input_tensors"});
  scheme.rules.push_back({.weights = *format,
                          .activations = inputs ? format_of(*inputs) : std::nullopt,
                          .group = 0,
                          .targets = {}});
}

void read_fp8(const ConfigKeys&, Scheme& scheme) {
  scheme.rules.push_back(
      {.weights = Format::kFp8, .activations = Format::kFp8, .group = 0, .targets = {}});
}

// transformers converts the experts only.
void read_mxfp4(const ConfigKeys&, Scheme& scheme) {
  scheme.rules.push_back({.weights = Format::kMxfp4,
                          .activations = {},
                          .group = 0,
                          .targets = ModulePatterns{{"experts"}}});
}

void read_groups_of(const ConfigKeys& keys, Scheme& scheme) {
  const auto groups = keys.child({"config_groups"});
  if (groups) return read_groups(*groups, scheme);
  keys.fail("missing 'config_groups'", "a mapping of groups with their 'weights'");
}

struct Method {
  std::string_view name;
  void (*read)(const ConfigKeys&, Scheme&);
};
constexpr std::array kMethods{
    Method{"fp8", read_fp8},
    Method{"fbgemm_fp8", read_fp8},
    Method{"mxfp4", read_mxfp4},
    Method{"compressed-tensors", read_groups_of},
    Method{"modelopt", read_modelopt},
    Method{"modelopt_fp4", read_modelopt},
    Method{"modelopt_mixed", read_modelopt},
    Method{"awq", read_integers},
    Method{"gptq", read_integers},
    Method{"auto-round", read_integers},
    Method{"bitsandbytes", read_bitsandbytes},
    Method{"quark", read_quark},
};

// The method as published; modelopt's older files leave it out.
std::string method_of(const ConfigKeys& keys) {
  const std::string method = keys.text({"quant_method"});
  const bool mixed = keys.find({"quant_algo", "quantized_layers"}) != nullptr;
  if (method.empty() || mixed) return "modelopt";
  return method;
}

std::optional<Scheme> read_scheme(const ConfigKeys& keys, const std::string& method) {
  Scheme scheme;
  const auto* found = std::ranges::find(kMethods, method, &Method::name);
  if (found == kMethods.end()) {
    std::vector<std::string> known;
    for (const Method& m : kMethods) known.emplace_back(m.name);
    keys.fail("unknown quantisation method '" + method + "'", one_of(known));
    return std::nullopt;
  }
  const std::size_t before = keys.errors().size();
  found->read(keys, scheme);
  scheme.ignored =
      ModulePatterns{keys.texts({"ignore", "modules_to_not_convert", "ignored_layers",
                                 "exclude_modules", "exclude", "llm_int8_skip_modules"})};
  if (keys.errors().size() > before) return std::nullopt;
  return scheme;
}

const Rule* rule_for(const Scheme& scheme, int layer, std::span<const std::string_view> names) {
  const auto named_by = [&](const ModulePatterns& patterns) {
    return std::ranges::any_of(names, [&](auto name) { return patterns.match(layer, name); });
  };
  if (!scheme.ignored.empty() && named_by(scheme.ignored)) return nullptr;
  for (const Rule& rule : scheme.rules) {
    if (rule.targets.empty() || named_by(rule.targets)) return &rule;
  }
  return nullptr;
}

std::span<const std::string_view> mixer_names(const Mixer& mixer) {
  if (std::holds_alternative<LinearAttention>(mixer)) return kLinear;
  if (std::holds_alternative<StateSpace>(mixer)) return kState;
  return kAttention;
}

// Sets what every layer is stored in, and returns the rule that holds most of the weights.
const Rule* apply(const Scheme& scheme, Reading& r) {
  std::vector<double> elements(scheme.rules.size());
  const auto take = [&](int layer, std::span<const std::string_view> names, double size,
                        std::optional<Format>& stored) {
    const Rule* rule = size > 0 ? rule_for(scheme, layer, names) : nullptr;
    if (rule == nullptr) return;
    stored = rule->weights;
    elements[static_cast<std::size_t>(rule - scheme.rules.data())] += size;
  };
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    Block& layer = r.layers[i];
    const LayerWeights w = layer_weights(r.model, layer);
    const int index = static_cast<int>(i);
    const bool dense = std::holds_alternative<DenseFfn>(layer.ffn);
    take(index, mixer_names(layer.mixer), w.mixer, layer.stored.mixer);
    take(index, dense ? std::span{kDense} : std::span<const std::string_view>{kShared}, w.ffn,
         layer.stored.ffn);
    take(index, kRouted, w.routed, layer.stored.routed);
  }
  const auto most = std::ranges::max_element(elements);
  if (most == elements.end() || *most == 0) return nullptr;
  return &scheme.rules[static_cast<std::size_t>(most - elements.begin())];
}

std::optional<Format> kv_format(const ConfigKeys& keys) {
  const Node* node = keys.find({"kv_cache_scheme", "kv_cache_quant_algo"});
  if (node == nullptr) return std::nullopt;
  if (node->is(Node::Kind::kMapping)) {
    return format_of_bits({keys.document(), *node, keys.errors()});
  }
  return parse_format(node->text);
}

}  // namespace

void read_quantisation(Reading& r) {
  auto found = r.root.child({"quantization_config", "compression_config"});
  if (!found) found = r.keys.child({"quantization_config", "compression_config"});
  if (!found) return;
  const ConfigKeys keys = found->child({"quantization"}).value_or(*found);
  const std::string method = method_of(keys);
  const auto scheme = read_scheme(keys, method);
  if (!scheme) return;
  const Rule* rule = apply(*scheme, r);
  if (rule == nullptr) return;  // everything is excluded: the checkpoint is not quantised
  Quantisation q;
  q.method = method;
  q.weights = rule->weights;
  q.group = rule->group;
  q.activations = rule->activations;
  q.kv_cache = kv_format(keys);
  q.unquantised = keys.texts({"ignore", "modules_to_not_convert", "ignored_layers",
                              "exclude_modules", "exclude", "llm_int8_skip_modules"});
  q.experts_only =
      std::ranges::none_of(r.layers, [](const Block& b) { return b.stored.mixer || b.stored.ffn; });
  r.model.quantisation = std::move(q);
}

}  // namespace assay::catalog
