#include "simulate/fleet_tally.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "simulate/decode_set.h"

namespace assay::simulate {

void Growth::add(std::int64_t number, double time, double latency) {
  Sums& s = sums_[static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(number) + 1))];
  s.count += 1;
  s.time += time;
  s.time_square += time * time;
  s.latency += latency;
  s.latency_square += latency * latency;
  s.product += time * latency;
}

double Growth::slope() const {
  Sums all;
  int taken = 0;
  for (auto s = sums_.rbegin(); s != sums_.rend() && taken < 2; ++s) {
    if (s->count == 0) continue;
    ++taken;
    all.count += s->count;
    all.time += s->time;
    all.time_square += s->time_square;
    all.latency += s->latency;
    all.latency_square += s->latency_square;
    all.product += s->product;
  }
  if (all.count < 3) return 0;
  const double spread = all.time_square - all.time * all.time / all.count;
  if (spread <= 0) return 0;
  const double slope = (all.product - all.time * all.latency / all.count) / spread;
  const double about = all.latency_square - all.latency * all.latency / all.count;
  const double rest = std::max(0.0, about - slope * slope * spread) / (all.count - 2);
  return std::max(0.0, slope - 2 * std::sqrt(rest / spread));
}

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
  const double at = (request.arrival - SimTime{}).base();
  ttft_growth_.add(request.number, at, ttft);
  end_to_end_growth_.add(request.number, at, whole);
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
  f.ttft_growth = ttft_growth_.slope();
  f.end_to_end_growth = end_to_end_growth_.slope();
  return f;
}

std::int64_t decoded_tokens(const PoolRecord& record, const EngineLimits& limits) {
  const TokenYield yield{limits.tokens_per_iteration};
  return std::llround(static_cast<double>(record.decode_sequences) * yield.per_iteration());
}

void complete(PoolFigures& pool, const EngineLimits& limits) {
  const PoolRecord& record = pool.record;
  pool.decoded_tokens = decoded_tokens(record, limits);
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
