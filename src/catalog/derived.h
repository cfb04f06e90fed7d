// derived.h — figures that follow from the sourced ones. Each says DE and names what it was
// computed from. An input that is unknown, contested as a range or `none` gives no figure, never 0.
// Formulas and sources: docs/models.md, "Derived figures".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalog/accelerator.h"

namespace assay::catalog {

// Bytes that software can allocate: the sourced figure if there is one; otherwise HBM's marketed
// number is GiB (141 GB → 141·2^30 B), GDDR with inline ECC gives 15/16 of it in GiB, other memory
// the marketed number.
struct UsableMemory {
  Bytes bytes;
  bool derived{};
  std::string from;  // "sourced", "HBM: the marketed number is GiB", …
};
std::optional<UsableMemory> usable_memory(const Accelerator& accelerator);

// Operations per byte at which compute and memory take equal time. Peak dense / memory bandwidth.
std::optional<FlopsPerByte> ridge_point(const Accelerator& accelerator, Peak peak);
std::optional<FlopsPerJoule> flops_per_joule(const Accelerator& accelerator, Peak peak);
// Memory bandwidth per dollar of price (bytes/s/USD).
std::optional<double> bandwidth_per_usd(const Accelerator& accelerator, Usd price);

// Total processing performance of ECCN 3A090 (TOPS × bit length, dense; the largest over the
// formats) and performance density (TPP / die area in mm²). US 15 CFR 774 Supp. 1, 3A090 notes.
std::optional<double> total_processing_performance(const Accelerator& accelerator);
std::optional<double> performance_density(const Accelerator& accelerator);

// Bandwidth of one accelerator into its fast link, one way: half of the both-ways aggregate.
std::optional<BytesPerSecond> link_bandwidth_one_way(const Accelerator& accelerator);

}  // namespace assay::catalog
