// find_rate.h — the largest rate of requests at which a fleet keeps within its limits, from few
// runs of it: rates by factors around a first guess, then between the last that held and the first
// that did not, evenly in the logarithm. A round tries several rates, as many whatever `jobs` is.
// Rates in requests a second, times in seconds. A function of what the runs return.
// Criteria: docs/models.md, "Serving, simulated".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulate/fleet.h"
#include "workload/serving.h"

namespace assay::simulate {

enum class RateMetric : unsigned char {
  kTtft,
  kTpot,
  kEndToEnd,
  kGoodShare,  // of those that arrived, within the goals of the run
  kEnded,      // share of those that arrived that did not time out and were not lost
  kBehind,     // how far the fleet falls behind, as a share of the time
};
std::string_view name(RateMetric metric);  // "TTFT", "requests that end"

struct LatencyBound {
  RateMetric metric{};  // kTtft, kTpot or kEndToEnd
  workload::LatencyLimit limit;
};

// What must hold. Besides, always: the fleet keeps up (kEnded, kBehind).
struct RateLimits {
  std::vector<LatencyBound> latencies;
  std::optional<double> good_share;  // at least; the goals are those of the runs
};

inline constexpr double kEndedMin = 0.98, kBehindMax = 0.02;

// One figure of one run beside its limit.
struct LimitReading {
  RateMetric metric{};
  workload::Statistic statistic{};  // of a latency
  double value{}, limit{};          // s, or a share
  double strain{};                  // value/limit, or limit/value: missed if more than 1
  bool met() const { return strain <= 1; }
};
std::string text(const LimitReading& reading);  // "TTFT p99 231 ms, at most 200 ms"

struct RateRun {
  double rate{};
  bool met{};
  std::vector<LimitReading> readings;  // in the order of RateLimits, then kEnded and kBehind
};
// The reading that is closest to its limit, or furthest beyond it; the first of several.
const LimitReading& binding(const RateRun& run);

struct FoundRate {
  std::optional<double> rate;       // none: not even the lowest rate that was tried
  bool limited{true};               // false: the highest rate that was tried held as well
  bool stopped{};                   // a run was: nothing is known between `rate` and the next run
  FleetFigures figures;             // at `rate`
  std::vector<LimitReading> binds;  // missed just above it; without one: at the lowest rate
  std::vector<RateRun> runs;        // in the order of their rates
};

// `run` simulates the same traffic at a rate; with jobs > 1 several at once. Requires first_guess
// > 0 and tolerance >= 1e-3. The rate is the largest of those tried that held and below which all
// of them held; the next above it is at most 1 + tolerance times as high and did not. Tries from
// about 1e-4 to 1e4 times the first guess, no more than 40 rates. A run whose figures are `stopped`
// ends the search and is none of its runs; the rate is then the largest that is known to hold.
FoundRate find_rate(const std::function<FleetFigures(double rate)>& run, const RateLimits& limits,
                    double first_guess, double tolerance, int jobs);

// The same for one run that is there already.
RateRun judge(const FleetFigures& figures, const RateLimits& limits, double rate);

}  // namespace assay::simulate
