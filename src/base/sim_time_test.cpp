#include "base/sim_time.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

static_assert(nanoseconds(Seconds::from_base(1.5e-9)) == 2);
static_assert(nanoseconds(Seconds::from_base(-1.5e-9)) == -2);
static_assert(SimTime{5} + Seconds::from_base(1) == SimTime{1'000'000'005});
static_assert(SimTime{5} < kNever);

TEST(SimTime, SpansAreSecondsBetweenTwoPoints) {
  EXPECT_DOUBLE_EQ((SimTime{2'500'000'000} - SimTime{500'000'000}).base(), 2.0);
}

}  // namespace
}  // namespace assay
