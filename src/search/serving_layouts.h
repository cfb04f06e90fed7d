// serving_layouts.h — every way to run a model on one kind of hardware: tensor parallelism × weight
// format, each either with a rate that one replica does not pass within the limits, or with the
// reason why it cannot serve.
// In closed form, with mean lengths and no queue (model/steady_state.h): a bound, for the simulator
// to come down from. A limit on a percentile is compared with the mean, which is below it.
// Exhaustive over the divisors of the domain; order: format as given, then rising tensor
// parallelism. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "model/hardware.h"
#include "model/inference_step.h"
#include "model/memory_fit.h"
#include "simulate/engine_limits.h"
#include "workload/serving.h"

namespace assay::search {

enum class Reject : unsigned char {
  kNotRunnable,  // heads do not divide, or the hardware does not multiply in the format
  kMemory,       // weights and one request's cache do not fit
  kTtft,         // the limit is missed with a single request
  kTpot,
};

struct Layout {
  model::Deployment deployment;
  model::MemoryFit memory;
  simulate::EngineLimits limits;
  Hertz rate_max;        // of one replica at most; zero when rejected
  double batch_max{};    // sequences that the cache or the engine allows
  model::Bound bound{};  // of a decode iteration at that rate
  std::optional<Reject> reject;
  std::string why;  // for a rejected layout, with figures
  // Best the layout can do, with one request alone; unset when it cannot run.
  std::optional<Seconds> ttft_alone, tpot_alone;
};

struct LayoutSpace {
  std::span<const catalog::Format> weights;  // formats to try
  std::optional<catalog::Format> kv_cache;   // unset: the activations' 16-bit format
  int tensor_max{};                          // accelerators that one replica may span
  std::string engine;
  double slack{1};  // requests that share prompts may be so many times as cheap
};

std::vector<Layout> serving_layouts(const catalog::LanguageModel& model,
                                    const model::Hardware& hardware,
                                    const catalog::EfficiencyTable& efficiency,
                                    const workload::ServingDemand& demand,
                                    const LayoutSpace& space);

// The format that matrices multiply in when weights are stored in `weights` on this hardware: fp8
// with fp8 where the hardware has it, else the model's 16-bit format (weight-only).
catalog::Format activation_format(const model::Hardware& hardware,
                                  const catalog::LanguageModel& model, catalog::Format weights);

}  // namespace assay::search
