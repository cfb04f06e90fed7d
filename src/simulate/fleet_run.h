// fleet_run.h — the run behind fleet.h, for any kind of replica and step. From event to event: what
// is due first of arrivals, timers and replicas; at the same time in that order, so that whoever
// comes at the end of an iteration is seen by the one that follows.
// ReplicaType is Replica<Step> or StepwiseReplica<Step>. One object a run; one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "simulate/fleet.h"
#include "simulate/fleet_tally.h"
#include "simulate/next_due.h"

namespace assay::simulate {

template <class ReplicaType, class Step>
class FleetRunner {
 public:
  // steps: of each pool.
  FleetRunner(const Fleet& fleet, std::span<const Step* const> steps, const FleetRun& run);
  FleetFigures run();

 private:
  using Index = std::int32_t;
  enum class Power : unsigned char { kOff, kStarting, kOn, kDraining, kDown };
  struct Seat {  // of a replica
    Index pool{};
    Power power{};
    std::int64_t epoch{};  // of its cache: a failure begins a new one
    std::int64_t failures{};
    SimTime since;      // when it was last switched on
    SimTime link_free;  // when the transfers it has begun are over
  };
  enum class Timer : unsigned char {
    kRetry,
    kTransferred,
    kReady,
    kFailed,
    kRepaired,
    kScale,
    kSample
  };
  struct TimerEvent {
    SimTime at;
    std::uint64_t sequence{};
    Timer kind{};
    std::uint32_t subject{};  // slot, replica or pool
    std::int64_t stamp{};     // number of the request, or epoch of the replica
    Index from{-1};           // of a transfer
    friend bool operator>(const TimerEvent& a, const TimerEvent& b) {
      return a.at != b.at ? a.at > b.at : a.sequence > b.sequence;
    }
  };
  struct Deadline {
    SimTime at;
    Slot slot{};
    std::int64_t number{};
    std::int32_t attempts{};
  };
  struct Parked {
    Slot slot{};
    std::int64_t number{};
    std::int32_t attempts{};
  };
  // Where requests of a model go: to prompts and decoding in one, or to one after the other.
  struct Target {
    std::vector<Index> pools, replicas;  // the latter: that take requests now
    std::int64_t turn{}, draws{};
    std::deque<Parked> parked;  // nobody takes them now
  };

  // Setting up and the clock (here).
  void add_pool(std::size_t pool, const Step& step);
  void loop();
  bool over() const { return !arriving_ && requests_.in_flight() == 0; }
  void pull();
  void arrive(SimTime now);
  void advance(std::size_t replica);
  void drain_events(SimTime now);
  FleetFigures figures();

  // Requests (fleet_requests.h).
  Target& target_of(const Request& request);
  void send(Slot slot, SimTime now);
  void route(Slot slot, SimTime now);
  Index choose(Target& target, Slot slot, std::span<const Index> from);
  Index least(std::span<const Index> from, const auto& measure) const;
  Index fewest_outstanding(std::span<const Index> from) const;
  Index best_prefix(std::span<const Index> from, Slot slot) const;
  void submit(Slot slot, Index replica, SimTime now);
  void finished(Slot slot, SimTime now);
  void prefilled(Slot slot, SimTime now);
  void transferred(const TimerEvent& event);
  void record_transfer(const TimerEvent& event, const Request& request) const;
  void again(Slot slot, SimTime now, Outcome otherwise);
  void expire(SimTime now);
  void end(Slot slot, Outcome outcome, SimTime now);

  // Replicas that come and go (fleet_replicas.h).
  void handle(const TimerEvent& event);
  void set_power(Index replica, Power power, SimTime now);
  void refresh(const Seat& seat);
  void unpark(SimTime now);
  void fail(Index replica, SimTime now);
  void scale(Index pool, SimTime now);
  void draw_failure(Index replica, SimTime now);
  void sample(SimTime now);
  void at(SimTime time, Timer kind, std::uint32_t subject, std::int64_t stamp = 0, Index from = -1);
  SimTime next_timer() const {
    const SimTime timer = timers_.empty() ? kNever : timers_.top().at;
    return deadlines_.empty() ? timer : std::min(timer, deadlines_.front().at);
  }

  const Fleet& fleet_;
  const FleetRun& run_;
  Requests requests_;
  std::deque<PoolRecord> records_;
  std::deque<DecodeTable<Step>> tables_;
  std::deque<ReplicaType> replicas_;
  std::vector<Seat> seats_;
  std::vector<std::int64_t> outstanding_;  // requests of each replica; apart, to be looked through
  std::vector<Index> first_replica_;       // of each pool, and one past the last
  std::vector<double> replica_seconds_;
  std::vector<std::int32_t> replicas_most_;
  std::vector<SimTime> scaled_;         // last change of a pool
  std::vector<Target> entry_, decode_;  // by model
  NextDue due_;

  workload::TrafficRequest coming_;
  bool arriving_{}, exhausted_{};  // coming_ holds the next request; there is none
  SimTime arrival_{kNever};        // when it reaches the router
  std::deque<SimTime> loops_;      // of a closed loop: when the next requests are sent
  std::priority_queue<TimerEvent, std::vector<TimerEvent>, std::greater<>> timers_;
  std::deque<Deadline> deadlines_;
  std::uint64_t sequence_{};
  std::int64_t arrived_{};
  SimTime now_;
  bool stopped_{};
  RandomStream draws_;
  FleetTally tally_;
  std::vector<ReplicaEvent> events_;
  std::vector<Index> candidates_;
};

template <class ReplicaType, class Step>
FleetRunner<ReplicaType, Step>::FleetRunner(const Fleet& fleet, std::span<const Step* const> steps,
                                            const FleetRun& run)
    : fleet_{fleet}, run_{run}, due_{0}, draws_{fleet.seed, 0x726f757465}, tally_{run} {
  ASSAY_ASSERT(!fleet.pools.empty() && steps.size() == fleet.pools.size());
  std::int32_t models = 0;
  for (const FleetPool& pool : fleet.pools) models = std::max(models, pool.model + 1);
  entry_.resize(static_cast<std::size_t>(models));
  decode_.resize(static_cast<std::size_t>(models));
  for (std::size_t i = 0; i < steps.size(); ++i) add_pool(i, *steps[i]);
  first_replica_.push_back(static_cast<Index>(replicas_.size()));
  due_ = NextDue{replicas_.size()};
  if (run.sample_every > Seconds{}) at(SimTime{} + run.sample_every, Timer::kSample, 0);
  if (run.concurrency > 0) {
    for (std::int64_t i = 0; i < run.concurrency; ++i) loops_.push_back({});
  }
  pull();
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::add_pool(std::size_t index, const Step& step) {
  const FleetPool& pool = fleet_.pools[index];
  const std::int32_t most =
      pool.autoscaling ? std::max(pool.replicas, pool.autoscaling->replicas_max) : pool.replicas;
  ASSAY_ASSERT(most >= 1);
  ASSAY_ASSERT(!pool.autoscaling || nanoseconds(pool.autoscaling->interval) > 0);
  const auto number = static_cast<Index>(index);
  const auto model = static_cast<std::size_t>(pool.model);
  (pool.role == Role::kDecode ? decode_ : entry_)[model].pools.push_back(number);
  first_replica_.push_back(static_cast<Index>(replicas_.size()));
  records_.emplace_back();
  tables_.emplace_back(step);
  replica_seconds_.push_back(0);
  replicas_most_.push_back(pool.replicas);
  scaled_.push_back({});
  const ReplicaShared<Step> shared{
      step, pool.limits, pool.role, requests_, records_.back(), tables_.back(), run_.timeline};
  for (std::int32_t i = 0; i < most; ++i) {
    const auto replica = static_cast<Index>(replicas_.size());
    replicas_.emplace_back(shared, replica);
    Seat seat;
    seat.pool = number;
    if (i < pool.replicas) seat.power = Power::kOn;
    seats_.push_back(seat);
    outstanding_.push_back(0);
    if (i < pool.replicas) draw_failure(replica, {});
  }
  refresh(seats_.back());
  if (pool.autoscaling)
    at(SimTime{} + pool.autoscaling->interval, Timer::kScale, static_cast<std::uint32_t>(index));
}

// The next request of the traffic, and when it reaches the router.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::pull() {
  arrival_ = kNever;
  const bool closed = run_.concurrency > 0;
  if (closed && loops_.empty()) return;  // coming_ stays as it is
  if (!arriving_ && !exhausted_) arriving_ = run_.next(coming_);
  exhausted_ = !arriving_;
  if (!arriving_) return;
  if (closed) {
    coming_.arrival = loops_.front();
    loops_.pop_front();
  }
  arrival_ = coming_.arrival + fleet_.front_end;
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::arrive(SimTime now) {
  const Slot slot = requests_.add();
  Request& request = requests_[slot];
  request.number = arrived_++;
  request.arrival = coming_.arrival;
  request.input = coming_.input_tokens;
  request.output = coming_.output_tokens;
  request.priority = coming_.priority;
  request.model = coming_.model;
  requests_.prefixes[slot].ids = coming_.prefix;
  requests_.prefixes[slot].block_tokens = coming_.prefix_block_tokens;
  tally_.arrived(request);
  arriving_ = false;
  pull();
  send(slot, now);
}

template <class ReplicaType, class Step>
FleetFigures FleetRunner<ReplicaType, Step>::run() {
  loop();
  return figures();
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::loop() {
  while (!over() && !stopped_) {
    const SimTime timer = next_timer(), due = due_.time();
    if (timer == kNever && arrival_ == kNever && due == kNever) return;  // none can ever go on
    if (timer <= arrival_ && timer <= due) {
      now_ = timer;
      drain_events(timer);
    } else if (arrival_ <= due) {
      now_ = arrival_;
      arrive(arrival_);
    } else {
      now_ = due;
      advance(due_.first());
    }
  }
}

// Timers and arrivals up to `now`.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::drain_events(SimTime now) {
  for (;;) {
    const SimTime timer = next_timer();
    if (timer <= now && timer <= arrival_) {
      if (!deadlines_.empty() && deadlines_.front().at == timer) {
        expire(timer);
      } else {
        const TimerEvent event = timers_.top();
        timers_.pop();
        handle(event);
      }
    } else if (arrival_ <= now) {
      arrive(arrival_);
    } else {
      return;
    }
  }
}

// What ends at a replica's time, what follows from it at once, and what begins.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::advance(std::size_t index) {
  ReplicaType& replica = replicas_[index];
  const SimTime now = now_;
  events_.clear();
  replica.end_iterations(events_);
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const ReplicaEvent event = events_[i];
    switch (event.what) {
      case Happened::kFinished:
        finished(event.slot, now);
        break;
      case Happened::kPrefilled:
        prefilled(event.slot, now);
        break;
      case Happened::kCancelled:
        --outstanding_[index];
        again(event.slot, now, Outcome::kTimedOut);
        break;
    }
  }
  if (!events_.empty()) drain_events(now);
  replica.begin_iterations(now);
  due_.set(index, replica.next());
  if (seats_[index].power == Power::kDraining && outstanding_[index] == 0) {
    set_power(static_cast<Index>(index), Power::kOff, now);
  }
}

template <class ReplicaType, class Step>
FleetFigures FleetRunner<ReplicaType, Step>::figures() {
  FleetFigures f = tally_.figures();
  f.stopped = stopped_;
  const double span = (now_ - SimTime{}).base();
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (seats_[i].power == Power::kOff) continue;
    replica_seconds_[static_cast<std::size_t>(seats_[i].pool)] += (now_ - seats_[i].since).base();
  }
  for (std::size_t p = 0; p < records_.size(); ++p) {
    PoolFigures pool;
    for (Index r = first_replica_[p]; r < first_replica_[p + 1]; ++r) {
      pool.failures += seats_[static_cast<std::size_t>(r)].failures;
    }
    pool.replica_seconds = replica_seconds_[p];
    pool.replicas_mean = span > 0 ? replica_seconds_[p] / span : fleet_.pools[p].replicas;
    pool.replicas_most = replicas_most_[p];
    pool.record = std::move(records_[p]);
    complete(pool, fleet_.pools[p].limits);
    f.preemptions += pool.record.preemptions;
    f.pools.push_back(std::move(pool));
  }
  f.itl = gaps_of(f.pools);
  return f;
}

}  // namespace assay::simulate

#include "simulate/fleet_replicas.h"
#include "simulate/fleet_requests.h"
