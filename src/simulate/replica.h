// replica.h — one replica under load, driven by a fleet: continuous batching over a paged KV cache,
// from one change of the batch to the next. An iteration that carries prompt tokens is evaluated as
// it is; the decode iterations up to the next end, full cache, arrival that can be admitted or kink
// of the step are one stretch, whose times are summed in closed form and rounded to the nanosecond.
// `Step` is model::StepModel, or in tests a value with its time() and decode_time().
// The same, iteration by iteration: stepwise_replica.h. No threads; a function of what is submitted
// and when. Rules: docs/models.md, "Serving, simulated".
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "simulate/block_pool.h"
#include "simulate/decode_set.h"
#include "simulate/decode_table.h"
#include "simulate/engine_limits.h"
#include "simulate/pool_record.h"
#include "simulate/request.h"
#include "simulate/waiting_queue.h"

namespace assay::simulate {

enum class Role : unsigned char {
  kBoth,
  kPrefill,  // prompts only: another replica decodes
  kDecode,   // prompts that other replicas have computed
};

enum class Happened : unsigned char { kFinished, kPrefilled, kCancelled };

struct ReplicaEvent {
  Happened what{};
  Slot slot{};
};

// What a fleet's clock sees of a replica.
struct ReplicaState {
  std::int64_t running{}, waiting{}, kv_blocks{};
};

// What the replicas of a pool have in common. All of it outlives them.
template <class Step>
struct ReplicaShared {
  const Step& step;
  EngineLimits limits;
  Role role{};
  Requests& requests;
  PoolRecord& record;
  DecodeTable<Step>& table;
  Timeline* timeline{};
};

template <class Step>
class Replica {
 public:
  Replica(const ReplicaShared<Step>& shared, std::int32_t number);

  // When end_iterations() and begin_iterations() are due; kNever: it is idle.
  SimTime next() const { return end_; }

  // A request comes; not after next(). It must fit the cache alone (fits()).
  void submit(Slot slot, SimTime now);
  // It leaves, now if it waits, else at the end of the iteration. False: it had ended already.
  bool cancel(Slot slot, SimTime now);
  // Its prompt has been sent away.
  void release_held(Slot slot, SimTime now);
  // What happens at next(), in order.
  void end_iterations(std::vector<ReplicaEvent>& events);
  // What comes then; after the submissions of that time.
  void begin_iterations(SimTime now);
  // Everything is lost, also what the iteration under way was to give; not after next(). The
  // requests that it had.
  std::vector<Slot> fail(SimTime now);

  ReplicaState state(SimTime now) const;
  std::int64_t kv_blocks_used() const { return pool_.used(); }
  std::int64_t waiting_blocks() const { return waiting_blocks_; }  // that waiting prompts need
  std::int64_t cached_tokens(Slot slot) const {
    return pool_.cached_tokens(requests_.prefixes[slot], requests_[slot].input);
  }
  // Whether it can run at all, alone.
  bool fits(std::int32_t input, std::int32_t output) const;

 private:
  struct Prompts {  // of the iteration to come
    double tokens{}, pieces{}, before{}, ends{};
  };
  struct Leaving {  // ended, but the engine counts its place for another iteration
    std::int64_t own{};
    std::vector<std::int32_t> nodes;
  };
  struct Newcomers {  // sequences that have not decoded since their last token
    SimTime last_token;
    std::int64_t count{};
  };

  // Planning (replica_plan.h).
  void plan(SimTime now);
  void go_on_with_cut(double& budget);
  void admit(double budget, std::int64_t margin);
  bool admissible(Slot slot, BlockPool::Offer& offer, std::int64_t margin) const;
  bool take(Slot slot, const BlockPool::Offer& offer, double& budget);
  void join_prefilled(Slot slot);
  void start_prompts();
  void start_decoding();
  std::int64_t room_for(std::int64_t iterations) const;
  bool may_admit_soon();
  void make_room();
  void preempt(Slot slot);
  Slot victim() const;
  void let_go();
  void release_held_over();
  double decode_budget() const;

  // Iterations (replica_run.h).
  std::int64_t stretch_ns(std::int64_t iterations) const;
  std::int64_t iterations_until(SimTime now) const;
  void cut_stretch(SimTime now, bool an_iteration_late);
  void record_stretch();
  IterationSums stretch_sums() const;
  void record_work(double share);
  void record_slice();
  double block_seconds() const;
  void record_gaps();
  void record_until(SimTime now);
  void prompt_ended(Slot slot, std::vector<ReplicaEvent>& events);
  void finish(Slot slot, std::vector<ReplicaEvent>& events);
  void leave(Slot slot);
  void end_batch();
  void leave_newcomers(const Request& request);
  void start_decode(Slot slot);
  void cancel_marked(std::vector<ReplicaEvent>& events);
  void wait_in_queue(Slot slot, bool front);
  void leave_queue(Slot slot);
  void link_youngest(Slot slot);
  void unlink(Slot slot);

  const Step& step_;
  DecodeTable<Step>& table_;
  const EngineLimits limits_;
  Requests& requests_;
  PoolRecord& record_;
  Timeline* timeline_;
  const Role role_;
  const std::int32_t number_;

  BlockPool pool_;
  DecodeSet decode_;
  WaitingQueue waiting_;
  std::int64_t waiting_blocks_{}, reserved_{};
  Slot cut_{kNoSlot};                       // whose prompt was cut: at most one, the youngest
  Slot youngest_{kNoSlot};                  // of those that run
  std::vector<Slot> ending_;                // whose prompts end with the iteration
  std::vector<Slot> marked_;                // to leave at the end of the iteration
  std::vector<Leaving> ended_, held_over_;  // since the last planning, and before it
  std::vector<Newcomers> newcomers_;
  SimTime last_decoded_;    // end of the last decode iteration: all others' last token
  std::int64_t running_{};  // admitted and not ended; with padding of a static batch
  std::int64_t padding_{};  // of a static batch: ended, but computed on
  double padding_context_{};
  std::vector<Leaving> padded_;
  bool filling_{};            // of a static batch: it has not begun to decode
  std::int64_t iteration_{};  // of decoding, the next one
  std::int64_t orders_{};

  // The stretch under way.
  SimTime start_, end_{kNever}, last_start_, visible_;
  std::int64_t count_{};  // iterations; 0: planning is due
  double first_{}, slope_{};
  Prompts prompts_;
  bool decodes_{}, ran_{}, preempted_{};
  bool budget_spent_{};  // all of it; what decodes later takes no more where prompts go first
  std::int64_t used_at_start_{}, used_by_ended_{};  // the latter: in the first iteration
};

}  // namespace assay::simulate

#include "simulate/replica_plan.h"
#include "simulate/replica_run.h"
