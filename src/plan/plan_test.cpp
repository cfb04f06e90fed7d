#include "plan/plan.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "plan/fleet_options.h"
#include "plan/relax.h"
#include "plan/test_inputs.h"

namespace assay::plan {
namespace {

Scenario chat(double rate = 10) {
  Scenario s;
  s.demand.rate = Hertz::from_base(rate);
  s.demand.input_tokens = 1000;
  s.demand.output_tokens = 300;
  s.demand.ttft = workload::LatencyLimit{1.0_s, workload::Statistic::kMean};
  s.demand.tpot = workload::LatencyLimit{50.0_ms, workload::Statistic::kMean};
  s.engine = "vllm";
  s.weights = {catalog::Format::kBf16, catalog::Format::kFp8};
  s.kv_cache = catalog::Format::kBf16;
  s.offers.kinds = {market::OfferKind::kOnDemand, market::OfferKind::kReserved};
  s.seed = 1;
  return s;
}

DemandTraffic traffic_of(const Scenario& scenario) {
  workload::ServingDemand demand = scenario.demand;
  auto opened = open_demand(plain_traffic(demand, 1), demand);
  EXPECT_TRUE(opened.has_value());
  return *opened;
}

const catalog::LanguageModel& model_70b() {
  static const catalog::LanguageModel model = built_in_model("llama-3.1-70b");
  return model;
}

Plan plan_of(const Scenario& scenario,
             const std::vector<market::OfferBook>& books = article_prices(), int jobs = 1) {
  const DemandTraffic traffic = traffic_of(scenario);
  return make_plan(scenario,
                   {built_in_catalog(), built_in_efficiency(), books, model_70b(), traffic, jobs});
}

double cost(const Plan& plan) {
  return plan.is_feasible() ? plan.fleets.front().usd_per_month.base() : HUGE_VAL;
}

std::vector<std::string> offer_order(const Plan& plan) {
  std::vector<std::string> ids;
  for (const Fleet& fleet : plan.fleets) ids.push_back(fleet.offer.id);
  return ids;
}

const Relaxation* find_relaxation(const Plan& plan, std::string_view constraint) {
  for (const Relaxation& relaxation : plan.relaxations) {
    if (relaxation.constraint == constraint) return &relaxation;
  }
  return nullptr;
}

TEST(Plan, AnswersTheMainExample) {
  const Plan plan = plan_of(chat());
  ASSERT_TRUE(plan.is_feasible());
  const Fleet& best = plan.fleets.front();
  EXPECT_TRUE(best.memory.fits());
  EXPECT_LE(best.serving.tpot.value, 50.0_ms);
  EXPECT_LE(best.serving.ttft.value, 1.0_s);
  EXPECT_LE(best.rate_share.value, 1.0);
  EXPECT_EQ(best.usd_per_month, market::price_per_unit_month(best.offer) * best.units);
  EXPECT_TRUE(best.why_not_first.empty());
  for (std::size_t i = 1; i < plan.fleets.size(); ++i) {
    EXPECT_GE(plan.fleets[i].usd_per_month, plan.fleets[i - 1].usd_per_month);
    EXPECT_FALSE(plan.fleets[i].why_not_first.empty());
  }
}

TEST(Plan, EveryCandidateIsFeasibleOrCountedUnderOneReason) {
  const Plan plan = plan_of(chat());
  int counted = plan.feasible;
  for (const Rejected& rejected : plan.rejected) counted += rejected.count;
  EXPECT_EQ(counted, plan.candidates);
}

TEST(Plan, IsTheSameForAnyNumberOfJobs) {
  const Plan one = plan_of(chat()), eight = plan_of(chat(), article_prices(), 8);
  EXPECT_EQ(offer_order(one), offer_order(eight));
  EXPECT_EQ(cost(one), cost(eight));
  ASSERT_EQ(one.sensitivities.size(), eight.sensitivities.size());
  for (std::size_t i = 0; i < one.sensitivities.size(); ++i) {
    EXPECT_EQ(one.sensitivities[i].change, eight.sensitivities[i].change);
    EXPECT_EQ(one.sensitivities[i].cost_ratio, eight.sensitivities[i].cost_ratio);
  }
}

TEST(Plan, InfeasibleNamesTheLimitAndWhereItBecomesFeasible) {
  Scenario scenario = chat();
  scenario.demand.tpot = workload::LatencyLimit{1.0_ms, workload::Statistic::kMean};
  const Plan plan = plan_of(scenario);
  ASSERT_FALSE(plan.is_feasible());
  const Relaxation* tpot = find_relaxation(plan, "limits.tpot_mean");
  ASSERT_NE(tpot, nullptr);
  EXPECT_FALSE(tpot->needed.empty());
}

TEST(Plan, NearestFeasibleBudgetIsTheCheapestFleet) {
  Scenario scenario = chat();
  const double cheapest = cost(plan_of(scenario));
  scenario.budget_per_month = Usd::from_base(cheapest * 0.5);
  const Plan plan = plan_of(scenario);
  ASSERT_FALSE(plan.is_feasible());
  const Relaxation* budget = find_relaxation(plan, "constraints.budget");
  ASSERT_NE(budget, nullptr);
  EXPECT_DOUBLE_EQ(budget->usd_per_month.base(), cheapest);
  // The other way out: as much traffic as the budget carries.
  const Relaxation* rate = find_relaxation(plan, "traffic.rate");
  ASSERT_NE(rate, nullptr);
  EXPECT_LE(rate->usd_per_month, *scenario.budget_per_month);
}

TEST(Plan, DominatedOfferChangesNoOtherRank) {
  std::vector<market::OfferBook> books = article_prices();
  const Plan before = plan_of(chat(), books);
  market::Offer worse = before.fleets.front().offer;
  worse.id = "worse";
  worse.price *= 3;
  books.front().offers.push_back(worse);
  std::vector<std::string> after = offer_order(plan_of(chat(), books));
  std::erase(after, "worse");
  EXPECT_EQ(after, offer_order(before));
}

// A few unlike offers: properties run a hundred times.
std::vector<market::OfferBook> few_prices() {
  std::vector<market::OfferBook> books = article_prices();
  auto& offers = books.front().offers;
  std::erase_if(offers, [](const market::Offer& offer) {
    return offer.accelerator != "h100" && offer.accelerator != "l20" && offer.accelerator != "h20";
  });
  return books;
}

// Runs are kept from one question to the next: they are the same for any price, rate and limit.
double cheapest(const Scenario& scenario,
                const std::vector<market::OfferBook>& books = few_prices()) {
  static const DemandTraffic traffic = traffic_of(scenario);
  static LayoutRuns runs{{model_70b(), built_in_efficiency(), traffic, 1}};
  const Options options = find_fleets(
      scenario, {built_in_catalog(), built_in_efficiency(), books, model_70b(), traffic, 1}, runs,
      Depth::kCheapest);
  return options.fleets.empty() ? HUGE_VAL : options.fleets.front().usd_per_month.base();
}

// A rate is found to 2 %, so that a fleet may have a unit more or less.
constexpr double kFound = 1.05;

RC_GTEST_PROP(PlanProperty, RelaxingALimitNeverCostsMore, ()) {
  Scenario tight = chat(*rc::gen::inRange(1, 40));
  tight.demand.tpot->at_most = Seconds::from_base(*rc::gen::inRange(20, 80) * 1e-3);
  Scenario loose = tight;
  loose.demand.tpot->at_most = tight.demand.tpot->at_most * 1.5;
  RC_ASSERT(cheapest(loose) <= cheapest(tight) * kFound);
}

RC_GTEST_PROP(PlanProperty, ScalingAllPricesScalesTheCost, ()) {
  const double k = *rc::gen::inRange(2, 9);
  const Scenario scenario = chat(*rc::gen::inRange(1, 100));
  std::vector<market::OfferBook> books = few_prices();
  for (market::Offer& offer : books.front().offers) offer.price *= k;
  RC_ASSERT(std::abs(cheapest(scenario, books) / cheapest(scenario) - k) < 1e-9);
}

RC_GTEST_PROP(PlanProperty, MoreHeadroomNeverTakesFewerAccelerators, ()) {
  Scenario scenario = chat(*rc::gen::inRange(1, 100));
  const double without = cheapest(scenario);
  scenario.headroom = *rc::gen::inRange(1, 200) * 0.01;
  RC_ASSERT(without <= cheapest(scenario));
}

RC_GTEST_PROP(PlanProperty, MoreTrafficNeverCostsLess, ()) {
  const int rate = *rc::gen::inRange(1, 100);
  RC_ASSERT(cheapest(chat(rate)) <= cheapest(chat(rate * 1.3)));
}

}  // namespace
}  // namespace assay::plan
