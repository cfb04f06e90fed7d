#include "search/search_training.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "search/training_front.h"
#include "search/training_search_test_support.h"

namespace assay::search {
namespace {

using model::TrainingLayout;
using model::TrainingStep;

bool equal(const std::vector<FoundLayout>& a, const std::vector<FoundLayout>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.layout == y.layout && x.step.time.total == y.step.time.total &&
           x.step.memory.total() == y.step.memory.total();
  });
}

bool same_answer(const TrainingSearch& a, const TrainingSearch& b) {
  return equal(a.top, b.top) && equal(a.front, b.front) &&
         a.leanest.has_value() == b.leanest.has_value() &&
         (!a.leanest || a.leanest->layout == b.leanest->layout);
}

bool same_counts(const TrainingCounts& a, const TrainingCounts& b) {
  const auto all = [](const TrainingCounts& c) {
    return std::tuple{c.candidates, c.cannot_run, c.fit, c.unfit, c.pruned_unfit, c.pruned_slow};
  };
  return all(a) == all(b);
}

// All that can run, one after another, with nothing remembered.
struct BruteForce {
  std::vector<FoundLayout> fit;
  std::optional<FoundLayout> leanest;
  std::int64_t candidates{}, cannot_run{};
  std::uint64_t checksum{};
};

BruteForce brute_force(const TrainingQuestion& q, const TrainingSpace& space) {
  BruteForce all;
  const model::TrainingSubject subject = q.subject();
  for_each_layout(space, q.accelerators, [&](const TrainingLayout& l) {
    ++all.candidates;
    const auto step = model::predict_step(subject, l);
    if (!step) {
      ++all.cannot_run;
      return;
    }
    all.checksum += result_hash(l, *step);
    if (step->fits) {
      all.fit.push_back({l, *step});
    } else if (!all.leanest || step->memory.total() < all.leanest->step.memory.total()) {
      all.leanest = {l, *step};
    }
  });
  if (!all.fit.empty()) all.leanest.reset();
  return all;
}

std::vector<FoundLayout> fastest_of(const BruteForce& all, std::size_t top) {
  std::vector<FoundLayout> out;
  for (const FoundLayout& f : all.fit) {
    const TrainingLayout& l = f.layout;
    const auto same = std::find_if(out.begin(), out.end(), [&](const FoundLayout& o) {
      return std::tuple{o.layout.tensor, o.layout.context, o.layout.pipeline, o.layout.expert,
                        o.layout.expert_tensor} ==
             std::tuple{l.tensor, l.context, l.pipeline, l.expert, l.expert_tensor};
    });
    if (same == out.end()) {
      out.push_back(f);
    } else if (f.step.time.total < same->step.time.total) {
      out.erase(same);  // so that equal times stay in the order of the space
      out.push_back(f);
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.step.time.total < b.step.time.total;
  });
  if (out.size() > top) out.resize(top);
  return out;
}

std::vector<FoundLayout> front_of(const BruteForce& all) {
  std::vector<FoundLayout> sorted = all.fit;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::tuple{a.step.time.total, a.step.memory.total()} <
           std::tuple{b.step.time.total, b.step.memory.total()};
  });
  std::vector<FoundLayout> front;
  for (const FoundLayout& f : sorted) {
    if (front.empty() || f.step.memory.total() < front.back().step.memory.total()) {
      front.push_back(f);
    }
  }
  return front;
}

RC_GTEST_PROP(SearchTraining, FindsWhatBruteForceFinds, ()) {
  const TrainingQuestion q = drawn_question();
  const TrainingSpace space = drawn_space(q);
  const BruteForce all = brute_force(q, space);
  const std::size_t top = *rc::gen::element<std::size_t>(1, 3, 20);
  for (const bool prune : {false, true}) {
    const TrainingSearch s = search_training(q.subject(), q.accelerators, space,
                                             {.top = static_cast<int>(top), .prune = prune});
    RC_ASSERT(s.counts.candidates == all.candidates);
    RC_ASSERT(s.counts.cannot_run == all.cannot_run);
    RC_ASSERT(equal(s.top, fastest_of(all, top)));
    RC_ASSERT(equal(s.front, front_of(all)));
    RC_ASSERT(s.leanest.has_value() == all.leanest.has_value());
    if (s.leanest) RC_ASSERT(s.leanest->layout == all.leanest->layout);
    if (!prune) RC_ASSERT(s.checksum == all.checksum);
    if (!prune) RC_ASSERT(s.counts.fit == static_cast<std::int64_t>(all.fit.size()));
    RC_ASSERT(s.counts.candidates ==
              s.counts.cannot_run + s.counts.evaluated() + s.counts.pruned());
  }
}

RC_GTEST_PROP(SearchTraining, IsTheSameForAnyNumberOfJobs, ()) {
  const TrainingQuestion q = drawn_question();
  const TrainingSpace space = drawn_space(q);
  const auto searched = [&](int jobs) {
    return search_training(q.subject(), q.accelerators, space, {.jobs = jobs});
  };
  const TrainingSearch one = searched(1), three = searched(3);
  RC_ASSERT(same_answer(one, three));
  RC_ASSERT(same_counts(one.counts, three.counts));
  RC_ASSERT(one.checksum == three.checksum);
}

TEST(SearchTraining, PruningLeavesTheAnswerOfALargeSpaceAsItIs) {
  const TrainingQuestion q = gpt3_on_512_a100();
  const TrainingSpace space = megatron_space(q.subject(), q.accelerators);
  const auto searched = [&](bool prune, bool front) {
    return search_training(q.subject(), q.accelerators, space,
                           {.top = 5, .front = front, .prune = prune});
  };
  const TrainingSearch all = searched(false, true), pruned = searched(true, true);
  EXPECT_TRUE(same_answer(all, pruned));
  EXPECT_TRUE(equal(all.top, searched(true, false).top));
  EXPECT_GT(pruned.counts.pruned(), pruned.counts.evaluated());
  EXPECT_EQ(all.counts.pruned(), 0);
  ASSERT_EQ(all.top.size(), 5u);
  EXPECT_TRUE(std::is_sorted(all.top.begin(), all.top.end(), [](const auto& a, const auto& b) {
    return a.step.time.total < b.step.time.total;
  }));
  EXPECT_EQ(all.front.front().step.time.total, all.top.front().step.time.total);
}

TEST(SearchTraining, AThinnedFrontKeepsItsFastestAndRealSteps) {
  const TrainingQuestion q = gpt3_on_512_a100();
  const TrainingSearch s = search_training(q.subject(), q.accelerators,
                                           megatron_space(q.subject(), q.accelerators), {.top = 1});
  const auto kept = thinned(s.front, 0.05);
  ASSERT_FALSE(kept.empty());
  EXPECT_LT(kept.size(), s.front.size());
  EXPECT_EQ(kept.front().layout, s.front.front().layout);
  for (std::size_t i = 1; i < kept.size(); ++i) {
    EXPECT_LE(kept[i].step.memory.total(), 0.95 * kept[i - 1].step.memory.total());
  }
  EXPECT_TRUE(equal(thinned(s.front, 0), s.front));
}

TEST(SearchTraining, TheTopDiffersInMoreThanDetails) {
  const TrainingQuestion q = llama_8b_on_16_h100();
  const TrainingSearch s = search_training(q.subject(), q.accelerators,
                                           megatron_space(q.subject(), q.accelerators), {.top = 8});
  ASSERT_GE(s.top.size(), 2u);
  for (std::size_t i = 0; i < s.top.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const TrainingLayout &a = s.top[i].layout, &b = s.top[k].layout;
      EXPECT_FALSE(a.tensor == b.tensor && a.pipeline == b.pipeline && a.context == b.context);
    }
  }
}

TEST(SearchTraining, WhereNothingFitsItNamesTheLeanest) {
  TrainingQuestion q = gpt3_on_512_a100();
  q.accelerators = 8;
  const TrainingSearch s =
      search_training(q.subject(), 8, megatron_space(q.subject(), 8), {.top = 3});
  EXPECT_TRUE(s.top.empty());
  EXPECT_TRUE(s.front.empty());
  ASSERT_TRUE(s.leanest.has_value());
  EXPECT_FALSE(s.leanest->step.fits);
  EXPECT_EQ(s.counts.fit, 0);
}

TEST(SearchTraining, WhatCannotRunIsCountedByReason) {
  TrainingQuestion q = llama_8b_on_16_h100();
  q.job.batch = 6;
  const TrainingSearch s = search_training(q.subject(), q.accelerators,
                                           full_space(q.subject(), q.accelerators), {.top = 3});
  std::int64_t counted = 0;
  for (const TrainingRejection& r : s.rejected) {
    counted += r.count;
    EXPECT_EQ(r.reason.find_first_of("0123456789"), std::string::npos) << r.reason;
    EXPECT_FALSE(r.example.empty());
  }
  EXPECT_EQ(counted, s.counts.cannot_run);
  ASSERT_FALSE(s.rejected.empty());
  EXPECT_TRUE(std::any_of(s.rejected.begin(), s.rejected.end(), [](const auto& r) {
    return r.reason == "a batch of sequences does not divide into dp x mbs";
  }));
}

TEST(SearchTraining, AFormatThatTheHardwareLacksRejectsTheWholeSpace) {
  TrainingQuestion q = gpt3_on_512_a100();
  q.job.format = model::TrainingFormat::kFp8;
  const TrainingSpace space = megatron_space(q.subject(), q.accelerators);
  const TrainingSearch none = search_training(q.subject(), q.accelerators, space, {});
  EXPECT_TRUE(none.top.empty());
  EXPECT_FALSE(none.leanest.has_value());
  EXPECT_EQ(none.counts.candidates, none.counts.cannot_run);
  ASSERT_EQ(none.rejected.size(), 1U);
  EXPECT_EQ(none.rejected.front().example,
            "a100-sxm-80g does not multiply in fp8, or nobody says how fast");
}

TEST(SearchTraining, OffloadOverAnUnknownLinkCannotRun) {
  TrainingQuestion q = llama_8b_on_16_h100();
  const TrainingSpace space = full_space(q.subject(), q.accelerators);
  q.hardware.host_one_way.reset();
  const TrainingSearch s =
      search_training(q.subject(), q.accelerators, space, {.top = 1, .front = false});
  ASSERT_FALSE(s.top.empty());
  EXPECT_FALSE(s.top[0].layout.offload_optimizer);
  EXPECT_TRUE(std::any_of(s.rejected.begin(), s.rejected.end(), [](const auto& r) {
    return r.reason == "offload over a host link of unknown speed";
  }));
}

TEST(TrainingFront, KeepsWhatNothingBeats) {
  TrainingFront front;
  front.add(2, 20, {});
  front.add(1, 30, {});
  front.add(3, 20, {});  // slower and as large
  front.add(2, 10, {});  // replaces the first
  front.add(4, 5, {});
  ASSERT_EQ(front.points().size(), 3u);
  EXPECT_EQ(front.points()[1].memory, 10);
  EXPECT_TRUE(front.beats(2, 11));
  EXPECT_TRUE(front.beats(2.5, 10));
  EXPECT_FALSE(front.beats(2, 10));
  EXPECT_FALSE(front.beats(0.5, 100));
  front.add(0.5, 1, {});
  EXPECT_EQ(front.points().size(), 1u);
}

}  // namespace
}  // namespace assay::search
