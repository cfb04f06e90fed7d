#include "model/training_job.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace assay::model {

std::string_view name(TrainingFormat format) {
  switch (format) {
    case TrainingFormat::kSixteen:
      return "bf16";
    case TrainingFormat::kFp8:
      return "fp8";
    case TrainingFormat::kFp8Row:
      return "fp8-row";
    case TrainingFormat::kFp8Block:
      return "fp8-block";
    case TrainingFormat::kMxfp8:
      return "mxfp8";
    case TrainingFormat::kNvfp4:
      return "nvfp4";
  }
  ASSAY_ASSERT(false);
  return "";
}

double bits(TrainingFormat format) {
  if (format == TrainingFormat::kSixteen) return 16;
  return format == TrainingFormat::kNvfp4 ? 4 : 8;
}

std::string_view name(Sharding sharding) {
  switch (sharding) {
    case Sharding::kNone:
      return "none";
    case Sharding::kOptimizer:
      return "zero1";
    case Sharding::kGradients:
      return "zero2";
    case Sharding::kWeights:
      return "zero3";
  }
  ASSAY_ASSERT(false);
  return "";
}

std::string_view name(Recompute recompute) {
  switch (recompute) {
    case Recompute::kNone:
      return "none";
    case Recompute::kSelective:
      return "selective";
    case Recompute::kFull:
      return "full";
  }
  ASSAY_ASSERT(false);
  return "";
}

std::string_view name(Schedule schedule) {
  switch (schedule) {
    case Schedule::kOneForwardOneBackward:
      return "1f1b";
    case Schedule::kZeroBubble:
      return "zero-bubble";
    case Schedule::kDualPipe:
      return "dualpipe";
  }
  ASSAY_ASSERT(false);
  return "";
}

std::string to_text(const TrainingLayout& l) {
  std::string text = fmt::format("tp{} pp{}", l.tensor, l.pipeline);
  const auto degree = [&](std::string_view label, int ways) {
    if (ways > 1) text += fmt::format(" {}{}", label, ways);
  };
  const auto word = [&](bool on, std::string_view label) {
    if (on) text += fmt::format(" {}", label);
  };
  degree("vpp", l.virtual_stages);
  degree("cp", l.context);
  word(l.context > 1 && l.context_comm == ContextComm::kAllToAll, "a2a");
  text += fmt::format(" dp{}", l.data);
  degree("ep", l.expert);
  degree("etp", l.expert_tensor);
  text += fmt::format(" mbs{}", l.micro_batch);
  word(l.sequence_parallel, "sp");
  word(l.sharding != Sharding::kNone, name(l.sharding));
  if (l.shard_ranks > 0) text += fmt::format("/{}", l.shard_ranks);
  if (l.recompute != Recompute::kNone) text += fmt::format(" recompute-{}", name(l.recompute));
  if (l.recompute_layers > 0) text += fmt::format("/{}", l.recompute_layers);
  word(l.schedule != Schedule::kOneForwardOneBackward, name(l.schedule));
  word(l.offload_weights, "offload-weights");
  word(l.offload_activations, "offload-activations");
  word(l.offload_optimizer, "offload-optimizer");
  return text;
}

int micro_batches(const TrainingJob& job, const TrainingLayout& layout) {
  const int together = layout.data * layout.micro_batch;
  return job.batch % together == 0 ? job.batch / together : 0;
}

}  // namespace assay::model
