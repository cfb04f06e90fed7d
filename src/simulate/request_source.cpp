#include "simulate/request_source.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/assert.h"

namespace assay::simulate {
namespace {

enum Stream : std::uint64_t { kInputs, kOutputs, kGaps };

}  // namespace

RequestLengths::RequestLengths(const ReplicaLoad& load)
    : input_{.draws = {load.seed, kInputs},
             .low = load.input_tokens * (1 - load.length_spread),
             .width = load.input_tokens * 2 * load.length_spread},
      output_{.draws = {load.seed, kOutputs},
              .low = load.output_tokens * (1 - load.length_spread),
              .width = load.output_tokens * 2 * load.length_spread},
      all_equal_{load.length_spread == 0} {
  ASSAY_ASSERT(load.length_spread >= 0 && load.length_spread <= 1);
}

double RequestLengths::Uniform::rounded(double share) const {
  return std::max(1.0, std::floor(low + share * width + 0.5));
}

double RequestLengths::Uniform::at(std::int64_t number) const {
  return rounded(width > 0 ? draws.uniform(static_cast<std::uint64_t>(number)) : 0);
}

RequestSource::RequestSource(const ReplicaLoad& load)
    : lengths_{load},
      gaps_{load.seed, kGaps},
      arrivals_{load.arrivals},
      rate_{load.rate.base()},
      requests_{load.requests} {
  ASSAY_ASSERT(load.requests >= 1);
  if (arrivals_ == Arrivals::kPoisson) {
    ASSAY_ASSERT(rate_ > 0);
    arrival_ = 0;
  }
  if (arrivals_ == Arrivals::kClosedLoop) {
    const double concurrency = std::max(1.0, std::floor(load.concurrency + 0.5));
    const double burst = std::min(concurrency, static_cast<double>(requests_));
    sent_ = static_cast<std::int64_t>(burst);
    bursts_.resize(std::bit_ceil(static_cast<std::size_t>(sent_)));
    bursts_[0] = {.arrival = 0, .count = sent_};
    bursts_waiting_ = 1;
  }
  look_ahead();
  first_arrival_ = arrival_;
}

void RequestSource::take(std::int64_t taken) {
  number_ += taken;
  if (arrivals_ == Arrivals::kClosedLoop) {
    Burst& burst = bursts_[burst_];
    burst.count -= taken;
    if (burst.count == 0) {
      burst_ = (burst_ + 1) & (bursts_.size() - 1);
      --bursts_waiting_;
    }
  }
  look_ahead();
}

void RequestSource::completed(std::int64_t requests, double now) {
  if (arrivals_ != Arrivals::kClosedLoop || sent_ == requests_) return;
  const std::int64_t next = std::min(requests, requests_ - sent_);
  const std::size_t mask = bursts_.size() - 1, last = (burst_ + bursts_waiting_ + mask) & mask;
  if (bursts_waiting_ > 0 && bursts_[last].arrival == now) {
    bursts_[last].count += next;
  } else {
    bursts_[(last + 1) & mask] = {.arrival = now, .count = next};
    ++bursts_waiting_;
  }
  sent_ += next;
  if (bursts_waiting_ == 1) look_ahead();  // else the next one is as it was
}

void RequestSource::look_ahead() {
  const bool closed = arrivals_ == Arrivals::kClosedLoop;
  if (closed ? bursts_waiting_ == 0 : number_ == requests_) {
    arrival_ = kNever;
    count_ = 0;
    return;
  }
  input_ = lengths_.input(number_);
  output_ = lengths_.output(number_);
  switch (arrivals_) {
    case Arrivals::kClosedLoop:
      arrival_ = bursts_[burst_].arrival;
      count_ = bursts_[burst_].count;
      break;
    case Arrivals::kAtOnce:
      arrival_ = 0;
      count_ = requests_ - number_;
      break;
    case Arrivals::kPoisson:
      arrival_ += gaps_.exponential(static_cast<std::uint64_t>(number_)) / rate_;
      count_ = 1;
      break;
  }
  if (!lengths_.all_equal()) count_ = 1;
}

}  // namespace assay::simulate
