// Families with mixtures of experts over attention.
#include <array>

#include "catalog/hf_family.h"

namespace assay::catalog {
namespace {

constexpr WholeRange kSize{1, 1'000'000};

// Llama4TextConfig: what a text_config leaves out.
constexpr Shape kLlama4{5120, 48, 40, 8, 128, 8192, 202048, 131072, 8192};

// Llama 4: dense layers have a width of their own; one shared expert as wide as a routed one.
void adjust_llama4(Reading& r) {
  r.family.expert_width = r.shape.intermediate;
  r.shape.intermediate =
      r.keys.whole({"intermediate_size_mlp"}, kSize).value_or(r.shape.intermediate);
  r.model.note = "attention within chunks counts as a sliding window";
}

// MiniMaxM2Config: the norm of queries and keys spans all heads ("per_layer").
void adjust_minimax_m2(Reading& r) {
  const int modules = r.keys.whole({"num_mtp_modules"}, {0, 1000}).value_or(0);
  const int layers = r.keys.whole({"mtp_transformer_layers"}, {0, 1000}).value_or(1);
  if (r.on({"use_mtp", false})) r.model.mtp_layers = modules * layers;
}

// DbrxConfig: nested keys.
void adjust_dbrx(Reading& r) {
  if (const auto attention = r.keys.child({"attn_config"})) {
    r.shape.kv_heads = attention->whole({"kv_n_heads"}, kSize).value_or(1);
  }
}

void dbrx_layers(Reading& r) {
  const auto ffn = r.keys.child({"ffn_config"});
  if (!ffn) {
    r.keys.fail("missing 'ffn_config'",
                "a mapping with moe_num_experts, moe_top_k and "
                "ffn_hidden_size");
    return;
  }
  const MoeFfn moe{.experts = ffn->required({"moe_num_experts"}, {1, 100'000}),
                   .experts_per_token = ffn->required({"moe_top_k"}, {1, 100'000}),
                   .expert_intermediate = ffn->required({"ffn_hidden_size"}, kSize),
                   .shared_intermediate = 0,
                   .gated = true,
                   .bias = false,
                   .shared_gate = false,
                   .latent = 0,
                   .router_bias = false};
  const GroupedQueryAttention attention = grouped_attention(r);
  r.layers.assign(static_cast<std::size_t>(r.shape.layers),
                  {.mixer = attention, .ffn = moe, .count = 1, .norms = 2, .stored = {}});
}

// ArcticConfig: a dense gated part of hidden width beside the experts, behind a norm of its own.
void adjust_arctic(Reading& r) {
  if (r.on({"use_residual", true}) || r.on({"parallel_attn_mlp_res", false})) {
    r.family.parallel_dense = r.shape.hidden;
    r.family.norms = 3;
  }
}

// MiMoV2FlashConfig: windowed layers have heads of their own and, as configured, sinks.
void refine_mimo_v2(Reading& r, int, GroupedQueryAttention& a) {
  if (a.window == 0) {
    a.sinks = r.on({"add_full_attention_sink_bias", false});
    return;
  }
  a.heads = r.keys.whole({"swa_num_attention_heads"}, kSize).value_or(a.heads);
  a.kv_heads = r.keys.whole({"swa_num_key_value_heads"}, kSize).value_or(a.kv_heads);
  a.head_dim = r.keys.whole({"swa_head_dim"}, kSize).value_or(a.head_dim);
  a.value_head_dim = r.keys.whole({"swa_v_head_dim"}, kSize).value_or(a.value_head_dim);
  a.sinks = r.on({"add_swa_attention_sink_bias", false});
}

// "hybrid_layer_pattern": 1 for a windowed layer.
void adjust_mimo_v2(Reading& r) {
  const std::vector<int> pattern = r.keys.wholes({"hybrid_layer_pattern"}, {0, 1});
  if (!r.types.empty() || pattern.empty()) return;
  for (const int windowed : pattern) {
    r.types.emplace_back(windowed == 1 ? "sliding_attention" : "full_attention");
  }
}

// Step-3.5: windowed layers have heads of their own; a gate a head.
void refine_step(Reading& r, int, GroupedQueryAttention& a) {
  a.head_gate = r.on({"use_head_wise_attn_gate", false});
  if (a.window == 0) return;
  const auto other = r.keys.child({"attention_other_setting"});
  if (!other) return;
  a.heads = other->whole({"num_attention_heads"}, kSize).value_or(a.heads);
  a.kv_heads = other->whole({"num_attention_groups"}, kSize).value_or(a.kv_heads);
  a.head_dim = other->whole({"head_dim"}, kSize).value_or(a.head_dim);
  a.value_head_dim = a.head_dim;
}

constexpr Switch kBias{"use_bias", false};
constexpr Switch kQkvBias{"use_qkv_bias", false};

constexpr std::array kMoe{
    // MixtralConfig: 8 key-value heads.
    Family{.types = "mixtral",
           .architectures = "MixtralForCausalLM",
           .moe = true,
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .windows = Windows::kEveryLayer,
           .kv_heads = 8},
    // Qwen2MoeConfig: a gated shared expert. Qwen3MoeConfig: none.
    Family{.types = "qwen2_moe",
           .architectures = "Qwen2MoeForCausalLM",
           .moe = true,
           .bias_qkv = {"qkv_bias", true},
           .bias_out = kNo,
           .bias_ffn = kNo,
           .windows = Windows::kIfUsed,
           .kv_heads = 16,
           .shared_gate = true},
    Family{.types = "qwen3_moe qwen3_vl_moe_text",
           .architectures = "Qwen3MoeForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .windows = Windows::kIfUsed,
           .kv_heads = 4},
    // PhimoeConfig: LayerNorm with bias.
    Family{.types = "phimoe",
           .architectures = "PhiMoEForCausalLM PhimoeForCausalLM",
           .moe = true,
           .norm = Norms::kLayer,
           .bias_ffn = kNo,
           .output_bias = {"lm_head_bias", false},
           .windows = Windows::kEveryLayer,
           .kv_heads = 8},
    Family{.types = "olmoe",
           .architectures = "OlmoeForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kWide},
    Family{.types = "flex_olmo",
           .architectures = "FlexOlmoForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kWide},
    Family{.types = "granitemoe granitemoeshared",
           .architectures = "GraniteMoeForCausalLM GraniteMoeSharedForCausalLM",
           .moe = true,
           .bias_ffn = kNo},
    // DeepseekConfig, DeepseekV2Config, DeepseekV3Config; Kimi K2 and Moonlight publish as V3.
    Family{
        .types = "deepseek", .architectures = "DeepseekForCausalLM", .moe = true, .bias_ffn = kNo},
    Family{.types = "deepseek_v2",
           .architectures = "DeepseekV2ForCausalLM",
           .attends = Attends::kLatent,
           .moe = true,
           .bias_ffn = kNo},
    Family{.types = "deepseek_v3 deepseek_v32 kimi_k2",
           .architectures = "DeepseekV3ForCausalLM DeepseekV32ForCausalLM",
           .attends = Attends::kLatent,
           .moe = true,
           .bias_ffn = kNo,
           .dense_first = 3,
           .router_bias = kYes,
           .active = ActiveCount::kWithoutInput},
    Family{.types = "glm_moe_dsa glm4_moe_lite",
           .architectures = "GlmMoeDsaForCausalLM Glm4MoeLiteForCausalLM",
           .attends = Attends::kLatent,
           .moe = true,
           .bias_ffn = kNo,
           .router_bias = kYes,
           .active = ActiveCount::kWithoutTables},
    // Glm4MoeConfig: one leading dense layer; no bias on the output projection.
    Family{.types = "glm4_moe glm4v_moe_text",
           .architectures = "Glm4MoeForCausalLM "
                            "SolarOpenForCausalLM",
           .moe = true,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .qk_norm_if = {"use_qk_norm", false},
           .dense_first = 1,
           .router_bias = kYes,
           .active = ActiveCount::kWithoutTables},
    Family{.types = "dots1",
           .architectures = "Dots1ForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .windows = Windows::kPattern,
           .router_bias = kYes},
    Family{.types = "minimax_m2",
           .architectures = "MiniMaxM2ForCausalLM",
           .moe = true,
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kWide,
           .qk_norm_if = {"use_qk_norm", true},
           .router_bias = {"use_routing_bias", true},
           .active = ActiveCount::kWithoutTables,
           .adjust = adjust_minimax_m2},
    // GptOssConfig: biases everywhere, sinks, every other layer windowed.
    Family{.types = "gpt_oss",
           .architectures = "GptOssForCausalLM",
           .moe = true,
           .bias_qkv = {"attention_bias", true},
           .bias_out = {"attention_bias", true},
           .bias_ffn = kYes,
           .sinks = true,
           .windows = Windows::kPattern,
           .pattern = 2,
           .kv_heads = 8,
           .head_dim = 64,
           .active = ActiveCount::kWithoutInput},
    Family{.types = "llama4_text",
           .architectures = "Llama4ForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .windows = Windows::kChunked,
           .pattern = 4,
           .kv_heads = 8,
           .shared_experts = 1,
           .nested = &kLlama4,
           .adjust = adjust_llama4},
    Family{.types = "dbrx",
           .architectures = "DbrxForCausalLM",
           .moe = true,
           .norm = Norms::kLayerNoBias,
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .ffn_multiple = 4,
           .adjust = adjust_dbrx,
           .layers = dbrx_layers},
    // Grok-1: norms before and after each part.
    Family{.types = "grok-1 grok",
           .architectures = "Grok1ForCausalLM Grok1ModelForCausalLM",
           .moe = true,
           .norms = 4,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .head_dim = 128},
    Family{.types = "arctic",
           .architectures = "ArcticForCausalLM",
           .moe = true,
           .bias_ffn = kNo,
           .adjust = adjust_arctic},
    Family{.types = "hunyuan_v1_moe",
           .architectures = "HunYuanMoEV1ForCausalLM",
           .moe = true,
           .qk_norm = QkNorm::kHead,
           .qk_norm_if = {"use_qk_norm", true},
           .shared_experts = 1},
    // HYV3Config: one leading dense layer, one shared expert.
    Family{.types = "hy_v3",
           .architectures = "HYV3ForCausalLM",
           .moe = true,
           .qk_norm = QkNorm::kHead,
           .qk_norm_if = {"qk_norm", true},
           .dense_first = 1,
           .shared_experts = 1,
           .router_bias = kYes},
    // Ernie4_5_MoeConfig.
    Family{.types = "ernie4_5_moe",
           .architectures = "Ernie4_5_MoeForCausalLM",
           .moe = true,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = kBias,
           .bias_out = kBias,
           .bias_ffn = kBias,
           .kv_heads = 4,
           .router_bias = {"moe_use_aux_free", true}},
    // BailingMoeConfig, BailingMoeV2Config (Ling, Ring).
    Family{.types = "bailing_moe",
           .architectures = "BailingMoeForCausalLM",
           .moe = true,
           .bias_qkv = kQkvBias,
           .bias_out = kBias,
           .bias_ffn = kNo},
    Family{.types = "bailing_moe_v2 bailing_moe",
           .architectures = "BailingMoeV2ForCausalLM",
           .moe = true,
           .bias_qkv = kQkvBias,
           .bias_out = kBias,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .qk_norm_if = {"use_qk_norm", true},
           .router_bias = {"moe_router_enable_expert_bias", true}},
    Family{.types = "mimo_v2_flash",
           .architectures = "MiMoV2FlashForCausalLM",
           .moe = true,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .windows = Windows::kPattern,
           .router_bias = kYes,
           .adjust = adjust_mimo_v2,
           .refine = refine_mimo_v2},
    Family{.types = "step3p5 step3p5_flash",
           .architectures = "Step3p5ForCausalLM",
           .moe = true,
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .windows = Windows::kPattern,
           .router_bias = {"use_moe_router_bias", false},
           .refine = refine_step},
};

}  // namespace

std::span<const Family> moe_families() { return kMoe; }

}  // namespace assay::catalog
