#include "model/collectives.h"

#include <gtest/gtest.h>

namespace assay::model {
namespace {

using namespace assay::literals;

constexpr Bytes kVolume = 1.0_GB;

const catalog::LinkEfficiency kIdeal{
    .kind = LinkKind::kOther, .latency = 10.0_us, .bandwidth = 1, .confidence = {}, .origin = ""};

Link link(Topology topology) {
  return {.kind = LinkKind::kOther,
          .topology = topology,
          .domain = 8,
          .one_way = 448.0_GBps,
          .pair_one_way = {}};
}

TEST(AllReduce, OfOneRankTakesNoTime) {
  EXPECT_EQ(all_reduce(link(Topology::kSwitch), kIdeal, 1, kVolume).base(), 0.0);
}

TEST(AllReduce, ThroughASwitchSendsTwiceSevenEighthsOfTheVolume) {
  const Seconds t = all_reduce(link(Topology::kSwitch), kIdeal, 8, kVolume);
  EXPECT_NEAR(t.base(), 10e-6 + 1.75e9 / 448e9, 1e-12);
}

TEST(GroupBandwidth, OfAMeshGrowsWithTheLinksBetweenTheMembers) {
  Link mesh = link(Topology::kMesh);
  EXPECT_DOUBLE_EQ(group_bandwidth(mesh, 2).base(), 64e9);
  EXPECT_DOUBLE_EQ(group_bandwidth(mesh, 4).base(), 192e9);
  EXPECT_DOUBLE_EQ(group_bandwidth(mesh, 8).base(), 448e9);
  mesh.pair_one_way = 28.0_GBps;  // HCCS: 56 GB/s of a pair, both ways
  EXPECT_DOUBLE_EQ(group_bandwidth(mesh, 4).base(), 84e9);
}

TEST(GroupBandwidth, OfAnOpenRingIsHalf) {
  EXPECT_DOUBLE_EQ(group_bandwidth(link(Topology::kRing), 4).base(), 224e9);
  EXPECT_DOUBLE_EQ(group_bandwidth(link(Topology::kRing), 8).base(), 448e9);
}

TEST(GroupBandwidth, OfASwitchAndOfAHostIsTheWholeLink) {
  EXPECT_DOUBLE_EQ(group_bandwidth(link(Topology::kSwitch), 2).base(), 448e9);
  EXPECT_DOUBLE_EQ(group_bandwidth(link(Topology::kPcie), 2).base(), 448e9);
}

}  // namespace
}  // namespace assay::model
