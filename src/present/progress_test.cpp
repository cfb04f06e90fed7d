#include "present/progress.h"

#include <sstream>

#include <gtest/gtest.h>

namespace assay::present {
namespace {

TEST(Progress, IsSilentForHalfASecondThenShowsOneLineAndWipesIt) {
  std::ostringstream err;
  double now = 100;
  {
    Progress progress{err, true, [&] { return now; }};
    progress.update("1/3");
    EXPECT_EQ(err.str(), "");
    now += 0.6;
    progress.update("2/3");
    EXPECT_EQ(err.str(), "\r\x1b[K2/3");
    now += 0.01;
    progress.update("3/3");
    EXPECT_EQ(err.str(), "\r\x1b[K2/3");
  }
  EXPECT_EQ(err.str(), "\r\x1b[K2/3\r\x1b[K");
}

TEST(Progress, NeverWritesWhereNoTerminalIs) {
  std::ostringstream err;
  double now = 0;
  Progress progress{err, false, [&] { return now; }};
  now += 10;
  progress.update("1/3");
  progress.finish();
  EXPECT_EQ(err.str(), "");
}

}  // namespace
}  // namespace assay::present
