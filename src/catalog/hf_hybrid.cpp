// Families that mix attention with layers of fixed state, or whose layers differ one by one.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "catalog/hf_family.h"

namespace assay::catalog {
namespace {

constexpr WholeRange kSize{1, 1'000'000};
constexpr WholeRange kFromZero{0, 1'000'000};

// Fills the layer types of families that publish a rule instead of a list.
template <class IsAttention>
void types_by_rule(Reading& r, IsAttention is_attention) {
  if (!r.types.empty()) return;
  for (int i = 0; i < r.shape.layers; ++i) {
    r.types.emplace_back(is_attention(i) ? "full_attention" : "linear_attention");
  }
}

// Qwen3NextConfig and the classes of Qwen 3.5: every fourth layer attends.
void adjust_qwen3_next(Reading& r) {
  const int interval = r.keys.whole({"full_attention_interval"}, kSize).value_or(4);
  types_by_rule(r, [&](int i) { return (i + 1) % interval == 0; });
}

Mixer qwen3_next_mixer(Reading& r) {
  return LinearAttention{.key_heads = r.keys.required({"linear_num_key_heads"}, kSize),
                         .value_heads = r.keys.required({"linear_num_value_heads"}, kSize),
                         .key_dim = r.keys.required({"linear_key_head_dim"}, kSize),
                         .value_dim = r.keys.required({"linear_value_head_dim"}, kSize),
                         .convolution = r.keys.required({"linear_conv_kernel_dim"}, {1, 1000}),
                         .gate_rank = 0,
                         .lightning = false};
}

// MiniMaxText01Config: attn_type_list has 1 for softmax attention, 0 for lightning attention.
void adjust_minimax(Reading& r) {
  const std::vector<int> list = r.keys.wholes({"attn_type_list"}, {0, 1});
  const auto is_attention = [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    return list.empty() ? (i + 1) % 2 == 0 : at < list.size() && list[at] == 1;
  };
  types_by_rule(r, is_attention);
}

Mixer lightning_mixer(Reading& r) {
  return LinearAttention{.key_heads = r.shape.heads,
                         .value_heads = r.shape.heads,
                         .key_dim = r.shape.head_dim,
                         .value_dim = r.shape.head_dim,
                         .convolution = 0,
                         .gate_rank = 0,
                         .lightning = true};
}

// KimiLinearConfig: kda_layers counts from 1.
void adjust_kimi_linear(Reading& r) {
  const auto linear = r.keys.child({"linear_attn_config"});
  if (!linear) {
    r.keys.fail("missing 'linear_attn_config'", "a mapping with kda_layers and its sizes");
    return;
  }
  const std::vector<int> kda = linear->wholes({"kda_layers"}, kSize);
  types_by_rule(r, [&](int i) { return std::ranges::find(kda, i + 1) == kda.end(); });
}

Mixer kimi_mixer(Reading& r) {
  const auto linear = r.keys.child({"linear_attn_config"});
  if (!linear) return NoMixer{};
  const int heads = linear->required({"num_heads"}, kSize);
  const int dim = linear->required({"head_dim"}, kSize);
  const document::Node* gate = linear->find({"use_full_rank_gate"});
  const bool full_gate = gate != nullptr && gate->boolean;
  return LinearAttention{.key_heads = heads,
                         .value_heads = heads,
                         .key_dim = dim,
                         .value_dim = dim,
                         .convolution = linear->required({"short_conv_kernel_size"}, {1, 1000}),
                         .gate_rank = dim,
                         .lightning = false,
                         .full_gate = full_gate};
}

// Mamba-1 beside attention. JambaConfig: period 8 and offset 4 of attention.
void adjust_jamba(Reading& r) {
  const int period = r.keys.whole({"attn_layer_period"}, kSize).value_or(8);
  const int offset = r.keys.whole({"attn_layer_offset"}, kFromZero).value_or(4);
  types_by_rule(r, [&](int i) { return i % period == offset % period; });
  r.family.moe = r.keys.whole({"num_experts"}, kSize).value_or(16) > 1;
}

// MambaConfig, JambaConfig: rank of the step is hidden / 16 rounded up unless it is stated.
StateSpace mamba1(Reading& r, int inner, KeyNames state, KeyNames kernel, KeyNames rank) {
  StateSpace s{.heads = inner,
               .head_dim = 1,
               .state = r.keys.whole(state, kSize).value_or(16),
               .groups = 1,
               .convolution = r.keys.whole(kernel, {1, 1000}).value_or(4),
               .dt_rank = (r.shape.hidden + 15) / 16,
               .bias = false,
               .conv_bias = false,
               .inner_norms = false};
  const document::Node* node = r.keys.find(rank);
  if (node != nullptr && node->text != "auto") s.dt_rank = r.keys.required(rank, kSize);
  return s;
}

Mixer jamba_mixer(Reading& r) {
  const int expand = r.keys.whole({"mamba_expand"}, {1, 100}).value_or(2);
  StateSpace s =
      mamba1(r, expand * r.shape.hidden, {"mamba_d_state"}, {"mamba_d_conv"}, {"mamba_dt_rank"});
  s.bias = r.on({"mamba_proj_bias", false});
  s.conv_bias = r.on({"mamba_conv_bias", true});
  s.inner_norms = true;
  return s;
}

// Layers of nothing but a mixer: MambaConfig, FalconMambaConfig.
void mamba_layers(Reading& r) {
  const int expand = r.keys.whole({"expand"}, {1, 100}).value_or(2);
  const int inner = r.shape.intermediate > 0 ? r.shape.intermediate : expand * r.shape.hidden;
  StateSpace s = mamba1(r, inner, {"state_size"}, {"conv_kernel"}, {"time_step_rank"});
  s.bias = r.on({"use_bias", false});
  s.conv_bias = r.on({"use_conv_bias", true});
  r.layers.assign(static_cast<std::size_t>(r.shape.layers),
                  {.mixer = s, .ffn = NoFfn{}, .count = 1, .norms = 1, .stored = {}});
}

// Mamba2Config.
void mamba2_layers(Reading& r) {
  const StateSpace s{.heads = r.keys.required({"num_heads"}, kSize),
                     .head_dim = r.keys.required({"head_dim"}, kSize),
                     .state = r.keys.whole({"state_size"}, kSize).value_or(128),
                     .groups = r.keys.whole({"n_groups"}, kSize).value_or(8),
                     .convolution = r.keys.whole({"conv_kernel"}, {1, 1000}).value_or(4),
                     .dt_rank = 0,
                     .bias = r.on({"use_bias", false}),
                     .conv_bias = r.on({"use_conv_bias", true}),
                     .inner_norms = false};
  r.layers.assign(static_cast<std::size_t>(r.shape.layers),
                  {.mixer = s, .ffn = NoFfn{}, .count = 1, .norms = 1, .stored = {}});
}

// Mamba-2 of BambaConfig and GraniteMoeHybridConfig.
Mixer bamba_mixer(Reading& r) {
  StateSpace s{.heads = r.keys.required({"mamba_n_heads"}, kSize),
               .head_dim = 0,
               .state = r.keys.required({"mamba_d_state"}, kSize),
               .groups = r.keys.whole({"mamba_n_groups"}, kSize).value_or(1),
               .convolution = r.keys.whole({"mamba_d_conv"}, {1, 1000}).value_or(4),
               .dt_rank = 0,
               .bias = r.on({"mamba_proj_bias", false}),
               .conv_bias = r.on({"mamba_conv_bias", true}),
               .inner_norms = false};
  const int expand = r.keys.whole({"mamba_expand"}, {1, 100}).value_or(2);
  const document::Node* node = r.keys.find({"mamba_d_head"});
  const bool stated = node != nullptr && node->text != "auto";
  if (stated) s.head_dim = r.keys.required({"mamba_d_head"}, kSize);
  if (!stated && s.heads > 0) s.head_dim = expand * r.shape.hidden / s.heads;
  return s;
}

void adjust_bamba(Reading& r) {
  const std::vector<int> attention = r.keys.wholes({"attn_layer_indices"}, kFromZero);
  types_by_rule(r, [&](int i) { return std::ranges::find(attention, i) != attention.end(); });
}

// GraniteMoeHybridConfig: without experts the shared part is the whole feed-forward part.
void adjust_granite_hybrid(Reading& r) {
  r.family.moe = r.keys.whole({"num_local_experts"}, kFromZero).value_or(0) > 0;
  const auto shared = r.keys.whole({"shared_intermediate_size"}, kFromZero);
  if (!r.family.moe && shared && *shared > 0) r.shape.intermediate = *shared;
}

// NemotronHConfig writes one letter a layer (M mamba, * attention, - dense, E experts) or a list.
std::string nemotron_pattern(Reading& r, KeyNames letters, KeyNames list) {
  std::string pattern = r.keys.text(letters);
  if (!pattern.empty()) return pattern;
  for (const std::string& type : r.keys.texts(list)) {
    const bool known = lists("mamba attention mlp moe", type);
    pattern += !known                ? '?'
               : type == "mamba"     ? 'M'
               : type == "attention" ? '*'
               : type == "mlp"       ? '-'
                                     : 'E';
  }
  return pattern;
}

void adjust_nemotron_h(Reading& r) {
  const std::string pattern =
      nemotron_pattern(r, {"hybrid_override_pattern"}, {"layers_block_type"});
  if (r.shape.layers == 0) r.shape.layers = static_cast<int>(pattern.size());
}

StateSpace nemotron_mamba(Reading& r) {
  return {.heads = r.keys.required({"mamba_num_heads"}, kSize),
          .head_dim = r.keys.required({"mamba_head_dim"}, kSize),
          .state = r.keys.required({"ssm_state_size"}, kSize),
          .groups = r.keys.required({"n_groups"}, kSize),
          .convolution = r.keys.whole({"conv_kernel"}, {1, 1000}).value_or(4),
          .dt_rank = 0,
          .bias = r.on({"use_bias", false}),
          .conv_bias = r.on({"use_conv_bias", true}),
          .inner_norms = false};
}

// The layers of one pattern; an unknown letter is an error.
std::vector<Block> nemotron_layers_of(Reading& r, const std::string& pattern) {
  std::vector<Block> layers;
  const bool sparse = pattern.find('E') != std::string::npos;
  const bool mamba = pattern.find('M') != std::string::npos;
  const StateSpace state = mamba ? nemotron_mamba(r) : StateSpace{};
  const GroupedQueryAttention attention = grouped_attention(r);
  MoeFfn moe = sparse ? moe_ffn(r) : MoeFfn{};
  moe.latent = r.keys.whole({"moe_latent_size"}, kSize).value_or(0);
  for (const char letter : pattern) {
    Block layer{.mixer = NoMixer{}, .ffn = NoFfn{}, .count = 1, .norms = 1, .stored = {}};
    switch (letter) {
      case 'M':
        layer.mixer = state;
        break;
      case '*':
        layer.mixer = attention;
        break;
      case '-':
        layer.ffn = dense_ffn(r, r.shape.intermediate);
        break;
      case 'E':
        layer.ffn = moe;
        break;
      default:
        r.keys.fail_at({"hybrid_override_pattern", "layers_block_type"},
                       std::string{"layer type '"} + letter + "' of the pattern is not known",
                       "M (mamba), * (attention), - (dense) or E (experts)");
        return {};
    }
    layers.push_back(layer);
  }
  return layers;
}

void nemotron_h_layers(Reading& r) {
  const std::string pattern =
      nemotron_pattern(r, {"hybrid_override_pattern"}, {"layers_block_type"});
  if (pattern.size() != static_cast<std::size_t>(r.shape.layers) || pattern.empty()) {
    r.keys.fail("a hybrid pattern for " + std::to_string(pattern.size()) + " layers",
                "'hybrid_override_pattern' or 'layers_block_type' for each of the " +
                    std::to_string(r.shape.layers) + " layers");
    return;
  }
  r.layers = nemotron_layers_of(r, pattern);
  const std::string mtp =
      nemotron_pattern(r, {"mtp_hybrid_override_pattern"}, {"mtp_layers_block_type"});
  r.mtp_layers = nemotron_layers_of(r, mtp);
}

// Nemotron-NAS (DeciLMConfig): each layer's attention and feed-forward part by itself.
// ffn_mult is of hidden, times 2/3, rounded up to 256: as modeling_decilm.py does.
std::optional<Block> nas_layer(Reading& r, const ConfigKeys& config) {
  const auto attention = config.child({"attention"}), ffn = config.child({"ffn"});
  if (!attention || !ffn) {
    config.fail("a layer without 'attention' or 'ffn'", "both, as mappings");
    return std::nullopt;
  }
  for (const auto& part : {*attention, *ffn}) {
    if (!part.flag({"replace_with_linear"}).value_or(false)) continue;
    part.fail("a layer replaced by one matrix (replace_with_linear) is not modelled");
    return std::nullopt;
  }
  Block layer{.mixer = NoMixer{}, .ffn = NoFfn{}, .count = 1, .norms = 0, .stored = {}};
  if (!attention->flag({"no_op"}).value_or(false)) {
    GroupedQueryAttention a = grouped_attention(r);
    const int group = attention->required({"n_heads_in_group"}, kSize);
    if (group == 0) return std::nullopt;
    a.kv_heads = std::max(1, a.heads / group);
    a.window = attention->whole({"window_length"}).value_or(0);
    layer.mixer = a;
    ++layer.norms;
  }
  if (!ffn->flag({"no_op"}).value_or(false)) {
    const auto multiple = ffn->number({"ffn_mult"});
    if (!multiple || *multiple <= 0 || *multiple > 1000) {
      ffn->fail("no positive 'ffn_mult'", "a number such as 2.625");
      return std::nullopt;
    }
    const int wide = static_cast<int>(2 * *multiple * r.shape.hidden / 3);
    layer.ffn = dense_ffn(r, (wide + 255) / 256 * 256);
    ++layer.norms;
  }
  return layer;
}

void nas_layers(Reading& r) {
  const document::Node* blocks = r.keys.find({"block_configs"});
  if (blocks == nullptr || blocks->items.size() != static_cast<std::size_t>(r.shape.layers)) {
    r.keys.fail("'block_configs' for " +
                    std::to_string(blocks == nullptr ? 0 : blocks->items.size()) + " layers",
                "one for each of the " + std::to_string(r.shape.layers) + " layers");
    return;
  }
  for (const document::Node& item : blocks->items) {
    const auto layer = nas_layer(r, {r.keys.document(), item, r.keys.errors()});
    if (!layer) return;
    r.layers.push_back(*layer);
  }
}

constexpr std::array kHybrid{
    Family{.types = "qwen3_next",
           .architectures = "Qwen3NextForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .output_gate = kYes,
           .kv_heads = 2,
           .head_dim = 256,
           .shared_gate = true,
           .adjust = adjust_qwen3_next,
           .other_mixer = qwen3_next_mixer},
    Family{.types = "qwen3_5 qwen3_5_text",
           .architectures = "Qwen3_5ForCausalLM",
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .output_gate = {"attn_output_gate", true},
           .kv_heads = 4,
           .head_dim = 256,
           .adjust = adjust_qwen3_next,
           .other_mixer = qwen3_next_mixer},
    Family{.types = "qwen3_5_moe qwen3_5_moe_text",
           .architectures = "Qwen3_5MoeForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .output_gate = {"attn_output_gate", true},
           .kv_heads = 2,
           .head_dim = 256,
           .shared_gate = true,
           .adjust = adjust_qwen3_next,
           .other_mixer = qwen3_next_mixer},
    Family{.types = "minimax_text_01 minimax_m1 minimax",
           .architectures = "MiniMaxText01ForCausalLM MiniMaxM1ForCausalLM MiniMaxForCausalLM",
           .moe = true,
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .adjust = adjust_minimax,
           .other_mixer = lightning_mixer},
    Family{.types = "kimi_linear",
           .architectures = "KimiLinearForCausalLM",
           .attends = Attends::kLatent,
           .moe = true,
           .bias_ffn = kNo,
           .router_bias = kYes,
           .adjust = adjust_kimi_linear,
           .other_mixer = kimi_mixer},
    Family{.types = "jamba",
           .architectures = "JambaForCausalLM",
           .moe = true,
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .kv_heads = 8,
           .adjust = adjust_jamba,
           .other_mixer = jamba_mixer},
    Family{.types = "bamba",
           .architectures = "BambaForCausalLM",
           .kv_heads = 8,
           .adjust = adjust_bamba,
           .other_mixer = bamba_mixer},
    Family{.types = "granitemoehybrid",
           .architectures = "GraniteMoeHybridForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .adjust = adjust_granite_hybrid,
           .other_mixer = bamba_mixer},
    Family{.types = "mamba falcon_mamba",
           .architectures = "MambaForCausalLM FalconMambaForCausalLM",
           .tied = {"tie_word_embeddings", true},
           .layers = mamba_layers,
           .no_attention = true},
    Family{.types = "mamba2",
           .architectures = "Mamba2ForCausalLM",
           .layers = mamba2_layers,
           .no_attention = true},
    Family{.types = "nemotron_h",
           .architectures = "NemotronHForCausalLM",
           .moe = true,
           .gated = kNo,
           .kv_heads = 8,
           .router_bias = kYes,
           .adjust = adjust_nemotron_h,
           .layers = nemotron_h_layers},
    Family{
        .types = "nemotron-nas deci", .architectures = "DeciLMForCausalLM", .layers = nas_layers},
};

}  // namespace

std::span<const Family> hybrid_families() { return kHybrid; }

}  // namespace assay::catalog
