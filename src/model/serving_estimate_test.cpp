#include "model/serving_estimate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/model_test_support.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

workload::ServingDemand demand(double input, double output) {
  return {.rate = Hertz::from_base(1),
          .input_tokens = input,
          .output_tokens = output,
          .ttft = {},
          .tpot = {}};
}

workload::LatencyLimit mean_at_most(Seconds limit) {
  return {.at_most = limit, .statistic = workload::Statistic::kMean};
}

const catalog::EfficiencyTable& table() {
  static const catalog::EfficiencyTable kTable = catalog::load_efficiency().value();
  return kTable;
}

Result<ServingEstimate> estimate_at(const workload::ServingDemand& d, double rate) {
  return estimate_serving(llama_70b(), hgx_h100(), deployment(4, Format::kFp8), table(), d,
                          Hertz::from_base(rate));
}

Result<Hertz> largest(const workload::ServingDemand& d, int tensor = 4) {
  return rate_max(llama_70b(), hgx_h100(), deployment(tensor, Format::kFp8), table(), d);
}

TEST(EstimateServing, AtNoLoadIsOnePrefillAndOneDecodeStep) {
  const auto alone = estimate_at(demand(1000, 200), 0);
  ASSERT_TRUE(alone.has_value());
  const auto d = deployment(4, Format::kFp8);
  EXPECT_NEAR(alone->ttft.value / prefill_step(llama_70b(), hgx_h100(), d, table(), 1, 1000).time,
              1, 1e-6);
  EXPECT_NEAR(alone->tpot.value / decode_step(llama_70b(), hgx_h100(), d, table(), 1, 1100).time, 1,
              1e-6);
  EXPECT_LT(alone->tpot.low, alone->tpot.value);
  EXPECT_GT(alone->tpot.high, alone->tpot.value);
}

// Little's law: sequences in decode are rate × time in decode.
TEST(EstimateServing, HoldsRateTimesDecodeTimeSequences) {
  const auto e = estimate_at(demand(1000, 200), 3);
  ASSERT_TRUE(e.has_value());
  EXPECT_NEAR(e->batch, 3 * 199 * e->tpot.value.base(), 1e-3 * e->batch);
  EXPECT_GT(e->prefill_share, 0.0);
  EXPECT_LT(e->prefill_share, 1.0);
}

TEST(EstimateServing, RefusesMoreThanAReplicaHolds) {
  const auto most = largest(demand(1000, 200));
  ASSERT_TRUE(most.has_value());
  EXPECT_TRUE(estimate_at(demand(1000, 200), most->base() * 0.999).has_value());
  const auto beyond = estimate_at(demand(1000, 200), most->base() * 1.01);
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().kind, Error::Kind::kInfeasible);
  EXPECT_NE(beyond.error().what.find("of one replica at tp4"), std::string::npos)
      << beyond.error().what;
}

TEST(EstimateServing, NamesTheMemoryThatIsShort) {
  const auto e = estimate_serving(llama_70b(), hgx_h100(), deployment(1, Format::kBf16), table(),
                                  demand(1000, 200), Hertz::from_base(1));
  ASSERT_FALSE(e.has_value());
  EXPECT_TRUE(e.error().what.starts_with("weights need 141.1 GB per accelerator"))
      << e.error().what;
  EXPECT_NE(e.error().what.find("short at tp1; the smallest that fits is tp2"), std::string::npos)
      << e.error().what;
}

TEST(EstimateServing, NamesTheCacheThatIsTooSmall) {
  const auto e = estimate_serving(llama_70b(), hgx_h100(), deployment(1, Format::kNvfp4), table(),
                                  demand(130'000, 1000), Hertz::from_base(1));
  ASSERT_FALSE(e.has_value());
  EXPECT_NE(e.error().what.find("one request needs 131000"), std::string::npos) << e.error().what;
}

TEST(EstimateServing, RefusesMoreThanTheContext) {
  const auto e = estimate_at(demand(1e9, 1e9), 1);
  ASSERT_FALSE(e.has_value());
  EXPECT_EQ(e.error().what,
            "a request of 2000000000 tokens exceeds the context of dense, 131072 tokens");
}

TEST(EstimateServing, BoundsPowerByTheBoards) {
  const auto idle = estimate_at(demand(1000, 200), 0), busy = estimate_at(demand(1000, 200), 5);
  ASSERT_TRUE(idle.has_value() && busy.has_value());
  EXPECT_NEAR(idle->power.value.base(), 4 * 700 * table().power_idle, 1.0);
  EXPECT_GT(busy->power.value, idle->power.value);
  EXPECT_LE(busy->power.high, 2800.0_W);
}

TEST(EstimateServing, OfSingleTokensOnlyPrefills) {
  const auto some = estimate_at(demand(1000, 1), 2), twice = estimate_at(demand(1000, 1), 4);
  ASSERT_TRUE(some.has_value() && twice.has_value());
  EXPECT_EQ(some->batch, 0.0);
  EXPECT_NEAR(twice->prefill_share, 2 * some->prefill_share, 1e-4);
  EXPECT_GT(twice->ttft.value, some->ttft.value);
}

TEST(RateMax, NamesALimitThatNotEvenOneRequestMeets) {
  auto d = demand(1000, 200);
  d.tpot = mean_at_most(1.0_ms);
  const auto rate = largest(d);
  ASSERT_FALSE(rate.has_value());
  EXPECT_EQ(rate.error().kind, Error::Kind::kInfeasible);
  EXPECT_TRUE(rate.error().what.starts_with("TPOT ")) << rate.error().what;
  EXPECT_TRUE(rate.error().what.ends_with("against a limit of 1 ms")) << rate.error().what;
}

TEST(RateMax, MeetsTheLimitsThatItWasGiven) {
  auto d = demand(2000, 300);
  d.tpot = mean_at_most(30.0_ms);
  d.ttft = mean_at_most(800.0_ms);
  const auto rate = largest(d);
  ASSERT_TRUE(rate.has_value());
  const auto e = estimate_at(d, rate->base());
  ASSERT_TRUE(e.has_value());
  EXPECT_LE(e->tpot.value.base(), 0.030 * 1.001);
  EXPECT_LE(e->ttft.value.base(), 0.800 * 1.001);
  EXPECT_TRUE(e->tpot.value.base() > 0.0297 || e->ttft.value.base() > 0.79);
}

RC_GTEST_PROP(RateMax, NeverFallsWhenALimitIsRelaxed, ()) {
  auto d = demand(*rc::gen::inRange(1, 8000), *rc::gen::inRange(1, 2000));
  d.tpot = mean_at_most(Seconds::from_base(*rc::gen::inRange(12, 100) / 1e3));
  d.ttft = mean_at_most(Seconds::from_base(*rc::gen::inRange(100, 3000) / 1e3));
  const auto tight = largest(d);
  d.tpot->at_most = d.tpot->at_most * (1.0 + *rc::gen::inRange(1, 300) / 100.0);
  const auto relaxed = largest(d);
  d.ttft.reset();
  const auto free = largest(d);
  RC_PRE(tight.has_value());
  RC_ASSERT(relaxed.has_value() && free.has_value());
  RC_ASSERT(relaxed->base() >= tight->base() * 0.999);
  RC_ASSERT(free->base() >= relaxed->base() * 0.999);
}

RC_GTEST_PROP(EstimateServing, GrowsWithTheRateAndStaysFinite, ()) {
  const auto d = demand(*rc::gen::inRange(0, 60'000), *rc::gen::inRange(0, 60'000));
  const auto most = largest(d, 8);
  RC_PRE(most.has_value());
  const double share = *rc::gen::inRange(1, 98) / 100.0;
  const auto at = [&](double x) {
    return estimate_serving(llama_70b(), hgx_h100(), deployment(8, Format::kFp8), table(), d,
                            *most * x);
  };
  const auto less = at(share), more = at(share + 0.01);
  RC_ASSERT(less.has_value() && more.has_value());
  RC_ASSERT(std::isfinite(more->ttft.high.base()) && std::isfinite(more->tpot.high.base()));
  RC_ASSERT(more->ttft.value.base() >= less->ttft.value.base() * (1 - 1e-4));
  RC_ASSERT(more->tpot.value.base() >= less->tpot.value.base() * (1 - 1e-4));
}

}  // namespace
}  // namespace assay::model
