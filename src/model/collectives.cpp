#include "model/collectives.h"

#include <algorithm>
#include <cmath>

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

namespace {

// How a group lies over link domains.
struct Span {
  int local{1};  // ranks of one domain
  int domains{1};
};

Span span_of(const Link& link, int ranks) {
  const int local = std::min(ranks, std::max(link.domain, 1));
  return {.local = local, .domains = (ranks + local - 1) / local};
}

// One collective's curve within a domain, and between domains.
struct Curves {
  const catalog::CollectiveCurve& local;
  const catalog::LinkEfficiency& link;
  const catalog::CollectiveCurve& beyond;
  const catalog::LinkEfficiency& network;
};

using Member = catalog::CollectiveCurve catalog::LinkEfficiency::*;

Curves curves_of(const Hardware& hardware, const catalog::EfficiencyTable& efficiency,
                 Member member, const catalog::CollectiveCurve catalog::OperatorCurves::*own) {
  const catalog::LinkEfficiency& link = efficiency.link(hardware.link.kind);
  const catalog::LinkEfficiency& network = efficiency.link(LinkKind::kNetwork);
  const catalog::FamilyEfficiency& family = efficiency.family(hardware.family);
  const bool measured = link.own && !family.borrowed;
  return {.local = measured ? family.operators.*own : link.*member,
          .link = link,
          .beyond = network.*member,
          .network = network};
}

double reached(const catalog::CollectiveCurve& curve, double sustained, int ranks) {
  const double doublings = std::log2(std::max(ranks, 2) / 2.0);
  return sustained * curve.bandwidth * std::pow(curve.bandwidth_per_doubling, doublings);
}

// Each rank sends `local` of the volume within its domain and `beyond` of it to others.
CollectiveTime collective(const Hardware& hardware, const Curves& curves, const Span& span,
                          double local, double beyond) {
  CollectiveTime time;
  if (span.local > 1) {
    time.latency = curves.local.latency + curves.local.per_rank * span.local + curves.link.wait;
    time.fill = curves.local.fill;
    time.seconds_per_byte = local / (group_bandwidth(hardware.link, span.local).base() *
                                     reached(curves.local, curves.link.sustained, span.local));
  }
  if (span.domains > 1) {
    ASSAY_ASSERT(hardware.link.beyond_one_way.has_value());  // runnable() has seen it
    time.latency +=
        curves.beyond.latency + curves.beyond.per_rank * span.domains + curves.network.wait;
    time.seconds_per_byte += beyond / (hardware.link.beyond_one_way->base() *
                                       reached(curves.beyond, curves.network.sustained, 2));
  }
  return time;
}

double share_sent(int ranks) { return (ranks - 1.0) / ranks; }

}  // namespace

Seconds CollectiveTime::of(Bytes volume) const {
  const double sent = volume.base() * seconds_per_byte;
  return latency + Seconds::from_base(sent + std::sqrt(sent * fill.base()));
}

// Each half moves (n − 1)/n of the volume: Thakur, Rabenseifner, Gropp, IJHPCA 19(1), 2005. Over
// several domains each rank carries its share of what its domain has summed.
CollectiveTime all_reduce(const Hardware& hardware, const catalog::EfficiencyTable& efficiency,
                          int ranks) {
  if (ranks <= 1) return {};
  const Span span = span_of(hardware.link, ranks);
  const Curves curves = curves_of(hardware, efficiency, &catalog::LinkEfficiency::all_reduce,
                                  &catalog::OperatorCurves::all_reduce);
  return collective(hardware, curves, span, 2 * share_sent(span.local),
                    2 * share_sent(span.domains) / span.local);
}

CollectiveTime all_to_all(const Hardware& hardware, const catalog::EfficiencyTable& efficiency,
                          int ranks) {
  if (ranks <= 1) return {};
  const Span span = span_of(hardware.link, ranks);
  const Curves curves = curves_of(hardware, efficiency, &catalog::LinkEfficiency::all_to_all,
                                  &catalog::OperatorCurves::all_to_all);
  return collective(hardware, curves, span, share_sent(span.local) / span.domains,
                    share_sent(span.domains));
}

CollectiveTime send(const Hardware& hardware, const catalog::EfficiencyTable& efficiency) {
  const Curves curves = curves_of(hardware, efficiency, &catalog::LinkEfficiency::all_to_all,
                                  &catalog::OperatorCurves::all_to_all);
  return collective(hardware, curves, {.local = 2, .domains = 1}, 1, 0);
}

}  // namespace assay::model
