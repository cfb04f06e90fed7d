// replica_test_support.h — for tests: step times that one can add up by hand, and the run of
// replica_run.h told plainly: one object a request, one call of the step an iteration.
// Slow, and independent of the engine but for the draws and the formulas of sequences.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

#include "model/step_model.h"
#include "simulate/admission.h"
#include "simulate/replica_run.h"
#include "simulate/request_source.h"
#include "simulate/sequences.h"

namespace assay::simulate {

// Milliseconds: 5 an iteration, 0.05 a prompt token (and more where its prompt is long), 0.02 a
// sequence, 1e-5 a token of context; with `window`, twice that beyond so many tokens.
struct ToyStep {
  double window{1e300};
  Seconds time(const model::Iteration& i) const {
    const double context = i.decode_context + std::max(0.0, i.decode_context - window);
    return Seconds::from_base(5e-3 + i.prefill_tokens * (5e-5 + 1e-9 * i.prefill_before) +
                              2e-5 * (i.decode_sequences + i.prefill_ends) +
                              1e-5 * i.prefill_pieces + 1e-8 * i.decode_sequences * context);
  }
};

template <class StepTime>
class ReferenceRun {
 public:
  ReferenceRun(const StepTime& step, const EngineLimits& limits, const ReplicaLoad& load)
      : step_{step}, limits_{limits}, load_{load}, lengths_{load}, source_{load} {
    for (std::int64_t i = 0; i < load.requests; ++i) {
      requests_.push_back({.input = lengths_.input(i),
                           .output = lengths_.output(i),
                           .prompt = lengths_.input(i),
                           .left = lengths_.output(i)});
    }
    if (load.arrivals == Arrivals::kClosedLoop) {
      const double burst = std::max(1.0, std::round(load.concurrency));
      for (double i = 0; i < burst; ++i) send(0);
    } else {
      for (std::int64_t i = 0; i < load.requests; ++i) {
        send(source_.arrival());
        source_.take(1);
      }
    }
  }

  ReplicaFigures run() {
    const double begin = requests_[0].arrival;
    while (completed_ < load_.requests) {
      if (running_.empty()) now_ = std::max(now_, requests_[queue_.front()].arrival);
      iterate();
    }
    ReplicaFigures figures = figures_;
    const double span = now_ - begin;
    figures.requests_per_s = static_cast<double>(completed_) / span;
    figures.output_tokens_per_s /= span;
    figures.batch_mean = decode_time_ > 0 ? figures.batch_mean / decode_time_ : 0;
    figures.kv_share_mean /= limits_.kv_tokens * span;
    figures.prefill_share /= span;
    figures.ttft = latencies(ttft_);
    figures.tpot = latencies(tpot_);
    return figures;
  }

  double held_max() const { return held_max_; }

 private:
  struct Request {
    double input{}, output{};  // as drawn
    double arrival{}, first_token{-1};
    double prompt{}, left{};       // of this residence
    double computed{}, decoded{};  // prompt tokens, iterations
    double piece{};                // in this iteration
    bool decodes() const { return computed == prompt; }
  };

  double tokens() const { return limits_.tokens_per_iteration; }

  void send(double at) {
    if (sent_ == requests_.size()) return;
    requests_[sent_].arrival = at;
    queue_.push_back(sent_++);
  }

  double decoding() const {
    return static_cast<double>(std::count_if(running_.begin(), running_.end(),
                                             [this](auto i) { return requests_[i].decodes(); }));
  }

  double held() const {
    double sum = 0;
    for (const std::size_t i : running_)
      sum += requests_[i].prompt + requests_[i].decoded * tokens();
    return sum;
  }

  double reserved(const Request& r) const {
    return reserved_tokens(r.prompt, r.left, limits_.output_reserved, tokens());
  }

  bool fits(const Request& r, double sequences) const {
    double all = reserved(r);
    for (const std::size_t i : running_) all += reserved(requests_[i]);
    const double next = held() + sequences * tokens() + reserved(r);
    return static_cast<double>(running_.size() + 1) <= limits_.sequences_max &&
           static_cast<double>(running_.size() + 1) <= limits_.tokens_max &&
           std::max(all, next) <= limits_.kv_tokens + kTokenSlack;
  }

  bool preempt() {
    bool any = false;
    while (held() + decoding() * tokens() > limits_.kv_tokens + kTokenSlack) {
      any = true;
      const std::size_t youngest = running_.back();
      running_.pop_back();
      queue_.push_front(youngest);
      Request& r = requests_[youngest];
      if (r.decodes()) {
        const double generated = generated_tokens(r.left, r.decoded, tokens());
        r.prompt += generated;
        r.left -= generated;
      }
      r.computed = r.decoded = 0;
      ++figures_.preemptions;
    }
    return any;
  }

  // Gives tokens of the budget to prompts; how many decode does not change by it.
  void admit(double budget, double sequences) {
    bool some = false;
    while (budget > 0 && !queue_.empty()) {
      Request& r = requests_[queue_.front()];
      if (r.arrival > now_ || !fits(r, sequences)) return;
      if (limits_.chunked_prefill) r.piece = std::min(budget, r.prompt);
      else if (!some || r.prompt <= budget) r.piece = r.prompt;
      else return;
      some = true;
      budget -= r.piece;
      running_.push_back(queue_.front());
      queue_.pop_front();
    }
  }

  void iterate() {
    for (Request& r : requests_) r.piece = 0;
    bool decode = true;
    if (limits_.chunked_prefill) {
      const bool full = preempt();
      double budget = std::floor(limits_.tokens_max) - decoding();
      for (const std::size_t i : running_) {
        Request& r = requests_[i];
        if (r.decodes()) continue;
        r.piece = std::min(budget, r.prompt - r.computed);
        budget -= r.piece;
      }
      if (!full) admit(budget, decoding());
    } else {
      admit(std::floor(limits_.tokens_max), decoding());
      decode = std::none_of(running_.begin(), running_.end(),
                            [this](auto i) { return requests_[i].piece > 0; });
      if (decode) preempt();
    }
    advance(iteration(decode), decode);
  }

  model::Iteration iteration(bool decode) const {
    model::Iteration it;
    for (const std::size_t i : running_) {
      const Request& r = requests_[i];
      if (r.piece > 0) {
        it.prefill_tokens += r.piece;
        it.prefill_pieces += 1;
        it.prefill_before += r.computed;
        it.prefill_ends += r.computed + r.piece == r.prompt ? 1 : 0;
      } else if (decode) {
        it.decode_sequences += 1;
        it.decode_context += r.prompt + r.decoded * tokens();
      }
    }
    if (it.prefill_pieces > 0) it.prefill_before /= it.prefill_pieces;
    if (it.decode_sequences > 0) it.decode_context /= it.decode_sequences;
    return it;
  }

  void advance(const model::Iteration& it, bool decode) {
    const double time = step_.time(it).base();
    const double kv = held() + it.decode_sequences * tokens();
    now_ += time;
    ++figures_.iterations;
    held_max_ = std::max(held_max_, kv);
    figures_.kv_share_mean += kv * time;
    if (it.prefill_pieces > 0) figures_.prefill_share += time;
    if (it.decode_sequences > 0) {
      decode_time_ += time;
      figures_.batch_mean += it.decode_sequences * time;
    }
    std::vector<std::size_t> stay;
    for (const std::size_t i : running_) {
      Request& r = requests_[i];
      if (r.piece > 0) {
        r.computed += r.piece;
        if (r.decodes() && r.first_token < 0) first_token(i);
      } else if (decode) {
        r.decoded += 1;
      }
      if (r.decodes() && r.decoded == decode_iterations(r.left, tokens())) complete(i);
      else stay.push_back(i);
    }
    running_ = stay;
  }

  void first_token(std::size_t i) {
    requests_[i].first_token = now_;
    if (static_cast<std::int64_t>(i) >= load_.warm_up) ttft_.push_back(now_ - requests_[i].arrival);
  }

  void complete(std::size_t i) {
    const Request& r = requests_[i];
    ++completed_;
    figures_.output_tokens_per_s += r.output;
    if (r.output > 1 && static_cast<std::int64_t>(i) >= load_.warm_up) {
      tpot_.push_back((now_ - r.first_token) / (r.output - 1));
    }
    if (load_.arrivals == Arrivals::kClosedLoop) send(now_);
  }

  static LatencyFigures latencies(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
      const double position = share * static_cast<double>(values.size() - 1);
      const auto low = static_cast<std::size_t>(position);
      const std::size_t high = std::min(low + 1, values.size() - 1);
      const double part = position - static_cast<double>(low);
      return Seconds::from_base(values[low] + (values[high] - values[low]) * part);
    };
    double sum = 0;
    for (const double value : values) sum += value;
    return {.mean = Seconds::from_base(sum / static_cast<double>(values.size())),
            .p50 = at(0.5),
            .p90 = at(0.9),
            .p99 = at(0.99)};
  }

  const StepTime& step_;
  EngineLimits limits_;
  ReplicaLoad load_;
  RequestLengths lengths_;
  RequestSource source_;
  std::vector<Request> requests_;
  std::deque<std::size_t> queue_;
  std::vector<std::size_t> running_;  // in the order of admission
  std::vector<double> ttft_, tpot_;
  std::size_t sent_{};
  std::int64_t completed_{};
  double now_{}, decode_time_{}, held_max_{};
  ReplicaFigures figures_;  // sums, until the run ends
};

}  // namespace assay::simulate
