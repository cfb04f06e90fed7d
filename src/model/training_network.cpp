#include "model/training_network.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "model/collectives.h"

namespace assay::model {

GroupLink group_link(const TrainingSubject& subject, int ranks, int stride) {
  ASSAY_ASSERT(ranks >= 1 && stride >= 1);
  if (ranks == 1) return {};
  const Link& link = subject.hardware.link;
  // A torus goes on beyond one machine.
  const bool endless = link.topology == Topology::kTorus;
  const int domain = std::max(link.domain, 1);
  const catalog::TrainingLink& local = subject.link;
  const int inside = endless ? ranks : std::clamp(domain / stride, 1, ranks);
  GroupLink group;
  if (inside > 1) {
    group.seconds_per_byte = 1 / (group_bandwidth(link, inside).base() * local.bandwidth);
    group.latency = local.latency.base() + local.per_rank.base() * (inside - 1);
  }
  if (inside == ranks) return group;
  if (!link.beyond_one_way) {
    group.seconds_per_byte = std::numeric_limits<double>::infinity();
    return group;
  }
  const catalog::TrainingLink& network = subject.network;
  const double beyond = link.beyond_one_way->base() * network.bandwidth * inside;
  group.seconds_per_byte = std::max(group.seconds_per_byte, 1 / beyond);
  const int domains = (ranks + inside - 1) / inside;
  group.latency += network.latency.base() + network.per_rank.base() * (domains - 1);
  return group;
}

double ring_seconds(const GroupLink& link, int ranks, double bytes) {
  return ranks <= 1 ? 0 : link.latency + link.seconds_per_byte * bytes * (ranks - 1) / ranks;
}

double all_reduce_seconds(const TrainingSubject& subject, const GroupLink& link, int ranks,
                          double bytes) {
  if (!subject.job.in_network_reduction) return 2 * ring_seconds(link, ranks, bytes);
  return ranks <= 1 ? 0 : link.latency + link.seconds_per_byte * bytes;
}

}  // namespace assay::model
