#include "plan/simulation_requests.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace assay::plan {

namespace {

using workload::Traffic;
using workload::TrafficRequest;

constexpr std::int64_t kLookedAt = 20'000;

void add_report(workload::TraceReport& total, const workload::TraceReport& part) {
  total.lines += part.lines;
  total.requests += part.requests;
  total.bad_lines += part.bad_lines;
  total.unanswered += part.unanswered;
  total.reordered += part.reordered;
  for (const Error& error : part.first_errors) {
    if (total.first_errors.size() < workload::kBadLinesShown) total.first_errors.push_back(error);
  }
  if (!total.broken) total.broken = part.broken;
  total.assumed.insert(total.assumed.end(), part.assumed.begin(), part.assumed.end());
}

}  // namespace

MixedTraffic::MixedTraffic(const std::vector<Traffic>& parts,
                           std::vector<std::optional<std::int32_t>> models)
    : parts_{parts}, models_{std::move(models)}, heads_(parts.size()) {}

void MixedTraffic::advance(std::size_t part) {
  Head& head = heads_[part];
  head.there = parts_[part].next(head.request);
  if (head.there && models_[part]) head.request.model = *models_[part];
}

bool MixedTraffic::next(TrafficRequest& request) {
  if (parts_.size() == 1) {
    if (!parts_.front().next(request)) return false;
    if (models_.front()) request.model = *models_.front();
    return true;
  }
  for (std::size_t i = 0; !begun_ && i < parts_.size(); ++i) advance(i);
  begun_ = true;
  Head* first = nullptr;
  for (Head& head : heads_) {
    const bool earlier = first == nullptr || head.request.arrival < first->request.arrival;
    if (head.there && earlier) first = &head;
  }
  if (first == nullptr) return false;
  std::swap(request, first->request);
  advance(static_cast<std::size_t>(first - heads_.data()));
  return true;
}

MixedTraffic MixedTraffic::again() const {
  std::vector<Traffic> parts;
  for (const Traffic& part : parts_) parts.push_back(part.again());
  return {parts, models_};
}

MixedTraffic MixedTraffic::at_rate(double rate) const {
  const double factor = rate / mean_rate().value_or(rate);
  std::vector<Traffic> parts;
  for (const Traffic& part : parts_) {
    const double wanted = part.mean_rate()->base() * factor;
    parts.push_back(part.at_rate(Hertz::from_base(std::clamp(wanted, 1e-6, 1e8))));
  }
  return {parts, models_};
}

bool MixedTraffic::may_have_rate() const {
  return std::all_of(parts_.begin(), parts_.end(),
                     [](const Traffic& part) { return part.may_have_rate(); });
}

std::optional<double> MixedTraffic::mean_rate() const {
  double rate = 0;
  for (const Traffic& part : parts_) {
    const auto mean = part.mean_rate();
    if (!mean) return std::nullopt;
    rate += mean->base();
  }
  return rate;
}

std::optional<std::int64_t> MixedTraffic::requests() const {
  std::int64_t requests = 0;
  for (const Traffic& part : parts_) {
    const auto some = part.requests();
    if (!some) return std::nullopt;
    requests += *some;
  }
  return requests;
}

std::optional<Error> MixedTraffic::failure() const {
  for (const Traffic& part : parts_) {
    if (part.failure()) return part.failure();
  }
  return std::nullopt;
}

Checked<MixedTraffic> open_mixed_traffic(const Simulation& simulation) {
  Errors errors;
  std::vector<Traffic> parts;
  std::vector<std::optional<std::int32_t>> models;
  for (const TrafficPart& part : simulation.traffic) {
    auto traffic = workload::open_traffic(part.spec);
    if (!traffic) {
      for (Error& error : traffic.error()) {
        if (!error.where) error.where = part.where;
        errors.push_back(std::move(error));
      }
      continue;
    }
    parts.push_back(std::move(*traffic));
    models.push_back(part.model);
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return MixedTraffic{parts, std::move(models)};
}

AskedTraffic look_at(const MixedTraffic& traffic, const Simulation& simulation) {
  AskedTraffic asked;
  for (std::size_t i = 0; i < traffic.parts().size(); ++i) {
    const Traffic& part = traffic.parts()[i];
    add_report(asked.report, part.report());
    const TrafficPart& said = simulation.traffic[i];
    asked.traced = asked.traced || !said.spec.traces.empty();
    const bool named = traffic.parts().size() > 1 && said.model;
    asked.description +=
        fmt::format("{}{}{}", i > 0 ? " · " : "",
                    named ? simulation.models[static_cast<std::size_t>(*said.model)] + ": " : "",
                    part.description());
  }
  asked.rate = traffic.mean_rate();
  MixedTraffic beginning = traffic.again();
  TrafficRequest request;
  double input = 0, output = 0;
  while (asked.looked_at < kLookedAt && beginning.next(request)) {
    ++asked.looked_at;
    input += request.input_tokens;
    output += request.output_tokens;
    asked.input_max = std::max(asked.input_max, request.input_tokens);
    asked.output_max = std::max(asked.output_max, request.output_tokens);
  }
  const double many = static_cast<double>(std::max<std::int64_t>(asked.looked_at, 1));
  asked.input_mean = std::max(1.0, input / many);
  asked.output_mean = std::max(1.0, output / many);
  return asked;
}

}  // namespace assay::plan
