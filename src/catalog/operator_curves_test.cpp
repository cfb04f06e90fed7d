#include "catalog/operator_curves.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace assay::catalog {
namespace {

constexpr std::string_view kFit = "rows: 9, residual_median: 0.1, residual_p90: 0.3, origin: a fit";

std::string collective(std::string_view name) {
  return "    " + std::string{name} +
         ": { a0: 4 us, a1: 0.5 us, b: 0.7, b_per_doubling: 0.9, fill: 3 us, " + std::string{kFit} +
         " }\n";
}

// One family, with what `gemm_shares` says of its matrix products.
std::string family(std::string_view gemm_shares) {
  const std::string fit{kFit};
  return "families:\n  mine:\n    gemm: { c: { " + std::string{gemm_shares} +
         " }, e: 0.8, lambda: 0.4, t0: 5 us, cast: { fp8: 2 ns, nvfp4: 1 ns }, " + fit +
         " }\n"
         "    context_attention: { a: { bfloat16: 0.6 }, d0: 50, tail: 0.4, traffic: 2, pair: 3 "
         "us, "
         "t0: 10 us, " +
         fit +
         " }\n"
         "    generation_attention: { e: { bfloat16: 0.7, fp8: 0.5 }, pair: 4 us, lambda: 0.1, "
         "t0: 16 us, " +
         fit +
         " }\n"
         "    moe: { c: { bfloat16: 0.4 }, e: { bfloat16: 0.9 }, lambda: 0.9, passes: 4, t0: 50 "
         "us, "
         "skew_1.01: 0.4, skew_1.2: 0.5, " +
         fit + " }\n" + collective("all_reduce") + collective("alltoall") +
         collective("all_gather") + collective("reduce_scatter");
}

TEST(OperatorCurves, BuiltInAreReadWhole) {
  const auto curves = load_operator_curves();
  ASSERT_TRUE(curves.has_value()) << curves.error().front().what;
  for (const char* name : {"ampere", "ada", "hopper", "blackwell"}) {
    const auto found = std::ranges::find(*curves, name, &OperatorCurves::family);
    ASSERT_NE(found, curves->end()) << name;
    EXPECT_GT(found->gemm.compute.sixteen, 0.5) << name;
    EXPECT_LE(found->gemm.memory, 1.0) << name;
    EXPECT_GT(found->attention.decode_memory, 0.4) << name;
    EXPECT_GT(found->experts.passes, 0) << name;
    EXPECT_GT(found->all_reduce.bandwidth, 0.1) << name;
    EXPECT_FALSE(found->origin.empty()) << name;
    EXPECT_LT(found->residual, 0.2) << name;
  }
  EXPECT_EQ(curves->size(), 4u);
}

TEST(ReadOperatorCurves, TakesEachFigureFromItsKey) {
  const auto curves = read_operator_curves("mine.yaml", family("bfloat16: 0.9"));
  ASSERT_TRUE(curves.has_value()) << curves.error().front().what;
  const OperatorCurves& mine = curves->at(0);
  EXPECT_EQ(mine.family, "mine");
  EXPECT_DOUBLE_EQ(mine.gemm.memory, 0.8);
  EXPECT_DOUBLE_EQ(mine.gemm.floor.base(), 5e-6);
  EXPECT_DOUBLE_EQ(mine.gemm.cast.base(), 1e-9);  // the cheaper of the two
  EXPECT_DOUBLE_EQ(mine.attention.head_offset, 50);
  EXPECT_DOUBLE_EQ(mine.attention.decode_memory_8, 0.5);
  EXPECT_DOUBLE_EQ(mine.attention.decode_pair.base(), 4e-6);
  EXPECT_DOUBLE_EQ(mine.experts.skew, 0.4);
  EXPECT_DOUBLE_EQ(mine.all_to_all.per_rank.base(), 0.5e-6);
  EXPECT_DOUBLE_EQ(mine.residual, 0.1);
}

TEST(ReadOperatorCurves, TakesTheFasterKernelOfAWidth) {
  const auto curves = read_operator_curves(
      "mine.yaml", family("bfloat16: 0.9, fp8: 0.7, fp8_block: 0.5, int4_wo: 0.3"));
  ASSERT_TRUE(curves.has_value());
  const WidthShares& compute = curves->at(0).gemm.compute;
  EXPECT_DOUBLE_EQ(compute.eight, 0.7);
  EXPECT_DOUBLE_EQ(compute.weight_only, 0.3);
  EXPECT_DOUBLE_EQ(compute.four, 0.9);  // not measured: what 16 bits reach
}

TEST(ReadOperatorCurves, RefusesWhatIsMissingWithItsPlace) {
  const auto curves =
      read_operator_curves("mine.yaml", "families:\n  hopper:\n    gemm: { e: 7, t0: 5 }\n");
  ASSERT_FALSE(curves.has_value());
  EXPECT_GE(curves.error().size(), 4u);
  for (const Error& error : curves.error())
    EXPECT_EQ(error.where.value_or(Where{}).file, "mine.yaml");
}

TEST(ReadOperatorCurves, RefusesAListOfFamilies) {
  const auto curves = read_operator_curves("mine.yaml", "families: [hopper]\n");
  ASSERT_FALSE(curves.has_value());
  EXPECT_EQ(curves.error().front().what, "'families' is not a mapping");
}

}  // namespace
}  // namespace assay::catalog
