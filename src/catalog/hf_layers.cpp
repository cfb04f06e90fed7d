// The layers of families that are attention plus a feed-forward part.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "catalog/hf_family.h"

namespace assay::catalog {

using document::Node;

namespace {

constexpr WholeRange kSize{1, 1'000'000};
constexpr WholeRange kFromZero{0, 100'000'000};

// Some families publish one value a layer; equal ones are as good as one.
int whole_or_equal(Reading& r, KeyNames names, WholeRange range, int absent) {
  const Node* node = r.keys.find(names);
  if (node == nullptr) return absent;
  if (!node->is(Node::Kind::kSequence)) return r.keys.whole(names, range).value_or(absent);
  const std::vector<int> values = r.keys.wholes(names, range);
  if (values.empty()) return absent;
  if (std::ranges::any_of(values, [&](int v) { return v != values.front(); })) {
    r.keys.fail(*node, "'" + std::string{*names.begin()} + "' differs from layer to layer",
                "one value for all layers: more is not modelled");
  }
  return values.front();
}

int product(Reading& r, int count, int size) {
  const long long sum = 1LL * count * size;
  if (sum <= kFromZero.high) return static_cast<int>(sum);
  r.keys.fail("the shared experts together are " + std::to_string(sum) + " wide");
  return 0;
}

int shared_width(Reading& r, int expert_width) {
  const auto width = r.keys.whole({"shared_expert_intermediate_size", "shared_intermediate_size",
                                   "moe_shared_expert_intermediate_size", "share_expert_dim"},
                                  kFromZero);
  if (width) return *width;
  const int count = whole_or_equal(
      r, {"n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts"},
      kFromZero, r.family.shared_experts);
  return product(r, count, expert_width);
}

// Which layers are mixtures. Each key only ever excludes layers, so an absent one says nothing.
class MoeLayers {
 public:
  explicit MoeLayers(Reading& r) {
    const ConfigKeys& k = r.keys;
    first_ = k.whole({"first_k_dense_replace", "num_dense_layers"}, kFromZero)
                 .value_or(r.family.dense_first);
    first_ = std::max(first_, k.whole({"moe_layer_start_index"}, kFromZero).value_or(0));
    last_ = k.whole({"moe_layer_end_index"}, {-1, kFromZero.high}).value_or(-1);
    dense_ = k.wholes({"mlp_only_layers"}, kFromZero);
    const Node* frequency = k.find({"moe_layer_freq"});
    if (frequency != nullptr && frequency->is(Node::Kind::kSequence)) {
      chosen_ = k.wholes({"moe_layer_freq"}, {0, 1});
    } else {
      step_ = k.whole({"moe_layer_freq"}).value_or(1);
    }
    late_step_ = k.whole({"decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_interval"})
                     .value_or(1);
    period_ = k.whole({"expert_layer_period"}).value_or(1);
    offset_ = k.whole({"expert_layer_offset"}, kFromZero).value_or(0);
    types_ = k.texts({"mlp_layer_types"});
    read_enumeration(r);
  }

  bool has(int layer) const {
    const auto at = static_cast<std::size_t>(layer);
    if (!listed_.empty()) return std::ranges::find(listed_, layer) != listed_.end();
    if (!types_.empty()) return at < types_.size() && types_[at] == "sparse";
    if (!chosen_.empty()) return at < chosen_.size() && chosen_[at] == 1;
    if (layer < first_ || (last_ >= 0 && layer > last_)) return false;
    if (std::ranges::find(dense_, layer) != dense_.end()) return false;
    return layer % step_ == 0 && (layer + 1) % late_step_ == 0 &&
           (layer + period_ - offset_ % period_) % period_ == 0;
  }

 private:
  // Step-3 writes the layers as one text, "4,5,6"; Llama 4 as a list.
  void read_enumeration(Reading& r) {
    const Node* node = r.keys.find({"moe_layers_enum"});
    if (node == nullptr) {
      listed_ = r.keys.wholes({"moe_layers"}, kFromZero);
      return;
    }
    const std::string text = r.keys.text({"moe_layers_enum"});
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t comma = std::min(text.find(',', at), text.size());
      int layer = 0;
      for (const char c : text.substr(at, comma - at)) {
        if (c >= '0' && c <= '9' && layer < kSize.high) layer = layer * 10 + (c - '0');
      }
      listed_.push_back(layer);
      at = comma + 1;
    }
  }

  int first_{}, last_{-1}, step_{1}, late_step_{1}, period_{1}, offset_{};
  std::vector<int> dense_, chosen_, listed_;
  std::vector<std::string> types_;
};

// Every n-th layer attends to all and the others are windowed; 0: no windows; 1: all windowed.
int window_pattern(Reading& r) {
  const Family& f = r.family;
  if (r.shape.window == 0) return 0;
  switch (f.windows) {
    case Windows::kNone:
      return 0;
    case Windows::kEveryLayer:
      return 1;
    case Windows::kIfUsed:
      return r.on({"use_sliding_window", false}) ? 1 : 0;
    case Windows::kChunked:
      return r.keys.whole({"no_rope_layer_interval"}, kFromZero).value_or(f.pattern);
    case Windows::kPattern:
      break;
  }
  const Node* node = r.keys.find({"sliding_window_pattern", "_sliding_window_pattern"});
  if (node != nullptr && node->is(Node::Kind::kString)) {  // EXAONE 4: "LLLG"
    const std::size_t full = node->text.find('G');
    return full == std::string::npos ? 1 : static_cast<int>(full) + 1;
  }
  return r.keys.whole({"sliding_window_pattern", "_sliding_window_pattern"}, kFromZero)
      .value_or(f.pattern);
}

enum class Kind { kFull, kWindowed, kOther, kUnknown };

Kind kind_of(std::string_view type) {
  if (lists("full_attention attention global_attention", type)) return Kind::kFull;
  if (lists("sliding_attention chunked_attention local_attention", type)) return Kind::kWindowed;
  if (lists("linear_attention mamba", type)) return Kind::kOther;
  return Kind::kUnknown;
}

// What each layer is: from the published list, or from the family's pattern.
class LayerKinds {
 public:
  explicit LayerKinds(Reading& r) : pattern_{window_pattern(r)}, shift_{r.family.pattern_shift} {
    if (r.family.windows == Windows::kIfUsed) {
      // Qwen2Config: layers from this one on are windowed; 28 if absent.
      first_ = r.keys.whole({"max_window_layers"}, kFromZero).value_or(28);
    }
    for (const std::string& type : r.types) {
      kinds_.push_back(kind_of(type));
      const bool known = kinds_.back() != Kind::kUnknown &&
                         (kinds_.back() != Kind::kOther || r.family.other_mixer != nullptr);
      if (known) continue;
      r.keys.fail_at({"layer_types", "layers_block_type"}, "layers of type '" + excerpt(type) +
                                                               "' are not modelled for '" +
                                                               r.model.architecture + "'");
      return;
    }
  }

  Kind of(int layer) const {
    if (!kinds_.empty()) return kinds_[static_cast<std::size_t>(layer)];
    if (pattern_ == 0 || layer < first_) return Kind::kFull;
    return pattern_ > 1 && (layer + 1 + shift_) % pattern_ == 0 ? Kind::kFull : Kind::kWindowed;
  }

 private:
  int pattern_{}, shift_{}, first_{};
  std::vector<Kind> kinds_;
};

Mixer mixer_of_layer(Reading& r, const Mixer& full, int layer, Kind kind) {
  const auto* attention = std::get_if<GroupedQueryAttention>(&full);
  if (attention == nullptr) return full;
  GroupedQueryAttention a = *attention;
  if (kind == Kind::kWindowed) a.window = r.shape.window;
  if (r.family.refine != nullptr) r.family.refine(r, layer, a);
  return a;
}

}  // namespace

bool Reading::on(const Switch& s) const {
  if (s.key.empty()) return s.absent;
  return keys.flag({s.key}).value_or(s.absent);
}

GroupedQueryAttention grouped_attention(Reading& r) {
  const Family& f = r.family;
  GroupedQueryAttention a;
  a.heads = r.shape.heads;
  a.kv_heads = r.shape.kv_heads;
  a.head_dim = r.shape.head_dim;
  a.value_head_dim = r.keys.whole({"v_head_dim"}, kSize).value_or(a.head_dim);
  a.bias_qkv = r.on(f.bias_qkv);
  a.bias_out = r.on(f.bias_out);
  a.qk_norm = f.qk_norm != QkNorm::kNone && r.on(f.qk_norm_if);
  a.qk_norm_wide = a.qk_norm && f.qk_norm == QkNorm::kWide;
  a.sinks = f.sinks;
  a.output_gate = r.on(f.output_gate);
  return a;
}

LatentAttention latent_attention(Reading& r) {
  LatentAttention a;
  a.heads = r.shape.heads;
  a.q_lora_rank = r.keys.whole({"q_lora_rank"}, kSize).value_or(0);
  a.kv_lora_rank = r.keys.required({"kv_lora_rank"}, kSize);
  a.qk_nope_dim = r.keys.required({"qk_nope_head_dim"}, kSize);
  a.qk_rope_dim = r.keys.required({"qk_rope_head_dim"}, kSize);
  a.v_head_dim = r.keys.whole({"v_head_dim"}, kSize).value_or(r.shape.head_dim);
  a.bias = r.on(r.family.bias_qkv);
  a.output_gate = r.on({"mla_use_output_gate", false});
  if (const auto heads = r.keys.whole({"index_n_heads"}, kSize)) {
    a.indexer_heads = *heads;
    a.indexer_dim = r.keys.required({"index_head_dim"}, kSize);
    a.indexer_tokens = r.keys.required({"index_topk"});
  }
  return a;
}

DenseFfn dense_ffn(const Reading& r, int intermediate) {
  return {
      .intermediate = intermediate, .gated = r.on(r.family.gated), .bias = r.on(r.family.bias_ffn)};
}

MoeFfn moe_ffn(Reading& r) {
  MoeFfn m;
  m.experts = r.keys.required({"num_experts", "num_local_experts", "n_routed_experts",
                               "moe_num_experts", "num_routed_experts"},
                              {1, 100'000});
  m.experts_per_token =
      whole_or_equal(r,
                     {"num_experts_per_tok", "num_experts_per_token", "moe_topk", "top_k_experts",
                      "moe_k", "moe_top_k", "num_selected_experts"},
                     {1, 100'000}, 0);
  if (m.experts_per_token == 0) r.keys.required({"num_experts_per_tok"}, {1, 100'000});
  m.expert_intermediate = whole_or_equal(
      r,
      {"moe_intermediate_size", "expert_ffn_hidden_size", "expert_intermediate_size",
       "moe_ffn_hidden_size"},
      kSize, r.family.expert_width > 0 ? r.family.expert_width : r.shape.intermediate);
  m.shared_intermediate = shared_width(r, m.expert_intermediate) + r.family.parallel_dense;
  m.gated = r.on(r.family.gated);
  m.latent = r.keys.whole({"routed_expert_hidden_size"}, kSize).value_or(0);
  m.bias = r.on(r.family.bias_ffn);
  m.shared_gate = r.family.shared_gate && m.shared_intermediate > 0;
  m.router_bias = r.on(r.family.router_bias);
  if (m.expert_intermediate == 0) r.keys.required({"moe_intermediate_size"}, kSize);
  return m;
}

void standard_layers(Reading& r) {
  const Mixer full = r.family.attends == Attends::kLatent ? Mixer{latent_attention(r)}
                                                          : Mixer{grouped_attention(r)};
  const Ffn dense = dense_ffn(r, r.shape.intermediate);
  const Ffn sparse = r.family.moe ? Ffn{moe_ffn(r)} : dense;
  const MoeLayers mixtures{r};
  const LayerKinds kinds{r};
  if (!r.keys.errors().empty()) return;
  const Mixer other = r.family.other_mixer != nullptr ? r.family.other_mixer(r) : NoMixer{};
  for (int i = 0; i < r.shape.layers; ++i) {
    const bool is_moe = r.family.moe && mixtures.has(i);
    const Kind kind = kinds.of(i);
    if (!is_moe && r.shape.intermediate == 0) {
      r.keys.required({"intermediate_size"}, kSize);
      return;
    }
    r.layers.push_back({.mixer = kind == Kind::kOther ? other : mixer_of_layer(r, full, i, kind),
                        .ffn = is_moe ? sparse : dense,
                        .count = 1,
                        .norms = r.family.norms,
                        .stored = {}});
  }
}

}  // namespace assay::catalog
