#include "plan/demand_traffic.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <variant>

#include "base/random.h"
#include "workload/transform.h"

namespace assay::plan {

namespace {

using workload::NextRequest;
using workload::ServingDemand;
using workload::Traffic;
using workload::TrafficRequest;
using workload::TrafficSpec;

// Requests that a mean length is taken of, and that a run takes of a trace.
constexpr std::int64_t kLookedAt = 20'000, kOfTrace = 100'000;
// Beyond any run: drawn traffic has no end of its own.
constexpr std::int64_t kEndless = 1'000'000'000'000;
// Requests of a trace may share all but their last tokens.
constexpr double kSharedSlack = 4;
// Requests of a fleet that are drawn for a run of a part of it.
constexpr std::uint64_t kDrawsMost = 300'000;
constexpr std::uint64_t kSplitStream = 0x706c616e;

constexpr double kRateMin = 1e-6, kRateMax = 1e8;

Hertz sane(double rate) { return Hertz::from_base(std::clamp(rate, kRateMin, kRateMax)); }

NextRequest requests_of(Traffic traffic) {
  const auto shared = std::make_shared<Traffic>(std::move(traffic));
  return [shared](TrafficRequest& request) { return shared->next(request); };
}

NextRequest in_lengths(NextRequest requests, const DemandTraffic& from,
                       const ServingDemand& demand) {
  const double input = demand.input_tokens / from.input_mean;
  const double output = demand.output_tokens / from.output_mean;
  if (std::abs(input - 1) < 1e-9 && std::abs(output - 1) < 1e-9) return requests;
  return workload::scaled(std::move(requests), {.rate = 1, .input = input, .output = output});
}

struct Look {
  double input{1}, output{1};
  bool shares{};  // two requests may begin alike
};

Look look_at(const Traffic& traffic) {
  Traffic beginning = traffic.again();
  TrafficRequest request;
  double input = 0, output = 0, many = 0;
  Look look;
  while (many < kLookedAt && beginning.next(request)) {
    many += 1;
    input += request.input_tokens;
    output += request.output_tokens;
    look.shares = look.shares || !request.prefix.empty();
  }
  if (many == 0) return look;
  look.input = std::max(1.0, input / many);
  look.output = std::max(1.0, output / many);
  return look;
}

double shared_slack(const TrafficSpec& spec, const Look& look) {
  if (!look.shares) return 1;
  if (!spec.traces.empty()) return kSharedSlack;
  const double shared = std::min(spec.synthetic.prefix.tokens / look.input, 1.0);
  return std::min(1 / std::max(1 - shared, 1 / kSharedSlack), kSharedSlack);
}

bool is_fixed(const workload::LengthDistribution& lengths) {
  if (const auto* uniform = std::get_if<workload::UniformLength>(&lengths)) {
    return uniform->spread <= 0;
  }
  return std::holds_alternative<workload::FixedLength>(lengths);
}

bool is_plain(const TrafficSpec& spec) {
  return spec.traces.empty() && spec.synthetic.lengths_trace.empty() &&
         spec.synthetic.prefix.groups == 0 && is_fixed(spec.synthetic.input) &&
         is_fixed(spec.synthetic.output) &&
         std::holds_alternative<workload::PoissonArrivals>(spec.synthetic.arrivals);
}

// Poisson arrivals, in phases or not, stay what they are where each is kept or not by itself.
bool scales(const TrafficSpec& spec) {
  const workload::ArrivalProcess& arrivals = spec.synthetic.arrivals;
  return spec.traces.empty() && (std::holds_alternative<workload::PoissonArrivals>(arrivals) ||
                                 std::holds_alternative<workload::OnOffArrivals>(arrivals));
}

Seconds cycle_of(const TrafficSpec& spec) {
  const auto* phases = std::get_if<workload::OnOffArrivals>(&spec.synthetic.arrivals);
  if (phases == nullptr || !spec.traces.empty()) return {};
  return phases->on_mean + phases->off_mean;
}

}  // namespace

NextRequest DemandTraffic::all(const ServingDemand& demand) const {
  return in_lengths(requests_of(traffic.at_rate(sane(demand.rate.base()))), *this, demand);
}

NextRequest DemandTraffic::part(const ServingDemand& demand, double offered, double rate) const {
  const double share = rate / offered;
  if (scales || share >= 1) {
    return in_lengths(requests_of(traffic.at_rate(sane(rate))), *this, demand);
  }
  NextRequest whole = in_lengths(requests_of(traffic.at_rate(sane(offered))), *this, demand);
  return [whole = std::move(whole), share, draw = RandomStream{seed, kSplitStream},
          number = std::uint64_t{0}](TrafficRequest& request) mutable {
    while (number < kDrawsMost && whole(request)) {
      if (draw.uniform(number++) < share) return true;
    }
    return false;
  };
}

Checked<DemandTraffic> open_demand(const TrafficSpec& asked, ServingDemand& demand) {
  TrafficSpec spec = asked;
  const bool traced = !spec.traces.empty();
  if (!traced && !spec.duration) spec.requests_max = kEndless;
  auto traffic = workload::open_traffic(spec);
  if (!traffic) return tl::unexpected(traffic.error());
  if (!traffic->may_have_rate()) {
    return tl::unexpected(Errors{{.what = "all requests come at once: there is no rate to plan for",
                                  .expected = "a traffic that takes some time",
                                  .near = {},
                                  .where = {}}});
  }
  const Look look = look_at(*traffic);
  const std::int64_t there = traffic->requests().value_or(kEndless);
  DemandTraffic opened{.traffic = *traffic,
                       .input_mean = look.input,
                       .output_mean = look.output,
                       .traced = traced,
                       .scales = scales(spec),
                       .cycle = cycle_of(spec),
                       .slack = shared_slack(spec, look),
                       .requests_max = traced ? std::min(there, kOfTrace) : kEndless,
                       .seed = spec.seed,
                       .description = is_plain(spec) ? std::string{} : traffic->description()};
  if (traced || !spec.synthetic.lengths_trace.empty()) {
    demand.input_tokens = look.input;
    demand.output_tokens = look.output;
  } else {
    // Means as they were said, whatever was drawn.
    opened.input_mean = demand.input_tokens;
    opened.output_mean = demand.output_tokens;
  }
  if (!spec.rate) demand.rate = traffic->mean_rate().value_or(Hertz::from_base(1));
  return opened;
}

TrafficSpec plain_traffic(const ServingDemand& demand, std::uint64_t seed) {
  TrafficSpec spec;
  spec.synthetic.arrivals = workload::PoissonArrivals{};
  spec.synthetic.input = workload::UniformLength{demand.input_tokens, 0};
  spec.synthetic.output = workload::UniformLength{demand.output_tokens, 0};
  spec.rate = demand.rate;
  spec.seed = seed;
  return spec;
}

}  // namespace assay::plan
