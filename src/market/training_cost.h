// training_cost.h — what the accelerator-hours of a training run cost at one price an hour: those
// that train and those that stand by are paid alike. Pure, constexpr.
#pragma once

#include "base/quantity.h"

namespace assay::market {

struct AcceleratorTime {
  Seconds training, spare;  // summed over accelerators
};

// `price`: of one accelerator.
constexpr Usd training_cost(const AcceleratorTime& time, UsdPerSecond price) {
  return (time.training + time.spare) * price;
}

// 8 accelerators for 10 h and a spare one at 2.50 USD/h.
static_assert(training_cost({kHour * 80.0, kHour * 10.0}, Usd::from_base(2.5) / kHour).base() >
                  224.999 &&
              training_cost({kHour * 80.0, kHour * 10.0}, Usd::from_base(2.5) / kHour).base() <
                  225.001);

}  // namespace assay::market
