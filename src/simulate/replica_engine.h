// replica_engine.h — the run behind replica_run.h, for any step time: a value with
// `Seconds time(const model::Iteration&) const`, so that tests put in one that they can add up by
// hand. It goes from event to event: an iteration that carries prompt tokens is evaluated as it is;
// the decode iterations up to the next finish, arrival that can be admitted, or full cache are
// summed in closed form where the step is affine in the context, in halves where it has a kink.
// One object a run, not shared between threads. Semantics: docs/models.md, "Serving, simulated".
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "model/step_model.h"
#include "simulate/admission.h"
#include "simulate/decode_batch.h"
#include "simulate/latency_samples.h"
#include "simulate/replica_run.h"
#include "simulate/request_source.h"
#include "simulate/run_totals.h"
#include "simulate/sequences.h"

namespace assay::simulate {

template <class StepTime>
class ReplicaEngine {
 public:
  ReplicaEngine(const StepTime& step, const EngineLimits& limits, const ReplicaLoad& load);
  ReplicaFigures run();

 private:
  // What the iteration to come carries of prompts.
  struct Prompts {
    double tokens{}, pieces{}, before{}, ends{};  // before: sum over the pieces
  };
  // A prompt that was cut: the last admitted, and the first to go on. At most one at a time, since
  // a cut takes all that the iteration has left.
  struct CutPrompt {
    Sequences sequence;  // count 0: there is none
    double done{};
  };

  // Admission.
  void plan();
  void go_on_with_cut(double& budget);
  void admit(double budget);
  Sequences head() const;
  std::int64_t admissible(const Sequences& head) const;
  Sequences take(const Sequences& head, std::int64_t count);
  double next_arrival() const;

  // The KV cache.
  double decoding() const { return static_cast<double>(decode_.count()); }
  double growth() const { return decoding() * tokens_per_iteration_; }  // by one decode iteration
  double held() const { return decode_.context_sum(iteration_) + prompts_held_; }
  bool preempt();
  void give_back(const Sequences& sequences);
  void leave(const Sequences& sequences);

  // Time.
  void run_prompts();
  void run_decode();
  bool stretch(std::int64_t count, double first, double last, double until);
  bool affine_stretch(std::int64_t count, double first, double slope, double until);
  double decode_time(std::int64_t ahead) const;

  // Ends.
  void prompt_ended(Sequences sequences);
  void complete(const Sequences& sequences);
  void finish_decoding();
  std::int64_t counted(const Sequences& sequences) const;

  const StepTime& step_;
  const EngineLimits limits_;
  const double tokens_per_iteration_, tokens_max_, kv_max_;
  const std::int64_t sequences_max_, requests_, warm_up_;
  const bool chunked_, may_overflow_;

  RequestSource source_;
  DecodeBatch decode_;
  CutPrompt cut_;
  std::vector<Sequences> returned_;  // preempted, before all of source_; the first is the last
  std::vector<Sequences> ending_;    // whose prompts end in the iteration to come
  Prompts prompts_;
  double prompts_held_{};  // tokens of the cut prompt and of those that end
  double reserved_{};      // over all that run
  std::int64_t running_{}, completed_{}, iteration_{};  // iteration_: of decoding, the next one
  double now_{};
  RunTotals totals_;
  LatencySamples ttft_, tpot_;
};

template <class StepTime>
ReplicaFigures run_replica_with(const StepTime& step, const EngineLimits& limits,
                                const ReplicaLoad& load) {
  return ReplicaEngine<StepTime>{step, limits, load}.run();
}

template <class StepTime>
ReplicaEngine<StepTime>::ReplicaEngine(const StepTime& step, const EngineLimits& limits,
                                       const ReplicaLoad& load)
    : step_{step},
      limits_{limits},
      tokens_per_iteration_{limits.tokens_per_iteration},
      tokens_max_{std::floor(limits.tokens_max)},
      kv_max_{limits.kv_tokens + kTokenSlack},
      sequences_max_{sequences_max(limits)},
      requests_{load.requests},
      warm_up_{load.warm_up},
      chunked_{limits.chunked_prefill},
      may_overflow_{limits.output_reserved < 1},
      source_{load},
      decode_{static_cast<std::int64_t>(
                  decode_iterations(source_.lengths().output_max(), limits.tokens_per_iteration)),
              limits.tokens_per_iteration} {
  check_limits(limits, source_.lengths());
  const auto values = source_.lengths().all_equal() ? std::int64_t{64} : requests_;
  ttft_.reserve(static_cast<std::size_t>(values));
  tpot_.reserve(static_cast<std::size_t>(values));
}

template <class StepTime>
ReplicaFigures ReplicaEngine<StepTime>::run() {
  while (completed_ < requests_) {
    if (running_ == 0 && returned_.empty()) now_ = std::max(now_, source_.arrival());
    plan();
    if (prompts_.pieces > 0) run_prompts();
    else run_decode();
  }
  ASSAY_ASSERT(completed_ == requests_ && running_ == 0 && decode_.count() == 0);
  ASSAY_ASSERT(reserved_ == 0 && prompts_held_ == 0 && returned_.empty());
  ReplicaFigures figures =
      totals_.figures(now_ - source_.first_arrival(), requests_, limits_.kv_tokens);
  figures.ttft = ttft_.figures();
  figures.tpot = tpot_.figures();
  return figures;
}

template <class StepTime>
void ReplicaEngine<StepTime>::plan() {
  prompts_ = {};
  ending_.clear();
  if (!chunked_) {  // prompts come first, and decoding makes room only when there is none
    admit(tokens_max_);
    if (prompts_.pieces == 0) preempt();
    return;
  }
  const bool full = preempt();
  double budget = tokens_max_ - decoding();
  go_on_with_cut(budget);
  if (!full) admit(budget);  // what was just preempted must not come back at once
}

template <class StepTime>
void ReplicaEngine<StepTime>::go_on_with_cut(double& budget) {
  if (cut_.sequence.count == 0) return;
  const double piece = std::min(budget, cut_.sequence.prompt - cut_.done);
  prompts_ = {.tokens = piece, .pieces = 1, .before = cut_.done, .ends = 0};
  cut_.done += piece;
  budget -= piece;
  if (cut_.done < cut_.sequence.prompt) return;
  prompts_.ends = 1;
  ending_.push_back(cut_.sequence);
  cut_.sequence.count = 0;
}

template <class StepTime>
void ReplicaEngine<StepTime>::admit(double budget) {
  while (budget > 0 && (!returned_.empty() || source_.arrival() <= now_)) {
    const Sequences waiting = head();
    const std::int64_t fit = admissible(waiting);
    if (fit == 0) return;
    std::int64_t whole = fit;
    if (static_cast<double>(fit) * waiting.prompt > budget) {
      whole = static_cast<std::int64_t>(budget / waiting.prompt);
      if (!chunked_ && prompts_.pieces == 0) whole = std::max<std::int64_t>(whole, 1);
    }
    if (whole > 0) {
      const auto pieces = static_cast<double>(whole);
      ending_.push_back(take(waiting, whole));
      prompts_.tokens += pieces * waiting.prompt;
      prompts_.pieces += pieces;
      prompts_.ends += pieces;
      budget -= pieces * waiting.prompt;
    }
    if (whole < fit) {
      if (!chunked_ || budget <= 0) return;
      Sequences rest = waiting;
      rest.first += whole;
      cut_ = {.sequence = take(rest, 1), .done = budget};
      prompts_.tokens += budget;
      prompts_.pieces += 1;
      return;
    }
    if (fit < waiting.count) return;
  }
}

template <class StepTime>
Sequences ReplicaEngine<StepTime>::head() const {
  return returned_.empty() ? asking(source_, limits_) : returned_.back();
}

// How many of equal sequences the limits let in now. The next decode iteration of what runs must
// fit beside them, or they would be preempted in it.
template <class StepTime>
std::int64_t ReplicaEngine<StepTime>::admissible(const Sequences& head) const {
  const std::int64_t places = std::min(head.count, sequences_max_ - running_);
  if (places <= 0) return 0;
  const double unreserved = kv_max_ - reserved_ - head.reserved;
  const double unheld = kv_max_ - held() - growth() - head.reserved;
  if (unreserved < 0 || unheld < 0) return 0;
  if (places == 1) return 1;
  const double fit = std::min(unreserved / head.reserved, unheld / head.prompt);
  return fit < static_cast<double>(places) ? static_cast<std::int64_t>(fit) + 1 : places;
}

template <class StepTime>
Sequences ReplicaEngine<StepTime>::take(const Sequences& head, std::int64_t count) {
  Sequences taken = head;
  taken.count = count;
  if (returned_.empty()) {
    source_.take(count);
  } else {
    Sequences& last = returned_.back();
    last.first += count;
    last.count -= count;
    if (last.count == 0) returned_.pop_back();
  }
  running_ += count;
  reserved_ += static_cast<double>(count) * taken.reserved;
  prompts_held_ += static_cast<double>(count) * taken.prompt;
  return taken;
}

// When the next request comes that could be admitted while the batch is as it is: the cache only
// fills until a sequence finishes, so that what does not fit now will not fit before.
template <class StepTime>
double ReplicaEngine<StepTime>::next_arrival() const {
  const double arrival = source_.arrival();
  if (arrival == RequestSource::kNever || arrival <= now_ || !returned_.empty() ||
      admissible(head()) == 0) {
    return RequestSource::kNever;
  }
  return arrival;
}

// Makes room for one decode iteration: the youngest go first, and compute again what they had.
template <class StepTime>
bool ReplicaEngine<StepTime>::preempt() {
  if (!may_overflow_) return false;
  bool any = false;
  for (double excess = held() + growth() - kv_max_; excess > 0;
       excess = held() + growth() - kv_max_) {
    any = true;
    if (cut_.sequence.count > 0) {
      prompts_held_ -= cut_.sequence.prompt;
      leave(cut_.sequence);
      give_back(cut_.sequence);
      cut_.sequence.count = 0;
      continue;
    }
    const double each = decode_.youngest_context(iteration_) + tokens_per_iteration_;
    const auto count = static_cast<std::int64_t>(std::ceil(excess / each));
    const auto [removed, decoded] = decode_.remove_youngest(count, iteration_);
    leave(removed);
    give_back(asking_again(removed, decoded, limits_));
  }
  return any;
}

template <class StepTime>
void ReplicaEngine<StepTime>::give_back(const Sequences& sequences) {
  totals_.preemptions += sequences.count;
  if (!returned_.empty()) {
    Sequences& next = returned_.back();
    if (sequences.first + sequences.count == next.first && sequences.prompt == next.prompt &&
        sequences.output == next.output && sequences.output_request == next.output_request &&
        sequences.arrival == next.arrival && sequences.first_token == next.first_token) {
      next.first = sequences.first;
      next.count += sequences.count;
      return;
    }
  }
  returned_.push_back(sequences);
}

template <class StepTime>
void ReplicaEngine<StepTime>::leave(const Sequences& sequences) {
  running_ -= sequences.count;
  reserved_ -= static_cast<double>(sequences.count) * sequences.reserved;
}

template <class StepTime>
void ReplicaEngine<StepTime>::run_prompts() {
  const double sequences = chunked_ ? decoding() : 0;
  const double context = sequences > 0 ? decode_.context_sum(iteration_) / sequences : 0;
  const double time = step_
                          .time({.prefill_tokens = prompts_.tokens,
                                 .prefill_pieces = prompts_.pieces,
                                 .prefill_before = prompts_.before / prompts_.pieces,
                                 .prefill_ends = prompts_.ends,
                                 .decode_sequences = sequences,
                                 .decode_context = context})
                          .base();
  now_ += time;
  ++totals_.iterations;
  totals_.prefill_time += time;
  totals_.kv_product += (held() + sequences * tokens_per_iteration_) * time;
  if (sequences > 0) {
    totals_.decode_time += time;
    totals_.decode_product += sequences * time;
    ++iteration_;
    finish_decoding();
  }
  for (const Sequences& ended : ending_) prompt_ended(ended);
}

template <class StepTime>
void ReplicaEngine<StepTime>::run_decode() {
  std::int64_t count = decode_.iterations_to_finish(iteration_);
  if (may_overflow_) {
    const double fit = (kv_max_ - held()) / growth();
    if (fit < static_cast<double>(count)) {
      count = std::max<std::int64_t>(1, static_cast<std::int64_t>(fit));
    }
  }
  const double until = next_arrival(), first = decode_time(0);
  // Later iterations take no less time than the first: after so many the request has come.
  const double at_most = (until - now_) / first + 1;
  if (at_most < static_cast<double>(count)) count = static_cast<std::int64_t>(at_most);
  stretch(count, first, count > 1 ? decode_time(count - 1) : first, until);
  finish_decoding();
}

template <class StepTime>
double ReplicaEngine<StepTime>::decode_time(std::int64_t ahead) const {
  const double sequences = decoding();
  return step_
      .time({.decode_sequences = sequences,
             .decode_context = decode_.context_sum(iteration_ + ahead) / sequences})
      .base();
}

// Runs `count` iterations of which the first and last take so long, or as many as it takes until
// `until` has passed; false when it stopped there.
template <class StepTime>
bool ReplicaEngine<StepTime>::stretch(std::int64_t count, double first, double last, double until) {
  constexpr double kAffine = 1e-9;  // relative
  if (count == 1) return affine_stretch(1, first, 0, until);
  const double slope = (last - first) / static_cast<double>(count - 1);
  if (count == 2) return affine_stretch(2, first, slope, until);
  const std::int64_t middle = (count - 1) / 2;
  const double time = decode_time(middle);
  if (std::abs(first + slope * static_cast<double>(middle) - time) <= kAffine * time) {
    return affine_stretch(count, first, slope, until);
  }
  const std::int64_t rest = count - middle - 1;
  if (!stretch(middle + 1, first, time, until)) return false;
  return stretch(rest, rest > 1 ? decode_time(0) : last, last, until);
}

template <class StepTime>
bool ReplicaEngine<StepTime>::affine_stretch(std::int64_t count, double first, double slope,
                                             double until) {
  const auto time_of = [=](double n) { return n * first + slope * (n * (n - 1) / 2); };
  if (now_ + time_of(static_cast<double>(count)) >= until) {
    count = iterations_until(until - now_, first, slope, count);
    while (count > 1 && now_ + time_of(static_cast<double>(count - 1)) >= until) --count;
    while (now_ + time_of(static_cast<double>(count)) < until) ++count;
  }
  const auto n = static_cast<double>(count);
  const double time = time_of(n);
  // Σ i·t(i) over i = 0 … n − 1, with t(i) = first + slope·i.
  const double moment = n * (n - 1) / 2 * first + slope * ((n - 1) * n * (2 * n - 1) / 6);
  totals_.kv_product += (held() + growth()) * time + growth() * moment;
  totals_.decode_time += time;
  totals_.decode_product += decoding() * time;
  totals_.iterations += count;
  iteration_ += count;
  now_ += time;
  return now_ < until;
}

template <class StepTime>
void ReplicaEngine<StepTime>::prompt_ended(Sequences sequences) {
  prompts_held_ -= static_cast<double>(sequences.count) * sequences.prompt;
  if (sequences.first_token < 0) {
    sequences.first_token = now_;
    ttft_.add(now_ - sequences.arrival, counted(sequences));
  }
  if (sequences.iterations == 0) complete(sequences);
  else decode_.start(sequences, iteration_);
}

template <class StepTime>
void ReplicaEngine<StepTime>::finish_decoding() {
  decode_.finish(iteration_, [this](const Sequences& sequences) { complete(sequences); });
}

template <class StepTime>
void ReplicaEngine<StepTime>::complete(const Sequences& sequences) {
  leave(sequences);
  completed_ += sequences.count;
  totals_.output_tokens += static_cast<double>(sequences.count) * sequences.output_request;
  if (sequences.output_request > 1) {
    tpot_.add((now_ - sequences.first_token) / (sequences.output_request - 1), counted(sequences));
  }
  source_.completed(sequences.count, now_);
}

// Those of them that are not warm-up.
template <class StepTime>
std::int64_t ReplicaEngine<StepTime>::counted(const Sequences& sequences) const {
  return std::clamp<std::int64_t>(sequences.first + sequences.count - warm_up_, 0, sequences.count);
}

}  // namespace assay::simulate
