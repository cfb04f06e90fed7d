#include "model/training_step.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "model/training_network.h"
#include "model/training_operators.h"
#include "model/training_stages.h"

namespace assay::model {

namespace {

// Adam on 32-bit master weights: read and write master and two moments (24 bytes), read the
// gradient (4), write the weight (2). Rajbhandari et al. 2020 (ZeRO), section 3.1.
constexpr double kOptimizerBytes = 30;
constexpr double kWeightBytes = 2;

// Of one micro-batch through some layers, by cause.
struct Work {
  double forward{}, backward{}, weight{}, recompute{};
  double tensor{}, context{}, expert{}, host{};
  double fill{};  // of the total: weight gradients as the host lets them run; they fill bubbles
  double total() const {
    return forward + backward + weight + recompute + tensor + context + expert + host;
  }
};

Work operator*(const Work& w, double n) {
  return {w.forward * n, w.backward * n, w.weight * n, w.recompute * n, w.tensor * n,
          w.context * n, w.expert * n,   w.host * n,   w.fill * n};
}

Work operator+(const Work& a, const Work& b) {
  return {a.forward + b.forward,     a.backward + b.backward, a.weight + b.weight,
          a.recompute + b.recompute, a.tensor + b.tensor,     a.context + b.context,
          a.expert + b.expert,       a.host + b.host,         a.fill + b.fill};
}

// Forward and backward of a layer; `again` is the share of its forward pass that is repeated.
Work layer_work(const PassTime& t, Recompute recompute, double again) {
  Work w{.forward = t.forward,
         .backward = t.backward,
         .weight = t.backward_weight,
         .recompute = 0,
         .tensor = 2 * t.tensor,
         .context = t.context + t.context_backward,
         .expert = 2 * t.expert,
         .host = t.host_forward + t.host_backward,
         .fill = t.backward_weight};
  const double backward = t.backward + t.backward_weight;
  if (backward > 0) w.fill *= 1 + t.host_backward / backward;
  if (recompute == Recompute::kSelective) w.recompute = t.core;
  if (recompute == Recompute::kFull) {
    w.recompute = again * t.forward;
    w.tensor += again * t.tensor;
    w.context += again * t.context;
    w.expert += again * t.expert;
    w.host += again * t.host_forward;
  }
  return w;
}

struct Pipeline {
  Work slowest, mean;  // of one micro-batch in a stage
};

// The slowest rank: the last one where the output table comes on top of an equal share of layers; a
// middle one where the ends count as layers, or where shares are rounded up to whole layers; an
// even share where the stack cuts stages as evenly as they can be.
Pipeline pipeline_work(const TrainingSubject& s, const TrainingPass& pass,
                       const TrainingLayout& l) {
  const double per_chunk = std::ceil(pass.layers / (l.pipeline * l.virtual_stages));
  const double again = l.recompute_layers > 0 ? std::min(1.0, l.recompute_layers / per_chunk) : 1.0;
  const Work layer = layer_work(pass.layer, l.recompute, again);
  const Work output = layer_work(pass.output, Recompute::kNone, 0);
  const Work mean = (layer * pass.layers + output) * (1.0 / l.pipeline);
  if (l.pipeline == 1 || s.stack.balanced) return {mean, mean};
  const StageLayers stages = stage_layers(static_cast<int>(pass.layers), l);
  if (stages.divides) return {layer * stages.inner + output, mean};
  const Work inner = layer * stages.inner;
  return {inner.total() > mean.total() ? inner : mean, mean};
}

// Idle time of a stage while the pipeline fills and drains.
double bubble(const TrainingLayout& l, const Work& mean) {
  const double p = l.pipeline;
  switch (l.schedule) {
    case Schedule::kOneForwardOneBackward:  // Narayanan et al. 2021, section 2.2
      return (p - 1) / l.virtual_stages * mean.total();
    case Schedule::kZeroBubble:  // Qi et al. 2023, table 2 (ZB-H1); 2024 with chunks (V-shaped)
      return (p - 1) / l.virtual_stages * std::max(0.0, mean.total() - 2 * mean.fill);
    case Schedule::kDualPipe: {  // DeepSeek-V3, arXiv 2412.19437, table 2
      const double backward = mean.total() - mean.forward - mean.expert / 2;
      return std::max(0.0, (p / 2 - 1) * (mean.total() + backward - 3 * mean.fill));
    }
  }
  return 0;
}

// Activations between stages, there and back, for each chunk and micro-batch. Interleaved stages
// send while they compute (Megatron-LM's --overlap-p2p-communication), which leaves a share; plain
// ones wait.
double pipeline_wait(const TrainingSubject& s, const TrainingPass& pass, const TrainingLayout& l,
                     double micro) {
  if (l.pipeline == 1) return 0;
  const GroupLink link = group_link(s, 2, l.tensor * l.context * l.data);
  const double one = 2 * (link.latency + link.seconds_per_byte * pass.boundary_bytes);
  const double exposed = l.virtual_stages > 1 ? s.table.pipeline_exposed * l.virtual_stages : 1;
  return exposed * micro * one + (l.pipeline - 1) * one;
}

struct Held {
  double dense{}, experts{};  // trained elements of the fullest rank
};

// Of the tables on the fullest rank: both where there is one rank, of tied ones the one.
double end_elements(const TrainingSubject& s, const TrainingPass& pass, const TrainingLayout& l,
                    double RankWeights::*of) {
  const bool both = l.pipeline == 1 && !s.model.tied_embeddings;
  return pass.embedding_weights.*of + (both ? pass.output_weights.*of : 0);
}

Held held_by(const TrainingSubject& s, const TrainingPass& pass, const TrainingLayout& l) {
  const double layers = pass.layers / l.pipeline;
  return {.dense = layers * pass.layer_weights.trained_dense +
                   end_elements(s, pass, l, &RankWeights::trained_dense),
          .experts = layers * pass.layer_weights.trained_experts};
}

int expert_copies(const TrainingLayout& l) {
  return std::max(1, l.tensor * l.context * l.data / (l.expert * l.expert_tensor));
}

struct DataWork {
  double exposed{};    // once a step
  double per_micro{};  // gathers and scatters of a micro-batch (FSDP)
};

// Of `elements` over `ranks`: gradients summed, weights gathered where the optimizer is divided.
double exchange(const TrainingSubject& s, const TrainingLayout& l, double elements, int ranks,
                int stride) {
  if (ranks <= 1 || elements <= 0) return 0;
  const GroupLink link = group_link(s, ranks, stride);
  const double gradient = s.stack.gradient_bytes * elements;
  if (l.sharding == Sharding::kNone) return all_reduce_seconds(s, link, ranks, gradient);
  return ring_seconds(link, ranks, gradient) + ring_seconds(link, ranks, kWeightBytes * elements);
}

// Backward of the last micro-batch and forward of the first one can hide what the stack overlaps.
DataWork data_work(const TrainingSubject& s, const TrainingPass& pass, const TrainingLayout& l,
                   const Work& stage) {
  const Held held = held_by(s, pass, l);
  const int dense_ranks = l.data * l.context, copies = expert_copies(l);
  const int expert_stride = l.expert * l.expert_tensor;
  DataWork work;
  // A pipeline keeps gathered weights and whole gradients for all micro-batches of a step (Llama 3,
  // arXiv:2407.21783, section 3.3.2, of the weights).
  if (l.sharding <= Sharding::kOptimizer || l.pipeline > 1) {
    const double all = exchange(s, l, held.dense, dense_ranks, l.tensor) +
                       exchange(s, l, held.experts, copies, expert_stride);
    const double hidden = std::min((1 - s.stack.data_exposed) * all, stage.total());
    work.exposed = all - hidden;
    return work;
  }
  // Weights are gathered for the forward and the backward pass, gradients scattered; copies of a
  // hybrid sum their gradients once a step.
  const double layers = pass.layers / l.pipeline;
  const double dense =
      layers * pass.layer_weights.dense + end_elements(s, pass, l, &RankWeights::dense);
  const double experts = layers * pass.layer_weights.experts;
  const int ranks = l.shard_ranks > 0 ? l.shard_ranks : dense_ranks;
  // ZeRO-2 scatters gradients alike, and gathers weights once, hidden behind the next forward pass.
  const bool gathered = l.sharding == Sharding::kWeights;
  const auto gathers = [&](double elements, double trained, int n, int stride) {
    if (n <= 1) return 0.0;
    const GroupLink link = group_link(s, n, stride);
    return (gathered ? 2 * ring_seconds(link, n, kWeightBytes * elements) : 0) +
           ring_seconds(link, n, s.stack.gradient_bytes * trained);
  };
  work.per_micro = gathers(dense, held.dense, ranks, l.tensor) +
                   gathers(experts, held.experts, std::min(copies, ranks), expert_stride);
  if (ranks < dense_ranks) {
    const GroupLink link = group_link(s, dense_ranks / ranks, l.tensor * ranks);
    const double sum = all_reduce_seconds(s, link, dense_ranks / ranks,
                                          s.stack.gradient_bytes * held.dense / ranks);
    work.exposed = sum - std::min((1 - s.stack.data_exposed) * sum, stage.total());
  }
  return work;
}

// Whose optimizer states this rank keeps.
double optimizer_elements(const TrainingSubject& s, const TrainingPass& pass,
                          const TrainingLayout& l) {
  const Held held = held_by(s, pass, l);
  if (l.sharding == Sharding::kNone) return held.dense + held.experts;
  const int ranks = l.shard_ranks > 0 ? l.shard_ranks : l.data * l.context;
  const double all = 1.0 * l.data * l.context;
  const double copies = std::max(1.0, expert_copies(l) * ranks / all);
  return held.dense / ranks + held.experts / copies;
}

double optimizer_seconds(const TrainingSubject& s, const TrainingPass& pass,
                         const TrainingLayout& l) {
  const double rate = s.hardware.memory_bandwidth.base() * s.family.memory;
  return kOptimizerBytes * optimizer_elements(s, pass, l) / rate;
}

// Weights are read for both passes of each micro-batch and activations written and read while a
// stage computes; optimizer states come and go once a step, after the gradients, and hide behind
// nothing. Ren et al. 2021 (ZeRO-Offload).
double offload_seconds(const TrainingSubject& s, const TrainingPass& pass, const TrainingLayout& l,
                       double micro, double stage) {
  if (!l.offload_weights && !l.offload_activations && !l.offload_optimizer) return 0;
  const double rate = s.hardware.host_one_way->base();
  const double layers = pass.layers / l.pipeline;
  const KeptActivations& kept = pass.layer_activations;
  double per_micro = 0;
  if (l.offload_weights) {
    const double held = pass.layer_weights.dense + pass.layer_weights.experts;
    per_micro += 2 * kWeightBytes * layers * held;
  }
  if (l.offload_activations) {
    const double layer = l.recompute == Recompute::kFull        ? kept.full
                         : l.recompute == Recompute::kSelective ? kept.selective
                                                                : kept.none;
    per_micro += 2 * layers * layer;
  }
  double once = 0;
  if (l.offload_optimizer) {
    once = optimizer_elements(s, pass, l) * kOptimizerBytes / rate;
  }
  return micro * std::max(0.0, per_micro / rate - stage) + once;
}

void spread(const Work& work, double times, StepTime& time) {
  time.forward += times * work.forward;
  time.backward += times * (work.backward + work.weight);
  time.recompute += times * work.recompute;
  time.tensor += times * work.tensor;
  time.context += times * work.context;
  time.expert += times * work.expert;
  time.host += times * work.host;
}

}  // namespace

StepTime step_time(const TrainingSubject& s, const TrainingPass& pass, const TrainingLayout& l) {
  const double micro = micro_batches(s.job, l);
  ASSAY_ASSERT(micro >= 1);
  const Pipeline pipeline = pipeline_work(s, pass, l);
  const DataWork data = data_work(s, pass, l, pipeline.mean);
  StepTime time;
  spread(pipeline.slowest, micro, time);
  // FSDP: the longer of computing and gathering, and a share of the shorter one.
  const double stage = pipeline.slowest.total();
  const double gathered = soft_max(stage, data.per_micro) - stage +
                          s.stack.shard_exposed * std::min(stage, data.per_micro);
  time.data = (data.per_micro > 0 ? micro * gathered : 0) + data.exposed;
  time.bubble = bubble(l, pipeline.mean);
  time.pipeline = pipeline_wait(s, pass, l, micro);
  time.optimizer = optimizer_seconds(s, pass, l);
  time.offload = offload_seconds(s, pass, l, micro, stage);
  time.host += s.stack.step_host.base();
  time.total = time.forward + time.backward + time.recompute + time.tensor + time.context +
               time.expert + time.pipeline + time.data + time.bubble + time.optimizer +
               time.offload + time.host;
  return time;
}

TrainingStep training_step(const TrainingSubject& s, const TrainingPass& pass,
                           const TrainingLayout& l) {
  TrainingStep step{.time = step_time(s, pass, l),
                    .memory = training_memory(s, pass, l),
                    .fits = false,
                    .mfu = 0};
  step.fits = step.memory.total() <= s.hardware.memory_usable.base();
  const double tokens = 1.0 * s.job.batch * s.job.sequence;
  step.mfu = tokens * pass.model_flops / (step.time.total * l.accelerators() * pass.peak);
  return step;
}

Result<TrainingStep> predict_step(const TrainingSubject& subject, const TrainingLayout& layout) {
  const Result<bool> can = trainable(subject, layout);
  if (!can) return tl::unexpected{can.error()};
  return training_step(subject, training_pass(subject, shard_shape(layout)), layout);
}

}  // namespace assay::model
