#include "model/trainable.h"

#include <fmt/format.h>

#include <numeric>
#include <optional>

#include "base/infeasible.h"
#include "catalog/format.h"

namespace assay::model {

namespace {

using catalog::Block;
using catalog::GroupedQueryAttention;
using catalog::LatentAttention;
using catalog::MoeFfn;

using Obstacle = std::optional<std::string>;

Obstacle heads_divide(const TrainingSubject& s, const TrainingLayout& l) {
  const int ways = l.tensor * (l.context_comm == ContextComm::kAllToAll ? l.context : 1);
  for (const Block& block : s.model.blocks) {
    int heads = ways;
    if (const auto* a = std::get_if<GroupedQueryAttention>(&block.mixer)) heads = a->heads;
    if (const auto* a = std::get_if<LatentAttention>(&block.mixer)) heads = a->heads;
    if (heads % ways != 0)
      return fmt::format("{} attention heads do not divide over {} ranks", heads, ways);
  }
  return std::nullopt;
}

Obstacle experts_divide(const TrainingSubject& s, const TrainingLayout& l) {
  int experts = 0;
  for (const Block& block : s.model.blocks) {
    if (const auto* moe = std::get_if<MoeFfn>(&block.ffn)) experts = moe->experts;
  }
  if (experts == 0) {
    if (l.expert * l.expert_tensor == 1) return std::nullopt;
    return "expert parallelism without experts";
  }
  if (experts % l.expert != 0)
    return fmt::format("{} experts do not divide over ep{}", experts, l.expert);
  const int ranks = l.tensor * l.context * l.data;
  if (ranks % (l.expert * l.expert_tensor) != 0)
    return fmt::format("ep{} x etp{} does not divide tp x cp x dp = {}", l.expert, l.expert_tensor,
                       ranks);
  return std::nullopt;
}

Obstacle batch_divides(const TrainingSubject& s, const TrainingLayout& l) {
  if (s.job.sequence % l.context != 0)
    return fmt::format("{} tokens do not divide over cp{}", s.job.sequence, l.context);
  const int micro = micro_batches(s.job, l);
  if (micro == 0)
    return fmt::format("a batch of {} sequences does not divide into dp{} x mbs{}", s.job.batch,
                       l.data, l.micro_batch);
  const bool interleaved = l.virtual_stages > 1 && l.schedule == Schedule::kOneForwardOneBackward;
  if (interleaved && micro % l.pipeline != 0)
    return fmt::format("interleaved stages need micro-batches in multiples of pp{}, not {}",
                       l.pipeline, micro);
  if (l.schedule == Schedule::kDualPipe && (l.pipeline % 2 != 0 || micro < l.pipeline))
    return fmt::format("dualpipe needs an even pipeline and at least pp{} micro-batches, not {}",
                       l.pipeline, micro);
  return std::nullopt;
}

Obstacle stages_exist(const TrainingSubject& s, const TrainingLayout& l) {
  const int chunks = l.pipeline * l.virtual_stages, layers = s.model.layers() + s.job.mtp_layers;
  const bool ends_alone = (layers + 2) % chunks == 0;  // stage_layers(): they count as layers
  if (chunks > layers && !ends_alone)
    return fmt::format("{} layers are fewer than {} stages", layers, chunks);
  if (l.virtual_stages > 1 && l.pipeline == 1) return "virtual stages without a pipeline";
  if (l.virtual_stages > 1 && l.schedule == Schedule::kDualPipe)
    return "dualpipe has no virtual stages of its own";
  return std::nullopt;
}

Obstacle sharding_runs(const TrainingLayout& l) {
  const int ranks = l.data * l.context;
  if (l.shard_ranks > 0 && ranks % l.shard_ranks != 0)
    return fmt::format("sharding over {} ranks does not divide dp x cp = {}", l.shard_ranks, ranks);
  if (l.sequence_parallel && l.tensor == 1)
    return "sequence parallelism without tensor parallelism";
  return std::nullopt;
}

Obstacle hardware_runs(const TrainingSubject& s, const TrainingLayout& l) {
  if (std::string why = format_obstacle(s); !why.empty()) return why;
  const Link& link = s.hardware.link;
  const int ranks = l.accelerators();
  if (ranks > 1 && link.one_way.base() <= 0)
    return fmt::format("the link between accelerators of {} is unknown", s.hardware.accelerator);
  if (s.job.in_network_reduction && ranks > 1 && link.topology != Topology::kSwitch)
    return fmt::format("in-network reduction without a switch between accelerators of {}",
                       s.hardware.accelerator);
  const bool beyond = link.topology != Topology::kTorus && ranks > link.domain;
  if (beyond && !link.beyond_one_way)
    return fmt::format(
        "{} accelerators are more than the {} on one link, and the network of {} "
        "is unknown",
        ranks, link.domain, s.hardware.system.empty() ? s.hardware.accelerator : s.hardware.system);
  const bool offload = l.offload_activations || l.offload_optimizer || l.offload_weights;
  if (offload && !s.hardware.host_one_way) return "offload over a host link of unknown speed";
  return std::nullopt;
}

}  // namespace

std::string format_obstacle(const TrainingSubject& s) {
  const double width = bits(s.job.format);
  const auto format = width >= 16 ? catalog::Format::kBf16
                                  : (width >= 8 ? catalog::Format::kFp8 : catalog::Format::kNvfp4);
  if (s.hardware.matrix_peak(format)) return {};
  return fmt::format("{} does not multiply in {}, or nobody says how fast", s.hardware.accelerator,
                     catalog::name(format));
}

Result<bool> trainable(const TrainingSubject& subject, const TrainingLayout& layout) {
  for (const auto& obstacle : {heads_divide(subject, layout), experts_divide(subject, layout),
                               batch_divides(subject, layout), stages_exist(subject, layout),
                               sharding_runs(layout), hardware_runs(subject, layout)}) {
    if (obstacle) return tl::unexpected(infeasible(*obstacle));
  }
  return true;
}

}  // namespace assay::model
