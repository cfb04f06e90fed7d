// replica_limits.h — what one replica of a deployment allows: the limits of its engine, and the
// blocks of KV cache that the engine's own memory formula leaves. Defaults: data/efficiency.yaml.
// Each may be set otherwise, in the engine's words. Equations: docs/models.md, "Memory". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "model/deployment.h"
#include "model/hardware.h"
#include "model/memory_fit.h"
#include "simulate/engine_limits.h"

namespace assay::simulate {

// What was said of the engine; the rest is as it comes.
struct EngineSettings {
  std::optional<double> memory_share;         // gpu_memory_utilization and its like
  std::optional<std::int32_t> tokens_max;     // of one iteration of an attention rank
  std::optional<std::int32_t> sequences_max;  // of an attention rank
  std::optional<std::int64_t> kv_blocks;      // of a replica, whatever the memory
  std::optional<std::int32_t> block_tokens;
  std::optional<Batching> batching;
  std::optional<bool> prefix_caching, schedules_ahead;
  bool by_priority{};
  // It ran with as many tokens in the cache: what memory is computed to hold is no less.
  double kv_tokens_min{};
};

// The table as the engine computes with these settings: what it may take of the memory, and the
// batch that its activations are sized for.
catalog::EfficiencyTable with_settings(const catalog::EfficiencyTable& table,
                                       const std::string& engine, const EngineSettings& settings);

struct ReplicaLimits {
  EngineLimits limits;
  model::MemoryFit memory;  // at the mean length
};

// Mean lengths: layers with a window or a state hold less of a longer request.
struct MeanLengths {
  double input{1}, output{1};
};

// Error kInfeasible: not runnable, or one request of the mean length does not fit; names what
// binds.
Result<ReplicaLimits> replica_limits(const catalog::LanguageModel& model,
                                     const model::Hardware& hardware,
                                     const model::Deployment& deployment,
                                     const catalog::EfficiencyTable& efficiency,
                                     const EngineSettings& settings, const MeanLengths& lengths);

}  // namespace assay::simulate
