#include "workload/arrivals.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/distributions.h"
#include "base/text.h"
#include "workload/random_streams.h"
#include "workload/spec_check.h"

namespace assay::workload {

namespace {

constexpr double kRateMin = 1e-6, kRateMax = 1e8;
// Phases and periods that pass between two requests are walked through, so they have a limit.
constexpr double kPhasesPerRequestMax = 1e4;

struct Check {
  double rate;
  Errors& errors;

  void operator()(const PoissonArrivals&) const {}
  void operator()(const EqualGaps&) const {}
  void operator()(const AtOnce&) const {}
  void operator()(const GammaArrivals& gamma) const {
    require(errors, within(gamma.burstiness, 0.01, 1e6),
            fmt::format("burstiness {}", number_text(gamma.burstiness)), "0.01 to 1,000,000");
  }
  void operator()(const OnOffArrivals& phases) const {
    const double on = phases.on_mean.base(), off = phases.off_mean.base();
    const bool lengths = within(on, 1e-6, 1e9) && within(off, 0, 1e9);
    require(errors, lengths,
            fmt::format("phases of {} s and {} s", number_text(on), number_text(off)),
            "a microsecond to 1,000,000,000 s on, 0 or more off");
    if (!lengths) return;
    require(
        errors, (on + off) * rate * kPhasesPerRequestMax >= 1,
        fmt::format("phases of {} s at {} requests/s", number_text(on + off), number_text(rate)),
        "at most 10,000 phases for a request");
  }
  void period(Seconds period) const {
    require(errors, within(period.base(), 1e-3, 1e9),
            fmt::format("a period of {} s", number_text(period.base())),
            "0.001 to 1,000,000,000 s");
  }
  void operator()(const DiurnalArrivals& day) const {
    require(errors, within(day.peak_to_trough, 1, 1e6),
            fmt::format("a peak of {} times the trough", number_text(day.peak_to_trough)),
            "1 to 1,000,000");
    period(day.period);
  }
  void operator()(const HourlyArrivals& day) const {
    double sum = 0;
    bool finite = true;
    for (const double weight : day.weights) {
      finite = finite && within(weight, 0, 1e12);
      sum += weight;
    }
    require(errors, finite && sum > 0, "hourly weights that make no profile",
            "24 numbers from 0 to 1e12, not all 0");
    period(day.period);
  }
};

std::vector<double> sinusoid(double peak_to_trough) {
  constexpr std::size_t kSteps = 288;  // of five minutes where the period is a day
  const double swing = (peak_to_trough - 1) / (peak_to_trough + 1);
  std::vector<double> weights(kSteps);
  for (std::size_t i = 0; i < kSteps; ++i) {
    weights[i] = 1 - swing * cosine_of_turns((static_cast<double>(i) + 0.5) / kSteps);
  }
  return weights;
}

}  // namespace

Errors check_arrivals(const ArrivalProcess& process, Hertz rate) {
  Errors errors;
  if (std::holds_alternative<AtOnce>(process)) return errors;
  const bool rate_fits = within(rate.base(), kRateMin, kRateMax);
  require(errors, rate_fits, fmt::format("a rate of {} requests/s", number_text(rate.base())),
          "0.000001 to 100,000,000");
  if (rate_fits) std::visit(Check{rate.base(), errors}, process);
  return errors;
}

Arrivals::Arrivals(const ArrivalProcess& process, Hertz rate, std::uint64_t seed)
    : gaps_{seed, kGapStream}, phases_{seed, kPhaseStream} {
  ASSAY_ASSERT(check_arrivals(process, rate).empty());
  rate_ = rate.base();
  mean_gap_ = 1 / rate_;
  const auto profile = [&](std::vector<double> weights, Seconds period) {
    kind_ = Kind::kProfile;
    step_seconds_ = period.base() / static_cast<double>(weights.size());
    period_requests_ = period.base() * rate.base();
    double sum = 0;
    for (const double weight : weights) sum += weight;
    for (double& weight : weights) weight *= period_requests_ / sum;
    step_requests_ = std::move(weights);
  };
  if (std::holds_alternative<EqualGaps>(process)) kind_ = Kind::kEqual;
  if (std::holds_alternative<AtOnce>(process)) kind_ = Kind::kAtOnce;
  if (const auto* gamma = std::get_if<GammaArrivals>(&process)) burstiness_ = gamma->burstiness;
  if (const auto* phases = std::get_if<OnOffArrivals>(&process)) {
    kind_ = Kind::kOnOff;
    on_mean_ = phases->on_mean.base(), off_mean_ = phases->off_mean.base();
    phases_equal_ = phases->phases_equal;
    mean_gap_ *= on_mean_ / (on_mean_ + off_mean_);
    // Begins as it goes on: in a phase of either kind, as likely as each is long.
    const double at = phases_.uniform(0) * (on_mean_ + off_mean_);
    const auto length = [&](double mean) {
      return phases_equal_ ? mean : mean * phases_.exponential(1);
    };
    phase_ = 2;
    if (at < on_mean_) {
      on_left_ = phases_equal_ ? on_mean_ - at : length(on_mean_);
    } else {
      advance(phases_equal_ ? on_mean_ + off_mean_ - at : length(off_mean_));
      on_left_ = phases_equal_ ? on_mean_ : on_mean_ * phases_.exponential(phase_++);
    }
  }
  if (const auto* day = std::get_if<DiurnalArrivals>(&process)) {
    profile(sinusoid(day->peak_to_trough), day->period);
  }
  if (const auto* day = std::get_if<HourlyArrivals>(&process)) {
    profile({day->weights.begin(), day->weights.end()}, day->period);
  }
}

void Arrivals::advance(double seconds) {
  const double ns = seconds * 1e9 + fraction_ns_;
  if (!(ns < static_cast<double>(kTimeMaxNs - ns_))) {
    ns_ = kTimeMaxNs;
    return;
  }
  const auto whole = static_cast<std::int64_t>(ns);
  ns_ += whole;
  fraction_ns_ = ns - static_cast<double>(whole);
}

// The gap runs through phases of requests; those of none come in between.
double Arrivals::on_off_gap() {
  double left = mean_gap_ * gaps_.exponential(number_), gap = 0;
  while (left > on_left_) {
    left -= on_left_;
    const double off = phases_equal_ ? off_mean_ : off_mean_ * phases_.exponential(phase_++);
    gap += on_left_ + off;
    on_left_ = phases_equal_ ? on_mean_ : on_mean_ * phases_.exponential(phase_++);
  }
  on_left_ -= left;
  return gap + left;
}

// A gap of mean 1 in requests expected, turned into time: exact for a rate that is equal in steps.
double Arrivals::profile_gap() {
  double left = gaps_.exponential(number_), gap = 0;
  const double periods = std::floor(left / period_requests_);
  left -= periods * period_requests_;
  gap += periods * step_seconds_ * static_cast<double>(step_requests_.size());
  while (true) {
    const double here = step_requests_[step_] * (1 - in_step_);
    if (left < here) {
      const double share = left / step_requests_[step_];
      in_step_ = std::min(1.0, in_step_ + share);
      return gap + share * step_seconds_;
    }
    left -= here;
    gap += (1 - in_step_) * step_seconds_;
    in_step_ = 0;
    step_ = (step_ + 1) % step_requests_.size();
  }
}

SimTime Arrivals::next() {
  switch (kind_) {
    case Kind::kAtOnce:
      return {};
    case Kind::kEqual:
      ns_ = 0, fraction_ns_ = 0;  // from the start again, so that roundings do not add up
      advance(static_cast<double>(number_) / rate_ + 0.5e-9);
      break;
    case Kind::kGamma:
      advance(mean_gap_ * (burstiness_ == 1 ? gaps_.exponential(number_)
                                            : gamma_of_mean_one(gaps_, number_, burstiness_)));
      break;
    case Kind::kOnOff:
      advance(on_off_gap());
      break;
    case Kind::kProfile:
      advance(profile_gap());
      break;
  }
  ++number_;
  return {ns_};
}

}  // namespace assay::workload
