#include "base/parallel.h"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace assay {
namespace {

std::vector<double> squares(std::size_t count, int jobs) {
  std::vector<double> slots(count);
  parallel_for(count, jobs, [&](std::size_t i) {
    slots[i] = std::sin(static_cast<double>(i)) * std::sqrt(static_cast<double>(i));
  });
  return slots;
}

TEST(JobsOrCores, IsWhatWasAskedOrAtLeastOne) {
  EXPECT_EQ(jobs_or_cores(3), 3);
  EXPECT_GE(jobs_or_cores(0), 1);
}

TEST(ParallelFor, GivesTheSameWithOneJobAndWithEight) {
  EXPECT_EQ(squares(10'000, 1), squares(10'000, 8));
}

TEST(ParallelFor, VisitsEachIndexOnce) {
  std::vector<std::uint8_t> visits(5'000);
  parallel_for(visits.size(), 4, [&](std::size_t i) { ++visits[i]; });
  EXPECT_EQ(visits, std::vector<std::uint8_t>(5'000, 1));
}

TEST(ParallelFor, RunsOneJobHereAndInOrder) {
  const std::thread::id here = std::this_thread::get_id();
  std::vector<std::size_t> order;
  parallel_for(100, 1, [&](std::size_t i) {
    EXPECT_EQ(std::this_thread::get_id(), here);
    order.push_back(i);
  });
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
  EXPECT_EQ(order.size(), 100u);
}

TEST(ParallelFor, DoesNothingForNothing) {
  parallel_for(0, 8, [](std::size_t) { FAIL(); });
}

TEST(ParallelFor, MayBeNested) {
  std::vector<std::vector<double>> tables(8);
  parallel_for(tables.size(), 4, [&](std::size_t i) { tables[i] = squares(100, 2); });
  for (const auto& table : tables) EXPECT_EQ(table, squares(100, 1));
}

TEST(ParallelFor, LetsAnExceptionOut) {
  const auto body = [](std::size_t i) {
    if (i == 77) throw std::runtime_error("77");
  };
  EXPECT_THROW(parallel_for(100, 4, body), std::runtime_error);
  EXPECT_THROW(parallel_for(100, 1, body), std::runtime_error);
}

TEST(ParallelForDeathTest, WantsAtLeastOneJob) {
  EXPECT_EXIT(parallel_for(1, 0, [](std::size_t) {}), testing::ExitedWithCode(1), "jobs >= 1");
}

}  // namespace
}  // namespace assay
