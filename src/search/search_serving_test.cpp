#include "search/search_serving.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "search/search_test_support.h"

namespace assay::search {
namespace {

SearchSpace space(bool all) {
  return {.weights = {}, .input_tokens = 1024, .output_tokens = 256, .keep_all = all};
}

ServingSearch search(const catalog::LanguageModel& model, bool all, int jobs = 1) {
  return search_serving(eight_h200(model), built_in_tables(), space(all), jobs);
}

bool dominates(const SearchPoint& a, const SearchPoint& b) {
  const bool as_good = a.tokens_per_s_per_user >= b.tokens_per_s_per_user &&
                       a.tokens_per_s_per_accelerator >= b.tokens_per_s_per_accelerator;
  return as_good && (a.tokens_per_s_per_user > b.tokens_per_s_per_user ||
                     a.tokens_per_s_per_accelerator > b.tokens_per_s_per_accelerator);
}

TEST(SearchServing, AMixtureOfExpertsIsSearchedOverAllFourAxes) {
  const ServingSearch s = search(deepseek(), true);
  const auto any = [&](auto wanted) {
    return std::any_of(s.layouts.begin(), s.layouts.end(),
                       [&](const SearchedLayout& l) { return wanted(l.deployment); });
  };
  EXPECT_TRUE(any([](const auto& d) { return d.tensor == 8; }));
  EXPECT_TRUE(any([](const auto& d) { return d.data == 8 && d.expert == 8; }));
  EXPECT_TRUE(any([](const auto& d) { return d.pipeline > 1; }));
  for (const SearchedLayout& l : s.layouts) EXPECT_LE(l.replicas * l.deployment.accelerators(), 8);
}

TEST(SearchServing, ADenseModelHasNoExpertsToSpread) {
  for (const SearchedLayout& l : search(llama(), true).layouts) {
    EXPECT_EQ(l.deployment.expert, 1);
    EXPECT_EQ(l.deployment.data, 1);
  }
}

TEST(SearchServing, EveryLayoutIsAPointOrCounted) {
  for (const catalog::LanguageModel* model : {&llama(), &deepseek()}) {
    const ServingSearch s = search(*model, true);
    std::size_t rejected = 0;
    for (const SearchRejection& r : s.rejected) {
      rejected += static_cast<std::size_t>(r.count);
      EXPECT_FALSE(r.reason.empty() || r.example.empty());
    }
    EXPECT_EQ(s.candidates, s.layouts.size() + rejected + s.too_slow);
    EXPECT_EQ(s.considered, s.points.size());
  }
}

TEST(SearchServing, TheFrontIsWhatNothingDominates) {
  const ServingSearch s = search(deepseek(), true);
  ASSERT_FALSE(s.points.empty());
  for (const SearchPoint& p : s.points) {
    const bool dominated = std::any_of(s.points.begin(), s.points.end(),
                                       [&](const SearchPoint& q) { return dominates(q, p); });
    if (p.front) EXPECT_FALSE(dominated);
    else
      EXPECT_TRUE(dominated || std::count_if(s.points.begin(), s.points.end(), [&](auto& q) {
                                 return q.tokens_per_s_per_user == p.tokens_per_s_per_user &&
                                        q.tokens_per_s_per_accelerator ==
                                            p.tokens_per_s_per_accelerator;
                               }) > 1);
  }
  const ServingSearch front = search(deepseek(), false);
  EXPECT_EQ(front.considered, s.points.size());
  EXPECT_EQ(front.points.size(),
            static_cast<std::size_t>(std::count_if(s.points.begin(), s.points.end(),
                                                   [](const auto& p) { return p.front; })));
}

TEST(SearchServing, AnyNumberOfJobsFindsTheSame) {
  const ServingSearch one = search(deepseek(), true, 1), many = search(deepseek(), true, 7);
  ASSERT_EQ(one.points.size(), many.points.size());
  for (std::size_t i = 0; i < one.points.size(); ++i) {
    const SearchPoint &a = one.points[i], &b = many.points[i];
    EXPECT_EQ(a.layout, b.layout);
    EXPECT_EQ(a.batch, b.batch);
    EXPECT_EQ(a.tokens_per_s_per_accelerator, b.tokens_per_s_per_accelerator);
    EXPECT_EQ(a.joules_per_token, b.joules_per_token);
  }
}

TEST(SearchServing, APointIsWhatThePredictionOfItsDeploymentSays) {
  for (const catalog::LanguageModel* model : {&llama(), &deepseek()}) {
    const ServingSearch s = search(*model, true);
    for (std::size_t i = 0; i < s.points.size(); i += 7) {
      const SearchPoint& point = s.points[i];
      const SearchedLayout& layout = s.layouts[point.layout];
      ChosenDeployment chosen{layout.deployment, layout.replicas, 0, {}};
      chosen.idle = 8 - layout.replicas * layout.deployment.accelerators();
      const auto p = predict_deployment(eight_h200(*model), built_in_tables(), chosen,
                                        fixed_batch(point.batch));
      ASSERT_TRUE(p.has_value()) << p.error().what;
      const auto near = [](double a, double b) { EXPECT_NEAR(a, b, 1e-9 * std::abs(b)); };
      near(point.tokens_per_s_per_accelerator, p->tokens_per_s_per_accelerator.estimate.value);
      near(point.tpot.base(), p->tpot.estimate.value);
      near(point.ttft.base(), p->ttft.estimate.value);
      near(point.joules_per_token, p->power->joules_per_token.estimate.value);
      EXPECT_EQ(point.bound, p->decode.bound);
    }
  }
}

TEST(SearchServing, MoreTensorParallelismAtBatchOneServesFasterAndFewer) {
  const ServingSearch s = search(llama(), true);
  const auto at = [&](int tensor) {
    for (const SearchPoint& p : s.points) {
      const model::Deployment& d = s.layouts[p.layout].deployment;
      if (d.tensor == tensor && d.pipeline == 1 && p.batch == 1 &&
          d.weights == catalog::Format::kBf16) {
        return p;
      }
    }
    return SearchPoint{};
  };
  EXPECT_LT(at(8).tokens_per_s_per_accelerator, at(1).tokens_per_s_per_accelerator);
  EXPECT_GT(at(8).tokens_per_s_per_user, at(1).tokens_per_s_per_user);
}

TEST(SearchServing, SlowPointsAreLeftOut) {
  SearchSpace quick = space(true);
  quick.user_rate_min = 60;
  const ServingSearch s = search_serving(eight_h200(llama()), built_in_tables(), quick, 1);
  ASSERT_FALSE(s.points.empty());
  for (const SearchPoint& p : s.points) EXPECT_GE(p.tokens_per_s_per_user, 60);
}

TEST(SearchServing, MemoryInUseNeverPassesTheMemory) {
  for (const SearchPoint& p : search(deepseek(), true).points) {
    EXPECT_LE(p.memory.base(), h200().memory_usable.base() * (1 + 1e-9));
  }
}

TEST(SearchServing, WithoutAKnownLinkEachAcceleratorServesAlone) {
  model::Hardware alone = h200();
  alone.link.one_way = {};
  const ServingSearch s =
      search_serving({llama(), alone, nullptr, 8}, built_in_tables(), space(true), 1);
  ASSERT_FALSE(s.points.empty());
  for (const SearchedLayout& l : s.layouts) EXPECT_EQ(l.deployment.accelerators(), 1);
  EXPECT_EQ(s.rejected.front().reason, "no link is known");
}

TEST(SearchServing, FormatsAreTriedOnce) {
  using catalog::Format;
  EXPECT_EQ(search_formats(deepseek(), h200()), (std::vector{Format::kFp8, Format::kBf16}));
  const model::Hardware b200 = hardware_of("b200", "hgx-b200");
  EXPECT_EQ(search_formats(llama(), b200),
            (std::vector{Format::kBf16, Format::kFp8, Format::kNvfp4}));
}

RC_GTEST_PROP(ParetoFront, HoldsExactlyWhatNothingDominates, ()) {
  const auto raw = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 20), rc::gen::inRange(0, 20)));
  std::vector<RatePair> rates;
  for (const auto& [x, y] : raw) rates.push_back({1.0 * x, 1.0 * y});
  const std::vector<bool> front = pareto_front(rates);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    bool beaten = false;
    for (std::size_t j = 0; j < rates.size(); ++j) {
      const bool as_good = rates[j].x >= rates[i].x && rates[j].y >= rates[i].y;
      const bool equal = rates[j].x == rates[i].x && rates[j].y == rates[i].y;
      beaten = beaten || (as_good && (!equal || j < i));
    }
    RC_ASSERT(front[i] == !beaten);
  }
}

}  // namespace
}  // namespace assay::search
