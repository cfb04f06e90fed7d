#include "model/step_model.h"

#include <algorithm>
#include <array>
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

// A value, and how much it grows with a token of context.
struct Affine {
  double value{}, slope{};
};

Affine operator+(Affine a, Affine b) { return {a.value + b.value, a.slope + b.slope}; }
Affine operator+(Affine a, double b) { return {a.value + b, a.slope}; }
Affine operator+(double a, Affine b) { return b + a; }
Affine operator*(double a, Affine b) { return {a * b.value, a * b.slope}; }

// Seconds that a term computes and moves. Number: double, or Affine in the context.
template <class Number>
struct Work {
  Number compute{}, memory{};
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

// 1 − e^x for x < 0. Where it is more than a half, std::exp loses nothing and takes a third of the
// time of std::expm1.
double one_minus_exp(double x) { return x < -0.7 ? 1 - std::exp(x) : -std::expm1(x); }

inline double roof(Work<double> w, double overlap) {
  return std::max(w.compute, w.memory) + overlap * std::min(w.compute, w.memory);
}

// Tokens choose k of E experts evenly and independently: T of them meet E·(1 − (1 − k/E)^T). Of
// `ranks` ranks that hold E/ranks each, the busiest meets more than the mean by the extreme of as
// many binomial draws, σ·√(2·ln ranks).
Work<double> experts_work(const StepTerm& term, double tokens) {
  const double share = 1.0 / term.ranks;
  const double choosing = 1 + std::max(tokens - 1, 0.0) * term.spread;
  const double hit = one_minus_exp(std::min(choosing, std::max(tokens, 1.0)) * term.miss_log);
  double met = term.experts * share * hit;
  double rows = tokens * term.per_token * share;
  if (term.ranks > 1) {
    met = std::min(met + std::sqrt(term.extreme * met * (1 - hit)), term.experts * share);
    rows = std::min(rows * term.skew, tokens * term.per_token);
  }
  return {.compute = rows * term.compute, .memory = met * term.weights + rows * term.memory};
}

// `seen`: tokens that a row attends to within the limit; `more` come on top of them.
template <class Number>
Work<Number> attention_work(const StepTerm& term, double rows, double reads, Number context,
                            Number seen, double more) {
  const Number asked =
      rows * (term.compute + term.compute_context * context + term.compute_limited * seen);
  return {
      .compute = asked + reads * term.pair + rows * term.compute_limited * more,
      .memory = reads * (term.memory + term.memory_context * context + term.memory_limited * seen)};
}

Work<double> prefill_work(const StepTerm& term, const Counts& c) {
  const double full = c.before + c.length / 2;
  const double seen = attended(c.before, c.length, term.limit);
  Work<double> w = attention_work(term, c.prefill, c.prefill, full, seen, term.head_start);
  w.memory = c.prefill * term.memory;  // keys are read from caches on the chip
  return w;
}

// What a term's work grows with, in the order of TermShape. It takes nothing without.
constexpr std::array<double Counts::*, 6> kUnits{&Counts::rows,      &Counts::ends,
                                                 &Counts::rows,      &Counts::prefill,
                                                 &Counts::sequences, &Counts::rows};

double units(const StepTerm& term, const Counts& c) {
  return c.*kUnits[static_cast<std::size_t>(term.shape)];
}

Work<double> decode_work(const StepTerm& term, const Counts& c) {
  return attention_work(term, c.decode_rows, c.sequences, c.context, limited(c.context, term.limit),
                        0);
}

inline Work<double> work_of(const StepTerm& term, double units, const Counts& c) {
  if (term.shape == TermShape::kExperts) return experts_work(term, c.tokens);
  if (term.shape == TermShape::kDecodeAttention) return decode_work(term, c);
  if (term.shape == TermShape::kPrefillAttention) return prefill_work(term, c);
  return {.compute = units * term.compute, .memory = term.weights + units * term.memory};
}

// Compute time of the operations that are asked for, without those of half-empty tiles.
double useful_compute(const StepTerm& term, Work<double> work, const Counts& c) {
  if (term.pair == 0 && term.head_start == 0) return work.compute;
  StepTerm useful = term;
  useful.pair = useful.head_start = 0;
  return work_of(useful, units(term, c), c).compute;
}

inline double time_of(const StepTerm& term, double units, Work<double> work, const Counts& c) {
  double time = roof(work, term.overlap) + term.fixed + term.row * units;
  if (term.fill > 0) time += std::sqrt(work.memory * term.fill);
  if (term.tail > 0) time += term.tail * limited(c.before + c.length, term.limit);
  return time;
}

double time_of(const std::vector<StepTerm>& terms, const Counts& c) {
  double sum = 0;
  for (const StepTerm& term : terms) {
    const double n = units(term, c);
    if (n > 0) sum += time_of(term, n, work_of(term, n, c), c);
  }
  return sum;
}

// An iteration over a pipeline is cut into micro-batches, at most as many as there are stages and
// as far as it has sequences or full batches of tokens to cut.
double micro_batches(const Iteration& it, double pipeline, double tokens_max) {
  if (pipeline <= 1) return 1;
  const double pieces = std::max(it.prefill_pieces, it.prefill_tokens / tokens_max);
  return std::clamp(pieces + it.decode_sequences, 1.0, pipeline);
}

// Decoding keeps every stage busy with another micro-batch; a prompt finds the stages empty and
// has to fill them: (stages + micro − 1) of their times instead of `stages`.
double filling(const Iteration& it, double pipeline, double micro) {
  return pipeline <= 1 || it.decode_sequences > 0 ? 1.0 : (pipeline + micro - 1) / pipeline;
}

Counts counts(const Iteration& it, double ranks, double rows_per_sequence, double micro) {
  const double share = 1 / (ranks * micro);
  Counts c;
  c.sequences = it.decode_sequences * share;
  c.decode_rows = c.sequences * rows_per_sequence;
  c.prefill = it.prefill_tokens * share;
  c.pieces = it.prefill_pieces;
  c.before = it.prefill_before;
  c.length = it.prefill_pieces > 0 ? it.prefill_tokens / it.prefill_pieces : 0;
  c.context = it.decode_context;
  c.rows = c.decode_rows + c.prefill;
  c.ends = c.decode_rows + it.prefill_ends * share;
  c.tokens = c.rows * ranks;
  return c;
}

// The same without drafts: what decodes, one row a sequence.
Counts undrafted(const Iteration& it, double ranks, double micro) {
  return counts({.decode_sequences = it.decode_sequences, .decode_context = it.decode_context},
                ranks, 1.0, micro);
}

bool is_empty(const Iteration& it) { return it.prefill_tokens <= 0 && it.decode_sequences <= 0; }

}  // namespace

StepModel::StepModel(const catalog::LanguageModel& model, const Hardware& hardware,
                     const Deployment& deployment, const catalog::EfficiencyTable& efficiency)
    : terms_{step_terms(model, hardware, deployment, efficiency)},
      data_{static_cast<double>(deployment.data)},
      pipeline_{static_cast<double>(deployment.pipeline)} {
  for (StepTerm& term : terms_) {
    if (term.ranks > 1) term.extreme = 2 * std::log(term.ranks);
    // decode_time() holds attention to be affine in the context
    ASSAY_ASSERT(term.shape != TermShape::kDecodeAttention || term.fill == 0);
  }
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

// Calls visit(kind, time) for what takes time beside the terms. `rows`: of one micro-batch.
template <class Visit>
void StepModel::beside(const Iteration& iteration, double micro, double rows, Visit visit) const {
  if (drafts_ > 0 && iteration.decode_sequences > 0) {
    visit(OperatorKind::kDrafts,
          drafts_ * (per_layer_ + time_of(terms_, undrafted(iteration, data_, micro))));
  }
  if (pipeline_ > 1) visit(OperatorKind::kPipeline, hop_ + hop_row_ * rows);
  visit(OperatorKind::kLayerOverhead,
        iteration.prefill_tokens > 0 ? per_layer_prefill_ : per_layer_);
  visit(OperatorKind::kStepOverhead, per_step_);
}

Seconds StepModel::time(const Iteration& iteration) const {
  if (is_empty(iteration)) return {};
  const double micro = micro_batches(iteration, pipeline_, tokens_max_);
  const Counts c = counts(iteration, data_, rows_per_sequence_, micro);
  double sum = filling(iteration, pipeline_, micro) * time_of(terms_, c);
  beside(iteration, micro, c.rows, [&](OperatorKind, double time) { sum += time; });
  return Seconds::from_base(sum);
}

namespace {

// A kink that is nearer than this, as a share, counts as passed: a caller that goes on from where
// one was found, give or take rounding, does not find it again.
constexpr double kPassed = 1e-13;

// Adds `weight` of the growth of decoding attention just beyond the context, and its next kink.
void add_attention(DecodeTime& line, const StepTerm& term, const Counts& c, double weight) {
  const bool windowed = term.limit > 0 && term.compute_limited + term.memory_limited > 0;
  const bool filled = windowed && c.context >= term.limit * (1 - kPassed);
  const Affine seen{limited(c.context, term.limit), filled ? 0.0 : 1.0};
  const auto [compute, memory] =
      attention_work(term, c.decode_rows, c.sequences, Affine{c.context, 1}, seen, 0);
  const double apart = compute.value - memory.value, parting = compute.slope - memory.slope;
  const bool meet = std::abs(apart) <= kPassed * std::max(compute.value, memory.value);
  const bool computes = (meet ? parting : apart) > 0;
  const double most = computes ? compute.slope : memory.slope;
  const double least = computes ? memory.slope : compute.slope;
  line.per_token += weight * (most + term.overlap * least);
  if (windowed && !filled) line.until = std::min(line.until, term.limit);
  if (!meet && apart * parting < 0 && term.overlap != 1) {
    line.until = std::min(line.until, c.context - apart / parting);
  }
}

void add_growth(DecodeTime& line, const std::vector<StepTerm>& terms, const Counts& c,
                double weight) {
  for (const StepTerm& term : terms) {
    if (term.shape == TermShape::kDecodeAttention) add_attention(line, term, c, weight);
  }
}

}  // namespace

DecodeTime StepModel::decode_time(double sequences, double context) const {
  ASSAY_ASSERT(sequences > 0 && context >= 0);
  const Iteration iteration{.decode_sequences = sequences, .decode_context = context};
  DecodeTime line{.seconds = time(iteration).base(), .at = context};
  const double micro = micro_batches(iteration, pipeline_, tokens_max_);
  add_growth(line, terms_, counts(iteration, data_, rows_per_sequence_, micro), 1);
  if (drafts_ > 0) add_growth(line, terms_, undrafted(iteration, data_, micro), drafts_);
  ASSAY_ASSERT(line.per_token >= 0 && line.until > context);
  return line;
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
  if (is_empty(iteration)) return step;
  const double micro = micro_batches(iteration, pipeline_, tokens_max_);
  const double fill = filling(iteration, pipeline_, micro);
  const Counts c = counts(iteration, data_, rows_per_sequence_, micro);
  for (const StepTerm& term : terms_) {
    const double n = units(term, c);
    if (n <= 0) continue;
    const auto i = static_cast<std::size_t>(term.kind);
    const Work<double> work = work_of(term, n, c);
    const double time = fill * time_of(term, n, work, c);
    Operator& op = step.operators[i];
    op.time += Seconds::from_base(time);
    op.flops += Flops::from_base(useful_compute(term, work, c) * term.flops_rate);
    op.bytes += Bytes::from_base(work.memory * term.bytes_rate);
    if (work.compute > work.memory) compute_bound[i] += time;
  }
  beside(iteration, micro, c.rows, [&](OperatorKind kind, double time) {
    step.operators[static_cast<std::size_t>(kind)].time += Seconds::from_base(time);
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
