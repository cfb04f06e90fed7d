#include "model/step_model.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "model/batch_limits.h"
#include "model/collectives.h"
#include "model/step_terms.h"

namespace assay::model {

namespace {

// Counts of one iteration on one rank and micro-batch.
struct Counts {
  double rows{}, ends{}, tokens{};  // tokens: over all ranks, as experts see them
  double prefill{}, pieces{}, before{}, length{};
  double decode_rows{}, sequences{}, context{};
};

struct TermTime {
  double useful{};  // compute time of the operations that are asked for
  double compute{}, memory{};
  double time{};
};

// Mean of min(x, limit) for x from `before` to `before + length`: what a piece of a prompt attends
// to.
double attended(double before, double length, double limit) {
  const double end = before + length;
  if (limit <= 0 || end <= limit) return before + length / 2;
  const auto below = [limit](double x) {
    return x <= limit ? x * x / 2 : limit * x - limit * limit / 2;
  };
  return (below(end) - below(before)) / length;
}

double limited(double context, double limit) {
  return limit > 0 ? std::min(context, limit) : context;
}

// Tokens choose k of E experts evenly and independently: T of them meet E·(1 − (1 − k/E)^T). Of
// `ranks` ranks that hold E/ranks each, the busiest meets more than the mean by the extreme of as
// many binomial draws, σ·√(2·ln ranks).
TermTime experts_time(const StepTerm& term, double tokens) {
  const double share = 1.0 / term.ranks;
  const double choosing = 1 + std::max(tokens - 1, 0.0) * term.spread;
  const double hit = -std::expm1(std::min(choosing, std::max(tokens, 1.0)) * term.miss_log);
  double met = term.experts * share * hit;
  double rows = tokens * term.per_token * share;
  if (term.ranks > 1) {
    const double spread = 2.0 * std::log(term.ranks);
    met = std::min(met + std::sqrt(spread * met * (1 - hit)), term.experts * share);
    rows = std::min(rows * term.skew, tokens * term.per_token);
  }
  return {.useful = rows * term.compute,
          .compute = rows * term.compute,
          .memory = met * term.weights + rows * term.memory,
          .time = {}};
}

// `seen`: tokens that a row attends to within the limit; `more` come on top of them.
TermTime attention_time(const StepTerm& term, double rows, double reads, double context,
                        double seen, double more) {
  TermTime t;
  t.useful = rows * (term.compute + term.compute_context * context + term.compute_limited * seen);
  t.compute = t.useful + reads * term.pair + rows * term.compute_limited * more;
  t.memory = reads * (term.memory + term.memory_context * context + term.memory_limited * seen);
  return t;
}

double roof(const TermTime& t, double overlap) {
  return std::max(t.compute, t.memory) + overlap * std::min(t.compute, t.memory);
}

TermTime matrix_time(const StepTerm& term, double rows) {
  return {.useful = rows * term.compute,
          .compute = rows * term.compute,
          .memory = term.weights + rows * term.memory,
          .time = {}};
}

TermTime work_of(const StepTerm& term, const Counts& c) {
  switch (term.shape) {
    case TermShape::kRows:
      return matrix_time(term, c.rows);
    case TermShape::kEnds:
      return matrix_time(term, c.ends);
    case TermShape::kExperts:
      return experts_time(term, c.tokens);
    case TermShape::kPrefillAttention: {
      const double full = c.before + c.length / 2;
      const double seen = attended(c.before, c.length, term.limit);
      TermTime t = attention_time(term, c.prefill, c.prefill, full, seen, term.head_start);
      t.memory = c.prefill * term.memory;  // keys are read from caches on the chip
      return t;
    }
    case TermShape::kDecodeAttention:
      return attention_time(term, c.decode_rows, c.sequences, c.context,
                            limited(c.context, term.limit), 0);
    case TermShape::kTraffic:
      return {.useful = 0, .compute = 0, .memory = c.rows * term.memory, .time = {}};
  }
  return {};
}

bool has_work(const StepTerm& term, const Counts& c) {
  switch (term.shape) {
    case TermShape::kPrefillAttention:
      return c.prefill > 0;
    case TermShape::kDecodeAttention:
      return c.sequences > 0;
    case TermShape::kEnds:
      return c.ends > 0;
    case TermShape::kRows:
    case TermShape::kExperts:
    case TermShape::kTraffic:
      return c.rows > 0;
  }
  return false;
}

TermTime time_of(const StepTerm& term, const Counts& c) {
  if (!has_work(term, c)) return {};
  TermTime t = work_of(term, c);
  t.time = roof(t, term.overlap) + term.fixed;
  if (term.row > 0) t.time += term.row * (term.shape == TermShape::kEnds ? c.ends : c.rows);
  if (term.fill > 0) t.time += std::sqrt(t.memory * term.fill);
  if (term.tail > 0) t.time += term.tail * limited(c.before + c.length, term.limit);
  return t;
}

// An iteration over a pipeline is cut into micro-batches, at most as many as there are stages and
// as far as it has sequences or full batches of tokens to cut.
double micro_batches(const Iteration& it, double pipeline, double tokens_max) {
  const double pieces = std::max(it.prefill_pieces, it.prefill_tokens / tokens_max);
  return std::clamp(pieces + it.decode_sequences, 1.0, pipeline);
}

// Decoding keeps every stage busy with another micro-batch; a prompt finds the stages empty and
// has to fill them: (stages + micro − 1) of their times instead of `stages`.
double filling(const Iteration& it, double pipeline, double micro) {
  return it.decode_sequences > 0 ? 1.0 : (pipeline + micro - 1) / pipeline;
}

Counts counts(const Iteration& it, double share, double rows_per_sequence, double micro) {
  Counts c;
  c.decode_rows = it.decode_sequences * rows_per_sequence * share / micro;
  c.sequences = it.decode_sequences * share / micro;
  c.prefill = it.prefill_tokens * share / micro;
  c.pieces = it.prefill_pieces;
  c.before = it.prefill_before;
  c.length = it.prefill_pieces > 0 ? it.prefill_tokens / it.prefill_pieces : 0;
  c.context = it.decode_context;
  c.rows = c.decode_rows + c.prefill;
  c.ends = c.decode_rows + it.prefill_ends * share / micro;
  c.tokens = c.rows / share;
  return c;
}

}  // namespace

StepModel::StepModel(const catalog::LanguageModel& model, const Hardware& hardware,
                     const Deployment& deployment, const catalog::EfficiencyTable& efficiency)
    : terms_{step_terms(model, hardware, deployment, efficiency)},
      data_{static_cast<double>(deployment.data)},
      pipeline_{static_cast<double>(deployment.pipeline)} {
  const catalog::EngineOverhead& engine = efficiency.engine(deployment.engine);
  const double layers = model.layers();
  per_layer_ = engine.per_layer.base() * layers;
  per_layer_prefill_ = engine.per_layer_prefill.base() * layers;
  per_step_ = engine.per_step.base();
  tokens_max_ = std::max(batch_limits(engine, hardware).tokens * deployment.data, 1.0);
  const Speculation& speculation = deployment.speculation;
  rows_per_sequence_ = 1.0 + speculation.draft_tokens;
  drafts_ = speculation.draft_tokens * speculation.draft_cost;
  tokens_per_iteration_ = model::tokens_per_iteration(speculation);
  if (deployment.pipeline > 1) {
    const CollectiveTime hop = send(hardware, efficiency);
    hop_ = hop.latency.base() * (pipeline_ - 1);
    hop_row_ = hop.seconds_per_byte * model.hidden * 2.0 * (pipeline_ - 1);
  }
}

// Calls visit(kind, term or null, its times) for all that takes time, in one fixed order.
template <class Visit>
void StepModel::each(const Iteration& iteration, Visit visit) const {
  if (iteration.prefill_tokens <= 0 && iteration.decode_sequences <= 0) return;
  const double micro = pipeline_ > 1 ? micro_batches(iteration, pipeline_, tokens_max_) : 1.0;
  const double fill = pipeline_ > 1 ? filling(iteration, pipeline_, micro) : 1.0;
  const Counts c = counts(iteration, 1.0 / data_, rows_per_sequence_, micro);
  for (const StepTerm& term : terms_) {
    TermTime t = time_of(term, c);
    t.time *= fill;
    visit(term.kind, &term, t);
  }
  const auto plain = [&](OperatorKind kind, double time) {
    visit(kind, static_cast<const StepTerm*>(nullptr), TermTime{.time = time});
  };
  const double layers = iteration.prefill_tokens > 0 ? per_layer_prefill_ : per_layer_;
  if (drafts_ > 0 && iteration.decode_sequences > 0) {
    const Iteration alone{.decode_sequences = iteration.decode_sequences,
                          .decode_context = iteration.decode_context};
    const Counts undrafted = counts(alone, 1.0 / data_, 1.0, micro);
    double decoding = per_layer_;
    for (const StepTerm& term : terms_) decoding += time_of(term, undrafted).time;
    plain(OperatorKind::kDrafts, drafts_ * decoding);
  }
  if (pipeline_ > 1) plain(OperatorKind::kPipeline, hop_ + hop_row_ * c.rows);
  plain(OperatorKind::kLayerOverhead, layers);
  plain(OperatorKind::kStepOverhead, per_step_);
}

Seconds StepModel::time(const Iteration& iteration) const {
  double sum = 0;
  each(iteration, [&](OperatorKind, const StepTerm*, const TermTime& t) { sum += t.time; });
  return Seconds::from_base(sum);
}

namespace {

Bound bound_of(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kAllReduce:
    case OperatorKind::kExpertExchange:
    case OperatorKind::kPipeline:
      return Bound::kLink;
    case OperatorKind::kDrafts:
    case OperatorKind::kLayerOverhead:
    case OperatorKind::kStepOverhead:
      return Bound::kOverhead;
    default:
      return Bound::kMemory;
  }
}

}  // namespace

Step StepModel::step(const Iteration& iteration) const {
  Step step;
  std::array<double, kOperatorKinds> compute_bound{};
  for (std::size_t i = 0; i < kOperatorKinds; ++i) {
    step.operators[i].kind = static_cast<OperatorKind>(i);
    step.operators[i].bound = bound_of(static_cast<OperatorKind>(i));
  }
  each(iteration, [&](OperatorKind kind, const StepTerm* term, const TermTime& t) {
    const auto i = static_cast<std::size_t>(kind);
    Operator& op = step.operators[i];
    op.time += Seconds::from_base(t.time);
    if (term == nullptr) return;
    op.flops += Flops::from_base(t.useful * term->flops_rate);
    op.bytes += Bytes::from_base(t.memory * term->bytes_rate);
    if (t.compute > t.memory) compute_bound[i] += t.time;
  });
  std::array<Seconds, 4> by_bound{};
  for (Operator& op : step.operators) {
    const double compute = compute_bound[static_cast<std::size_t>(op.kind)];
    if (compute > op.time.base() / 2) op.bound = Bound::kCompute;
    step.time += op.time;
    by_bound[static_cast<std::size_t>(op.bound)] += op.time;
  }
  const auto most = std::max_element(by_bound.begin(), by_bound.end());
  step.bound = static_cast<Bound>(most - by_bound.begin());
  return step;
}

}  // namespace assay::model
