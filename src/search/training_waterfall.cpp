#include "search/training_waterfall.h"

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "model/trainable.h"
#include "model/training_operators.h"

namespace assay::search {

namespace {

using model::StepTime;
using model::TrainingOperator;
using model::TrainingOperatorKind;
using model::TrainingPass;

// Of one micro-batch on one rank, forward and backward.
struct Kinds {
  double matrix{}, attention{}, elementwise{};  // seconds
  double matrix_flops{}, attention_flops{};     // forward
};

void add(const std::vector<TrainingOperator>& operators, double times, Kinds& sum) {
  for (const TrainingOperator& op : operators) {
    const double seconds = times * (op.forward + op.backward + op.backward_weight);
    if (op.kind == TrainingOperatorKind::kMatrix) {
      sum.matrix += seconds;
      sum.matrix_flops += times * op.forward_flops;
    }
    if (op.kind == TrainingOperatorKind::kAttention) {
      sum.attention += seconds;
      sum.attention_flops += times * op.forward_flops;
    }
    if (op.kind == TrainingOperatorKind::kElementwise) sum.elementwise += seconds;
  }
}

Kinds kinds_of(const model::TrainingSubject& subject, const model::ShardShape& shape) {
  Kinds sum;
  for (const catalog::Block& block : subject.model.blocks) {
    add(model::layer_operators(subject, block, shape), block.count, sum);
  }
  add(model::output_operators(subject, shape), 1, sum);
  return sum;
}

// What forward and backward take beyond the ideal, by kind of operator: each kind has its share of
// their time, and products and attention have the ideal in the proportion of their operations.
struct BelowPeak {
  double matrix{}, attention{}, elementwise{};
};

BelowPeak below_peak(const Kinds& kinds, const StepTime& time, double ideal) {
  const double all = kinds.matrix + kinds.attention + kinds.elementwise;
  const double flops = kinds.matrix_flops + kinds.attention_flops;
  ASSAY_ASSERT(all > 0 && flops > 0);
  const double scale = (time.forward + time.backward) / all;
  const double ideal_attention = ideal * kinds.attention_flops / flops;
  return {.matrix = scale * kinds.matrix - (ideal - ideal_attention),
          .attention = scale * kinds.attention - ideal_attention,
          .elementwise = scale * kinds.elementwise};
}

}  // namespace

TrainingWaterfall training_waterfall(const model::TrainingSubject& subject,
                                     const TrainingPass& pass, const model::TrainingLayout& layout,
                                     const model::TrainingStep& step) {
  const StepTime& time = step.time;
  ASSAY_ASSERT(time.total > 0);
  const double tokens = 1.0 * subject.job.batch * subject.job.sequence;
  TrainingWaterfall fall;
  fall.ideal = tokens * pass.model_flops / (layout.accelerators() * pass.peak);
  fall.mfu = step.mfu;
  const BelowPeak below =
      below_peak(kinds_of(subject, model::shard_shape(layout)), time, fall.ideal);
  const std::array<std::pair<const char*, double>, 13> causes{{
      {"matrix products below the peak", below.matrix},
      {"attention below the peak", below.attention},
      {"element-wise", below.elementwise},
      {"recompute", time.recompute},
      {"tensor communication", time.tensor},
      {"context communication", time.context},
      {"expert communication", time.expert},
      {"pipeline communication", time.pipeline},
      {"data communication", time.data},
      {"pipeline bubble", time.bubble},
      {"optimizer", time.optimizer},
      {"offload", time.offload},
      {"host", time.host},
  }};
  // Each second costs the MFU in proportion to its share of the step: the points of all add up to
  // 1 − MFU, whatever their order.
  for (const auto& [name, seconds] : causes) {
    if (seconds != 0) fall.losses.push_back({name, seconds, seconds / time.total});
  }
  return fall;
}

std::vector<model::TrainingFix> fixes_of(const model::TrainingSubject& subject,
                                         const model::TrainingLayout& layout) {
  std::map<model::ShardShape, TrainingPass> passes;
  return model::nearest_fixes(
      layout, [&](const model::TrainingLayout& l) -> Result<model::TrainingStep> {
        if (const auto can = model::trainable(subject, l); !can) {
          return tl::unexpected{can.error()};
        }
        const model::ShardShape shape = model::shard_shape(l);
        auto found = passes.find(shape);
        if (found == passes.end()) {
          found = passes.emplace(shape, model::training_pass(subject, shape)).first;
        }
        return model::training_step(subject, found->second, l);
      });
}

}  // namespace assay::search
