// decode_table.h — time of a decode iteration by the number of its sequences, worked out once for
// each: between two kinks of the step it is affine in the mean context. One a run, shared by the
// replicas of a pool; no threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/step_model.h"

namespace assay::simulate {

// Step: `model::DecodeTime decode_time(double sequences, double context) const`.
template <class Step>
class DecodeTable {
 public:
  explicit DecodeTable(const Step& step) : step_{step} {}

  // The same for contexts from `context` on.
  model::DecodeTime at(std::int64_t sequences, double context) {
    const auto index = static_cast<std::size_t>(sequences);
    if (index >= known_.size()) known_.resize(index + 1, {.at = 1, .until = 0});
    model::DecodeTime& known = known_[index];
    if (context < known.at || context >= known.until) {
      known = step_.decode_time(static_cast<double>(sequences), context);
    }
    return {.seconds = known.seconds + known.per_token * (context - known.at),
            .per_token = known.per_token,
            .at = context,
            .until = known.until};
  }

 private:
  const Step& step_;
  std::vector<model::DecodeTime> known_;
};

}  // namespace assay::simulate
