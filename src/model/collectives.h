// collectives.h — time of collectives among the accelerators of one replica, on the links that they
// share. A switch carries any group at full rate; in a mesh a group of n uses the n − 1 links
// between its members; through PCIe everything goes over the host; a group that spans several link
// domains goes over the scale-out network between them. Latency and share of the bandwidth:
// data/efficiency.yaml. Pure. Equations and sources: docs/models.md, "Collectives".
#pragma once

#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "model/hardware.h"

namespace assay::model {

// What one accelerator of a group of `ranks` can send, one way, before efficiency.
BytesPerSecond group_bandwidth(const Link& link, int ranks);

// latency + W + √(W·fill), W = volume·seconds_per_byte.
struct CollectiveTime {
  Seconds latency;
  double seconds_per_byte{};
  Seconds fill;
  Seconds of(Bytes volume) const;
};

// Sums a volume over `ranks`, as reduce-scatter and all-gather. Nothing for one rank.
CollectiveTime all_reduce(const Hardware& hardware, const catalog::EfficiencyTable& efficiency,
                          int ranks);

// Each rank sends its volume, in equal shares, to all ranks.
CollectiveTime all_to_all(const Hardware& hardware, const catalog::EfficiencyTable& efficiency,
                          int ranks);

// From one accelerator to the next.
CollectiveTime send(const Hardware& hardware, const catalog::EfficiencyTable& efficiency);

}  // namespace assay::model
