// stepwise_replica.h — one replica under load, told plainly: every iteration is put together from
// the requests that run, its time asked of the step and rounded to the nanosecond. The same rules
// as replica.h by other means, to check it (`--every-iteration`); slow where that one is fast.
// `Step` as there, of which only time() is called. Rules: docs/models.md, "Serving, simulated".
// No threads; a function of what is submitted and when.
#pragma once

#include <cstdint>
#include <vector>

#include "simulate/decode_set.h"
#include "simulate/replica.h"
#include "simulate/stepwise_cache.h"

namespace assay::simulate {

template <class Step>
class StepwiseReplica {
 public:
  StepwiseReplica(const ReplicaShared<Step>& shared, std::int32_t number);

  // As of Replica, word for word.
  SimTime next() const { return end_; }
  void submit(Slot slot, SimTime now);
  bool cancel(Slot slot, SimTime now);
  void release_held(Slot slot, SimTime now);
  void end_iterations(std::vector<ReplicaEvent>& events);
  void begin_iterations(SimTime now);
  std::vector<Slot> fail(SimTime now);
  ReplicaState state(SimTime) const;
  std::int64_t kv_blocks_used() const { return cache_.used(); }
  std::int64_t waiting_blocks() const;
  std::int64_t cached_tokens(Slot slot) const;
  bool fits(std::int32_t input, std::int32_t output) const;

 private:
  struct Sequence {  // that runs
    Slot slot{};
    std::vector<Block> blocks;
    std::int64_t computed{};    // tokens of the prompt that are in the cache
    std::int64_t piece{};       // more of them, in this iteration
    std::int64_t iterations{};  // of decoding
    std::int64_t iterations_needed{};
    bool decoding{};
  };
  struct Held {
    Slot slot{};
    std::vector<Block> blocks;
  };

  // Planning.
  void plan(SimTime now);
  void let_go();
  void free_held_over();
  bool anything_runs() const;
  std::int64_t blocks_missing(const Sequence& sequence) const;
  bool make_room();
  void write_decoded();
  void preempt(std::size_t at);
  std::size_t victim() const;
  void go_on_with_cut(std::int64_t& budget);
  void admit(std::int64_t budget, std::int64_t margin);
  bool admit_first(std::int64_t& budget, std::int64_t margin);
  bool room_for(const Request& request, std::int64_t needed, std::int64_t margin) const;
  std::size_t first_waiting() const;
  void start_decode(Sequence& sequence);

  // Iterations.
  model::Iteration iteration() const;
  void record(const model::Iteration& iteration);
  void record_work(const model::Iteration& iteration, double share);
  void record_slice();
  void token(Request& request);
  void decode(std::vector<ReplicaEvent>& events);
  void end_cancelled(std::vector<ReplicaEvent>& events);
  void end_prompts(std::vector<ReplicaEvent>& events);
  void finish(std::size_t at, std::vector<ReplicaEvent>& events);
  void leave(std::size_t at);
  void end_batch();

  std::int64_t gained(const Sequence& s) const { return yield_.tokens(s.iterations); }
  std::int64_t in_cache(const Sequence& s) const {
    return s.decoding ? requests_[s.slot].prompt + gained(s) : s.computed;
  }
  std::int64_t decoding() const;
  std::size_t place_of(Slot slot) const;

  const Step& step_;
  const EngineLimits limits_;
  Requests& requests_;
  PoolRecord& record_;
  Timeline* timeline_;
  const Role role_;
  const std::int32_t number_;
  const TokenYield yield_;

  StepwiseCache cache_;
  std::vector<Sequence> running_;  // in the order of admission
  std::vector<Slot> waiting_;      // in the order of arrival, who was preempted before all
  std::vector<Slot> marked_;       // to leave at the end of the iteration
  std::vector<Held> held_;         // prompts to be sent away
  // Blocks of requests that have ended: since the last planning; before it, which the engine counts
  // as theirs; and of the static batch that runs, with the tokens that it computes on.
  std::vector<std::vector<Block>> ended_, held_over_, padded_;
  std::vector<double> padding_;
  bool filling_{};  // of a static batch: it has not begun to decode
  bool decodes_{};  // in this iteration
  bool prompts_{};  // prompt tokens are in it
  bool runs_{};     // an iteration is under way
  bool ran_{};      // one was before this boundary
  SimTime start_, end_{kNever}, last_start_, visible_;
};

}  // namespace assay::simulate

#include "simulate/stepwise_plan.h"
#include "simulate/stepwise_run.h"
