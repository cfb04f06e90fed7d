#include "model/inference_step.h"

#include "base/assert.h"
#include "model/step_model.h"

namespace assay::model {

using catalog::LanguageModel;

std::string_view name(Bound bound) {
  switch (bound) {
    case Bound::kCompute:
      return "compute";
    case Bound::kMemory:
      return "memory";
    case Bound::kLink:
      return "link";
    case Bound::kOverhead:
      return "overhead";
  }
  return "";
}

std::string_view name(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kAttentionProjections:
      return "attention projections";
    case OperatorKind::kAttention:
      return "attention";
    case OperatorKind::kDenseFfn:
      return "feed-forward";
    case OperatorKind::kRoutedExperts:
      return "routed experts";
    case OperatorKind::kSharedExperts:
      return "shared experts";
    case OperatorKind::kLanguageHead:
      return "language head";
    case OperatorKind::kElementwise:
      return "element-wise";
    case OperatorKind::kAllReduce:
      return "all-reduce";
    case OperatorKind::kExpertExchange:
      return "expert exchange";
    case OperatorKind::kPipeline:
      return "pipeline hops";
    case OperatorKind::kDrafts:
      return "drafts";
    case OperatorKind::kLayerOverhead:
      return "layer overhead";
    case OperatorKind::kStepOverhead:
      return "step overhead";
  }
  return "";
}

double busy_share(const Step& step) {
  Seconds busy;
  for (const Operator& op : step.operators) {
    if (op.bound == Bound::kCompute || op.bound == Bound::kMemory) busy += op.time;
  }
  return step.time.base() > 0 ? busy / step.time : 0.0;
}

Step decode_step(const LanguageModel& model, const Hardware& hardware, const Deployment& deployment,
                 const catalog::EfficiencyTable& efficiency, double sequences, double context) {
  ASSAY_ASSERT(sequences >= 0 && context >= 0);
  return StepModel{model, hardware, deployment, efficiency}.step(
      {.decode_sequences = sequences, .decode_context = context});
}

Step prefill_step(const LanguageModel& model, const Hardware& hardware,
                  const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                  double sequences, double tokens) {
  ASSAY_ASSERT(sequences >= 0 && tokens >= 0);
  return StepModel{model, hardware, deployment, efficiency}.step(
      {.prefill_tokens = sequences * tokens,
       .prefill_pieces = sequences,
       .prefill_ends = sequences});
}

}  // namespace assay::model
