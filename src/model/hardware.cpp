#include "model/hardware.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "catalog/derived.h"

namespace assay::model {

namespace {

using catalog::Accelerator;
using catalog::Catalog;
using catalog::Confidence;
using catalog::Fact;
using catalog::Format;
using catalog::Peak;
using catalog::System;

// An accelerator outside of any system of the catalog, on a link that does not say how many share
// it.
constexpr int kDomainAssumed = 8;

// Between those of an A100 (108) and of a B200 (148).
constexpr double kUnitsAssumed = 128;

template <class Q>
std::string value_text(const Q& value) {
  return to_text(value);
}
std::string value_text(double value) { return number_text(value); }
std::string value_text(const std::string& value) { return value; }

// Collects facts, and what is missing.
class Resolver {
 public:
  Resolver(const Catalog& catalog, std::string subject)
      : catalog_{catalog}, subject_{std::move(subject)} {}

  template <class T>
  std::optional<T> take(const Fact<T>& fact, std::string_view figure, const std::string& of) {
    const auto value = fact.value();
    if (value) {
      const auto& reading = *fact.used();
      note({.figure = fmt::format("{} of {}", figure, of),
            .value = value_text(*value),
            .basis = catalog::to_text(reading.basis),
            .source = catalog_.source(reading.source).id,
            .confidence = reading.confidence});
    }
    return value;
  }

  template <class T>
  T need(const Fact<T>& fact, std::string_view figure) {
    const auto value = take(fact, figure, subject_);
    if (!value) missing_.push_back(absence(fact, figure));
    return value.value_or(T{});
  }

  void note(UsedFact fact) { facts_.push_back(std::move(fact)); }
  void missing(std::string what) { missing_.push_back(std::move(what)); }
  const std::vector<std::string>& missing() const { return missing_; }
  std::vector<UsedFact> take_facts() { return std::move(facts_); }

 private:
  template <class T>
  static std::string absence(const Fact<T>& fact, std::string_view figure) {
    const auto* used = fact.used();
    if (used != nullptr && used->none) return fmt::format("{} does not exist", figure);
    if (used != nullptr && used->high) {
      return fmt::format("{} is only known as a range ({} .. {})", figure, value_text(used->value),
                         value_text(*used->high));
    }
    if (!fact.unknown()) return fmt::format("{} is only known in another basis", figure);
    return fmt::format("{} is unknown", figure);
  }

  const Catalog& catalog_;
  std::string subject_;
  std::vector<std::string> missing_;
  std::vector<UsedFact> facts_;
};

LinkKind parse_link_kind(const std::string& text) {
  const std::string lower = to_lower(text);
  const auto has = [&](std::string_view word) { return lower.find(word) != std::string::npos; };
  if (lower == "none" || has("c2c"))
    return LinkKind::kNone;  // chip to chip: to the host, not to peers
  if (lower.starts_with("pcie")) return LinkKind::kPcie;
  if (has("nvlink")) return LinkKind::kNvlink;
  if (has("xgmi") || has("infinity fabric")) return LinkKind::kXgmi;
  if (has("hccs") || has("unified bus") || has("lingqu") || lower.starts_with("ub"))
    return LinkKind::kHccs;
  if (has("pcie")) return LinkKind::kPcie;
  return LinkKind::kOther;
}

Topology parse_topology(const std::string& text) {
  const std::string lower = to_lower(text);
  if (lower == "switch") return Topology::kSwitch;
  if (lower == "mesh") return Topology::kMesh;
  if (lower == "ring") return Topology::kRing;
  if (lower == "torus") return Topology::kTorus;
  if (lower == "pcie") return Topology::kPcie;
  return Topology::kNone;
}

// One way, in bytes/s, of "5.0 x16": lanes × transfer rate × line code (PCI-SIG base specifications
// 3.0 to 6.0).
std::optional<BytesPerSecond> pcie_one_way(const std::string& text) {
  const std::string lower = to_lower(text);
  const std::size_t x = lower.find(" x");
  double generation = 0;
  long long lanes = 0;
  if (x == std::string::npos || !parse_double(trim(lower.substr(0, x)), generation))
    return std::nullopt;
  const std::string tail{trim(lower.substr(x + 2))};
  if (!parse_int(tail.substr(0, tail.find_first_not_of("0123456789")), lanes)) return std::nullopt;
  if (generation < 3 || generation >= 7 || lanes < 1 || lanes > 32) return std::nullopt;
  const double per_lane[] = {0.985e9, 1.969e9, 3.938e9, 7.563e9};
  const auto index = static_cast<std::size_t>(generation) - 3;
  return BytesPerSecond::from_base(per_lane[index] * static_cast<double>(lanes));
}

template <class T>
const Fact<T>& either(const Fact<T>* first, const Fact<T>& second) {
  return first != nullptr && first->value() ? *first : second;
}

// The bus to the host, where there is no faster link or nobody says what it carries.
Link pcie_link(Resolver& resolver, const Accelerator& accelerator, int domain) {
  const auto text = resolver.take(accelerator.pcie, "PCIe", accelerator.id);
  const auto one_way = text ? pcie_one_way(*text) : std::nullopt;
  if (!one_way) return {};
  return {.kind = LinkKind::kPcie,
          .topology = Topology::kPcie,
          .domain = domain,
          .one_way = *one_way,
          .pair_one_way = {}};
}

int link_domain(Resolver& resolver, const Accelerator& accelerator, const System* system,
                Topology topology) {
  if (system != nullptr) {
    const auto domain = resolver.take(system->link_domain, "accelerators on one link", system->id);
    return domain ? static_cast<int>(*domain) : std::max(system->accelerators, 1);
  }
  const auto links = accelerator.link_count.value();
  if (topology == Topology::kMesh && links && *links < kDomainAssumed) {
    return static_cast<int>(*links) + 1;  // one link to each peer
  }
  const auto kind = accelerator.link_kind.value();
  const bool bridge = kind && to_lower(*kind).find("bridge") != std::string::npos;
  const int domain = bridge ? 2 : kDomainAssumed;
  resolver.note({.figure = "accelerators of " + accelerator.id + " on one link",
                 .value = std::to_string(domain),
                 .basis = "no system named",
                 .source = "derived: assumed",
                 .confidence = Confidence::kAssumed});
  return domain;
}

Link resolve_link(Resolver& resolver, const Accelerator& accelerator, const System* system) {
  const std::string& of = system != nullptr ? system->id : accelerator.id;
  const auto kind = resolver.take(
      either(system ? &system->link_kind : nullptr, accelerator.link_kind), "link kind", of);
  const auto topology_text =
      resolver.take(either(system ? &system->link_topology : nullptr, accelerator.link_topology),
                    "link topology", of);
  const auto bandwidth =
      resolver.take(either(system ? &system->link_bandwidth : nullptr, accelerator.link_bandwidth),
                    "link bandwidth", of);
  const Topology topology = topology_text ? parse_topology(*topology_text) : Topology::kSwitch;
  const int domain = link_domain(resolver, accelerator, system, topology);
  const LinkKind parsed = kind ? parse_link_kind(*kind) : LinkKind::kNone;
  if (parsed == LinkKind::kNone) return pcie_link(resolver, accelerator, domain);
  if (!bandwidth) {
    resolver.note({.figure = "link of " + of,
                   .value = "PCIe instead of " + *kind,
                   .basis = "its bandwidth is unknown",
                   .source = "derived: assumed",
                   .confidence = Confidence::kAssumed});
    return pcie_link(resolver, accelerator, domain);
  }

  // Bandwidths of the catalog are both ways; a collective sends and receives at once.
  Link link{.kind = parsed,
            .topology = topology,
            .domain = domain,
            .one_way = *bandwidth / 2,
            .pair_one_way = {}};
  if (parsed == LinkKind::kPcie) link.topology = Topology::kPcie;
  const auto pair = resolver.take(
      either(system ? &system->link_pair_bandwidth : nullptr, accelerator.link_pair_bandwidth),
      "link bandwidth of a pair", of);
  if (pair) link.pair_one_way = *pair / 2;
  return link;
}

// Work is dealt out in units: it takes their number to say when a kernel fills them.
double resolve_units(Resolver& resolver, const Accelerator& accelerator) {
  const auto units = resolver.take(accelerator.compute_units, "compute units", accelerator.id);
  if (units) return *units;
  resolver.note({.figure = "compute units of " + accelerator.id,
                 .value = number_text(kUnitsAssumed),
                 .basis = "unknown",
                 .source = "derived: assumed",
                 .confidence = Confidence::kAssumed});
  return kUnitsAssumed;
}

Bytes resolve_memory(Resolver& resolver, const Accelerator& accelerator) {
  const auto usable = catalog::usable_memory(accelerator);
  if (!usable) {
    resolver.need(accelerator.memory_marketed, "memory");
    return {};
  }
  if (usable->derived) {
    resolver.take(accelerator.memory_marketed, "marketed memory", accelerator.id);
    resolver.note({.figure = "usable memory of " + accelerator.id,
                   .value = to_text(usable->bytes),
                   .basis = "per accelerator",
                   .source = "derived: " + usable->from,
                   .confidence = Confidence::kDerived});
  } else {
    resolver.take(accelerator.memory_usable, "usable memory", accelerator.id);
  }
  return usable->bytes;
}

}  // namespace

std::optional<FlopsPerSecond> Hardware::matrix_peak(Format activations) const {
  const auto at = [this](Peak peak) { return peaks[static_cast<std::size_t>(peak)]; };
  const auto first = [](auto a, auto b) { return a ? a : b; };
  switch (activations) {
    case Format::kFp32:
      return first(at(Peak::kFp32Matrix), at(Peak::kFp32Vector));
    case Format::kBf16:
      return first(at(Peak::kBf16), at(Peak::kFp16));
    case Format::kFp16:
      return first(at(Peak::kFp16), at(Peak::kBf16));
    case Format::kFp8:
      return at(Peak::kFp8);
    case Format::kInt8:
      return at(Peak::kInt8);
    case Format::kNvfp4:
    case Format::kMxfp4:
      return at(Peak::kFp4);
    case Format::kInt4:
      return at(Peak::kInt4);
    case Format::kQ4KM:
      return std::nullopt;  // weights only: dequantised before they multiply
  }
  return std::nullopt;
}

Result<Hardware> resolve_hardware(const Catalog& catalog, const Accelerator& accelerator,
                                  const System* system) {
  Resolver resolver{catalog, accelerator.id};
  if (system != nullptr && system->accelerator != accelerator.id) {
    return tl::unexpected(Error{
        .what = fmt::format("{} is built with {}, not with {}", system->id,
                            system->accelerator.empty() ? "other systems" : system->accelerator,
                            accelerator.id),
        .expected = {},
        .near = {},
        .where = {}});
  }
  Hardware hardware;
  hardware.accelerator = accelerator.id;
  hardware.system = system != nullptr ? system->id : "";
  hardware.family = accelerator.family;
  hardware.memory_usable = resolve_memory(resolver, accelerator);
  hardware.memory_bandwidth = resolver.need(accelerator.memory_bandwidth, "memory bandwidth");
  for (std::size_t i = 0; i < catalog::kPeakCount; ++i) {
    const auto peak = static_cast<Peak>(i);
    hardware.peaks[i] = resolver.take(accelerator.peaks[i],
                                      fmt::format("{} peak", catalog::name(peak)), accelerator.id);
  }
  if (!hardware.matrix_peak(Format::kBf16))
    resolver.need(accelerator.peak(Peak::kBf16), "16-bit matrix rate");
  hardware.compute_units = resolve_units(resolver, accelerator);
  hardware.power = resolver.take(accelerator.power, "board power", accelerator.id);
  if (const auto pcie = accelerator.pcie.value()) hardware.host_one_way = pcie_one_way(*pcie);
  hardware.link = resolve_link(resolver, accelerator, system);
  if (system != nullptr) {  // a line rate: one way
    hardware.link.beyond_one_way =
        resolver.take(system->scale_out_bandwidth, "scale-out bandwidth", system->id);
  }
  if (!resolver.missing().empty()) {
    return tl::unexpected(Error{.kind = Error::Kind::kInfeasible,
                                .what = accelerator.id + ": " + join(resolver.missing(), "; "),
                                .expected = "facts to calculate with",
                                .near = {},
                                .where = {}});
  }
  hardware.facts = resolver.take_facts();
  return hardware;
}

}  // namespace assay::model
