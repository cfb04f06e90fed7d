#include "model/collectives.h"

#include <cmath>

#include <gtest/gtest.h>

#include "model/model_test_support.h"

namespace assay::model {
namespace {

using namespace test;

constexpr Bytes kVolume = 1.0_GB;

Link link(Topology topology) {
  return {.kind = LinkKind::kOther,
          .topology = topology,
          .domain = 8,
          .one_way = 448.0_GBps,
          .pair_one_way = {}};
}

catalog::LinkEfficiency& entry(catalog::EfficiencyTable& table, LinkKind kind) {
  for (catalog::LinkEfficiency& each : table.links) {
    if (each.kind == kind) return each;
  }
  return table.links.back();
}

// A curve of which every part can be seen in a sum.
catalog::EfficiencyTable uneven() {
  catalog::EfficiencyTable table = ideal();
  catalog::LinkEfficiency& other = entry(table, LinkKind::kOther);
  other.all_reduce = {.latency = 10.0_us,
                      .per_rank = 1.0_us,
                      .fill = 4.0_us,
                      .bandwidth = 0.5,
                      .bandwidth_per_doubling = 0.9};
  other.wait = 2.0_us;
  other.sustained = 0.8;
  return table;
}

TEST(AllReduce, OfOneRankTakesNoTime) {
  EXPECT_EQ(all_reduce(hgx_h100(), uneven(), 1).of(kVolume).base(), 0.0);
  EXPECT_EQ(all_to_all(hgx_h100(), uneven(), 1).of(kVolume).base(), 0.0);
}

TEST(AllReduce, AtFullRateSendsTwiceSevenEighthsOfTheVolume) {
  const CollectiveTime t = all_reduce(hgx_h100(), ideal(), 8);
  EXPECT_NEAR(t.of(kVolume).base(), 1.75e9 / 450e9, 1e-12);
}

// Eight ranks are two doublings beyond two: 450 GB/s · 0.8 · 0.5 · 0.81 = 145.8 GB/s.
TEST(AllReduce, IsLatencyVolumeAndTheRootOfVolumeAndFill) {
  const CollectiveTime t = all_reduce(hgx_h100(), uneven(), 8);
  EXPECT_NEAR(t.latency.base(), 10e-6 + 8 * 1e-6 + 2e-6, 1e-15);
  const double sent = 1.75e9 / 145.8e9;
  EXPECT_NEAR(t.of(kVolume).base(), 20e-6 + sent + std::sqrt(sent * 4e-6), 1e-12);
  EXPECT_NEAR(t.of(Bytes{}).base(), 20e-6, 1e-15);
}

// 16 ranks in two domains of eight: each sums within its domain, and carries an eighth of the
// volume over its network port.
TEST(AllReduce, BeyondTheLinkAddsTheShareOfEachRankOverTheNetwork) {
  Hardware hardware = hgx_h100();
  hardware.link.beyond_one_way = 50.0_GBps;
  catalog::EfficiencyTable table = ideal();
  entry(table, LinkKind::kNetwork).wait = 15.0_us;
  const CollectiveTime t = all_reduce(hardware, table, 16);
  EXPECT_NEAR(t.latency.base(), 15e-6, 1e-15);
  EXPECT_NEAR(t.of(kVolume).base(), 15e-6 + 1.75e9 / 450e9 + 1e9 / 8 / 50e9, 1e-12);
}

TEST(AllToAll, SendsAllButTheOwnShare) {
  const CollectiveTime t = all_to_all(hgx_h100(), ideal(), 8);
  EXPECT_NEAR(t.of(kVolume).base(), 0.875e9 / 450e9, 1e-12);
}

// Seven sixteenths stay in the domain, half leaves it.
TEST(AllToAll, BeyondTheLinkSendsHalfOverTheNetwork) {
  Hardware hardware = hgx_h100();
  hardware.link.beyond_one_way = 50.0_GBps;
  const CollectiveTime t = all_to_all(hardware, ideal(), 16);
  EXPECT_NEAR(t.of(kVolume).base(), 0.4375e9 / 450e9 + 0.5e9 / 50e9, 1e-12);
}

TEST(Send, TakesTheWholeVolumeOnce) {
  EXPECT_NEAR(send(hgx_h100(), ideal()).of(kVolume).base(), 1e9 / 450e9, 1e-12);
}

TEST(Collectives, TakeAFamilysOwnCurvesWhereTheLinkSaysSo) {
  catalog::EfficiencyTable table = uneven();
  table.families[0].operators.all_reduce.bandwidth = 1;
  entry(table, LinkKind::kOther).own = true;
  EXPECT_NEAR(all_reduce(hgx_h100(), table, 2).of(kVolume).base(), 2e-6 + 1e9 / (450e9 * 0.8),
              1e-12);
  table.families[0].borrowed = true;
  EXPECT_GT(all_reduce(hgx_h100(), table, 2).latency, 10.0_us);
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
