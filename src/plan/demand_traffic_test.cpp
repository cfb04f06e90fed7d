#include "plan/demand_traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace assay::plan {
namespace {

workload::ServingDemand demand(double rate) {
  workload::ServingDemand d;
  d.rate = Hertz::from_base(rate);
  d.input_tokens = 100;
  d.output_tokens = 10;
  return d;
}

std::vector<std::int64_t> arrivals(const workload::NextRequest& next, int count) {
  std::vector<std::int64_t> times;
  workload::TrafficRequest request;
  for (int i = 0; i < count && next(request); ++i) times.push_back(request.arrival.ns);
  return times;
}

DemandTraffic bursts() {
  workload::ServingDemand asked = demand(8);
  workload::TrafficSpec spec = plain_traffic(asked, 3);
  spec.synthetic.arrivals = workload::GammaArrivals{0.1};
  return open_demand(spec, asked).value();
}

TEST(DemandTraffic, APartIsSomeOfTheWholeAtTheSameTimes) {
  const DemandTraffic traffic = bursts();
  const auto all = arrivals(traffic.all(demand(8)), 4000);
  const auto part = arrivals(traffic.part(demand(8), 8, 2), 900);
  std::size_t found = 0, at = 0;
  for (const std::int64_t time : part) {
    while (at < all.size() && all[at] < time) ++at;
    if (at < all.size() && all[at] == time) ++found;
  }
  EXPECT_EQ(found, part.size());
  EXPECT_NEAR(900 / (static_cast<double>(part.back()) * 1e-9), 2, 0.4);
}

TEST(DemandTraffic, ALargerPartHasAllOfASmallerOne) {
  const DemandTraffic traffic = bursts();
  const auto large = arrivals(traffic.part(demand(8), 8, 4), 2000);
  const auto small = arrivals(traffic.part(demand(8), 8, 1), 300);
  for (const std::int64_t time : small) {
    EXPECT_TRUE(std::binary_search(large.begin(), large.end(), time));
  }
}

TEST(DemandTraffic, LengthsFollowTheDemand) {
  const DemandTraffic traffic = bursts();
  workload::ServingDemand longer = demand(8);
  longer.input_tokens = 150;
  workload::TrafficRequest request;
  const workload::NextRequest next = traffic.all(longer);
  ASSERT_TRUE(next(request));
  EXPECT_EQ(request.input_tokens, 150);
  EXPECT_EQ(request.output_tokens, 10);
}

TEST(DemandTraffic, EqualLengthsAndPoissonArrivalsNeedNoDescription) {
  workload::ServingDemand asked = demand(8);
  EXPECT_TRUE(open_demand(plain_traffic(asked, 1), asked)->description.empty());
  EXPECT_FALSE(bursts().description.empty());
}

}  // namespace
}  // namespace assay::plan
