// traffic_spec.h — which requests a serving fleet is asked, as a user says it: a trace and what is
// done with it, or the distributions that requests are drawn from. docs/traces.md explains each.
// Plain values; open_traffic.h checks them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/quantity.h"
#include "workload/trace_format.h"
#include "workload/trace_report.h"

namespace assay::workload {

// --- When synthetic requests come. The mean rate is TrafficSpec::rate. ---

struct EqualGaps {};  // request i at i/rate
struct PoissonArrivals {};
// Gaps of a gamma distribution, as `vllm bench serve --burstiness` draws them: shape = burstiness;
// 1 is Poisson, less comes in bursts, more is regular.
struct GammaArrivals {
  double burstiness{1};
};
// Phases of Poisson arrivals and phases of none; the rate of the former makes the mean rate.
struct OnOffArrivals {
  Seconds on_mean, off_mean;
  bool phases_equal{};  // each phase lasts its mean; else exponential
};
// Poisson with a rate that follows a sinusoid: lowest at 0, highest after half a period.
struct DiurnalArrivals {
  double peak_to_trough{4};
  Seconds period = Seconds::from_base(86'400);
};
// Poisson with a rate for each twenty-fourth of the period, relative to each other.
struct HourlyArrivals {
  std::array<double, 24> weights{};
  Seconds period = Seconds::from_base(86'400);
};
struct AtOnce {};  // all at 0; also for closed loops, which send by themselves

using ArrivalProcess = std::variant<PoissonArrivals, EqualGaps, GammaArrivals, OnOffArrivals,
                                    DiurnalArrivals, HourlyArrivals, AtOnce>;

// --- How long synthetic prompts and answers are, in whole tokens >= 1. ---

struct FixedLength {
  std::int32_t tokens{};
};
struct UniformLength {  // whole numbers in mean·(1 ± spread)
  double mean{};
  double spread{};  // 0 .. 1
};
struct LognormalLength {
  double mean{};       // before the limits
  double variation{};  // coefficient of variation: standard deviation / mean
  std::int32_t at_least{1}, at_most{100'000'000};
};
using LengthDistribution = std::variant<FixedLength, UniformLength, LognormalLength>;

// Prompts that begin with one of a few shared texts (system prompts).
struct PrefixGroups {
  std::int64_t groups{};  // 0: nothing is shared
  std::int32_t tokens{};  // of each shared text; the prompt's length includes it
  double zipf{};          // group g is drawn in proportion to 1/g^zipf; 0: all alike
};

struct SyntheticTraffic {
  ArrivalProcess arrivals;
  LengthDistribution input{FixedLength{1024}}, output{FixedLength{256}};
  // Pairs of lengths, drawn with replacement from the requests of this trace instead.
  std::string lengths_trace;
  PrefixGroups prefix;
};

struct TrafficSpec {
  // Files; "-" is standard input. Several are superposed, each from its own first request on.
  // None: the traffic is synthetic.
  std::vector<std::string> traces;
  std::optional<TraceFormat> format;  // nothing: found out for each file
  BadLines bad_lines{BadLines::kRefuse};

  // What is done with traces, in this order.
  std::optional<Seconds> window_begin, window_end;  // only these requests; begin becomes 0
  std::int64_t copies{1};  // superposed; each but the first is shifted by a drawn time
  bool repeat{};           // from the beginning after the end; needs `requests_max` or `duration`
  double rate_scale{1};    // times are divided by it
  double input_scale{1}, output_scale{1};

  SyntheticTraffic synthetic;

  // Mean rate, over all copies: of synthetic requests; a trace is compressed or stretched to it.
  std::optional<Hertz> rate;

  // The traffic ends at whichever comes first; neither: at the end of the trace.
  std::optional<std::int64_t> requests_max;
  std::optional<Seconds> duration;

  std::uint64_t seed{1};
};

}  // namespace assay::workload
