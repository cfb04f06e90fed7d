#include "catalog/system.h"

#include <array>

namespace assay::catalog {
namespace {

template <auto Member>
FactRef member(const System& system) {
  return &(system.*Member);
}

using S = System;
constexpr BasisRule kNone = BasisRule::kNone;
constexpr BasisRule kPeak = BasisRule::kPeak;
constexpr BasisRule kLink = BasisRule::kLink;

constexpr Scope kWhole = Scope::kSystem;
constexpr Scope kEach = Scope::kAccelerator;
constexpr Accepts kText{.scope = kWhole};
constexpr Accepts kCount{.low = 1, .high = 1e6, .scope = kWhole};
constexpr Accepts kMemory{.low = 1e8, .high = 1e18, .scope = kWhole};
constexpr Accepts kTotalRate{.low = 1e6, .high = 1e20, .scope = kWhole};
constexpr Accepts kEachRate{.low = 1e6, .high = 1e17, .scope = kEach};
constexpr Accepts kFlops{.low = 1e6, .high = 1e24, .scope = kWhole};

// The table is the format: docs/catalog-format.md and schemas/ are compared with it by tests.
constexpr std::array kFields{
    SystemField{"link.kind", "link", kNone, member<&S::link_kind>, kText},
    SystemField{"link.topology",
                "link topology",
                kNone,
                member<&S::link_topology>,
                {.text = TextForm::kTopology, .scope = kWhole}},
    SystemField{"link.domain", "accelerators in the link's domain", kNone, member<&S::link_domain>,
                kCount},
    SystemField{"link.bandwidth", "link bandwidth per accelerator", kLink,
                member<&S::link_bandwidth>, kEachRate},
    SystemField{"link.pair_bandwidth", "link bandwidth per pair", BasisRule::kPair,
                member<&S::link_pair_bandwidth>, kEachRate},
    SystemField{"link.total", "link bandwidth, whole system", kLink, member<&S::link_total>,
                kTotalRate},
    SystemField{"scale_out.kind", "scale-out network", kNone, member<&S::scale_out_kind>, kText},
    SystemField{"scale_out.bandwidth", "scale-out bandwidth per accelerator", BasisRule::kLineRate,
                member<&S::scale_out_bandwidth>, kEachRate},
    SystemField{"host.cpu", "host processors", kNone, member<&S::host_cpu>, kText},
    SystemField{"host.memory", "host memory", kNone, member<&S::host_memory>, kMemory},
    SystemField{"host.accelerators_per_node", "accelerators per node", kNone,
                member<&S::accelerators_per_node>, kCount},
    SystemField{"board.power",
                "power",
                kNone,
                member<&S::power>,
                {.low = 10, .high = 1e9, .scope = kWhole}},
    SystemField{"board.form_factor", "form factor", kNone, member<&S::form_factor>, kText},
    SystemField{"board.cooling", "cooling", kNone, member<&S::cooling>, kText},
    SystemField{"total.memory", "total memory", kNone, member<&S::total_memory>, kMemory},
    SystemField{"total.memory_bandwidth", "total memory bandwidth", kNone,
                member<&S::total_memory_bandwidth>, kTotalRate},
    SystemField{"total.bf16", "total BF16", kPeak, member<&S::total_bf16>, kFlops},
    SystemField{"total.fp8", "total FP8", kPeak, member<&S::total_fp8>, kFlops},
    SystemField{"total.fp4", "total FP4", kPeak, member<&S::total_fp4>, kFlops},
    SystemField{"total.fp64", "total FP64", kPeak, member<&S::total_fp64>, kFlops},
    SystemField{"market.released",
                "released",
                kNone,
                member<&S::released>,
                {.text = TextForm::kDate, .scope = kWhole}},
    SystemField{"market.status", "status", kNone, member<&S::status>, kText},
    SystemField{"market.street_price",
                "street price",
                kNone,
                member<&S::street_price>,
                {.low = 100, .high = 1e12, .scope = kWhole}},
};

}  // namespace

std::span<const SystemField> system_fields() { return kFields; }

}  // namespace assay::catalog
