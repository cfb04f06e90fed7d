#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/simulation_binding.h"

namespace assay::plan {

namespace {

using workload::TrafficSpec;

constexpr double kDefaultRequests = 10'000, kTurns = 10;

// What only a trace has, and what only drawn requests have.
constexpr auto kOfTrace = {"from",       "until",       "copies",      "repeat",
                           "rate_scale", "input_scale", "output_scale"};
constexpr auto kDrawn = {
    "arrivals",   "burstiness", "on",           "off",           "peak_to_trough",
    "period",     "hours",      "input_tokens", "output_tokens", "input_cv",
    "output_cv",  "spread",     "lengths",      "prefix_tokens", "prefix_groups",
    "prefix_zipf"};

void refuse_all(const PartValues& part, std::initializer_list<const char*> keys,
                const std::string& why, const std::string& expected) {
  for (const char* key : keys) {
    if (part.said(key)) part.fail(key, fmt::format("'{}' {}", key, why), expected);
  }
}

std::array<double, 24> hours_of(const PartValues& part) {
  std::array<double, 24> weights{};
  const auto found = part.values.texts.find("hours");
  const std::vector<std::string> texts =
      found == part.values.texts.end() ? std::vector<std::string>{} : found->second;
  bool good = texts.size() == weights.size();
  double sum = 0;
  for (std::size_t i = 0; good && i < weights.size(); ++i) {
    good = parse_double(texts[i], weights[i]) && weights[i] >= 0;
    sum += weights[i];
  }
  if (!good || sum <= 0) {
    part.fail(part.said("hours") ? "hours" : "arrivals", "hourly arrivals without their hours",
              "'hours', a list of 24 numbers >= 0");
  }
  return weights;
}

// What an arrival process alone makes of a key.
void check_arrival_keys(const PartValues& part, const std::string& kind) {
  struct Owned {
    std::string_view key, kinds;
  };
  constexpr Owned kOwned[] = {{"burstiness", "gamma"},
                              {"on", "on-off"},
                              {"off", "on-off"},
                              {"peak_to_trough", "diurnal"},
                              {"period", "diurnal, hourly"},
                              {"hours", "hourly"}};
  for (const auto& [key, kinds] : kOwned) {
    if (part.said(key) && kinds.find(kind) == std::string_view::npos) {
      part.fail(key, fmt::format("'{}' says nothing of {} arrivals", key, kind),
                fmt::format("arrivals: {}", kinds));
    }
  }
}

workload::ArrivalProcess arrivals_of(const PartValues& part) {
  const FieldValues& v = part.values;
  const std::string kind = v.text_or("arrivals", part.said("burstiness") ? "gamma" : "poisson");
  check_arrival_keys(part, kind);
  const Seconds day = Seconds::from_base(86'400);
  const Seconds period = part.seconds("period").value_or(day);
  if (kind == "constant") return workload::EqualGaps{};
  if (kind == "gamma") return workload::GammaArrivals{v.number_or("burstiness", 1)};
  if (kind == "diurnal") {
    return workload::DiurnalArrivals{v.number_or("peak_to_trough", 4), period};
  }
  if (kind == "hourly") return workload::HourlyArrivals{hours_of(part), period};
  if (kind == "at-once") return workload::AtOnce{};
  if (kind == "on-off") {
    const auto on = part.seconds("on"), off = part.seconds("off");
    if (!on || !off)
      part.fail("arrivals", "on-off arrivals without their phases", "'on' and 'off'");
    return workload::OnOffArrivals{on.value_or(day), off.value_or(day), false};
  }
  return workload::PoissonArrivals{};
}

workload::LengthDistribution lengths_of(const PartValues& part, std::string_view mean_key,
                                        std::string_view variation_key, double otherwise) {
  const double mean = part.values.number_or(mean_key, otherwise);
  const double variation = part.values.number_or(variation_key, 0);
  const double spread = part.values.number_or("spread", 0);
  if (variation > 0) return workload::LognormalLength{.mean = mean, .variation = variation};
  if (spread > 0) return workload::UniformLength{mean, spread};
  return workload::FixedLength{static_cast<std::int32_t>(std::lround(mean))};
}

void bind_drawn(const PartValues& part, const Simulation& simulation, TrafficSpec& spec) {
  workload::SyntheticTraffic& drawn = spec.synthetic;
  drawn.arrivals = arrivals_of(part);
  const std::string_view variation = part.first_of({"input_cv", "output_cv"});
  if (!variation.empty() && part.said("spread")) {
    part.fail("spread", fmt::format("'spread' and '{}' are both said", variation), "one of them");
  }
  drawn.input = lengths_of(part, "input_tokens", "input_cv", 1024);
  drawn.output = lengths_of(part, "output_tokens", "output_cv", 256);
  if (part.said("lengths")) {
    const std::string_view mean =
        part.first_of({"input_tokens", "output_tokens", "input_cv", "output_cv", "spread"});
    if (!mean.empty()) {
      part.fail(mean, fmt::format("'{}' and 'lengths' are both said", mean),
                "lengths of a trace, or drawn ones");
    }
    drawn.lengths_trace = beside_file(simulation.file, part.values.text_or("lengths", ""));
  }
  const std::string_view prefix = part.first_of({"prefix_groups", "prefix_zipf"});
  if (!prefix.empty() && !part.said("prefix_tokens")) {
    part.fail(prefix, fmt::format("'{}' without 'prefix_tokens'", prefix),
              "how many tokens prompts share");
  }
  if (const auto tokens = part.values.number_at("prefix_tokens")) {
    drawn.prefix = {.groups = static_cast<std::int64_t>(part.values.number_or("prefix_groups", 1)),
                    .tokens = static_cast<std::int32_t>(*tokens),
                    .zipf = part.values.number_or("prefix_zipf", 0)};
  }
}

void bind_trace(const PartValues& part, const Simulation& simulation, TrafficSpec& spec) {
  const FieldValues& v = part.values;
  spec.traces = v.texts.at("trace");
  for (std::string& file : spec.traces) file = beside_file(simulation.file, file);
  spec.window_begin = part.seconds("from");
  spec.window_end = part.seconds("until");
  if (spec.window_begin && spec.window_end && *spec.window_end <= *spec.window_begin) {
    part.fail("until", "'until' is not after 'from'", "a later time");
  }
  spec.copies = static_cast<std::int64_t>(v.number_or("copies", 1));
  spec.repeat = v.number_or("repeat", 0) != 0;
  spec.rate_scale = v.number_or("rate_scale", 1);
  spec.input_scale = v.number_or("input_scale", 1);
  spec.output_scale = v.number_or("output_scale", 1);
}

// How much is asked: by a rate, by how many are there at any time, or all at once.
void bind_load(const PartValues& part, Simulation& simulation, TrafficSpec& spec) {
  const FieldValues& v = part.values;
  const bool at_once = std::holds_alternative<workload::AtOnce>(spec.synthetic.arrivals);
  if (const auto rate = v.number_at("rate")) spec.rate = Hertz::from_base(*rate);
  if (simulation.find_rate && !part.said("rate") && spec.traces.empty()) {
    spec.rate = Hertz::from_base(1);
  }
  if (simulation.find_rate && (at_once || part.said("concurrency"))) {
    part.fail(at_once ? "arrivals" : "concurrency", "a load that has no rate to find",
              "arrivals that follow each other");
  }
  if (const auto many = v.number_at("concurrency")) {
    simulation.concurrency = static_cast<std::int64_t>(*many);
    const std::string_view other = part.first_of({"rate", "arrivals", "burstiness"});
    if (!other.empty()) {
      part.fail("concurrency", fmt::format("'concurrency' and '{}' are both said", other),
                "one of them: a closed loop sends by itself");
    }
    if (spec.traces.empty()) spec.synthetic.arrivals = workload::AtOnce{};
  } else if (spec.traces.empty() && !spec.rate && !at_once && !part.said("rate")) {
    part.errors.push_back({.what = "the traffic has no load",
                           .expected = "a trace, a rate, a concurrency, or arrivals at-once",
                           .near = {},
                           .where = part.document.where(part.node.mark)});
  } else if (spec.rate && at_once && spec.traces.empty()) {
    part.fail("rate", "a rate, and all requests at once", "one of them");
  }
}

}  // namespace

void bind_traffic(PartValues part, Simulation& simulation) {
  const FieldValues& v = part.values;
  TrafficSpec spec;
  const auto traces = v.texts.find("trace");
  const bool traced = traces != v.texts.end() && !traces->second.empty();
  if (traced) {
    refuse_all(part, kDrawn, "beside a trace", "the trace's own");
    bind_trace(part, simulation, spec);
  } else {
    refuse_all(part, kOfTrace, "without a trace", "'trace', a file");
    bind_drawn(part, simulation, spec);
  }
  if (const auto format = v.text.find("trace_format"); format != v.text.end()) {
    spec.format = workload::trace_format(format->second);
  }
  if (v.text_or("bad_lines", "refuse") == "skip") spec.bad_lines = workload::BadLines::kSkip;
  bind_load(part, simulation, spec);
  if (const auto most = v.number_at("requests")) {
    spec.requests_max = static_cast<std::int64_t>(*most);
  }
  spec.duration = part.seconds("duration");
  const bool endless = !spec.requests_max && !spec.duration && (!traced || spec.repeat);
  if (endless && spec.repeat)
    part.fail("repeat", "a trace repeated without end", "'requests' or 'duration'");
  if (endless && !spec.repeat) {
    const auto turns = kTurns * static_cast<double>(simulation.concurrency);
    spec.requests_max = static_cast<std::int64_t>(std::max(kDefaultRequests, turns));
    simulation.assumed.push_back(
        fmt::format("{} requests", grouped_text(static_cast<double>(*spec.requests_max))));
  }
  spec.seed = simulation.seed + simulation.traffic.size();
  TrafficPart bound{
      .spec = std::move(spec), .model = {}, .where = part.document.where(part.node.mark)};
  if (const auto model = v.text.find("model"); model != v.text.end()) {
    const auto& models = simulation.models;
    const auto at =
        std::find(models.begin(), models.end(), model_beside(simulation.file, model->second));
    bound.model = static_cast<std::int32_t>(at - models.begin());
    if (at == models.end()) {
      part.fail("model", fmt::format("no pool runs '{}'", excerpt(model->second)), one_of(models));
    }
  }
  simulation.traffic.push_back(std::move(bound));
}

}  // namespace assay::plan
