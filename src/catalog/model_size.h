// model_size.h — what follows from a model's shape: parameters, weight bytes, KV bytes, operations.
// Each formula stands in docs/models.md with its source. Counts are exact for the decoder; norms
// and biases included. Pure functions; no allocation.
#pragma once

#include "base/quantity.h"
#include "catalog/language_model.h"

namespace assay::catalog {

// Weights of one layer, in elements. The matrices are what quantisation touches.
struct LayerWeights {
  double mixer{};   // matrices of attention or what stands for it
  double ffn{};     // matrices of the dense feed-forward part or of the shared experts
  double routed{};  // matrices of all routed experts
  double router{};
  double other{};          // norms, biases, convolutions, gates of one element
  double biases_routed{};  // biases of all routed experts
  double total() const { return mixer + ffn + routed + router + other + biases_routed; }
};
LayerWeights layer_weights(const LanguageModel& model, const Block& block);

struct ParameterCount {
  double total{};      // decoder and embeddings and LanguageModel::other_parameters
  double decoder{};    // without other_parameters
  double active{};     // decoder parameters that one token passes: routed experts by top-k; the
                       // tables as the publisher counts them (LanguageModel::active_count)
  double embedding{};  // input table (and output table if untied)
  double routed{};     // routed experts, all layers
};
ParameterCount parameters(const LanguageModel& model);

// Bytes of the weights that one replica holds (decoder and embeddings, without other_parameters).
// `weights` overrides the published storage: linear layers take it; embeddings, output table,
// norms, biases and router keep the dtype.
Bytes weight_bytes(const LanguageModel& model, Format weights);
// As published (Block::stored honoured).
Bytes weight_bytes(const LanguageModel& model);

// Bytes that one more token of context adds for one sequence, far from any window; and for a whole
// context of `tokens` (windowed layers hold at most their window; linear and state-space layers a
// fixed state).
Bytes kv_bytes_per_token(const LanguageModel& model, Format kv);
Bytes kv_bytes(const LanguageModel& model, double tokens, Format kv);

// The same of one layer.
Bytes kv_bytes(const Mixer& mixer, double tokens, Format kv);

// Operations of one token's pass (2 per multiplied weight, plus attention over `context` tokens;
// output table included).
Flops flops_per_token(const LanguageModel& model, double context);

// Those of one layer besides its weights, with `context` tokens in view.
Flops attention_flops(const Mixer& mixer, double context);

}  // namespace assay::catalog
