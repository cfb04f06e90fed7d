// batch_limits.h — how much an engine takes at once by default on given hardware: some take less on
// small accelerators. Pure.
#pragma once

#include "catalog/efficiency.h"
#include "model/hardware.h"

namespace assay::model {

struct BatchLimits {
  double tokens{};     // of one iteration
  double sequences{};  // running at once
};

// "Small" as vLLM draws the line: less than 70 GiB, or an A100 of any size (its argument defaults,
// vllm/engine/arg_utils.py, 0.8 to 0.12).
inline BatchLimits batch_limits(const catalog::EngineOverhead& engine, const Hardware& hardware) {
  constexpr Bytes kSmall = Bytes::from_base(70.0 * 1024 * 1024 * 1024);
  const bool small = hardware.memory_usable < kSmall || hardware.family == "ampere";
  const auto either = [small](double normal, double less) {
    return small && less > 0 ? less : normal;
  };
  return {.tokens = either(engine.tokens_max, engine.tokens_max_small),
          .sequences = either(engine.sequences_max, engine.sequences_max_small)};
}

}  // namespace assay::model
