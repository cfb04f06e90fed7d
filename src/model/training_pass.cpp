#include <algorithm>

#include "catalog/model_size.h"
#include "model/tensor_split.h"
#include "model/training_activations.h"
#include "model/training_network.h"
#include "model/training_operators.h"
#include "model/training_step.h"

namespace assay::model {

namespace {

using catalog::Block;
using catalog::MoeFfn;

// The host launches about one and a half times as many kernels backward as forward.
constexpr double kHostBackward = 1.5;

// Exposed communication, arithmetic and memory of some operators.
PassTime sum(const TrainingSubject& subject, const std::vector<TrainingOperator>& operators,
             ContextComm comm) {
  PassTime time;
  double attention = 0, attention_backward = 0, context = 0, context_backward = 0;
  for (const TrainingOperator& op : operators) {
    switch (op.kind) {
      case TrainingOperatorKind::kTensor:
        time.tensor += subject.stack.tensor_exposed * op.forward;
        break;
      case TrainingOperatorKind::kExpert:
        time.expert += subject.stack.expert_exposed * op.forward;
        break;
      case TrainingOperatorKind::kContext:
        context += op.forward;
        context_backward += op.backward;
        break;
      case TrainingOperatorKind::kAttention:
        attention += op.forward;
        attention_backward += op.backward;
        [[fallthrough]];
      case TrainingOperatorKind::kMatrix:
      case TrainingOperatorKind::kElementwise:
        time.forward += op.forward;
        time.backward += op.backward;
        time.backward_weight += op.backward_weight;
    }
  }
  time.core = attention;
  // Scores are computed while the next keys and values of a ring arrive; heads are exchanged before
  // and after them.
  const bool ring = comm == ContextComm::kRing;
  time.context = ring ? soft_max(attention, context) - attention : context;
  time.context_backward =
      ring ? soft_max(attention_backward, context_backward) - attention_backward : context_backward;
  return time;
}

void add_host(const TrainingSubject& subject, bool experts, PassTime& t) {
  const double host =
      subject.stack.layer_host.base() + (experts ? subject.stack.expert_host.base() : 0);
  const double forward = t.forward + t.tensor + t.context + t.expert;
  const double backward = t.backward + t.backward_weight + t.tensor + t.context_backward + t.expert;
  t.host_forward = soft_max(forward, host) - forward;
  t.host_backward = soft_max(backward, kHostBackward * host) - backward;
}

void add(PassTime& to, const PassTime& t, double times) {
  to.forward += times * t.forward;
  to.backward += times * t.backward;
  to.backward_weight += times * t.backward_weight;
  to.core += times * t.core;
  to.tensor += times * t.tensor;
  to.context += times * t.context;
  to.expert += times * t.expert;
  to.context_backward += times * t.context_backward;
  to.host_forward += times * t.host_forward;
  to.host_backward += times * t.host_backward;
}

// Of two thin matrices beside each matrix of a layer, on one rank.
double adapter_elements(const std::vector<TrainingOperator>& operators, double tokens) {
  double elements = 0;
  for (const TrainingOperator& op : operators) {
    if (op.name == "adapter") elements += op.forward_flops / (2 * tokens);
  }
  return elements;
}

void add_weights(const TrainingSubject& subject, const Block& block, const ShardShape& shape,
                 double adapters, double share, RankWeights& to) {
  const catalog::LayerWeights w = catalog::layer_weights(subject.model, block);
  const double tensor = shape.tensor;
  const double dense = (w.mixer + w.ffn) / tensor + w.router + w.other +
                       replicated_elements(block.mixer, subject.model.hidden, tensor);
  const double experts = (w.routed + w.biases_routed) / (1.0 * shape.expert * shape.expert_tensor);
  const bool frozen = subject.job.lora_rank > 0;
  to.dense += share * dense;
  to.experts += share * experts;
  to.trained_dense += share * (frozen ? adapters : dense);
  to.trained_experts += frozen ? 0 : share * experts;
}

void set_ends(const TrainingSubject& subject, const ShardShape& shape, TrainingPass& pass) {
  const double table =
      1.0 * subject.model.vocabulary * subject.model.hidden / std::max(shape.tensor, 1);
  const double trained = subject.job.lora_rank > 0 ? 0 : table;
  pass.embedding_weights = {
      .dense = table, .experts = 0, .trained_dense = trained, .trained_experts = 0};
  pass.output_weights = pass.embedding_weights;
}

// 6 operations a multiplied weight and token and half of the attention (causal): Megatron-LM's
// num_floating_point_operations. Frozen weights have no gradient: 4.
double model_flops(const TrainingSubject& subject) {
  const double context =
      subject.job.attended > 0 ? subject.job.attended : subject.job.sequence / 2.0;
  const double pass = catalog::flops_per_token(subject.model, context).base();
  return (subject.job.lora_rank > 0 ? 2 : 3) * pass;
}

// Layers of a block and, of the last one, those of multi-token prediction, which are like it
// (DeepSeek-V3, arXiv:2412.19437, section 2.2).
double layers_of(const TrainingSubject& subject, const Block& block) {
  return block.count + (&block == &subject.model.blocks.back() ? subject.job.mtp_layers : 0);
}

}  // namespace

TrainingSubject::TrainingSubject(const catalog::LanguageModel& m, const Hardware& h,
                                 const catalog::TrainingTable& t, TrainingJob j)
    : model{m},
      hardware{h},
      table{t},
      job{std::move(j)},
      family{t.family(h.family, h.accelerator)},
      stack{t.stack(job.stack)},
      link{t.link(h.link.kind)},
      network{t.link(LinkKind::kNetwork)} {}

ShardShape shard_shape(const TrainingLayout& layout) {
  return {.tensor = layout.tensor,
          .context = layout.context,
          .expert = layout.expert,
          .expert_tensor = layout.expert_tensor,
          .micro_batch = layout.micro_batch,
          .sequence_parallel = layout.sequence_parallel,
          .context_comm = layout.context_comm};
}

TrainingPass training_pass(const TrainingSubject& subject, const ShardShape& shape) {
  TrainingPass pass;
  pass.layers = subject.model.layers() + subject.job.mtp_layers;
  const double tokens = rank_tokens(subject, shape);
  for (const Block& block : subject.model.blocks) {
    const double share = layers_of(subject, block) / pass.layers;
    const auto operators = layer_operators(subject, block, shape);
    PassTime time = sum(subject, operators, shape.context_comm);
    add_host(subject, std::holds_alternative<MoeFfn>(block.ffn), time);
    add(pass.layer, time, share);
    add_weights(subject, block, shape, adapter_elements(operators, tokens), share,
                pass.layer_weights);
    const KeptActivations kept = kept_activations(subject, block, shape);
    pass.layer_activations.none += share * kept.none;
    pass.layer_activations.selective += share * kept.selective;
    pass.layer_activations.full += share * kept.full;
  }
  pass.peak_working = working_bytes(subject, shape);
  add(pass.output, sum(subject, output_operators(subject, shape), shape.context_comm),
      1 + subject.job.mtp_layers);
  pass.output_activations = output_activations(subject, shape);
  pass.boundary_bytes =
      2.0 * tokens * subject.model.hidden / (shape.sequence_parallel ? shape.tensor : 1);
  pass.model_flops = model_flops(subject);
  pass.peak = dense_peak(subject).base();
  set_ends(subject, shape, pass);
  return pass;
}

}  // namespace assay::model
