#include "workload/synthetic.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "workload/arrivals.h"
#include "workload/lengths.h"
#include "workload/random_streams.h"

namespace assay::workload {

namespace {

struct Generator {
  Arrivals arrivals;
  Lengths input, output;
  std::shared_ptr<const Trace> pairs;
  RandomStream pair_draws;
  std::optional<GroupChoice> groups;
  std::int32_t prefix_tokens{};
  std::uint64_t number{};

  bool next(TrafficRequest& request) {
    request.arrival = arrivals.next();
    request.priority = request.model = 0;
    if (pairs) {
      const auto count = static_cast<double>(pairs->size());
      const auto pair = static_cast<std::size_t>(pair_draws.uniform(number) * count);
      request.input_tokens = pairs->input_tokens[pair];
      request.output_tokens = pairs->output_tokens[pair];
    } else {
      request.input_tokens = input.at(number);
      request.output_tokens = output.at(number);
    }
    request.prefix.clear();
    request.prefix_block_tokens = 0;
    if (groups) {
      request.prefix.push_back(groups->at(number));
      request.prefix_block_tokens = prefix_tokens;
    }
    ++number;
    return true;
  }
};

struct ArrivalText {
  std::string operator()(const PoissonArrivals&) const { return "Poisson arrivals"; }
  std::string operator()(const EqualGaps&) const { return "arrivals at equal gaps"; }
  std::string operator()(const AtOnce&) const { return "all requests at once"; }
  std::string operator()(const GammaArrivals& gamma) const {
    return fmt::format("arrivals of burstiness {}", number_text(gamma.burstiness));
  }
  std::string operator()(const OnOffArrivals& phases) const {
    return fmt::format("arrivals on for {} and off for {}", to_text(phases.on_mean),
                       to_text(phases.off_mean));
  }
  std::string operator()(const DiurnalArrivals& day) const {
    return fmt::format("arrivals of a day of {} with a peak {} times its trough",
                       to_text(day.period), number_text(day.peak_to_trough));
  }
  std::string operator()(const HourlyArrivals& day) const {
    return fmt::format("arrivals of an hourly profile over {}", to_text(day.period));
  }
};

struct LengthText {
  std::string operator()(const FixedLength& fixed) const { return grouped_text(fixed.tokens); }
  std::string operator()(const UniformLength& uniform) const {
    return fmt::format("{} ± {} %", number_text(uniform.mean), number_text(uniform.spread * 100));
  }
  std::string operator()(const LognormalLength& lognormal) const {
    return fmt::format("lognormal {} ± {} %", number_text(lognormal.mean),
                       number_text(lognormal.variation * 100));
  }
};

}  // namespace

Errors check_synthetic(const SyntheticTraffic& spec, Hertz rate) {
  Errors errors = check_arrivals(spec.arrivals, rate);
  const auto add = [&](Errors more) { errors.insert(errors.end(), more.begin(), more.end()); };
  add(check_lengths("input", spec.input));
  add(check_lengths("output", spec.output));
  add(check_prefix(spec.prefix));
  return errors;
}

NextRequest synthetic_requests(const SyntheticTraffic& spec, Hertz rate,
                               std::shared_ptr<const Trace> lengths, std::uint64_t seed) {
  std::optional<GroupChoice> groups;
  if (spec.prefix.groups > 0) groups.emplace(spec.prefix, seed);
  const auto generator = std::make_shared<Generator>(Generator{
      Arrivals{spec.arrivals, rate, seed},
      Lengths{spec.input, seed, kInputStream},
      Lengths{spec.output, seed, kOutputStream},
      std::move(lengths),
      RandomStream{seed, kPairStream},
      std::move(groups),
      spec.prefix.tokens,
  });
  return [generator](TrafficRequest& request) { return generator->next(request); };
}

std::string describe(const SyntheticTraffic& spec, Hertz rate) {
  std::string out = std::visit(ArrivalText{}, spec.arrivals);
  if (!std::holds_alternative<AtOnce>(spec.arrivals)) {
    out += fmt::format(" at {} requests/s", number_text(rate.base()));
  }
  if (!spec.lengths_trace.empty()) {
    out += fmt::format(", lengths of {}", spec.lengths_trace);
  } else {
    out += fmt::format(", {} tokens in, {} tokens out", std::visit(LengthText{}, spec.input),
                       std::visit(LengthText{}, spec.output));
  }
  if (spec.prefix.groups > 0) {
    out += fmt::format(", {} shared prefixes of {} tokens",
                       grouped_text(static_cast<double>(spec.prefix.groups)),
                       grouped_text(spec.prefix.tokens));
  }
  return out;
}

}  // namespace assay::workload
