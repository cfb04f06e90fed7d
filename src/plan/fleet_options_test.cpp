#include "plan/fleet_options.h"

#include <gtest/gtest.h>

#include <sstream>

#include "plan/test_inputs.h"

namespace assay::plan {
namespace {

using workload::LatencyLimit;
using workload::Statistic;

Scenario chat() {
  Scenario s;
  s.demand.rate = Hertz::from_base(10);
  s.demand.input_tokens = 1000;
  s.demand.output_tokens = 300;
  s.engine = "vllm";
  s.weights = {catalog::Format::kFp8};
  s.kv_cache = catalog::Format::kBf16;
  s.offers.kinds = {market::OfferKind::kOnDemand, market::OfferKind::kReserved};
  s.offers.include = {"h20"};
  return s;
}

const catalog::LanguageModel& model_70b() {
  static const catalog::LanguageModel model = built_in_model("llama-3.1-70b");
  return model;
}

Options options_of(const Scenario& scenario, const workload::TrafficSpec& spec, int jobs = 1) {
  workload::ServingDemand demand = scenario.demand;
  const auto traffic = open_demand(spec, demand);
  EXPECT_TRUE(traffic.has_value());
  const PlanInputs inputs{
      built_in_catalog(), built_in_efficiency(), article_prices(), model_70b(), *traffic, jobs};
  LayoutRuns runs{{inputs.model, inputs.efficiency, inputs.traffic, jobs}};
  return find_fleets(scenario, inputs, runs, Depth::kRanking);
}

Options options_of(const Scenario& scenario, int jobs = 1) {
  return options_of(scenario, plain_traffic(scenario.demand, 1), jobs);
}

workload::TrafficSpec arriving(const Scenario& scenario, workload::ArrivalProcess arrivals) {
  workload::TrafficSpec spec = plain_traffic(scenario.demand, 1);
  spec.synthetic.arrivals = arrivals;
  return spec;
}

std::string written(const Options& options) {
  std::ostringstream out;
  out.precision(17);
  for (const Fleet& f : options.fleets) {
    out << f.offer.id << ' ' << f.units << ' ' << f.deployment.tensor << ' '
        << f.simulated->ttft.p99 << ' ' << f.simulated->tpot.p99 << ' '
        << f.simulated->replica_rate_max << ' ' << f.simulated->goodput_per_s << '\n';
  }
  return out.str();
}

TEST(FleetOptions, RankedFleetsRanWithinTheLimits) {
  Scenario scenario = chat();
  scenario.demand.ttft = LatencyLimit{1.0_s, Statistic::kP99};
  scenario.demand.tpot = LatencyLimit{40.0_ms, Statistic::kP95};
  const Options options = options_of(scenario);
  ASSERT_FALSE(options.fleets.empty());
  for (const Fleet& fleet : options.fleets) {
    EXPECT_LE(fleet.simulated->ttft.p99, 1.0);
    EXPECT_LE(fleet.simulated->tpot.p95, 0.040);
    EXPECT_GE(fleet.simulated->requests, 3000);
    EXPECT_LE(fleet.rate_share.value, 1.0);
    EXPECT_NEAR(fleet.simulated->tpot.mean, fleet.serving.tpot.value.base(), 1e-12);
  }
}

TEST(FleetOptions, AreTheSameForAnyNumberOfJobs) {
  Scenario scenario = chat();
  scenario.offers.include = {"h20", "h100"};
  scenario.demand.tpot = LatencyLimit{40.0_ms, Statistic::kP99};
  const std::string one = written(options_of(scenario, 1));
  EXPECT_FALSE(one.empty());
  EXPECT_EQ(one, written(options_of(scenario, 8)));
}

TEST(FleetOptions, APercentileTakesMoreThanAMeanOfTheSameTime) {
  Scenario mean = chat(), percentile = chat();
  mean.demand.rate = percentile.demand.rate = Hertz::from_base(40);
  mean.demand.ttft = LatencyLimit{0.6_s, Statistic::kMean};
  percentile.demand.ttft = LatencyLimit{0.6_s, Statistic::kP99};
  const Options of_mean = options_of(mean), of_percentile = options_of(percentile);
  ASSERT_FALSE(of_mean.fleets.empty());
  ASSERT_FALSE(of_percentile.fleets.empty());
  EXPECT_GT(of_percentile.fleets.front().usd_per_month, of_mean.fleets.front().usd_per_month);
  EXPECT_NE(of_percentile.fleets.front().simulated->binds.find("TTFT p99"), std::string::npos);
}

TEST(FleetOptions, BurstsTakeMoreThanPoissonArrivals) {
  Scenario scenario = chat();
  scenario.demand.rate = Hertz::from_base(40);
  scenario.demand.ttft = LatencyLimit{1.0_s, Statistic::kP99};
  const workload::OnOffArrivals bursts{60.0_s, 60.0_s, false};
  const Options poisson = options_of(scenario);
  const Options on_off = options_of(scenario, arriving(scenario, bursts));
  ASSERT_FALSE(poisson.fleets.empty());
  ASSERT_FALSE(on_off.fleets.empty());
  EXPECT_GT(on_off.fleets.front().accelerators, poisson.fleets.front().accelerators);
}

TEST(FleetOptions, WhatNoReplicaHoldsIsCountedUnderWhatItMisses) {
  Scenario scenario = chat();
  // Between a prompt alone and a prompt that meets an iteration under way.
  scenario.demand.ttft = LatencyLimit{1.0_s, Statistic::kP99};
  scenario.demand.tpot = LatencyLimit{8.0_ms, Statistic::kP99};
  const Options options = options_of(scenario);
  int counted = options.feasible;
  for (const Tally& tally : options.rejected) counted += tally.count;
  EXPECT_EQ(counted, options.candidates);
}

}  // namespace
}  // namespace assay::plan
