// fleet_requests.h — requests on their way through a fleet: routing, transfer of a prompt's cache,
// time-outs, second attempts, ends. Part of fleet_run.h, which includes it.
#pragma once

#include <algorithm>
#include <limits>

#include "simulate/fleet_run.h"

namespace assay::simulate {

template <class ReplicaType, class Step>
auto FleetRunner<ReplicaType, Step>::target_of(const Request& request) -> Target& {
  const auto model = static_cast<std::size_t>(request.model);
  return request.prefilled ? decode_[model] : entry_[model];
}

// For the first time or once more: its time begins.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::send(Slot slot, SimTime now) {
  if (fleet_.timeout > Seconds{}) {
    const Request& request = requests_[slot];
    deadlines_.push_back({now + fleet_.timeout, slot, request.number, request.attempts});
  }
  route(slot, now);
}

// To a replica that can hold the request, or to wait until one is there.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::route(Slot slot, SimTime now) {
  const Request& request = requests_[slot];
  if (request.model < 0 || static_cast<std::size_t>(request.model) >= entry_.size()) {
    end(slot, Outcome::kTooLong, now);
    return;
  }
  Target& target = target_of(request);
  bool all = true, any = false;
  candidates_.clear();
  for (const Index pool : target.pools) {
    const Index first = first_replica_[static_cast<std::size_t>(pool)];
    const bool fits =
        replicas_[static_cast<std::size_t>(first)].fits(request.input, request.output);
    all = all && fits;
    any = any || fits;
    if (fits) candidates_.push_back(pool);
  }
  if (!any) {
    end(slot, Outcome::kTooLong, now);
    return;
  }
  std::vector<Index> fitting;
  if (!all) {
    for (const Index replica : target.replicas) {
      const Index pool = seats_[static_cast<std::size_t>(replica)].pool;
      if (std::find(candidates_.begin(), candidates_.end(), pool) != candidates_.end()) {
        fitting.push_back(replica);
      }
    }
  }
  const std::span<const Index> from{all ? target.replicas : fitting};
  if (from.empty()) {
    target.parked.push_back({slot, request.number, request.attempts});
    return;
  }
  submit(slot, choose(target, slot, from), now);
}

template <class ReplicaType, class Step>
auto FleetRunner<ReplicaType, Step>::least(std::span<const Index> from, const auto& measure) const
    -> Index {
  Index best = from.front();
  auto least = measure(best);
  for (const Index replica : from.subspan(1)) {
    const auto value = measure(replica);
    if (value < least) {
      least = value;
      best = replica;
    }
  }
  return best;
}

// The first of those with the fewest; both in one number, so that no branch depends on them.
template <class ReplicaType, class Step>
auto FleetRunner<ReplicaType, Step>::fewest_outstanding(std::span<const Index> from) const
    -> Index {
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t count = outstanding_[static_cast<std::size_t>(from[i])];
    best = std::min(best, (count << 32) + static_cast<std::int64_t>(i));
  }
  return from[static_cast<std::size_t>(best & 0xffffffff)];
}

template <class ReplicaType, class Step>
auto FleetRunner<ReplicaType, Step>::choose(Target& target, Slot slot, std::span<const Index> from)
    -> Index {
  const auto outstanding = [this](Index replica) {
    return outstanding_[static_cast<std::size_t>(replica)];
  };
  const auto draw = [&] {  // prompts and decoding of each model have draws of their own
    const Request& request = requests_[slot];
    const auto which = 2 * static_cast<std::uint64_t>(request.model) + (request.prefilled ? 1 : 0);
    const double share = draws_.uniform((which << 40) + static_cast<std::uint64_t>(target.draws++));
    return from[static_cast<std::size_t>(share * static_cast<double>(from.size()))];
  };
  switch (fleet_.routing) {
    case Routing::kRoundRobin:
      return from[static_cast<std::size_t>(target.turn++) % from.size()];
    case Routing::kRandom:
      return draw();
    case Routing::kLeastOutstanding:
      return fewest_outstanding(from);
    case Routing::kPowerOfTwo: {
      const Index a = draw(), b = draw();
      return outstanding(b) < outstanding(a) ? b : a;
    }
    case Routing::kLeastKv:
      return least(from, [this](Index replica) {
        const ReplicaType& r = replicas_[static_cast<std::size_t>(replica)];
        return r.state(now_).kv_blocks + r.waiting_blocks();
      });
    case Routing::kPrefixAffinity:
      return best_prefix(from, slot);
    case Routing::kWeighted:
      return least(from, [&](Index replica) {
        const Index pool = seats_[static_cast<std::size_t>(replica)].pool;
        return static_cast<double>(outstanding(replica) + 1) /
               fleet_.pools[static_cast<std::size_t>(pool)].weight;
      });
  }
  return from.front();
}

// Most of the prompt in the cache, unless more requests are there already than one and a half times
// the mean and eight: then who has fewest. The kind of rule that SGLang's and llm-d's cache-aware
// routers have, affinity until the load is out of balance; its form and constants are chosen here.
template <class ReplicaType, class Step>
auto FleetRunner<ReplicaType, Step>::best_prefix(std::span<const Index> from, Slot slot) const
    -> Index {
  std::int64_t sum = 0;
  for (const Index replica : from) sum += outstanding_[static_cast<std::size_t>(replica)];
  const double most = 1.5 * static_cast<double>(sum) / static_cast<double>(from.size()) + 8;
  return least(from, [&](Index replica) {
    const std::int64_t outstanding = outstanding_[static_cast<std::size_t>(replica)];
    const std::int64_t cached =
        static_cast<double>(outstanding) > most
            ? 0
            : replicas_[static_cast<std::size_t>(replica)].cached_tokens(slot);
    return std::pair{-cached, outstanding};
  });
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::submit(Slot slot, Index replica, SimTime now) {
  const auto index = static_cast<std::size_t>(replica);
  ++outstanding_[index];
  replicas_[index].submit(slot, now);
  due_.set(index, replicas_[index].next());
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::finished(Slot slot, SimTime now) {
  --outstanding_[static_cast<std::size_t>(requests_[slot].replica)];
  end(slot, Outcome::kCompleted, now);
}

// Its cache is sent when those before it on the same link have been; the blocks stay until then.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::prefilled(Slot slot, SimTime now) {
  const Request& request = requests_[slot];
  const auto from = static_cast<std::size_t>(request.replica);
  Seat& seat = seats_[from];
  const CacheTransfer& transfer = fleet_.pools[static_cast<std::size_t>(seat.pool)].transfer;
  seat.link_free = std::max(seat.link_free, now) + transfer.per_token * request.input;
  at(seat.link_free + transfer.latency, Timer::kTransferred, slot, seat.epoch,
     static_cast<Index>(from));
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::transferred(const TimerEvent& event) {
  const Slot slot = event.subject;
  const auto from = static_cast<std::size_t>(event.from);
  Request& request = requests_[slot];
  if (seats_[from].epoch != event.stamp) return;  // its replica has failed, and it with that
  replicas_[from].release_held(slot, event.at);
  due_.set(from, replicas_[from].next());
  if (--outstanding_[from] == 0 && seats_[from].power == Power::kDraining) {
    set_power(event.from, Power::kOff, event.at);
  }
  if (request.cancelled) {
    request.cancelled = false;
    again(slot, event.at, Outcome::kTimedOut);
    return;
  }
  request.stage = Stage::kOutside;
  request.prefilled = true;
  // Whoever decodes gives out the first token.
  request.first_token = request.last_token = event.at;
  route(slot, event.at);
  if (request.stage == Stage::kWaiting) record_transfer(event, request);
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::record_transfer(const TimerEvent& event,
                                                     const Request& request) const {
  Timeline* timeline = run_.timeline;
  if (timeline == nullptr || event.at < timeline->from || event.at >= timeline->until) return;
  if (timeline->transfers.size() == timeline->slices_max) {
    timeline->cut = true;
    return;
  }
  const auto from = static_cast<std::size_t>(event.from);
  const CacheTransfer& link = fleet_.pools[static_cast<std::size_t>(seats_[from].pool)].transfer;
  const Seconds taken = link.per_token * request.input + link.latency;
  timeline->transfers.push_back({.from = {event.at.ns - nanoseconds(taken)},
                                 .until = event.at,
                                 .sender = event.from,
                                 .receiver = request.replica,
                                 .request = request.number});
}

// A second attempt after a while, or the end.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::again(Slot slot, SimTime now, Outcome otherwise) {
  Request& request = requests_[slot];
  if (request.attempts >= fleet_.retries) {
    end(slot, otherwise, now);
    return;
  }
  ++request.attempts;
  tally_.retried();
  request.stage = Stage::kOutside;
  request.generated = 0;
  request.prefilled = false;
  request.first_token = request.last_token = kNever;
  at(now + fleet_.retry_delay, Timer::kRetry, slot, request.number);
}

// The oldest deadline; of a request that has ended or was sent again since it means nothing.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::expire(SimTime now) {
  const Deadline deadline = deadlines_.front();
  deadlines_.pop_front();
  Request& request = requests_[deadline.slot];
  if (request.number != deadline.number || request.attempts != deadline.attempts) return;
  if (request.stage == Stage::kHeld) {
    request.cancelled = true;  // it leaves when it has been sent
    return;
  }
  if (request.stage == Stage::kOutside) {  // no replica was there for it
    std::deque<Parked>& parked = target_of(request).parked;
    std::erase_if(parked, [&](const Parked& p) { return p.slot == deadline.slot; });
    again(deadline.slot, now, Outcome::kTimedOut);
    return;
  }
  const auto index = static_cast<std::size_t>(request.replica);
  const bool waits = request.stage == Stage::kWaiting;
  if (!replicas_[index].cancel(deadline.slot, now)) return;
  due_.set(index, replicas_[index].next());
  if (!waits) return;  // it leaves at the end of the iteration
  --outstanding_[index];
  again(deadline.slot, now, Outcome::kTimedOut);
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::end(Slot slot, Outcome outcome, SimTime now) {
  Request& request = requests_[slot];
  tally_.ended(request, outcome, now);
  if (run_.on_result) {
    run_.on_result({.number = request.number,
                    .outcome = outcome,
                    .arrival = request.arrival,
                    .submitted = request.submitted,
                    .first_token = request.first_token,
                    .last_token = request.last_token,
                    .input = request.input,
                    .output = request.output,
                    .model = request.model,
                    .priority = request.priority,
                    .cached_tokens = request.cached_tokens,
                    .preemptions = request.preemptions,
                    .attempts = request.attempts,
                    .replica = request.replica});
  }
  request.number = -1;
  request.stage = Stage::kOutside;
  requests_.remove(slot);
  constexpr std::int64_t kProgressEvery = 1 << 14;
  if (run_.progress && tally_.over() % kProgressEvery == 0) {
    stopped_ = !run_.progress(tally_.over(), now);
  }
  if (run_.concurrency > 0) {
    loops_.push_back(now);
    if (arrival_ == kNever) pull();
  }
}

}  // namespace assay::simulate
