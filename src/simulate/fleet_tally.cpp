#include "simulate/fleet_tally.h"

#include <algorithm>

namespace assay::simulate {

void FleetTally::arrived(const Request& request) {
  ++figures_.arrived;
  if (request.number < run_.warm_up) return;
  ++counted_;
  first_ = std::min(first_, request.arrival);
}

bool FleetTally::is_good(double ttft, double tpot, double end_to_end) const {
  const LatencyGoals& goals = run_.goals;
  return (!goals.ttft || ttft <= goals.ttft->base()) &&
         (!goals.tpot || tpot <= goals.tpot->base()) &&
         (!goals.end_to_end || end_to_end <= goals.end_to_end->base());
}

void FleetTally::ended(const Request& request, Outcome outcome, SimTime now) {
  ++over_;
  const bool counts = request.number >= run_.warm_up;
  if (counts) last_ = std::max(last_, now);
  switch (outcome) {
    case Outcome::kTooLong:
      ++figures_.too_long;
      return;
    case Outcome::kTimedOut:
      ++figures_.timed_out;
      return;
    case Outcome::kLost:
      ++figures_.lost;
      return;
    case Outcome::kCompleted:
      break;
  }
  ++figures_.completed;
  if (!counts) return;
  ++counted_completed_;
  figures_.input_tokens += request.input;
  figures_.output_tokens += request.output;
  figures_.cached_tokens += request.cached_tokens;
  const double ttft = (request.first_token - request.arrival).base();
  const double whole = (request.last_token - request.arrival).base();
  double tpot = 0;
  if (request.output > 1) {
    tpot = (request.last_token - request.first_token).base() / (request.output - 1);
    tpot_.add(tpot);
  }
  ttft_.add(ttft);
  end_to_end_.add(whole);
  if (is_good(ttft, tpot, whole)) ++good_;
}

void FleetTally::sampled(FleetSample sample) {
  sample.arrived = figures_.arrived;
  sample.completed = figures_.completed;
  const FleetSample whole = sample;
  sample.arrived -= before_.arrived;
  sample.completed -= before_.completed;
  sample.prompt_tokens -= before_.prompt_tokens;
  sample.decoded_tokens -= before_.decoded_tokens;
  before_ = whole;
  figures_.samples.push_back(sample);
}

FleetFigures FleetTally::figures() {
  FleetFigures f = figures_;
  f.ttft = ttft_.figures();
  f.tpot = tpot_.figures();
  f.end_to_end = end_to_end_.figures();
  if (counted_ == 0 || last_ <= first_) return f;
  f.seconds = (last_ - first_).base();
  f.requests_per_s = static_cast<double>(counted_completed_) / f.seconds;
  f.input_tokens_per_s = static_cast<double>(f.input_tokens) / f.seconds;
  f.output_tokens_per_s = static_cast<double>(f.output_tokens) / f.seconds;
  f.goodput_per_s = static_cast<double>(good_) / f.seconds;
  f.good_share = static_cast<double>(good_) / static_cast<double>(counted_);
  return f;
}

void complete(PoolFigures& pool, const EngineLimits& limits) {
  const PoolRecord& record = pool.record;
  double decoding = 0, product = 0;
  for (const auto* sizes : {&record.profile.decoding, &record.profile.prompts}) {
    for (const IterationSums& sums : *sizes) {
      if (sums.decode_sequences <= 0) continue;
      decoding += sums.seconds;
      product += sums.decode_sequences / sums.iterations * sums.seconds;
    }
  }
  const auto blocks = static_cast<double>(limits.kv_blocks);
  if (decoding > 0) pool.batch_mean = product / decoding;
  if (pool.replica_seconds > 0) pool.utilisation = record.busy_seconds / pool.replica_seconds;
  if (record.busy_seconds > 0) {
    pool.kv_share_mean = record.block_seconds / (blocks * record.busy_seconds);
  }
  pool.kv_share_most = static_cast<double>(record.blocks_most) / blocks;
}

LatencyFigures gaps_of(std::span<const PoolFigures> pools) {
  LatencyRecord all{true};
  for (const PoolFigures& pool : pools) all.merge(pool.record.gaps);
  return all.figures();
}

}  // namespace assay::simulate
