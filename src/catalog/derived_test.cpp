#include "catalog/derived.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace assay::catalog {
namespace {

const Catalog& built_in() {
  static const Catalog catalog = load_catalog({}).value();
  return catalog;
}

const Accelerator& accelerator(const std::string& id) {
  const Accelerator* found = built_in().accelerator(id);
  EXPECT_NE(found, nullptr) << id;
  return *found;
}

template <class T>
Fact<T> fact_of(T value) {
  Fact<T> fact;
  fact.readings.resize(1);
  fact.readings[0].value = value;
  fact.used_index = 0;
  return fact;
}

struct Tpp {
  std::string id;
  double tpp;
};

class TotalProcessingPerformance : public testing::TestWithParam<Tpp> {};

// Computed by hand from the dense peaks of the data sheets; 0.3 % for vendors' rounding of INT4.
TEST_P(TotalProcessingPerformance, AgreesWithTheHandComputedFigure) {
  const auto tpp = total_processing_performance(accelerator(GetParam().id));
  ASSERT_TRUE(tpp);
  EXPECT_NEAR(*tpp / GetParam().tpp, 1, 0.003) << GetParam().id << " " << *tpp;
}

INSTANTIATE_TEST_SUITE_P(Catalog, TotalProcessingPerformance,
                         testing::Values(Tpp{"h100", 15832}, Tpp{"h200", 15832}, Tpp{"h20", 2368},
                                         Tpp{"b200", 36000}, Tpp{"gb200", 40000},
                                         Tpp{"a100-sxm-80g", 4992}, Tpp{"a800-sxm-80g", 4992},
                                         Tpp{"v100", 2000}, Tpp{"l40", 2896}, Tpp{"l40s", 5864},
                                         Tpp{"rtx-4090", 5285}, Tpp{"rtx-4090d", 4707},
                                         Tpp{"rtx-5090", 6704}, Tpp{"mi300x", 20919},
                                         Tpp{"mi250x", 6128}, Tpp{"ascend-910b2", 6016},
                                         Tpp{"ascend-910c", 12032}, Tpp{"br100", 16384}));

TEST(TotalProcessingPerformance, IsNothingWithoutPeaks) {
  EXPECT_FALSE(total_processing_performance(Accelerator{}));
  EXPECT_FALSE(performance_density(Accelerator{}));
}

TEST(TotalProcessingPerformance, TakesTheLargestProduct) {
  Accelerator a;
  a.peaks[static_cast<std::size_t>(Peak::kFp16)] = fact_of(300.0_TFLOPs);
  EXPECT_DOUBLE_EQ(total_processing_performance(a).value(), 4800);  // the rule's own example
  a.peaks[static_cast<std::size_t>(Peak::kInt8)] = fact_of(601.0_TFLOPs);
  EXPECT_DOUBLE_EQ(total_processing_performance(a).value(), 4808);
}

TEST(PerformanceDensity, DividesByTheDieArea) {
  EXPECT_NEAR(performance_density(accelerator("h100")).value(), 19.45, 0.02);
  EXPECT_NEAR(performance_density(accelerator("l40s")).value(), 9.63, 0.02);
}

TEST(UsableMemory, HbmIsPrintedInGib) {
  Accelerator a;
  a.memory_marketed = fact_of(141.0_GB);
  a.memory_type = fact_of<std::string>("HBM3e");
  const auto usable = usable_memory(a).value();
  EXPECT_EQ(usable.bytes, 141.0_GiB);
  EXPECT_TRUE(usable.derived);
}

TEST(UsableMemory, Gddr6LosesASixteenthToEcc) {
  Accelerator a;
  a.memory_marketed = fact_of(48.0_GB);
  a.memory_type = fact_of<std::string>("GDDR6");
  EXPECT_NEAR(usable_memory(a)->bytes / 45.0_GiB, 1, 1e-12);
  a.memory_type = fact_of<std::string>("GDDR6X");
  EXPECT_NEAR(usable_memory(a)->bytes / 48.0_GiB, 1, 1e-12);
  a.memory_type = fact_of<std::string>("LPDDR5X");
  EXPECT_NEAR(usable_memory(a)->bytes / 48.0_GB, 1, 1e-12);
}

TEST(UsableMemory, DoesNotCountGibTwice) {
  Accelerator a;
  a.memory_marketed = fact_of(32.0_GiB);
  a.memory_type = fact_of<std::string>("HBM2");
  EXPECT_EQ(usable_memory(a)->bytes, 32.0_GiB);
}

TEST(UsableMemory, PrefersASource) {
  Accelerator a;
  a.memory_marketed = fact_of(192.0_GB);
  a.memory_usable = fact_of(179.0_GiB);
  EXPECT_EQ(usable_memory(a)->bytes, 179.0_GiB);
  EXPECT_FALSE(usable_memory(a)->derived);
}

TEST(UsableMemory, IsNothingForARange) {
  Accelerator a;
  a.memory_marketed = fact_of(4.0_GB);
  a.memory_marketed.readings[0].high = 12.0_GB;
  EXPECT_FALSE(usable_memory(a));
}

TEST(RidgePoint, IsPeakOverBandwidth) {
  Accelerator a;
  a.memory_bandwidth = fact_of(2.0_TBps);
  EXPECT_FALSE(ridge_point(a, Peak::kBf16));
  a.peaks[static_cast<std::size_t>(Peak::kBf16)] = fact_of(312.0_TFLOPs);
  EXPECT_DOUBLE_EQ(ridge_point(a, Peak::kBf16)->base(), 156);
}

TEST(Ratios, PerWattAndPerDollar) {
  Accelerator a;
  a.peaks[static_cast<std::size_t>(Peak::kFp8)] = fact_of(1400.0_TFLOPs);
  a.power = fact_of(700.0_W);
  a.memory_bandwidth = fact_of(3.0_TBps);
  a.link_bandwidth = fact_of(900.0_GBps);
  EXPECT_DOUBLE_EQ(flops_per_joule(a, Peak::kFp8)->base(), 2e12);
  EXPECT_DOUBLE_EQ(bandwidth_per_usd(a, 30000.0_USD).value(), 1e8);
  EXPECT_FALSE(bandwidth_per_usd(a, Usd{}));
  EXPECT_EQ(link_bandwidth_one_way(a).value(), 450.0_GBps);
}

}  // namespace
}  // namespace assay::catalog
