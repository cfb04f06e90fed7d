#include "model/collectives.h"

#include <algorithm>

#include "base/assert.h"

namespace assay::model {

BytesPerSecond group_bandwidth(const Link& link, int ranks) {
  ASSAY_ASSERT(ranks >= 1);
  switch (link.topology) {
    case Topology::kMesh: {
      const int peers = std::max(link.domain - 1, 1);
      const BytesPerSecond pair = link.pair_one_way.value_or(link.one_way / peers);
      return std::min(pair * (ranks - 1), link.one_way);
    }
    case Topology::kRing:
    case Topology::kTorus:
      // A group that does not close the ring has one direction's links only.
      return ranks < link.domain ? link.one_way / 2 : link.one_way;
    case Topology::kNone:
    case Topology::kSwitch:
    case Topology::kPcie:
      return link.one_way;
  }
  return link.one_way;
}

// Reduce-scatter and all-gather, each (n − 1)/n of the volume: Thakur, Rabenseifner, Gropp, IJHPCA
// 19(1), 2005.
Seconds all_reduce(const Link& link, const catalog::LinkEfficiency& efficiency, int ranks,
                   Bytes volume) {
  if (ranks <= 1) return {};
  const BytesPerSecond bandwidth = group_bandwidth(link, ranks) * efficiency.bandwidth;
  return efficiency.latency + all_reduce_traffic(volume, ranks) / bandwidth;
}

}  // namespace assay::model
