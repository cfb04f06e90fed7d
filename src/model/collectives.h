// collectives.h — time of collectives among the accelerators of one replica, on the link that they
// share. A switch carries any group at full rate; in a mesh a group of n uses the n − 1 links
// between its members; through PCIe everything goes over the host. Latency and share of the
// bandwidth: data/efficiency.yaml. Pure. Equations and sources: docs/models.md, "Collectives".
#pragma once

#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "model/hardware.h"

namespace assay::model {

// What one accelerator of a group of `ranks` can send, one way, before efficiency.
BytesPerSecond group_bandwidth(const Link& link, int ranks);

// Bytes that each accelerator sends to sum `volume` bytes over `ranks` of them.
constexpr Bytes all_reduce_traffic(Bytes volume, int ranks) {
  return volume * (2.0 * (ranks - 1) / ranks);
}
static_assert(all_reduce_traffic(Bytes::from_base(800), 8).base() == 1400);

// Nothing for one rank.
Seconds all_reduce(const Link& link, const catalog::LinkEfficiency& efficiency, int ranks,
                   Bytes volume);

}  // namespace assay::model
