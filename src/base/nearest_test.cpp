#include "base/nearest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay {
namespace {

using Words = std::vector<std::string>;

TEST(EditDistance, CountsInsertionsDeletionsAndSubstitutions) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(EditDistance, CountsASwapOfNeighboursOnce) {
  EXPECT_EQ(edit_distance("modle", "model"), 1u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // optimal string alignment, not Damerau's full one
}

TEST(EditDistance, IgnoresCase) { EXPECT_EQ(edit_distance("H200", "h200"), 0u); }

RC_GTEST_PROP(EditDistance, IsSymmetric, (const std::string& a, const std::string& b)) {
  RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
}

RC_GTEST_PROP(EditDistance, IsZeroToItselfAndAtMostTheLongerLength,
              (const std::string& a, const std::string& b)) {
  RC_ASSERT(edit_distance(a, a) == 0u);
  RC_ASSERT(edit_distance(a, b) <= std::max(a.size(), b.size()));
}

RC_GTEST_PROP(EditDistance, OneMoreLetterIsOneStep, (const std::string& word, char letter)) {
  const std::size_t at = word.empty() ? 0 : *rc::gen::inRange<std::size_t>(0, word.size());
  const std::string longer = word.substr(0, at) + letter + word.substr(at);
  RC_ASSERT(edit_distance(word, longer) == 1u);
}

TEST(Nearest, FindsTheMisspeltWord) {
  const Words known{"a100", "h100", "h200", "mi300x"};
  EXPECT_EQ(nearest("H2OO", known).front(), "h200");
  EXPECT_EQ(nearest("mi300", known).front(), "mi300x");
}

TEST(Nearest, OffersNothingForAStrangeWord) {
  const Words known{"h100", "mi300x"};
  EXPECT_EQ(nearest("zebra", known), Words{});
  EXPECT_EQ(nearest("", known), Words{});
  EXPECT_EQ(nearest(std::string(100'000, 'h'), known), Words{});
}

TEST(Nearest, PutsTheSameLettersInOtherCaseFirst) {
  const Words known{"gb300", "GB", "gbps"};
  EXPECT_EQ(nearest("gb", known).front(), "GB");
}

TEST(Nearest, OffersWhatTheWordBegins) {
  const Words known{"tensor_parallel", "pipeline_parallel"};
  EXPECT_EQ(nearest("tensor", known), Words{"tensor_parallel"});
}

TEST(Nearest, PrefersAWordOfTheSameLength) {
  const Words known{"h20", "h200"};
  EXPECT_EQ(nearest("h20x", known).front(), "h200");
}

TEST(Nearest, PrefersWhatLooksTheSame) {
  const Words known{"h20e", "h200", "a10", "all0"};
  EXPECT_EQ(nearest("h20O", known).front(), "h200");
  EXPECT_EQ(nearest("alO", known).front(), "a10");
}

TEST(Nearest, KeepsTheGivenOrderAmongEquals) {
  const Words known{"h300", "h100", "h200", "h400"};
  EXPECT_EQ(nearest("h500", known, 2), (Words{"h300", "h100"}));
}

}  // namespace
}  // namespace assay
