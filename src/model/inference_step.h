// inference_step.h — time of one decode iteration and of one prefill, from operators and a
// roofline. Per replica of `tensor` accelerators. Each operator is a value one can list: FLOPs,
// bytes, time, bound. Equations: docs/models.md, "Inference step". Pure; thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/interval.h"
#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "catalog/format.h"
#include "catalog/language_model.h"
#include "model/deployment.h"
#include "model/hardware.h"

namespace assay::model {

enum class Bound : unsigned char { kCompute, kMemory, kLink, kOverhead };
std::string_view name(Bound bound);

enum class OperatorKind : unsigned char {
  kAttentionProjections,
  kAttention,  // softmax over the cache, or what a linear layer does with its state
  kDenseFfn,
  kRoutedExperts,
  kSharedExperts,
  kLanguageHead,
  kElementwise,  // norms, residuals, rotary embedding, activation functions
  kAllReduce,
  kExpertExchange,  // tokens to their experts' ranks and back
  kPipeline,        // activations to the next stage
  kDrafts,
  kLayerOverhead,
  kStepOverhead
};
inline constexpr std::size_t kOperatorKinds = 13;
std::string_view name(OperatorKind kind);  // "attention projections", "routed experts", …

// One operator summed over its layers, per accelerator.
struct Operator {
  OperatorKind kind{};
  Flops flops;
  Bytes bytes;  // from memory, or sent over the link for collectives
  Seconds time;
  Bound bound{};
};

struct Step {
  std::array<Operator, kOperatorKinds>
      operators;  // in the order of OperatorKind; what a model lacks takes no time
  Seconds time;   // sum over operators
  Bound bound{};  // of the class that takes most of it
  const Operator& operator[](OperatorKind kind) const {
    return operators[static_cast<std::size_t>(kind)];
  }
};

// Share of the step in which matrices or memory work: the rest are launches, host work and
// collectives.
double busy_share(const Step& step);

// Both steps need a deployment that is runnable() (runnable.h).
// One iteration that decodes one token for `sequences`, each with `context` tokens before it.
Step decode_step(const catalog::LanguageModel& model, const Hardware& hardware,
                 const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                 double sequences, double context);

// One pass over `sequences` prompts of `tokens` each.
Step prefill_step(const catalog::LanguageModel& model, const Hardware& hardware,
                  const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                  double sequences, double tokens);

}  // namespace assay::model
