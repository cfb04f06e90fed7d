#include "model/training_network.h"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/training_test_support.h"

namespace assay::model {
namespace {

using namespace test;

MemoryQuestion latencies() {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  for (catalog::TrainingLink& link : q.table.links) {
    const bool network = link.kind == LinkKind::kNetwork;
    link.latency = network ? 100.0_us : 10.0_us;
    link.per_rank = network ? 5.0_us : 1.0_us;
  }
  return q;
}

double bytes_a_second(const MemoryQuestion& q, int ranks, int stride) {
  return 1 / group_link(q.subject(), ranks, stride).seconds_per_byte;
}

TEST(GroupLink, OfOneRankIsNothing) {
  const MemoryQuestion q = latencies();
  const GroupLink link = group_link(q.subject(), 1, 8);
  EXPECT_EQ(link.seconds_per_byte, 0);
  EXPECT_EQ(link.latency, 0);
  EXPECT_EQ(ring_seconds(link, 1, 1e9), 0);
}

// Eight share a link of 450 GB/s; each has 50 GB/s to the network.
TEST(GroupLink, IsTheDomainsLinkWithinOneDomain) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 8, 1), 450e9);
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 2, 4), 450e9);
}

// Two of a domain's eight are in a group with stride 4: twice the network of one.
TEST(GroupLink, AcrossDomainsIsTheNetworkOfAllRanksThatADomainHolds) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 16, 1), 400e9);
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 16, 4), 100e9);
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 16, 8), 50e9);
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 2, 16), 50e9);
}

TEST(GroupLink, IsNoFasterThanTheLinkInsideADomain) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.hardware.link.beyond_one_way = 400.0_GBps;
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 64, 1), 450e9);
}

TEST(GroupLink, TakesTheShareThatTheTableGives) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.table.links[0].bandwidth = 0.5;
  q.table.links[1].bandwidth = 0.8;
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 8, 1), 225e9);
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 8, 8), 40e9);
}

// 10 us and 1 us for each of seven others inside; 100 us and 5 us for each of three other domains.
TEST(GroupLink, AddsTheLatenciesOfBothLevels) {
  const MemoryQuestion q = latencies();
  EXPECT_DOUBLE_EQ(group_link(q.subject(), 8, 1).latency, 17e-6);
  EXPECT_DOUBLE_EQ(group_link(q.subject(), 32, 1).latency, 17e-6 + 115e-6);
  EXPECT_DOUBLE_EQ(group_link(q.subject(), 4, 8).latency, 115e-6);
}

TEST(GroupLink, GoesOnBeyondOneMachineOnATorus) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.hardware.link.topology = Topology::kTorus;
  q.hardware.link.beyond_one_way.reset();
  EXPECT_DOUBLE_EQ(bytes_a_second(q, 64, 1), 450e9);
}

TEST(GroupLink, IsEndlessWhereTheNetworkIsUnknown) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  q.hardware.link.beyond_one_way.reset();
  EXPECT_TRUE(std::isinf(group_link(q.subject(), 16, 1).seconds_per_byte));
  EXPECT_TRUE(std::isfinite(group_link(q.subject(), 8, 1).seconds_per_byte));
}

// Thakur, Rabenseifner, Gropp 2005: a reduce-scatter passes (n − 1)/n of the volume, an all-reduce
// 2 (n − 1)/n: of 450 GB over eight ranks at 450 GB/s 7/8 s and 14/8 s.
TEST(RingSeconds, PassesAllButARanksOwnShare) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  const GroupLink link = group_link(q.subject(), 8, 1);
  EXPECT_DOUBLE_EQ(ring_seconds(link, 8, 450e9), 7.0 / 8);
  EXPECT_DOUBLE_EQ(2 * ring_seconds(link, 8, 450e9), 14.0 / 8);
}

// SHARP: the volume once, where a ring passes 2 (n − 1)/n of it.
TEST(AllReduceSeconds, PassTheVolumeOnceWhereSwitchesAddUp) {
  MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  const GroupLink link = group_link(q.subject(), 8, 1);
  EXPECT_DOUBLE_EQ(all_reduce_seconds(q.subject(), link, 8, 450e9), 14.0 / 8);
  q.job.in_network_reduction = true;
  EXPECT_DOUBLE_EQ(all_reduce_seconds(q.subject(), link, 8, 450e9), 1);
  EXPECT_DOUBLE_EQ(all_reduce_seconds(q.subject(), link, 1, 450e9), 0);
}

RC_GTEST_PROP(RingSeconds, GrowWithTheVolumeAndNeverPassItWhole, ()) {
  const MemoryQuestion q = ideal_question(llama_8b(), 8192, 64);
  const int ranks = *rc::gen::inRange(2, 1025), stride = 1 << *rc::gen::inRange(0, 7);
  const GroupLink link = group_link(q.subject(), ranks, stride);
  const double bytes = *rc::gen::inRange(1, 1'000'000'000);
  const double seconds = ring_seconds(link, ranks, bytes);
  RC_ASSERT(seconds > 0 && seconds < bytes * link.seconds_per_byte);
  RC_ASSERT(ring_seconds(link, ranks, 2 * bytes) >= seconds);
}

}  // namespace
}  // namespace assay::model
