// Families whose layers are one attention and one dense feed-forward part.
#include <array>
#include <cmath>
#include <string>

#include "catalog/hf_family.h"

namespace assay::catalog {
namespace {

constexpr Switch kBias{"use_bias", false};
constexpr WholeRange kSize{1, 1'000'000};

// Defaults of the classes whose text_config is published as a difference: LlamaConfig,
// MistralConfig, GemmaConfig, Gemma2Config, Gemma3TextConfig, Gemma4TextConfig, Qwen2Config.
constexpr Shape kLlama{4096, 32, 32, 0, 0, 11008, 32000, 2048, 0};
constexpr Shape kMistral{4096, 32, 32, 8, 0, 14336, 32000, 131072, 4096};
constexpr Shape kGemma{3072, 28, 16, 16, 256, 24576, 256000, 8192, 0};
constexpr Shape kGemma2{2304, 26, 8, 4, 256, 9216, 256000, 8192, 4096};
constexpr Shape kGemma3{2304, 26, 8, 4, 256, 9216, 262208, 131072, 4096};
constexpr Shape kGemma4{2304, 30, 8, 4, 256, 9216, 262144, 131072, 512};
constexpr Shape kQwen2{4096, 32, 32, 32, 0, 22016, 151936, 32768, 4096};

// FalconConfig: one key-value head unless new_decoder_architecture or multi_query = false says so.
void adjust_falcon(Reading& r) {
  const bool grouped = r.on({"new_decoder_architecture", false});
  const bool parallel = r.on({"parallel_attn", true});
  const bool multi_query = r.on({"multi_query", true});
  if (grouped) {
    r.shape.kv_heads = r.keys.whole({"num_kv_heads", "n_head_kv"}, kSize).value_or(r.shape.heads);
    r.family.norms = r.keys.whole({"num_ln_in_parallel_attn"}, {1, 2}).value_or(2);
  } else {
    r.shape.kv_heads = multi_query ? 1 : r.shape.heads;
    r.family.norms = parallel ? 1 : 2;
  }
}

// GPTBigCodeConfig: multi_query is true unless stated.
void adjust_bigcode(Reading& r) {
  r.shape.kv_heads = r.on({"multi_query", true}) ? 1 : r.shape.heads;
}

// MptConfig: heads of keys inside attn_config; learned positions unless alibi or rope.
void adjust_mpt(Reading& r) {
  const auto attention = r.keys.child({"attn_config"});
  bool learned = r.on({"learned_pos_emb", true});
  if (attention) {
    if (attention->text({"attn_type"}) == "multiquery_attention") r.shape.kv_heads = 1;
    if (const auto heads = attention->whole({"kv_n_heads"}, kSize)) r.shape.kv_heads = *heads;
    if (attention->flag({"alibi"}).value_or(false)) learned = false;
    if (attention->flag({"rope"}).value_or(false)) learned = false;
  }
  if (!learned) r.family.positions = Positions::kRotary;
  const bool bias = !r.on({"no_bias", true});
  r.family.norm = bias ? Norms::kLayer : Norms::kLayerNoBias;
  r.family.bias_qkv = r.family.bias_out = r.family.bias_ffn = bias ? kYes : kNo;
  const auto ratio = r.keys.whole({"expansion_ratio"}, {1, 1000});
  if (ratio && r.shape.hidden > 0) r.shape.intermediate = *ratio * r.shape.hidden;
}

// ChatGLMConfig: multi-query groups are the key-value heads; the first generation is another model.
void adjust_chatglm(Reading& r) {
  if (!r.on({"multi_query_attention", false})) return;
  r.shape.kv_heads = r.keys.required({"multi_query_group_num"}, kSize);
}

// QWenConfig: intermediate_size counts both inner matrices.
void adjust_qwen1(Reading& r) { r.shape.intermediate /= 2; }

// StableLmConfig: the parallel form has one norm a layer.
void adjust_stablelm(Reading& r) {
  if (r.on({"use_parallel_residual", false})) r.family.norms = 1;
}

// OPTConfig: tokens are embedded at word_embed_proj_dim; opt-350m normalises after the layers.
void adjust_opt(Reading& r) {
  const int width = r.keys.whole({"word_embed_proj_dim"}, kSize).value_or(r.shape.hidden);
  if (width != r.shape.hidden) r.model.embedding_width = width;
  if (!r.on({"do_layer_norm_before", true})) r.family.model_norms = 0;
}

// Gemma4TextConfig: layers that attend to all have heads of their own size, and may share k and v.
void refine_gemma4(Reading& r, int, GroupedQueryAttention& a) {
  if (a.window > 0) return;
  a.head_dim = r.keys.whole({"global_head_dim"}, kSize).value_or(512);
  a.value_head_dim = a.head_dim;
  a.value_is_key = r.on({"attention_k_eq_v", false});
  if (!a.value_is_key) return;
  a.kv_heads = r.keys.whole({"num_global_key_value_heads"}, kSize).value_or(a.kv_heads);
}

void adjust_gemma4(Reading& r) {
  // Gemma4TextConfig: 256 unless stated; a written null means none.
  const bool absent = !r.keys.mentions("hidden_size_per_layer_input");
  if (r.keys.whole({"hidden_size_per_layer_input"}, {0, 1'000'000}).value_or(absent ? 256 : 0) >
      0) {
    r.keys.fail(
        "embeddings of their own in every layer (hidden_size_per_layer_input) are not "
        "modelled",
        "hidden_size_per_layer_input 0, as in the 26B and 31B models");
  }
  if (r.keys.whole({"num_kv_shared_layers"}, {0, 10'000}).value_or(0) > 0) {
    r.keys.fail("layers that share keys and values (num_kv_shared_layers) are not modelled");
  }
  if (!r.on({"enable_moe_block", false})) return;
  r.family.moe = true;  // beside the dense part, behind three more norms
  r.family.parallel_dense = r.shape.intermediate;
  r.family.norms = 7;
}

constexpr std::array kDense{
    // LlamaConfig; Yi, SmolLM, Vicuna, TinyLlama, DeepSeek-LLM and others publish as Llama too.
    Family{.types = "llama Yi aquila",
           .architectures = "LlamaForCausalLM "
                            "YiForCausalLM AquilaForCausalLM SolarForCausalLM XverseForCausalLM",
           .nested = &kLlama},
    // InternLMConfig: one key for all attention biases.
    Family{.types = "internlm",
           .architectures = "InternLMForCausalLM",
           .bias_qkv = {"bias", true},
           .bias_out = {"bias", true}},
    Family{.types = "internlm2",
           .architectures = "InternLM2ForCausalLM",
           .bias_qkv = {"bias", false},
           .bias_out = {"bias", false}},
    Family{.types = "internlm3",
           .architectures = "InternLM3ForCausalLM",
           .bias_qkv = {"qkv_bias", false},
           .bias_out = {"bias", false},
           .bias_ffn = {"bias", false}},
    // MistralConfig: 8 key-value heads, window 4096 where the key is absent in a text_config.
    Family{.types = "mistral ministral ministral3",
           .architectures = "MistralForCausalLM "
                            "MinistralForCausalLM Ministral3ForCausalLM",
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .windows = Windows::kEveryLayer,
           .kv_heads = 8,
           .nested = &kMistral},
    // Qwen2Config: biases on q, k and v always. QWenConfig (the first generation) likewise.
    Family{.types = "qwen2 qwen2_vl qwen2_vl_text qwen2_5_vl qwen2_5_vl_text",
           .architectures = "Qwen2ForCausalLM",
           .bias_qkv = kYes,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .windows = Windows::kIfUsed,
           .kv_heads = 32,
           .nested = &kQwen2},
    Family{.types = "qwen",
           .architectures = "QWenLMHeadModel",
           .bias_qkv = kYes,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .adjust = adjust_qwen1},
    Family{.types = "qwen3 qwen3_vl_text",
           .architectures = "Qwen3ForCausalLM",
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .windows = Windows::kIfUsed,
           .kv_heads = 32},
    Family{.types = "mimo",
           .architectures = "MiMoForCausalLM",
           .bias_qkv = kYes,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .windows = Windows::kIfUsed},
    Family{.types = "seed_oss",
           .architectures = "SeedOssForCausalLM",
           .bias_qkv = {"attention_bias", true},
           .bias_out = {"attention_out_bias", false},
           .kv_heads = 8,
           .head_dim = 128},
    Family{.types = "smollm3",
           .architectures = "SmolLM3ForCausalLM",
           .tied = {"tie_word_embeddings", true},
           .windows = Windows::kIfUsed,
           .kv_heads = 4},
    Family{.types = "arcee", .architectures = "ArceeForCausalLM", .gated = kNo},
    Family{.types = "apertus",
           .architectures = "ApertusForCausalLM",
           .gated = kNo,
           .qk_norm = QkNorm::kHead},
    Family{.types = "ernie4_5",
           .architectures = "Ernie4_5ForCausalLM Ernie4_5_ForCausalLM",
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = kBias,
           .bias_out = kBias,
           .bias_ffn = kBias,
           .kv_heads = 2},
    Family{.types = "hunyuan_v1_dense hunyuan",
           .architectures = "HunYuanDenseV1ForCausalLM HunYuanForCausalLM",
           .qk_norm = QkNorm::kHead,
           .qk_norm_if = {"use_qk_norm", true}},
    Family{.types = "minicpm",
           .architectures = "MiniCPMForCausalLM",
           .tied = {"tie_word_embeddings", true}},
    // MiniCPM3Config: latent attention; heads of values as wide as hidden / heads.
    Family{.types = "minicpm3",
           .architectures = "MiniCPM3ForCausalLM",
           .attends = Attends::kLatent,
           .tied = {"tie_word_embeddings", true}},
    Family{.types = "baichuan",
           .architectures = "BaichuanForCausalLM BaiChuanForCausalLM",
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo},
    Family{.types = "orion", .architectures = "OrionForCausalLM", .norm = Norms::kLayer},
    Family{.types = "exaone",
           .architectures = "ExaoneForCausalLM",
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo},
    Family{.types = "exaone4",
           .architectures = "Exaone4ForCausalLM",
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .windows = Windows::kPattern,
           .pattern = 4},
    // NemotronConfig: LayerNorm1P with bias, squared ReLU.
    Family{.types = "nemotron",
           .architectures = "NemotronForCausalLM",
           .norm = Norms::kLayer,
           .gated = kNo},
    Family{.types = "granite", .architectures = "GraniteForCausalLM"},
    // CohereConfig: attention and feed-forward share one norm; tied unless stated.
    Family{.types = "cohere",
           .architectures = "CohereForCausalLM",
           .norm = Norms::kLayerNoBias,
           .norms = 1,
           .tied = {"tie_word_embeddings", true},
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kWide,
           .qk_norm_if = {"use_qk_norm", false}},
    Family{.types = "cohere2",
           .architectures = "Cohere2ForCausalLM",
           .norm = Norms::kLayerNoBias,
           .norms = 1,
           .tied = {"tie_word_embeddings", true},
           .bias_ffn = kNo,
           .windows = Windows::kPattern,
           .pattern = 4},
    Family{.types = "stablelm stablelm_epoch",
           .architectures = "StableLmForCausalLM StableLMEpochForCausalLM",
           .norm = Norms::kLayer,
           .bias_qkv = {"use_qkv_bias", false},
           .bias_out = kNo,
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kWide,
           .qk_norm_if = {"qk_layernorm", false},
           .kv_heads = 32,
           .adjust = adjust_stablelm},
    Family{.types = "starcoder2",
           .architectures = "Starcoder2ForCausalLM",
           .norm = Norms::kLayer,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = {"use_bias", true},
           .bias_out = {"use_bias", true},
           .bias_ffn = {"use_bias", true},
           .gated = kNo,
           .windows = Windows::kEveryLayer,
           .kv_heads = 2},
    Family{.types = "phi",
           .architectures = "PhiForCausalLM",
           .norm = Norms::kLayer,
           .norms = 1,
           .bias_qkv = kYes,
           .bias_out = kYes,
           .bias_ffn = kYes,
           .output_bias = kYes,
           .gated = kNo,
           .ffn_multiple = 4},
    Family{.types = "phi3",
           .architectures = "Phi3ForCausalLM",
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .windows = Windows::kEveryLayer},
    // GemmaConfig: heads of 256, tied unless stated.
    Family{.types = "gemma",
           .architectures = "GemmaForCausalLM",
           .tied = {"tie_word_embeddings", true},
           .bias_ffn = kNo,
           .kv_heads = 16,
           .head_dim = 256,
           .nested = &kGemma},
    Family{.types = "gemma2",
           .architectures = "Gemma2ForCausalLM",
           .norms = 4,
           .tied = {"tie_word_embeddings", true},
           .bias_ffn = kNo,
           .windows = Windows::kPattern,
           .pattern = 2,
           .kv_heads = 4,
           .head_dim = 256,
           .nested = &kGemma2},
    Family{.types = "gemma3_text",
           .architectures = "Gemma3ForCausalLM",
           .norms = 4,
           .tied = {"tie_word_embeddings", true},
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .windows = Windows::kPattern,
           .pattern = 6,
           .kv_heads = 4,
           .head_dim = 256,
           .nested = &kGemma3},
    Family{.types = "gemma4_text",
           .architectures = "Gemma4ForCausalLM",
           .norms = 4,
           .tied = {"tie_word_embeddings", true},
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kHead,
           .windows = Windows::kPattern,
           .pattern = 6,
           .kv_heads = 4,
           .head_dim = 256,
           .nested = &kGemma4,
           .adjust = adjust_gemma4,
           .refine = refine_gemma4},
    // OLMo: norms without weights.
    Family{
        .types = "olmo", .architectures = "OlmoForCausalLM", .norm = Norms::kNone, .bias_ffn = kNo},
    Family{.types = "olmo2",
           .architectures = "Olmo2ForCausalLM",
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kWide},
    Family{.types = "olmo3",
           .architectures = "Olmo3ForCausalLM",
           .bias_ffn = kNo,
           .qk_norm = QkNorm::kWide,
           .windows = Windows::kPattern,
           .pattern = 4},
    // GlmConfig, Glm4Config: two key-value heads of 128; Glm4 normalises before and after.
    Family{.types = "glm",
           .architectures = "GlmForCausalLM",
           .bias_out = kNo,
           .bias_ffn = kNo,
           .kv_heads = 2,
           .head_dim = 128},
    Family{.types = "glm4 glm4v_text",
           .architectures = "Glm4ForCausalLM",
           .norms = 4,
           .bias_out = kNo,
           .bias_ffn = kNo,
           .kv_heads = 2,
           .head_dim = 128},
    Family{.types = "chatglm",
           .architectures = "ChatGLMModel ChatGLMForConditionalGeneration",
           .bias_qkv = {"add_qkv_bias", false},
           .bias_out = {"add_bias_linear", false},
           .bias_ffn = {"add_bias_linear", false},
           .adjust = adjust_chatglm},
    // GPT2Config, GPTBigCodeConfig, GPTNeoConfig, GPTNeoXConfig, GPTJConfig, CodeGenConfig.
    Family{.types = "gpt2",
           .architectures = "GPT2LMHeadModel",
           .norm = Norms::kLayer,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = kYes,
           .bias_out = kYes,
           .bias_ffn = kYes,
           .gated = kNo,
           .positions = Positions::kLearned,
           .ffn_multiple = 4},
    Family{.types = "gpt_bigcode",
           .architectures = "GPTBigCodeForCausalLM",
           .norm = Norms::kLayer,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = kYes,
           .bias_out = kYes,
           .bias_ffn = kYes,
           .gated = kNo,
           .positions = Positions::kLearned,
           .ffn_multiple = 4,
           .adjust = adjust_bigcode},
    Family{.types = "gpt_neo",
           .architectures = "GPTNeoForCausalLM",
           .norm = Norms::kLayer,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = kNo,
           .bias_out = kYes,
           .bias_ffn = kYes,
           .gated = kNo,
           .windows = Windows::kPattern,
           .pattern = 2,
           .pattern_shift = 1,
           .positions = Positions::kLearned,
           .ffn_multiple = 4},
    Family{.types = "gpt_neox",
           .architectures = "GPTNeoXForCausalLM",
           .norm = Norms::kLayer,
           .bias_qkv = {"attention_bias", true},
           .bias_out = {"attention_bias", true},
           .bias_ffn = kYes,
           .gated = kNo},
    Family{.types = "gptj codegen",
           .architectures = "GPTJForCausalLM CodeGenForCausalLM",
           .norm = Norms::kLayer,
           .norms = 1,
           .bias_qkv = kNo,
           .bias_out = kNo,
           .bias_ffn = kYes,
           .output_bias = kYes,
           .gated = kNo,
           .ffn_multiple = 4},
    // OPTConfig: two more rows of positions than tokens. BloomConfig: a norm after the embedding.
    Family{.types = "opt",
           .architectures = "OPTForCausalLM",
           .norm = Norms::kLayer,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = {"enable_bias", true},
           .bias_out = {"enable_bias", true},
           .bias_ffn = {"enable_bias", true},
           .gated = kNo,
           .positions = Positions::kLearnedPlusTwo,
           .adjust = adjust_opt},
    Family{.types = "bloom",
           .architectures = "BloomForCausalLM",
           .norm = Norms::kLayer,
           .model_norms = 2,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = kYes,
           .bias_out = kYes,
           .bias_ffn = kYes,
           .gated = kNo,
           .ffn_multiple = 4},
    Family{.types = "falcon RefinedWeb RefinedWebModel",
           .architectures = "FalconForCausalLM RWForCausalLM",
           .norm = Norms::kLayer,
           .tied = {"tie_word_embeddings", true},
           .bias_qkv = {"bias", false},
           .bias_out = {"bias", false},
           .bias_ffn = {"bias", false},
           .gated = kNo,
           .ffn_multiple = 4,
           .adjust = adjust_falcon},
    Family{.types = "mpt",
           .architectures = "MPTForCausalLM MptForCausalLM",
           .tied = {"tie_word_embeddings", true},
           .gated = kNo,
           .positions = Positions::kLearned,
           .ffn_multiple = 4,
           .adjust = adjust_mpt},
};

}  // namespace

std::span<const Family> dense_families() { return kDense; }

}  // namespace assay::catalog
