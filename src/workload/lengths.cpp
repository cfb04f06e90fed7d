#include "workload/lengths.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/distributions.h"
#include "base/text.h"
#include "workload/random_streams.h"
#include "workload/spec_check.h"
#include "workload/trace_row.h"

namespace assay::workload {

namespace {

constexpr std::int64_t kGroupsMax = 10'000'000;

struct Check {
  const char* name;
  Errors& errors;

  void mean(double tokens) const {
    require(errors, within(tokens, 1, kTokensMax),
            fmt::format("{} tokens {}", name, number_text(tokens)), "1 to 100,000,000");
  }
  void operator()(const FixedLength& fixed) const { mean(fixed.tokens); }
  void operator()(const UniformLength& uniform) const {
    mean(uniform.mean);
    require(errors, within(uniform.spread, 0, 1),
            fmt::format("spread {} of {} tokens", number_text(uniform.spread), name), "0 to 1");
  }
  void operator()(const LognormalLength& lognormal) const {
    mean(lognormal.mean);
    require(errors, within(lognormal.variation, 0, 100),
            fmt::format("variation {} of {} tokens", number_text(lognormal.variation), name),
            "0 to 100");
    require(
        errors,
        lognormal.at_least >= 1 && lognormal.at_least <= lognormal.at_most &&
            lognormal.at_most <= kTokensMax,
        fmt::format("limits {} and {} of {} tokens", lognormal.at_least, lognormal.at_most, name),
        "1 to 100,000,000, the lower one first");
  }
};

}  // namespace

Errors check_lengths(const char* name, const LengthDistribution& lengths) {
  Errors errors;
  std::visit(Check{name, errors}, lengths);
  return errors;
}

Errors check_prefix(const PrefixGroups& prefix) {
  Errors errors;
  if (prefix.groups == 0) return errors;
  require(errors, prefix.groups >= 1 && prefix.groups <= kGroupsMax,
          fmt::format("{} shared prefixes", prefix.groups), "0 to 10,000,000");
  require(errors, prefix.tokens >= 1 && prefix.tokens <= kTokensMax,
          fmt::format("a shared prefix of {} tokens", prefix.tokens), "1 to 100,000,000");
  require(errors, within(prefix.zipf, 0, 10), fmt::format("zipf {}", number_text(prefix.zipf)),
          "0 to 10");
  return errors;
}

Lengths::Lengths(const LengthDistribution& lengths, std::uint64_t seed, std::uint64_t stream)
    : draws_{seed, stream}, lengths_{lengths} {
  ASSAY_ASSERT(check_lengths("", lengths).empty());
  if (const auto* uniform = std::get_if<UniformLength>(&lengths)) {
    location_ = std::max(1.0, std::ceil(uniform->mean * (1 - uniform->spread)));
    scale_ = std::max(1.0, std::floor(uniform->mean * (1 + uniform->spread)) - location_ + 1);
    if (location_ > uniform->mean * (1 + uniform->spread)) location_ = std::round(uniform->mean);
  }
  if (const auto* lognormal = std::get_if<LognormalLength>(&lengths)) {
    const double variance = natural_log(1 + lognormal->variation * lognormal->variation);
    location_ = natural_log(lognormal->mean) - variance / 2;
    scale_ = std::sqrt(variance);
  }
}

std::int32_t Lengths::at(std::uint64_t number) const {
  if (const auto* fixed = std::get_if<FixedLength>(&lengths_)) return fixed->tokens;
  if (const auto* lognormal = std::get_if<LognormalLength>(&lengths_)) {
    const double tokens = exponential_of(location_ + scale_ * normal(draws_, number)) + 0.5;
    return static_cast<std::int32_t>(std::clamp(tokens, static_cast<double>(lognormal->at_least),
                                                static_cast<double>(lognormal->at_most)));
  }
  return static_cast<std::int32_t>(location_) +
         static_cast<std::int32_t>(draws_.uniform(number) * scale_);
}

GroupChoice::GroupChoice(const PrefixGroups& prefix, std::uint64_t seed)
    : draws_{seed, kGroupStream}, groups_{static_cast<std::uint64_t>(prefix.groups)} {
  ASSAY_ASSERT(prefix.groups >= 1 && check_prefix(prefix).empty());
  if (prefix.zipf == 0) return;
  double sum = 0;
  cumulative_.reserve(groups_);
  for (std::uint64_t group = 1; group <= groups_; ++group) {
    sum += power_of(static_cast<double>(group), -prefix.zipf);
    cumulative_.push_back(sum);
  }
}

std::uint64_t GroupChoice::at(std::uint64_t number) const {
  const double draw = draws_.uniform(number);
  if (cumulative_.empty()) {
    return static_cast<std::uint64_t>(draw * static_cast<double>(groups_));
  }
  const auto found =
      std::upper_bound(cumulative_.begin(), cumulative_.end(), draw * cumulative_.back());
  return std::min(groups_ - 1, static_cast<std::uint64_t>(found - cumulative_.begin()));
}

}  // namespace assay::workload
