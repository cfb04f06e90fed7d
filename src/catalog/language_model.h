// language_model.h — the shape of a decoder language model, as its published config.json gives it.
// A model is a list of blocks; a block is `count` equal layers of one mixer (attention or what
// stands for it) and one feed-forward part. Equal layers share a block wherever they stand.
// Sizes are elements, not bytes; every formula over them is in model_size.h.
// Plain values. Reading them: hf_config.h; the built-in ones: model_library.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "catalog/format.h"

namespace assay::catalog {

// Softmax attention with `kv_heads` shared by groups of heads (multi-head: kv_heads == heads;
// multi-query: 1).
struct GroupedQueryAttention {
  int heads{}, kv_heads{}, head_dim{};
  int value_head_dim{};  // equals head_dim unless stated
  int window{};          // tokens seen; 0: all
  bool bias_qkv{}, bias_out{}, qk_norm{}, sinks{}, output_gate{};
  bool qk_norm_wide{};  // the norm's weights span all heads, not one
  bool head_gate{};     // one gate a head instead of one an element
  bool value_is_key{};  // keys are projected once and serve as values; the cache holds both
  friend bool operator==(const GroupedQueryAttention&, const GroupedQueryAttention&) = default;
};

// Multi-head latent attention (DeepSeek-V2): one compressed KV vector a token, for all heads.
struct LatentAttention {
  int heads{}, q_lora_rank{}, kv_lora_rank{}, qk_nope_dim{}, qk_rope_dim{}, v_head_dim{};
  int indexer_heads{}, indexer_dim{}, indexer_tokens{};  // sparse attention; 0: attends to all
  bool bias{};
  bool output_gate{};
  friend bool operator==(const LatentAttention&, const LatentAttention&) = default;
};

// Linear attention: a state of fixed size instead of a KV cache. The gated delta rule (Qwen3-Next
// and later) unless stated.
struct LinearAttention {
  int key_heads{}, value_heads{}, key_dim{}, value_dim{}, convolution{};
  int gate_rank{};   // Kimi delta attention: gates of this rank, one an element
  bool lightning{};  // MiniMax's lightning attention: fixed decay, no convolution
  bool full_gate{};  // the output's gate is one matrix; the decay's keeps the rank (Kimi-K3)
  friend bool operator==(const LinearAttention&, const LinearAttention&) = default;
};

// Mamba-2 state space layer; Mamba-1 if `dt_rank` is set (heads are then single channels).
struct StateSpace {
  int heads{}, head_dim{}, state{}, groups{}, convolution{};
  int dt_rank{};
  bool bias{}, conv_bias{}, inner_norms{};  // inner_norms: Jamba normalises dt, B and C
  friend bool operator==(const StateSpace&, const StateSpace&) = default;
};

struct NoMixer {
  friend bool operator==(const NoMixer&, const NoMixer&) = default;
};
using Mixer =
    std::variant<GroupedQueryAttention, LatentAttention, LinearAttention, StateSpace, NoMixer>;

struct DenseFfn {
  int intermediate{};
  bool gated{};  // three matrices instead of two
  bool bias{};
  friend bool operator==(const DenseFfn&, const DenseFfn&) = default;
};

struct MoeFfn {
  int experts{}, experts_per_token{}, expert_intermediate{};
  int shared_intermediate{};  // all shared experts (or a parallel dense part); 0: none
  bool gated{}, bias{}, shared_gate{};
  int latent{};        // width of the experts' input and output if not hidden; 0: hidden
  bool router_bias{};  // correction of the expert scores, one an expert
  friend bool operator==(const MoeFfn&, const MoeFfn&) = default;
};

struct NoFfn {
  friend bool operator==(const NoFfn&, const NoFfn&) = default;
};
using Ffn = std::variant<DenseFfn, MoeFfn, NoFfn>;

// What the published checkpoint stores the matrices of a layer in; unset: the model's dtype.
struct StoredFormats {
  std::optional<Format> mixer;
  std::optional<Format> ffn;     // dense part and shared experts
  std::optional<Format> routed;  // routed experts
  friend bool operator==(const StoredFormats&, const StoredFormats&) = default;
};

struct Block {
  Mixer mixer;
  Ffn ffn;
  int count{};
  int norms{2};  // norms of hidden width in a layer
  StoredFormats stored;
};

// How the published checkpoint stores its weights; which layer is in which format: Block::stored.
struct Quantisation {
  std::string method;                    // as published: "fp8", "modelopt", "mxfp4", "awq", …
  Format weights{Format::kBf16};         // of the quantised linear layers
  int group{};                           // values that share a scale, where the config says it
  std::optional<Format> activations;     // unset: not quantised (weight-only)
  std::optional<Format> kv_cache;        // unset: as the config's dtype
  bool experts_only{};                   // only the routed experts are quantised
  std::vector<std::string> unquantised;  // patterns of modules kept at the config's dtype
};

// What a publisher's count of active parameters leaves out: nothing, the input table, or the input
// and the output table.
enum class ActiveCount : std::uint8_t { kAll, kWithoutInput, kWithoutTables };

struct LanguageModel {
  std::string id;            // "meta-llama/Llama-3.1-70B"; the file's name for a user's own config
  std::string architecture;  // as published: "LlamaForCausalLM"
  std::string note;
  std::string source;  // where the shape is published
  bool assumed{};      // the shape is a declared assumption, not published
  int hidden{}, vocabulary{}, context_max{};
  int learned_positions{};  // rows of a learned position table; 0: none
  int embedding_width{};    // of the token table where it is not hidden (projected); 0: hidden
  bool tied_embeddings{};
  bool output_bias{};
  bool norm_bias{};  // LayerNorm with bias instead of RMSNorm
  int norms{1};      // norms outside the layers
  Format dtype{Format::kBf16};
  std::optional<Quantisation> quantisation;
  std::vector<Block> blocks;
  int mtp_layers{};           // multi-token-prediction layers published with the model; not run in
                              // plain decoding
  double mtp_parameters{};    // theirs: in the checkpoint, in no count (publishers leave them out)
  double other_parameters{};  // vision tower, …: in the total, not in the decoder
  std::string other_note;
  ActiveCount active_count{ActiveCount::kAll};
  std::optional<double> published_parameters, published_active;  // for checking

  int layers() const;
};

// Whether any layer chooses among experts.
bool is_mixture_of_experts(const LanguageModel& model);

}  // namespace assay::catalog
