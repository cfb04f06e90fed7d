#include "catalog/fact.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "catalog/used_reading.h"

namespace assay::catalog {
namespace {

Basis any_basis() {
  auto pick = [](int count) { return *rc::gen::inRange(0, count); };
  return {.sparsity = static_cast<Sparsity>(pick(3)),
          .scope = static_cast<Scope>(pick(6)),
          .direction = static_cast<Direction>(pick(3)),
          .extent = static_cast<Extent>(pick(4)),
          .accumulate = static_cast<Accumulate>(pick(3))};
}

RC_GTEST_PROP(Basis, ReadsWhatItPrints, ()) {
  const Basis basis = any_basis();
  if (basis == Basis{}) return;
  const auto parsed = parse_basis(to_text(basis));
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(*parsed == basis);
}

TEST(Basis, PrintsNothingWhenNothingIsStated) { EXPECT_EQ(to_text(Basis{}), ""); }

TEST(Basis, OffersTheNearestWord) {
  const auto parsed = parse_basis("dence, per accelerator");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().what, "unknown basis word 'dence'");
  EXPECT_EQ(parsed.error().near, std::vector<std::string>{"dense"});
}

TEST(Basis, RefusesTwoWordsForOneAxis) {
  EXPECT_FALSE(parse_basis("dense, sparse"));
  EXPECT_FALSE(parse_basis("one way, both ways"));
}

TEST(Confidence, HasACodeAndAName) {
  EXPECT_EQ(code(Confidence::kDatasheet), "DS");
  EXPECT_EQ(code(Confidence::kAssumed), "AS");
  EXPECT_EQ(parse_confidence("official-rule").value(), Confidence::kOfficialRule);
  const auto unknown = parse_confidence("third-paty");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().near, std::vector<std::string>{"third-party"});
}

Reading<FlopsPerSecond> reading(double tera, Basis basis) {
  Reading<FlopsPerSecond> result;
  result.value = FlopsPerSecond::from_base(tera * 1e12);
  result.basis = basis;
  return result;
}

TEST(UsedReading, IsTheFirstInTheCanonicalBasis) {
  Fact<FlopsPerSecond> fact;
  fact.readings = {reading(3958, {.sparsity = Sparsity::kSparse}),
                   reading(1979, {.sparsity = Sparsity::kDense}),
                   reading(1900, {.sparsity = Sparsity::kDense})};
  settle(fact, BasisRule::kPeak, Scope::kAccelerator, 1.0);
  ASSERT_TRUE(fact.value());
  EXPECT_EQ(fact.value()->base(), 1979e12);
}

TEST(UsedReading, IgnoresFp16AccumulateAndSuperchips) {
  Fact<FlopsPerSecond> fact;
  fact.readings = {reading(724, {.sparsity = Sparsity::kDense, .accumulate = Accumulate::kFp16}),
                   reading(800, {.sparsity = Sparsity::kDense, .scope = Scope::kSuperchip}),
                   reading(362, {.sparsity = Sparsity::kDense, .accumulate = Accumulate::kFp32})};
  settle(fact, BasisRule::kPeak, Scope::kAccelerator, 1.0);
  EXPECT_EQ(fact.value()->base(), 362e12);
}

TEST(UsedReading, MultipliesADieByTheDiesAndSaysSo) {
  Fact<FlopsPerSecond> fact;
  fact.readings = {reading(191.5, {.sparsity = Sparsity::kDense, .scope = Scope::kDie})};
  settle(fact, BasisRule::kPeak, Scope::kAccelerator, 2.0);
  ASSERT_EQ(fact.readings.size(), 2u);
  EXPECT_EQ(fact.value()->base(), 383e12);
  EXPECT_EQ(fact.used()->confidence, Confidence::kDerived);
  EXPECT_EQ(fact.used()->note, "per die × 2 dies");
}

TEST(UsedReading, DoublesOneWay) {
  Fact<BytesPerSecond> fact;
  Reading<BytesPerSecond> one_way;
  one_way.value = BytesPerSecond::from_base(450e9);
  one_way.basis = {.direction = Direction::kOneWay, .extent = Extent::kAggregate};
  fact.readings = {one_way};
  settle(fact, BasisRule::kLink, Scope::kAccelerator, std::nullopt);
  EXPECT_EQ(fact.value()->base(), 900e9);
  EXPECT_EQ(fact.used()->note, "one way × 2");
}

TEST(UsedReading, NothingWhenNoReadingFits) {
  Fact<FlopsPerSecond> fact;
  fact.readings = {reading(2070, {.sparsity = Sparsity::kSparse})};
  settle(fact, BasisRule::kPeak, Scope::kAccelerator, 1.0);
  EXPECT_EQ(fact.used(), nullptr);
  EXPECT_FALSE(fact.unknown());
  EXPECT_FALSE(fact.value());
}

TEST(UsedReading, NoneIsKnownAndHasNoValue) {
  Fact<FlopsPerSecond> fact;
  fact.readings.resize(1);
  fact.readings[0].none = true;
  settle(fact, BasisRule::kPeak, Scope::kAccelerator, std::nullopt);
  EXPECT_TRUE(fact.none());
  EXPECT_FALSE(fact.value());
}

}  // namespace
}  // namespace assay::catalog
