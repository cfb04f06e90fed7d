#include "catalog/accelerator.h"

#include <array>

namespace assay::catalog {
namespace {

struct PeakFormat {
  std::string_view name;
  int bits;
};

constexpr std::array<PeakFormat, kPeakCount> kPeakFormats{{
    {"fp64_vector", 64},
    {"fp64_matrix", 64},
    {"fp32_vector", 32},
    {"fp32_matrix", 32},
    {"tf32", 19},
    {"bf16", 16},
    {"fp16", 16},
    {"fp8", 8},
    {"fp6", 6},
    {"fp4", 4},
    {"int8", 8},
    {"int4", 4},
}};

template <auto Member>
FactRef member(const Accelerator& accelerator) {
  return &(accelerator.*Member);
}

template <Peak P>
FactRef peak_of(const Accelerator& accelerator) {
  return &accelerator.peak(P);
}

using A = Accelerator;
constexpr BasisRule kNone = BasisRule::kNone;
constexpr BasisRule kPeak = BasisRule::kPeak;
constexpr BasisRule kLink = BasisRule::kLink;

constexpr Scope kHere = Scope::kAccelerator;
constexpr Accepts kText{.scope = kHere};
constexpr Accepts kCount{.low = 1, .high = 1e6, .scope = kHere};
constexpr Accepts kMemory{.low = 1e6, .high = 1e14, .scope = kHere};
constexpr Accepts kCache{.low = 1e3, .high = 1e12, .scope = kHere};
constexpr Accepts kRate{.low = 1e6, .high = 1e17, .scope = kHere};  // a wafer's memory: 2e16
constexpr Accepts kFlops{.low = 1e6, .high = 1e20, .scope = kHere};
constexpr Accepts kArea{.low = 1e-6, .high = 0.1, .scope = kHere};  // a wafer: 0.07 m²
constexpr Accepts kWatts{.low = 0.1, .high = 1e6, .scope = kHere};
constexpr Accepts kUsd{.low = 1, .high = 1e9, .scope = kHere};

// The table is the format: docs/catalog-format.md and schemas/ are compared with it by tests.
constexpr std::array kFields{
    AcceleratorField{"chip.architecture", "architecture", kNone, member<&A::architecture>, kText},
    AcceleratorField{"chip.process", "process", kNone, member<&A::process>, kText},
    AcceleratorField{"chip.dies", "dies", kNone, member<&A::dies>, kCount},
    AcceleratorField{"chip.transistors",
                     "transistors",
                     kNone,
                     member<&A::transistors>,
                     {.low = 1e6, .high = 1e14, .scope = kHere}},
    AcceleratorField{"chip.die_area", "die area", kNone, member<&A::die_area>, kArea},
    AcceleratorField{"chip.compute_units", "compute units", kNone, member<&A::compute_units>,
                     kCount},
    AcceleratorField{"chip.boost_clock",
                     "boost clock",
                     kNone,
                     member<&A::boost_clock>,
                     {.low = 1e7, .high = 1e10, .scope = kHere}},
    AcceleratorField{"memory.type", "memory type", kNone, member<&A::memory_type>, kText},
    AcceleratorField{"memory.marketed", "memory", kNone, member<&A::memory_marketed>, kMemory},
    AcceleratorField{"memory.usable", "usable memory", kNone, member<&A::memory_usable>, kMemory},
    AcceleratorField{"memory.bandwidth", "memory bandwidth", kNone, member<&A::memory_bandwidth>,
                     kRate},
    AcceleratorField{"memory.l2", "L2 cache", kNone, member<&A::l2>, kCache},
    AcceleratorField{"memory.last_level_cache", "last-level cache", kNone,
                     member<&A::last_level_cache>, kCache},
    AcceleratorField{"peak.fp64_vector", "FP64 vector", kPeak, peak_of<Peak::kFp64Vector>, kFlops},
    AcceleratorField{"peak.fp64_matrix", "FP64 matrix", kPeak, peak_of<Peak::kFp64Matrix>, kFlops},
    AcceleratorField{"peak.fp32_vector", "FP32 vector", kPeak, peak_of<Peak::kFp32Vector>, kFlops},
    AcceleratorField{"peak.fp32_matrix", "FP32 matrix", kPeak, peak_of<Peak::kFp32Matrix>, kFlops},
    AcceleratorField{"peak.tf32", "TF32", kPeak, peak_of<Peak::kTf32>, kFlops},
    AcceleratorField{"peak.bf16", "BF16", kPeak, peak_of<Peak::kBf16>, kFlops},
    AcceleratorField{"peak.fp16", "FP16", kPeak, peak_of<Peak::kFp16>, kFlops},
    AcceleratorField{"peak.fp8", "FP8", kPeak, peak_of<Peak::kFp8>, kFlops},
    AcceleratorField{"peak.fp6", "FP6", kPeak, peak_of<Peak::kFp6>, kFlops},
    AcceleratorField{"peak.fp4", "FP4", kPeak, peak_of<Peak::kFp4>, kFlops},
    AcceleratorField{"peak.int8", "INT8", kPeak, peak_of<Peak::kInt8>, kFlops},
    AcceleratorField{"peak.int4", "INT4", kPeak, peak_of<Peak::kInt4>, kFlops},
    AcceleratorField{"peak.sparsity_2to4", "2:4 sparsity", kNone, member<&A::sparsity_2to4>, kText},
    AcceleratorField{"link.kind", "link", kNone, member<&A::link_kind>, kText},
    AcceleratorField{"link.bandwidth", "link bandwidth", kLink, member<&A::link_bandwidth>, kRate},
    AcceleratorField{"link.count", "links", kNone, member<&A::link_count>, kCount},
    AcceleratorField{"link.pair_bandwidth", "link bandwidth per pair", BasisRule::kPair,
                     member<&A::link_pair_bandwidth>, kRate},
    AcceleratorField{"link.die_to_die", "die-to-die bandwidth", kLink, member<&A::die_to_die>,
                     kRate},
    AcceleratorField{"link.topology",
                     "link topology",
                     kNone,
                     member<&A::link_topology>,
                     {.text = TextForm::kTopology, .scope = kHere}},
    AcceleratorField{"link.scale_out", "scale-out bandwidth", BasisRule::kLineRate,
                     member<&A::scale_out>, kRate},
    AcceleratorField{"link.pcie", "PCIe", kNone, member<&A::pcie>, kText},
    AcceleratorField{"board.power", "power", kNone, member<&A::power>, kWatts},
    AcceleratorField{"board.form_factor", "form factor", kNone, member<&A::form_factor>, kText},
    AcceleratorField{"board.cooling", "cooling", kNone, member<&A::cooling>, kText},
    AcceleratorField{"software.stack", "software", kNone, member<&A::software_stack>, kText},
    AcceleratorField{"software.target", "compiler target", kNone, member<&A::software_target>,
                     kText},
    AcceleratorField{"market.released",
                     "released",
                     kNone,
                     member<&A::released>,
                     {.text = TextForm::kDate, .scope = kHere}},
    AcceleratorField{"market.status", "status", kNone, member<&A::status>, kText},
    AcceleratorField{"market.street_price", "street price", kNone, member<&A::street_price>, kUsd},
    AcceleratorField{"market.domestic_cn",
                     "domestic in China",
                     kNone,
                     member<&A::domestic_cn>,
                     {.text = TextForm::kYesNo, .scope = kHere}},
    AcceleratorField{"market.export_status", "export status", kNone, member<&A::export_status>,
                     kText},
};

}  // namespace

std::string_view name(Peak peak) { return kPeakFormats[static_cast<std::size_t>(peak)].name; }

int bits(Peak peak) { return kPeakFormats[static_cast<std::size_t>(peak)].bits; }

std::span<const AcceleratorField> accelerator_fields() { return kFields; }

}  // namespace assay::catalog
