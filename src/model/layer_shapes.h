// layer_shapes.h — what one layer moves and multiplies besides its weights, for one row or one
// sequence: activations in and out of its matrices, element-wise passes, attention over the cache.
// Elements, bytes and operations of one layer on one accelerator. Pure. Equations: docs/models.md.
#pragma once

#include "catalog/format.h"
#include "catalog/language_model.h"

namespace assay::model {

struct Traffic {
  double in{}, out{};    // elements that the matrices read and write, a row
  double kernels{};      // launches of matrix kernels
  double elementwise{};  // bytes that other kernels read and write, a row
  double in_width{};     // elements of a row as it comes in
};

Traffic mixer_traffic(const catalog::LanguageModel& model, const catalog::Mixer& mixer,
                      double tensor);
// Of the dense part or of the shared experts.
Traffic ffn_traffic(const catalog::LanguageModel& model, const catalog::Ffn& ffn, double tensor);
// Of routed experts cut `cut` ways, for one row of one expert.
Traffic expert_traffic(const catalog::LanguageModel& model, const catalog::MoeFfn& ffn, double cut);

// Before division over accelerators. `context` terms are per token that is attended to.
struct AttentionWork {
  double limit{};                  // tokens attended to at most (window, indexer); 0: all
  double prefill_flops{};          // a token (linear attention, state space)
  double prefill_flops_context{};  // a token and token attended to
  double decode_flops{}, decode_flops_context{};
  double indexer_flops{};    // a token and token of the whole context
  double state_bytes{};      // a decoding sequence: state read and written
  double cache_bytes{};      // a decoding sequence and token attended to
  double indexer_bytes{};    // a decoding sequence and token of the whole context
  double kernels{1};         // launches, relative to softmax attention
  double head_dim{};         // mean of a query's and a value's elements; 0: no softmax
  double passed{};           // elements of queries, keys, values and outputs, a token
  double heads_per_read{1};  // query heads that one read of the cache serves
  double pairs{};            // KV heads: sequences × these are dealt out when decoding
};
AttentionWork attention_work(const catalog::Mixer& mixer, catalog::Format kv_cache);

}  // namespace assay::model
