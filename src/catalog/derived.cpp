#include "catalog/derived.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/text.h"

namespace assay::catalog {
namespace {

constexpr double kGiB = 1073741824.0;
constexpr double kMarketedGb = 1e9;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// How many bytes software sees for each byte that the data sheet prints.
struct MemoryRule {
  double factor;
  std::string_view from;
};

// GDDR6 under ECC keeps its check bits in the memory itself, one byte in sixteen; GDDR6X cards are
// sold with ECC off, GDDR7 corrects on the die.
MemoryRule memory_rule(std::string_view type) {
  constexpr double kBinary = kGiB / kMarketedGb;
  const std::string text = to_lower(type);
  if (contains(text, "hbm")) return {kBinary, "HBM: the marketed number is GiB"};
  if (contains(text, "lpddr")) return {1, "the marketed number"};
  if (contains(text, "gddr6") && !contains(text, "gddr6x")) {
    return {kBinary * 15 / 16, "GDDR6 with inline ECC: 15/16 of the marketed number in GiB"};
  }
  if (contains(text, "gddr")) return {kBinary, "GDDR: the marketed number is GiB"};
  return {1, "the marketed number"};
}

// Some vendors print GiB: a whole number of those, and no whole number of GB.
bool is_printed_in_gib(Bytes marketed) {
  auto whole = [](double x) { return x >= 1 && std::abs(x - std::round(x)) < 1e-6; };
  return whole(marketed.base() / kGiB) && !whole(marketed.base() / kMarketedGb);
}

// The bit length of an operation is that of the longest input to its multiplication (3A090,
// technical note on TPP); TF32 units are fed with 32-bit words.
int rule_bits(Peak peak) { return peak == Peak::kTf32 ? 32 : bits(peak); }

}  // namespace

std::optional<UsableMemory> usable_memory(const Accelerator& accelerator) {
  if (const auto sourced = accelerator.memory_usable.value()) {
    return UsableMemory{*sourced, false, "sourced"};
  }
  const auto marketed = accelerator.memory_marketed.value();
  if (!marketed) return std::nullopt;
  if (is_printed_in_gib(*marketed)) return UsableMemory{*marketed, true, "marketed in GiB"};
  const MemoryRule rule = memory_rule(accelerator.memory_type.value().value_or(""));
  return UsableMemory{*marketed * rule.factor, true, std::string(rule.from)};
}

std::optional<FlopsPerByte> ridge_point(const Accelerator& accelerator, Peak peak) {
  const auto flops = accelerator.peak(peak).value();
  const auto bandwidth = accelerator.memory_bandwidth.value();
  if (!flops || !bandwidth) return std::nullopt;
  return *flops / *bandwidth;
}

std::optional<FlopsPerJoule> flops_per_joule(const Accelerator& accelerator, Peak peak) {
  const auto flops = accelerator.peak(peak).value();
  const auto power = accelerator.power.value();
  if (!flops || !power) return std::nullopt;
  return *flops / *power;
}

std::optional<double> bandwidth_per_usd(const Accelerator& accelerator, Usd price) {
  const auto bandwidth = accelerator.memory_bandwidth.value();
  if (!bandwidth || price.base() <= 0) return std::nullopt;
  return bandwidth->base() / price.base();
}

std::optional<double> total_processing_performance(const Accelerator& accelerator) {
  std::optional<double> largest;
  for (std::size_t i = 0; i < kPeakCount; ++i) {
    const Peak peak = static_cast<Peak>(i);
    const auto flops = accelerator.peak(peak).value();
    if (!flops) continue;
    const double tera = flops->base() / 1e12;
    largest = std::max(largest.value_or(0), tera * rule_bits(peak));
  }
  return largest;
}

std::optional<double> performance_density(const Accelerator& accelerator) {
  const auto tpp = total_processing_performance(accelerator);
  const auto area = accelerator.die_area.value();
  if (!tpp || !area) return std::nullopt;
  return *tpp / (area->base() * 1e6);
}

std::optional<BytesPerSecond> link_bandwidth_one_way(const Accelerator& accelerator) {
  const auto both_ways = accelerator.link_bandwidth.value();
  if (!both_ways) return std::nullopt;
  return *both_ways / 2;
}

}  // namespace assay::catalog
