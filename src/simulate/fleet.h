// fleet.h — requests over replicas: routing, several models, prompts and decoding apart, replicas
// that come and go with the load, fail and are repaired, requests that time out and are sent again.
// Requests are streamed: memory follows those in flight, and the latencies kept (latency_record.h).
// One thread; a function of the arguments: same input, same bytes.
// Rules: docs/models.md, "Serving, simulated".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/quantity.h"
#include "base/sim_time.h"
#include "model/step_model.h"
#include "simulate/engine_limits.h"
#include "simulate/latency_record.h"
#include "simulate/pool_record.h"
#include "simulate/replica.h"
#include "simulate/router.h"
#include "workload/traffic.h"

namespace assay::simulate {

// Replicas follow the requests that are outstanding.
struct Autoscaling {
  std::int32_t replicas_min{1}, replicas_max{1};
  double outstanding{};  // wanted of a replica, running and waiting
  Seconds interval;      // between two looks
  Seconds provisioning;  // from the decision to the first request
  Seconds cooldown;      // after any change, before one goes
};

struct Failures {
  Seconds mean_time_between;  // of one replica, exponential; zero: never
  Seconds repair;
};

// The cache of a prompt on its way to the replica that decodes. A replica sends one at a time.
struct CacheTransfer {
  Seconds latency;
  Seconds per_token;
};

// Equal replicas.
struct FleetPool {
  const model::StepModel* step{};
  EngineLimits limits;
  Role role{};
  std::int32_t model{};
  std::int32_t replicas{1};  // at the start
  double weight{1};          // capacity of a replica, for Routing::kWeighted
  CacheTransfer transfer;    // of Role::kPrefill
  std::optional<Autoscaling> autoscaling;
  Failures failures;
};

struct Fleet {
  std::vector<FleetPool> pools;
  Routing routing{};
  Seconds front_end;       // from a request's arrival to the router: parsing, tokens, transport
  Seconds timeout;         // of a whole request since it was sent; zero: none
  std::int32_t retries{};  // of what timed out or was lost with its replica
  Seconds retry_delay;
  std::uint64_t seed{1};
};

// What a request must keep within to count as good; unset: no limit.
struct LatencyGoals {
  std::optional<Seconds> ttft, tpot, end_to_end;
};

// A request that is over.
enum class Outcome : unsigned char {
  kCompleted,
  kTooLong,   // no replica of its model could hold it, or the fleet has no such model
  kTimedOut,  // after all its retries
  kLost,      // with its replica, after all its retries
};

struct RequestResult {
  std::int64_t number{};
  Outcome outcome{};
  SimTime arrival, submitted;  // the latter: to the replica that ended it
  SimTime first_token{kNever}, last_token{kNever};
  std::int32_t input{}, output{}, model{}, priority{}, cached_tokens{}, preemptions{}, attempts{},
      replica{-1};
};

// The state of the fleet at a time; tokens and requests since the sample before.
struct FleetSample {
  SimTime at;
  std::int64_t running{}, waiting{}, replicas{};  // the last: that take requests
  double kv_share{};
  std::int64_t arrived{}, completed{}, prompt_tokens{}, decoded_tokens{};
};

struct FleetRun {
  workload::NextRequest next;
  std::int64_t concurrency{};  // > 0: a closed loop, whatever the arrival times are
  std::int64_t warm_up{};      // first requests, left out of latencies and rates
  LatencyGoals goals;
  Seconds sample_every;    // zero: no samples
  bool every_iteration{};  // call the step for each one: to check, and slow
  Timeline* timeline{};
  std::function<void(const RequestResult&)> on_result;
  // Called now and then with the requests that are over; false: stop here.
  std::function<bool(std::int64_t over, SimTime now)> progress;
};

struct PoolFigures {
  PoolRecord record;
  double replica_seconds{};  // ready or starting; what is paid for
  double replicas_mean{};
  std::int32_t replicas_most{};
  std::int64_t failures{};
  std::int64_t decoded_tokens{};  // of decode iterations; with speculation, by its mean yield
  double utilisation{};           // busy share of the replicas' time
  double batch_mean{};            // decoding sequences, over the iterations that decode, by time
  double kv_share_mean{}, kv_share_most{};
};

struct FleetFigures {
  std::int64_t arrived{}, completed{}, too_long{}, timed_out{}, lost{}, retried{};
  bool stopped{};                              // by `progress`
  LatencyFigures ttft, tpot, itl, end_to_end;  // ITL with the warm-up's
  double seconds{};  // first arrival to last end, of the requests that count
  double requests_per_s{}, input_tokens_per_s{}, output_tokens_per_s{};
  double goodput_per_s{}, good_share{};  // of those that arrived
  // How the latencies grow with the time of arrival, over the later half of the requests, beyond
  // two standard errors; 0: they do not. A fleet that falls behind by x of each second has x.
  double ttft_growth{}, end_to_end_growth{};
  std::int64_t input_tokens{}, output_tokens{}, cached_tokens{}, preemptions{};
  std::vector<PoolFigures> pools;
  std::vector<FleetSample> samples;
};

FleetFigures run_fleet(const Fleet& fleet, const FleetRun& run);

// The same with a step of the test's own (fleet_run.h).

}  // namespace assay::simulate
