#include "search/training_work.h"

#include <algorithm>
#include <span>

#include "base/assert.h"
#include "model/training_operators.h"

namespace assay::search {

namespace {

using model::TrainingOperator;

// Passes of an operator in one step: forward, gradients of inputs and of weights, once more.
struct Passes {
  double all{}, attention{}, elementwise{};
};

// The fused backward kernel of attention multiplies five times where the forward one does twice
// (Dao 2023); element-wise kernels read and write twice as much backward.
Passes passes_of(const model::TrainingLayout& layout, const model::TrainingPass& pass) {
  double again = 0;  // share of the layers' forward pass that is repeated
  if (layout.recompute == model::Recompute::kFull) {
    const double chunk = pass.layers / (1.0 * layout.pipeline * layout.virtual_stages);
    again = layout.recompute_layers > 0 ? std::min(1.0, layout.recompute_layers / chunk) : 1.0;
  }
  const double core = layout.recompute == model::Recompute::kSelective ? 1.0 : again;
  return {.all = again, .attention = 3.5 + core, .elementwise = 3.0 + again};
}

// Of one micro-batch through one layer, or through the end of the model.
void add(StepWork& work, std::span<const TrainingOperator> operators, const Passes& passes,
         double count, bool sixteen) {
  for (const TrainingOperator& op : operators) {
    switch (op.kind) {
      case model::TrainingOperatorKind::kMatrix: {
        const double gradients = 1 + (op.backward_weight > 0 ? 1 : 0);
        const double flops = count * op.forward_flops * (1 + gradients + passes.all);
        (sixteen ? work.sixteen : work.layers) += flops;
        break;
      }
      case model::TrainingOperatorKind::kAttention:
        work.sixteen += count * op.forward_flops * passes.attention;
        break;
      case model::TrainingOperatorKind::kElementwise:
        work.bytes += count * op.forward_bytes * passes.elementwise;
        break;
      case model::TrainingOperatorKind::kTensor:
      case model::TrainingOperatorKind::kContext:
      case model::TrainingOperatorKind::kExpert:
        break;
    }
  }
}

}  // namespace

StepWork step_work(const model::TrainingSubject& subject, const model::TrainingPass& pass,
                   const model::TrainingLayout& layout) {
  const int micro = model::micro_batches(subject.job, layout);
  ASSAY_ASSERT(micro >= 1);
  const model::ShardShape shape = model::shard_shape(layout);
  const Passes passes = passes_of(layout, pass);
  StepWork work;
  for (const catalog::Block& block : subject.model.blocks) {
    add(work, model::layer_operators(subject, block, shape), passes, block.count, false);
  }
  add(work, model::output_operators(subject, shape), {.attention = 3.5, .elementwise = 3.0}, 1,
      true);
  const double weights = pass.layers * (pass.layer_weights.dense + pass.layer_weights.experts) +
                         pass.output_weights.dense + pass.output_weights.experts;
  constexpr double kWeightBytes = 2;
  work.bytes += kWeightBytes * weights * (3 + passes.all);
  const double runs = 1.0 * micro / layout.pipeline;
  return {work.layers * runs, work.sixteen * runs, work.bytes * runs};
}

}  // namespace assay::search
