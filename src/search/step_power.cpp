#include "search/step_power.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "model/runnable.h"

namespace assay::search {

namespace {

using catalog::Format;
using model::OperatorKind;

// The format in which the published checkpoint stores the part, of the first layer that says so.
Format stored(const catalog::LanguageModel& model,
              std::optional<Format> catalog::StoredFormats::*part) {
  for (const catalog::Block& block : model.blocks) {
    if (block.stored.*part) return *(block.stored.*part);
  }
  return model.dtype;
}

Format stored(const catalog::LanguageModel& model, const model::Deployment& deployment,
              OperatorKind kind) {
  const bool published = model::as_published(model, deployment);
  switch (kind) {
    case OperatorKind::kAttentionProjections:
      return published ? stored(model, &catalog::StoredFormats::mixer) : deployment.weights;
    case OperatorKind::kDenseFfn:
    case OperatorKind::kSharedExperts:
      return published ? stored(model, &catalog::StoredFormats::ffn) : deployment.weights;
    case OperatorKind::kRoutedExperts:
      return published ? stored(model, &catalog::StoredFormats::routed) : deployment.weights;
    default:
      return Format::kBf16;
  }
}

// Dense rate of the format that the operator multiplies in.
FlopsPerSecond peak_of(const catalog::LanguageModel& model, const model::Hardware& hardware,
                       const model::Deployment& deployment, OperatorKind kind) {
  const Format format = stored(model, deployment, kind);
  const bool sixteen = format == Format::kBf16 || format == Format::kFp16;
  const auto peak = hardware.matrix_peak(sixteen ? format : deployment.activations);
  const auto fallback = hardware.matrix_peak(Format::kBf16);
  ASSAY_ASSERT(peak || fallback);  // runnable() has seen the 16-bit one
  return peak ? *peak : *fallback;
}

// The operators of a step are those of one micro-batch over all stages, while every stage may work
// on another one: the share of the stages that do.
double stages_at_work(const model::Iteration& it, int pipeline, double tokens_max) {
  const double pieces = std::max(it.prefill_pieces, it.prefill_tokens / std::max(tokens_max, 1.0));
  return std::clamp(pieces + it.decode_sequences, 1.0, 1.0 * pipeline) / pipeline;
}

bool on_board(model::Bound bound) {
  return bound == model::Bound::kCompute || bound == model::Bound::kMemory;
}

}  // namespace

model::BoardUse board_use(const catalog::LanguageModel& model, const model::Hardware& hardware,
                          const model::Deployment& deployment, const model::Step& step,
                          const model::Iteration& iteration, double tokens_max) {
  model::BoardUse use;
  if (step.time <= Seconds{}) return use;
  const double stages = stages_at_work(iteration, deployment.pipeline, tokens_max);
  for (const model::Operator& op : step.operators) {
    if (!on_board(op.bound)) continue;
    if (op.flops > Flops{}) {
      use.compute += op.flops / peak_of(model, hardware, deployment, op.kind) / step.time * stages;
    }
    use.memory += op.bytes / hardware.memory_bandwidth / step.time * stages;
  }
  use.overhead = std::clamp(1.0 - model::busy_share(step), 0.0, 1.0);
  return use;
}

std::optional<Watts> board_power(const catalog::PowerCurve& curve, const model::Hardware& hardware,
                                 const model::BoardUse& use) {
  if (!hardware.power) return std::nullopt;
  return *hardware.power * model::board_share(curve, use);
}

std::optional<PhasePower> phase_power(const catalog::PowerCurve& curve,
                                      const model::Hardware& hardware,
                                      const model::BoardUse& prefill, const model::BoardUse& decode,
                                      const PhaseShares& shares) {
  ASSAY_ASSERT(shares.prefill >= 0 && shares.decode >= 0);
  if (!hardware.power) return std::nullopt;
  const Watts limit = *hardware.power;
  PhasePower power{.prefill = *board_power(curve, hardware, prefill),
                   .decode = *board_power(curve, hardware, decode),
                   .mean = {},
                   .idle = limit * curve.idle,
                   .limit = limit};
  const double idle = std::max(0.0, 1.0 - shares.prefill - shares.decode);
  power.mean = power.prefill * shares.prefill + power.decode * shares.decode + power.idle * idle;
  return power;
}

ServerPower server_power(const ServingSubject& subject, const ServingTables& tables,
                         const model::BoardPower& board) {
  ServerPower power;
  const catalog::System* system = subject.system;
  if (system == nullptr) {
    power.unknown = fmt::format("the catalog has no system of {} {}", subject.accelerators,
                                subject.hardware.accelerator);
    return power;
  }
  if (system->accelerators <= 0 || subject.accelerators % system->accelerators != 0) {
    power.unknown = fmt::format("{} has {}, asked are {}", system->id, system->accelerators,
                                subject.accelerators);
    return power;
  }
  power.node = model::node_power(*system, board, tables.power.host);
  if (!power.node) {
    power.unknown = fmt::format("the power of {} is unknown, or it is no server", system->id);
    return power;
  }
  power.count = subject.accelerators / system->accelerators;
  return power;
}

}  // namespace assay::search
