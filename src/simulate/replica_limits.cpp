#include "simulate/replica_limits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "model/batch_limits.h"
#include "model/runnable.h"

namespace assay::simulate {

namespace {

using catalog::EfficiencyTable;
using catalog::EngineOverhead;

bool changes_memory(const EngineSettings& settings) {
  return settings.memory_share || settings.tokens_max || settings.sequences_max;
}

template <class Whole>
Whole whole(double value) {
  constexpr auto kMost = static_cast<double>(std::numeric_limits<Whole>::max() / 2);
  return static_cast<Whole>(std::clamp(std::floor(value), 0.0, kMost));
}

EngineLimits limits_of(const EngineOverhead& engine, const model::BatchLimits& most,
                       const model::Deployment& deployment, const EngineSettings& settings) {
  const double ranks = deployment.data;
  const Batching usual = engine.chunked_prefill ? Batching::kChunked : Batching::kPromptsFirst;
  return {.batching = settings.batching.value_or(usual),
          .tokens_max = std::max(1, whole<std::int32_t>(most.tokens * ranks)),
          .sequences_max = std::max(1, whole<std::int32_t>(most.sequences * ranks)),
          .block_tokens = settings.block_tokens.value_or(engine.block_tokens),
          .prefix_caching = settings.prefix_caching.value_or(engine.prefix_caching),
          .schedules_ahead = settings.schedules_ahead.value_or(engine.schedules_ahead),
          .by_priority = settings.by_priority,
          .output_reserved = engine.output_reserved,
          .draft_tokens = deployment.speculation.draft_tokens,
          .tokens_per_iteration = model::tokens_per_iteration(deployment.speculation)};
}

Error too_small(const model::MemoryFit& memory, const model::Deployment& deployment,
                double length) {
  return {.kind = Error::Kind::kInfeasible,
          .what = model::memory_shortage(memory, deployment, length),
          .expected = {},
          .near = {},
          .where = {}};
}

}  // namespace

EfficiencyTable with_settings(const EfficiencyTable& table, const std::string& engine,
                              const EngineSettings& settings) {
  EfficiencyTable copy = table;
  const std::string_view name = table.engine(engine).engine;
  for (EngineOverhead& e : copy.engines) {
    if (e.engine != name) continue;
    if (settings.memory_share) e.memory_share = *settings.memory_share;
    if (settings.tokens_max) e.tokens_max = e.tokens_max_small = *settings.tokens_max;
    if (settings.sequences_max) e.sequences_max = e.sequences_max_small = *settings.sequences_max;
  }
  return copy;
}

Result<ReplicaLimits> replica_limits(const catalog::LanguageModel& model,
                                     const model::Hardware& hardware,
                                     const model::Deployment& deployment,
                                     const EfficiencyTable& efficiency,
                                     const EngineSettings& settings, const MeanLengths& lengths) {
  if (const auto ok = model::runnable(model, hardware, deployment); !ok) {
    return tl::unexpected(ok.error());
  }
  if (changes_memory(settings)) {
    EngineSettings rest = settings;
    rest.memory_share.reset();
    rest.tokens_max.reset();
    rest.sequences_max.reset();
    return replica_limits(model, hardware, deployment,
                          with_settings(efficiency, deployment.engine, settings), rest, lengths);
  }
  const EngineOverhead& engine = efficiency.engine(deployment.engine);
  const double length = lengths.input + lengths.output;
  ReplicaLimits r;
  r.limits = limits_of(engine, model::batch_limits(engine, hardware), deployment, settings);
  r.memory = model::memory_fit(model, hardware, deployment, efficiency, lengths.input, length);
  if (r.memory.weights < r.memory.usable) {
    r.memory.kv_tokens = std::max(r.memory.kv_tokens, settings.kv_tokens_min);
  }
  const double block = r.limits.block_tokens;
  if (settings.kv_blocks) {
    r.memory.kv_tokens = static_cast<double>(*settings.kv_blocks) * block;
  }
  r.limits.kv_blocks = whole<std::int64_t>(r.memory.kv_tokens / block);
  if (!r.memory.fits() && !settings.kv_blocks && settings.kv_tokens_min <= 0) {
    return tl::unexpected(too_small(r.memory, deployment, length));
  }
  if (static_cast<double>(r.limits.kv_blocks) * block < length) {
    return tl::unexpected(too_small(r.memory, deployment, length));
  }
  return r;
}

}  // namespace assay::simulate
