#include "simulate/find_rate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/parallel.h"
#include "base/quantity.h"
#include "base/text.h"
#include "base/unit_text.h"

namespace assay::simulate {

namespace {

using workload::Statistic;

// Rates of a round. Three bracket rounds to either side of the first one reach 1e-4 and 1e4.
constexpr std::size_t kFanOut = 4;
constexpr std::array<double, kFanOut> kFirst{0.5, 0.8, 1.25, 2};
constexpr std::array<double, kFanOut> kUp{2, 4, 8, 16}, kDown{1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2};
constexpr int kBracketRounds = 3;
constexpr std::size_t kRunsMax = 40;

double statistic_of(const LatencyFigures& figures, Statistic statistic) {
  switch (statistic) {
    case Statistic::kMean:
      return figures.mean;
    case Statistic::kP50:
      return figures.p50;
    case Statistic::kP90:
      return figures.p90;
    case Statistic::kP95:
      return figures.p95;
    case Statistic::kP99:
      return figures.p99;
  }
  return 0;
}

std::string_view statistic_name(Statistic statistic) {
  constexpr std::array<std::string_view, 5> kNames{"mean", "p50", "p90", "p95", "p99"};
  return kNames[static_cast<std::size_t>(statistic)];
}

bool is_latency(RateMetric metric) { return metric <= RateMetric::kEndToEnd; }

const LatencyFigures& latency_of(const FleetFigures& figures, RateMetric metric) {
  ASSAY_ASSERT(is_latency(metric));
  if (metric == RateMetric::kTtft) return figures.ttft;
  return metric == RateMetric::kTpot ? figures.tpot : figures.end_to_end;
}

// No value and no limit strain nothing; any value strains a limit of zero.
double ratio(double a, double b) {
  if (b > 0) return a / b;
  return a > 0 ? std::numeric_limits<double>::infinity() : 0;
}

LimitReading at_most(RateMetric metric, double value, double limit, Statistic statistic = {}) {
  return {metric, statistic, value, limit, ratio(value, limit)};
}

LimitReading at_least(RateMetric metric, double value, double limit) {
  return {metric, {}, value, limit, ratio(limit, value)};
}

double ended_share(const FleetFigures& f) {
  if (f.arrived == 0) return 1;
  return static_cast<double>(f.completed + f.too_long) / static_cast<double>(f.arrived);
}

// Where more come than leave, latencies grow with the time of arrival, of prompts or of decoding.
double behind_share(const FleetFigures& f) { return std::max(f.ttft_growth, f.end_to_end_growth); }

struct Search {
  const std::function<FleetFigures(double rate)>& run;
  const RateLimits& limits;
  int jobs{};
  FoundRate found{};
  double low{}, high{};  // held, did not; zero: none yet

  void round(std::span<const double> rates);
  void bracket(double first_guess);
  void narrow(double tolerance);
};

// Rates grow, and lie between `low` and `high` where there are such.
void Search::round(std::span<const double> rates) {
  std::vector<FleetFigures> figures(rates.size());
  parallel_for(rates.size(), jobs, [&](std::size_t i) { figures[i] = run(rates[i]); });
  bool holds = true;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    if (figures[i].stopped) {
      found.stopped = true;
      holds = false;  // of those above nobody knows whether all below them hold
      continue;
    }
    RateRun judged = judge(figures[i], limits, rates[i]);
    if (holds && judged.met) {
      low = rates[i];
      found.figures = std::move(figures[i]);
    } else if (holds) {
      holds = false;
      high = rates[i];
    }
    found.runs.push_back(std::move(judged));
  }
  ASSAY_ASSERT(found.runs.size() <= kRunsMax);
}

void Search::bracket(double first_guess) {
  const auto times = [](double rate, std::array<double, kFanOut> factors) {
    for (double& factor : factors) factor *= rate;
    return factors;
  };
  round(times(first_guess, kFirst));
  const auto goes_on = [&](int rounds) { return rounds < kBracketRounds && !found.stopped; };
  for (int i = 0; goes_on(i) && low > 0 && high <= 0; ++i) round(times(low, kUp));
  for (int i = 0; goes_on(i) && low <= 0; ++i) round(times(high, kDown));
}

void Search::narrow(double tolerance) {
  while (!found.stopped) {
    const double parts_needed = std::log(high / low) / std::log1p(tolerance);
    if (parts_needed <= 1 + 1e-9) return;
    const int parts = static_cast<int>(std::min(std::ceil(parts_needed - 1e-9), 1.0 + kFanOut));
    std::vector<double> rates;
    for (int part = 1; part < parts; ++part) {
      rates.push_back(low * std::pow(high / low, 1.0 * part / parts));
    }
    round(rates);
  }
}

}  // namespace

std::string_view name(RateMetric metric) {
  constexpr std::array<std::string_view, 6> kNames{"TTFT",
                                                   "TPOT",
                                                   "end-to-end latency",
                                                   "requests within the goals",
                                                   "requests that end",
                                                   "how far behind"};
  return kNames[static_cast<std::size_t>(metric)];
}

std::string text(const LimitReading& reading) {
  const std::string_view metric = name(reading.metric);
  if (is_latency(reading.metric)) {
    return fmt::format("{} {} {}, at most {}", metric, statistic_name(reading.statistic),
                       to_text(Seconds::from_base(reading.value)),
                       to_text(Seconds::from_base(reading.limit)));
  }
  const bool most = reading.metric == RateMetric::kBehind;
  return fmt::format("{} {} %{}, at {} {} %", metric, number_text(reading.value * 100, 3),
                     most ? " of each second" : "", most ? "most" : "least",
                     number_text(reading.limit * 100, 3));
}

const LimitReading& binding(const RateRun& run) {
  ASSAY_ASSERT(!run.readings.empty());
  return *std::max_element(
      run.readings.begin(), run.readings.end(),
      [](const LimitReading& a, const LimitReading& b) { return a.strain < b.strain; });
}

RateRun judge(const FleetFigures& figures, const RateLimits& limits, double rate) {
  ASSAY_ASSERT(rate > 0);
  RateRun run{.rate = rate, .met = true, .readings = {}};
  for (const LatencyBound& bound : limits.latencies) {
    const Statistic statistic = bound.limit.statistic;
    run.readings.push_back(at_most(bound.metric,
                                   statistic_of(latency_of(figures, bound.metric), statistic),
                                   bound.limit.at_most.base(), statistic));
  }
  if (limits.good_share) {
    run.readings.push_back(
        at_least(RateMetric::kGoodShare, figures.good_share, *limits.good_share));
  }
  run.readings.push_back(at_least(RateMetric::kEnded, ended_share(figures), kEndedMin));
  run.readings.push_back(at_most(RateMetric::kBehind, behind_share(figures), kBehindMax));
  run.met = std::all_of(run.readings.begin(), run.readings.end(),
                        [](const LimitReading& reading) { return reading.met(); });
  return run;
}

FoundRate find_rate(const std::function<FleetFigures(double rate)>& run, const RateLimits& limits,
                    double first_guess, double tolerance, int jobs) {
  ASSAY_ASSERT(first_guess > 0 && tolerance >= 1e-3);
  Search search{.run = run, .limits = limits, .jobs = jobs};
  search.bracket(first_guess);
  if (search.low > 0 && search.high > 0) search.narrow(tolerance);
  FoundRate& found = search.found;
  std::sort(found.runs.begin(), found.runs.end(),
            [](const RateRun& a, const RateRun& b) { return a.rate < b.rate; });
  if (search.low > 0) found.rate = search.low;
  found.limited = search.high > 0;
  const auto above = std::find_if(found.runs.begin(), found.runs.end(),
                                  [&](const RateRun& r) { return r.rate > search.low; });
  if (!found.limited || above == found.runs.end()) return std::move(found);
  std::copy_if(above->readings.begin(), above->readings.end(), std::back_inserter(found.binds),
               [](const LimitReading& reading) { return !reading.met(); });
  return std::move(found);
}

}  // namespace assay::simulate
