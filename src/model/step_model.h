// step_model.h — time of one engine iteration as a function of what it carries. All that the batch
// does not change is worked out beforehand: what remains is a handful of terms, each affine in
// tokens or in context between its kinks, so that an evaluation costs tens of nanoseconds.
// Equations: docs/models.md, "Inference step". Immutable after construction; thread-safe.
#pragma once

#include <limits>
#include <vector>

#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "model/deployment.h"
#include "model/hardware.h"
#include "model/inference_step.h"

namespace assay::model {

// What one iteration carries, over all ranks of a replica. Counts may be fractions: means.
struct Iteration {
  double prefill_tokens{};    // computed in it
  double prefill_pieces{};    // prompts, or pieces of prompts, that they belong to
  double prefill_before{};    // mean tokens of a piece's prompt that are in the cache already
  double prefill_ends{};      // pieces that end their prompt and need a next token
  double decode_sequences{};  // one token each (with speculation: one token and its drafts)
  double decode_context{};    // mean tokens in the cache of a decoding sequence
};

// Time of an iteration that only decodes: seconds + per_token · (context − at) for mean contexts
// from `at` to `until`.
struct DecodeTime {
  double seconds{};
  double per_token{};  // seconds a token of mean context
  double at{};
  double until{std::numeric_limits<double>::infinity()};  // beyond it, another line
};

// What a term's work grows with.
enum class TermShape : unsigned char {
  kRows,              // a matrix: weights once, then rows; tokens of one rank
  kEnds,              // the same for sequences that need a next token
  kExperts,           // matrices of routed experts: those that are met, then rows
  kPrefillAttention,  // tokens × tokens that they attend to
  kDecodeAttention,   // sequences × tokens in their cache
  kTraffic,           // a fixed time, then rows: element-wise passes, collectives
};

// One kind of operator over its layers, in seconds on one accelerator. Compute and memory time
// are joined as roof() in operator_curves.h; `fixed` comes on top whenever the term has work.
struct StepTerm {
  OperatorKind kind{};
  TermShape shape{};
  catalog::Format format{};    // of the weights; terms of equal shape and format are one
  double compute{}, memory{};  // a row
  double compute_context{}, memory_context{};  // a row and token of context
  double compute_limited{}, memory_limited{};  // a row and token of min(context, limit)
  double limit{};                              // tokens; 0: none
  double weights{};  // read once, whatever the rows (kExperts: of one expert)
  double overlap{};
  double fixed{};
  double row{};         // beside compute and memory, a row
  double fill{};        // kTraffic: √(memory time · fill) more
  double pair{};        // kDecodeAttention: a sequence, whatever its context
  double head_start{};  // kPrefillAttention: tokens more that each token attends to
  double tail{};        // … a token of the prompt so far, whatever the rows
  double experts{}, miss_log{}, per_token{}, ranks{1}, skew{1}, spread{1};  // kExperts
  double extreme{};  // … of as many draws as ranks, squared and in deviations: 2·ln ranks
  double flops_rate{}, bytes_rate{};  // reached; turns seconds back into work for a listing
};

class StepModel {
 public:
  // The deployment must be runnable().
  StepModel(const catalog::LanguageModel& model, const Hardware& hardware,
            const Deployment& deployment, const catalog::EfficiencyTable& efficiency);

  // Nothing for an empty iteration. On one stage it never falls when a field grows, but for pieces:
  // the same tokens in more of them attend to fewer. Between kinks (a window that fills, an
  // operator that changes its bound) it is affine in decode_context.
  Seconds time(const Iteration& iteration) const;

  // The same, operator by operator; their times add up to time().
  Step step(const Iteration& iteration) const;

  // time() of `sequences` > 0 that decode, about a mean context; exact but for rounding. `until` is
  // the next kink, always beyond `context`: a caller that goes on from there comes to the end.
  DecodeTime decode_time(double sequences, double context) const;

  // Tokens that an iteration yields for each decoding sequence; more than 1 with speculation.
  double tokens_per_iteration() const { return tokens_per_iteration_; }

 private:
  template <class Visit>
  void beside(const Iteration& iteration, double micro, double rows, Visit visit) const;

  std::vector<StepTerm> terms_;
  double data_{1}, pipeline_{1};
  double tokens_max_{};          // of one micro-batch
  double rows_per_sequence_{1};  // decoding; drafts are checked beside the token
  double drafts_{};  // time of the drafts of an iteration, in decoding iterations without them
  double per_layer_{}, per_layer_prefill_{}, per_step_{};
  double hop_{}, hop_row_{};  // to the next stage
  double tokens_per_iteration_{1};
};

}  // namespace assay::model
