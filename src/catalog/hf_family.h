// hf_family.h — what a config.json leaves to its architecture: one row of facts a family.
// Inside of hf_config.cpp; nobody else needs it. A key that a config lacks takes the default that
// the family's configuration class publishes (LlamaConfig for LlamaForCausalLM and so on, in
// transformers or beside the model): that is the meaning of its absence, not a guess.
// Plain values; the tables are constant.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/config_keys.h"
#include "catalog/language_model.h"

namespace assay::catalog {

// A boolean of the config, and what its absence means; without a key it is fixed.
struct Switch {
  std::string_view key;
  bool absent{};
};
inline constexpr Switch kNo{"", false};
inline constexpr Switch kYes{"", true};

enum class Norms : std::uint8_t { kRms, kLayer, kLayerNoBias, kNone };
enum class QkNorm : std::uint8_t { kNone, kHead, kWide };
// kPattern: every pattern-th layer attends to all, the others within the window.
enum class Windows : std::uint8_t { kNone, kEveryLayer, kIfUsed, kPattern, kChunked };
enum class Positions : std::uint8_t { kRotary, kLearned, kLearnedPlusTwo };
enum class Attends : std::uint8_t { kGrouped, kLatent };

struct Shape {
  int hidden{}, layers{}, heads{}, kv_heads{}, head_dim{}, intermediate{}, vocabulary{}, context{};
  int window{};
};

struct Reading;

struct Family {
  std::string_view types;          // model_type; several are separated by spaces
  std::string_view architectures;  // published class names, separated by spaces
  Attends attends{Attends::kGrouped};
  bool moe{};
  Norms norm{Norms::kRms};
  int norms{2};        // a layer
  int model_norms{1};  // outside the layers
  Switch tied{"tie_word_embeddings", false};
  Switch bias_qkv{"attention_bias", false};
  Switch bias_out{"attention_bias", false};
  Switch bias_ffn{"mlp_bias", false};
  Switch output_bias{kNo};
  Switch gated{kYes};
  QkNorm qk_norm{QkNorm::kNone};
  Switch qk_norm_if{kYes};
  bool sinks{};
  Switch output_gate{kNo};
  Windows windows{Windows::kNone};
  int pattern{};  // of kPattern, where the config has none
  int pattern_shift{};
  Positions positions{Positions::kRotary};
  int ffn_multiple{};    // of hidden, where intermediate_size is absent; 0: it is required
  int kv_heads{};        // where num_key_value_heads is absent; 0: as many as heads
  int head_dim{};        // where head_dim is absent; 0: hidden / heads
  int dense_first{};     // MoE: leading dense layers, where first_k_dense_replace is absent
  int shared_experts{};  // MoE: where their number is absent
  int expert_width{};    // MoE: where moe_intermediate_size is absent; 0: as intermediate_size
  int parallel_dense{};  // MoE: width of a dense part beside the experts
  Switch router_bias{kNo};
  bool shared_gate{};
  ActiveCount active{ActiveCount::kAll};
  const Shape* nested{};  // defaults of a text_config, which is published as a difference to them
  void (*adjust)(Reading&){};  // keys of its own spelling, after the common ones
  void (*layers)(Reading&){};  // builds the layers; null: standard_layers
  bool no_attention{};         // no heads in the config
  void (*refine)(Reading&, int layer, GroupedQueryAttention&){};
  Mixer (*other_mixer)(Reading&){};  // of layers that are no attention, by type
};

// A model on its way from the config: `layers` one by one, before equal ones are joined.
struct Reading {
  ConfigKeys root;  // of the whole file
  ConfigKeys keys;  // of the language model: root or its text_config
  Family family;    // a copy: adjust() may correct it
  Shape shape;
  LanguageModel model;
  std::vector<std::string> types;  // of each layer as published ("sliding_attention"), or empty
  std::vector<Block> layers;
  std::vector<Block> mtp_layers;  // of one prediction, where they differ from the last layer

  bool nested() const { return &root.node() != &keys.node(); }
  bool on(const Switch& s) const;
};

// The families, by group; tables in hf_dense.cpp, hf_moe.cpp and hf_hybrid.cpp.
std::span<const Family> dense_families();
std::span<const Family> moe_families();
std::span<const Family> hybrid_families();

// The layers of any family whose layers are attention and a feed-forward part.
void standard_layers(Reading& r);
GroupedQueryAttention grouped_attention(Reading& r);
LatentAttention latent_attention(Reading& r);
DenseFfn dense_ffn(const Reading& r, int intermediate);
MoeFfn moe_ffn(Reading& r);

// Vision tower and projector of a wrapper; 0 with a note where the config does not describe them.
void add_vision(Reading& r);

// Reads quantization_config and sets what each layer is stored in.
void read_quantisation(Reading& r);

// Why an architecture that Assay knows of is none that it can model; "" if it is unknown.
std::string refusal(std::string_view architecture, std::string_view type);

// Splits at spaces: the lists of a Family.
bool lists(std::string_view list, std::string_view word);

}  // namespace assay::catalog
