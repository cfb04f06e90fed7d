// simulate_test_support.h — for tests: step times that one can add up by hand, and a replica driven
// without a fleet. Times in nanoseconds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "model/step_model.h"
#include "simulate/replica.h"
#include "simulate/request.h"

namespace assay::simulate {

// Affine between kinks, in whole nanoseconds for whole tokens (and for 1/256 tokens where
// `token_of_context` is a multiple of 256), so that no order of rounding can matter.
struct ToyStep {
  double iteration{1'000'000}, prompt_token{700}, token_before{2}, piece{900}, end{1300};
  double sequence{11'000}, token_of_context{256};
  double window{std::numeric_limits<double>::infinity()};  // of context; beyond it, twice the time

  Seconds time(const model::Iteration& i) const {
    const double context = i.decode_context + std::max(0.0, i.decode_context - window);
    return Seconds::from_base(
        1e-9 * (iteration + prompt_token * i.prefill_tokens + piece * i.prefill_pieces +
                token_before * i.prefill_before * i.prefill_pieces + end * i.prefill_ends +
                sequence * i.decode_sequences + token_of_context * i.decode_sequences * context));
  }
  model::DecodeTime decode_time(double sequences, double context) const {
    const bool beyond = context >= window;
    return {.seconds = time({.decode_sequences = sequences, .decode_context = context}).base(),
            .per_token = 1e-9 * token_of_context * sequences * (beyond ? 2 : 1),
            .at = context,
            .until = beyond ? std::numeric_limits<double>::infinity() : window};
  }
};

struct Asked {
  std::int64_t at{};  // never falls from one to the next
  std::int32_t input{}, output{}, priority{};
  std::vector<std::uint64_t> ids{};
  std::int32_t block_tokens{};
  std::int64_t cancelled_at{-1};
  bool prefilled{};
  std::int64_t fails_at{-1};  // the replica, with all that it has
};

struct Told {
  std::int64_t first{-1}, last{-1};
  std::int32_t cached{}, preemptions{};
  bool finished{}, cancelled{};
};

struct ReplicaLog {
  std::vector<Told> told;
  PoolRecord record;
  // After each boundary.
  std::map<std::int64_t, std::int64_t> blocks, waiting_blocks, running;
  std::int64_t blocks_at_end{};
};

// Drives one replica to the end of all requests. At one time submissions come first, then
// cancellations, then the boundary. Prompts that are held are sent away after `held_for`.
template <template <class> class ReplicaType, class Step>
class ReplicaDriver {
 public:
  ReplicaDriver(const Step& step, const EngineLimits& limits, Role role = Role::kBoth)
      : table_{step},
        replica_{{.step = step,
                  .limits = limits,
                  .role = role,
                  .requests = requests_,
                  .record = log_.record,
                  .table = table_},
                 0} {}

  ReplicaLog run(const std::vector<Asked>& asked, std::int64_t held_for = 0) {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      push(asked[i].at, What::kSubmit, i);
      if (asked[i].cancelled_at >= 0) push(asked[i].cancelled_at, What::kCancel, i);
      if (asked[i].fails_at >= 0) push(asked[i].fails_at, What::kFail, i);
    }
    held_for_ = held_for;
    log_.told.resize(asked.size());
    slots_.assign(asked.size(), kNoSlot);
    for (;;) {
      const SimTime due = replica_.next();
      if (!todo_.empty() && todo_.begin()->first.at <= due.ns) {
        const auto next = *todo_.begin();
        todo_.erase(todo_.begin());
        act(next.first, next.second, asked);
      } else if (due != kNever) {
        boundary(due);
      } else {
        break;
      }
    }
    log_.blocks_at_end = replica_.kv_blocks_used();
    return log_;
  }

 private:
  enum class What : unsigned char { kSubmit, kRelease, kCancel, kFail };
  struct When {
    std::int64_t at{};
    What what{};
    std::int64_t order{};
    friend auto operator<=>(const When&, const When&) = default;
  };

  void push(std::int64_t at, What what, std::size_t request) {
    todo_[{at, what, orders_++}] = request;
  }

  void act(const When& when, std::size_t i, const std::vector<Asked>& asked) {
    const SimTime now{when.at};
    if (when.what == What::kFail) {
      fail(now);
    } else if (when.what == What::kRelease) {
      replica_.release_held(slots_[i], now);
      end(i);
    } else if (when.what == What::kCancel) {
      if (slots_[i] == kNoSlot || !replica_.cancel(slots_[i], now)) return;
      // Who waited is gone; of the others a boundary tells.
      if (requests_[slots_[i]].stage != Stage::kOutside) return;
      log_.told[i].cancelled = true;
      end(i);
    } else {
      submit(asked[i], i, now);
    }
  }

  void fail(SimTime now) {
    replica_.fail(now);
    std::erase_if(todo_, [](const auto& next) { return next.first.what == What::kRelease; });
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i] != kNoSlot) end(i);
    }
  }

  void submit(const Asked& asked, std::size_t i, SimTime now) {
    const Slot slot = requests_.add();
    slots_[i] = slot;
    Request& request = requests_[slot];
    request.number = static_cast<std::int64_t>(i);
    request.arrival = now;
    request.input = asked.input;
    request.output = asked.output;
    request.priority = asked.priority;
    requests_.prefixes[slot].ids = asked.ids;
    requests_.prefixes[slot].block_tokens = asked.block_tokens;
    if (asked.prefilled) {
      request.prefilled = true;
      request.generated = 1;
      request.first_token = request.last_token = now;
    }
    replica_.submit(slot, now);
  }

  void boundary(SimTime due) {
    std::vector<ReplicaEvent> events;
    replica_.end_iterations(events);
    for (const ReplicaEvent& event : events) {
      const auto i = static_cast<std::size_t>(requests_[event.slot].number);
      log_.told[i].finished = event.what == Happened::kFinished;
      log_.told[i].cancelled = event.what == Happened::kCancelled;
      if (event.what == Happened::kPrefilled) push(due.ns + held_for_, What::kRelease, i);
      else end(i);
    }
    replica_.begin_iterations(due);
    log_.blocks[due.ns] = replica_.kv_blocks_used();
    log_.waiting_blocks[due.ns] = replica_.waiting_blocks();
    log_.running[due.ns] = replica_.state(due).running;
  }

  void end(std::size_t i) {
    const Request& request = requests_[slots_[i]];
    Told& told = log_.told[i];
    told.first = request.first_token == kNever ? -1 : request.first_token.ns;
    told.last = request.last_token == kNever ? -1 : request.last_token.ns;
    told.cached = request.cached_tokens;
    told.preemptions = request.preemptions;
    requests_.remove(slots_[i]);
    slots_[i] = kNoSlot;
  }

  Requests requests_;
  ReplicaLog log_;
  DecodeTable<Step> table_;
  ReplicaType<Step> replica_;
  std::map<When, std::size_t> todo_;
  std::vector<Slot> slots_;
  std::int64_t held_for_{}, orders_{};
};

}  // namespace assay::simulate
