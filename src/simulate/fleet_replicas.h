// fleet_replicas.h — replicas that come and go: autoscaling, failures and repair; samples of the
// fleet's state; the timers of all of them. Part of fleet_run.h, which includes it.
#pragma once

#include <algorithm>
#include <cmath>

#include "simulate/fleet_run.h"

namespace assay::simulate {

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::at(SimTime time, Timer kind, std::uint32_t subject,
                                        std::int64_t stamp, Index from) {
  timers_.push({time, sequence_++, kind, subject, stamp, from});
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::handle(const TimerEvent& event) {
  const auto replica = static_cast<Index>(event.subject);
  switch (event.kind) {
    case Timer::kRetry:
      if (requests_[event.subject].number == event.stamp) send(event.subject, event.at);
      return;
    case Timer::kTransferred:
      transferred(event);
      return;
    case Timer::kReady:
      if (seats_[event.subject].power == Power::kStarting) {
        set_power(replica, Power::kOn, event.at);
        draw_failure(replica, event.at);
        unpark(event.at);
      }
      return;
    case Timer::kFailed:
      if (seats_[event.subject].epoch == event.stamp) fail(replica, event.at);
      return;
    case Timer::kRepaired:
      set_power(replica, Power::kOn, event.at);
      draw_failure(replica, event.at);
      unpark(event.at);
      return;
    case Timer::kScale:
      scale(replica, event.at);
      return;
    case Timer::kSample:
      sample(event.at);
      return;
  }
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::set_power(Index replica, Power power, SimTime now) {
  Seat& seat = seats_[static_cast<std::size_t>(replica)];
  if (seat.power == Power::kOff) seat.since = now;
  if (power == Power::kOff) {
    replica_seconds_[static_cast<std::size_t>(seat.pool)] += (now - seat.since).base();
    ++seat.epoch;
    replicas_[static_cast<std::size_t>(replica)].fail(now);  // idle: only its cache is lost
  }
  seat.power = power;
  refresh(seat);
}

// The replicas that take requests of the model that this one serves.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::refresh(const Seat& seat) {
  const FleetPool& pool = fleet_.pools[static_cast<std::size_t>(seat.pool)];
  const auto model = static_cast<std::size_t>(pool.model);
  Target& target = pool.role == Role::kDecode ? decode_[model] : entry_[model];
  target.replicas.clear();
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    const FleetPool& other = fleet_.pools[static_cast<std::size_t>(seats_[i].pool)];
    if (seats_[i].power == Power::kOn && other.model == pool.model &&
        (other.role == Role::kDecode) == (pool.role == Role::kDecode)) {
      target.replicas.push_back(static_cast<Index>(i));
    }
  }
}

// Those that found no replica go on their way, in the order in which they came.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::unpark(SimTime now) {
  for (auto* targets : {&entry_, &decode_}) {
    for (Target& target : *targets) {
      std::deque<Parked> parked;
      std::swap(parked, target.parked);
      for (const Parked& p : parked) {
        const Request& request = requests_[p.slot];
        if (request.number == p.number && request.attempts == p.attempts) route(p.slot, now);
      }
    }
  }
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::draw_failure(Index replica, SimTime now) {
  const Seat& seat = seats_[static_cast<std::size_t>(replica)];
  const Failures& failures = fleet_.pools[static_cast<std::size_t>(seat.pool)].failures;
  if (failures.mean_time_between <= Seconds{}) return;
  constexpr std::uint64_t kStream = 0x6661696c;  // one for each replica
  const RandomStream draws{fleet_.seed, kStream + static_cast<std::uint64_t>(replica)};
  const Seconds until =
      failures.mean_time_between * draws.exponential(static_cast<std::uint64_t>(seat.epoch));
  // Beyond any traffic, and perhaps beyond what a SimTime can hold.
  constexpr Seconds kTrafficMax = Seconds::from_base(100 * 365 * 86'400.0);
  if (until > kTrafficMax) return;
  at(now + until, Timer::kFailed, static_cast<std::uint32_t>(replica), seat.epoch);
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::fail(Index replica, SimTime now) {
  const auto index = static_cast<std::size_t>(replica);
  Seat& seat = seats_[index];
  if (seat.power == Power::kOff || seat.power == Power::kDown) return;
  std::vector<Slot> lost = replicas_[index].fail(now);
  for (Slot slot = 0; slot < requests_.all.size(); ++slot) {  // prompts on their way from it
    Request& request = requests_[slot];
    if (request.stage != Stage::kHeld || request.replica != replica) continue;
    request.cancelled = false;
    requests_.prefixes[slot].nodes.clear();
    lost.push_back(slot);
  }
  due_.set(index, replicas_[index].next());
  outstanding_[index] = 0;
  ++seat.epoch;
  ++seat.failures;
  seat.link_free = {};
  const bool goes = seat.power == Power::kDraining;
  set_power(replica, goes ? Power::kOff : Power::kDown, now);
  const FleetPool& pool = fleet_.pools[static_cast<std::size_t>(seat.pool)];
  if (!goes) at(now + pool.failures.repair, Timer::kRepaired, static_cast<std::uint32_t>(replica));
  for (const Slot slot : lost) again(slot, now, Outcome::kLost);
}

// As many replicas as the outstanding requests ask for, between the limits.
template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::scale(Index index, SimTime now) {
  const auto p = static_cast<std::size_t>(index);
  const FleetPool& pool = fleet_.pools[p];
  const Autoscaling& rule = *pool.autoscaling;
  const auto model = static_cast<std::size_t>(pool.model);
  Target& target = pool.role == Role::kDecode ? decode_[model] : entry_[model];
  auto outstanding = static_cast<double>(target.parked.size());
  std::int32_t here = 0, ready = 0;
  for (Index r = first_replica_[p]; r < first_replica_[p + 1]; ++r) {
    const Seat& seat = seats_[static_cast<std::size_t>(r)];
    outstanding += static_cast<double>(outstanding_[static_cast<std::size_t>(r)]);
    if (seat.power == Power::kOn || seat.power == Power::kStarting) ++here;
    if (seat.power == Power::kOn) ++ready;
  }
  const auto wanted =
      std::clamp(static_cast<std::int32_t>(std::ceil(outstanding / rule.outstanding)),
                 rule.replicas_min, rule.replicas_max);
  const bool rested = scaled_[p] + rule.cooldown <= now;
  std::int32_t change = wanted - here;
  bool resumes = false;  // somebody who drained takes requests again
  if (change > 0 || (change < 0 && rested)) scaled_[p] = now;
  for (Index r = first_replica_[p]; r < first_replica_[p + 1] && change > 0; ++r) {
    const Power power = seats_[static_cast<std::size_t>(r)].power;
    if (power != Power::kDraining && power != Power::kOff) continue;
    const bool off = power == Power::kOff;
    set_power(r, off ? Power::kStarting : Power::kOn, now);
    resumes = resumes || !off;
    if (off) at(now + rule.provisioning, Timer::kReady, static_cast<std::uint32_t>(r));
    --change;
    ++here;
  }
  replicas_most_[p] = std::max(replicas_most_[p], here);
  for (Index r = first_replica_[p + 1] - 1; r >= first_replica_[p] && change < 0 && rested; --r) {
    const auto replica = static_cast<std::size_t>(r);
    if (seats_[replica].power != Power::kOn || ready == rule.replicas_min) continue;
    --ready;
    set_power(r, outstanding_[replica] == 0 ? Power::kOff : Power::kDraining, now);
    ++change;
  }
  if (resumes) unpark(now);
  at(now + rule.interval, Timer::kScale, static_cast<std::uint32_t>(index));
}

template <class ReplicaType, class Step>
void FleetRunner<ReplicaType, Step>::sample(SimTime now) {
  FleetSample s{.at = now};
  double blocks = 0, used = 0;
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    if (seats_[i].power == Power::kOff) continue;
    if (seats_[i].power == Power::kOn) ++s.replicas;
    const ReplicaState state = replicas_[i].state(now);
    s.running += state.running;
    s.waiting += state.waiting;
    used += static_cast<double>(state.kv_blocks);
    blocks += static_cast<double>(
        fleet_.pools[static_cast<std::size_t>(seats_[i].pool)].limits.kv_blocks);
  }
  s.kv_share = blocks > 0 ? used / blocks : 0;
  for (std::size_t p = 0; p < records_.size(); ++p) {
    s.prompt_tokens += records_[p].prompt_tokens;
    s.decoded_tokens += decoded_tokens(records_[p], fleet_.pools[p].limits);
  }
  tally_.sampled(s);
  at(now + run_.sample_every, Timer::kSample, 0);
}

}  // namespace assay::simulate
