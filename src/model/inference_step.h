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
#include "model/hardware.h"

namespace assay::model {

// How one replica runs the model.
struct Deployment {
  int tensor{1};  // accelerators that share each layer
  catalog::Format weights{catalog::Format::kBf16};
  catalog::Format activations{catalog::Format::kBf16};  // format the matrices multiply in
  catalog::Format kv_cache{catalog::Format::kBf16};
  std::string engine{"vllm"};
};

enum class Bound : unsigned char { kCompute, kMemory, kLink, kOverhead };
std::string_view name(Bound bound);

enum class OperatorKind : unsigned char {
  kAttentionProjections,
  kAttention,
  kDenseFfn,
  kRoutedExperts,
  kSharedExperts,
  kLanguageHead,
  kAllReduce,
  kLayerOverhead,
  kStepOverhead
};
inline constexpr std::size_t kOperatorKinds = 9;
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

// Both steps need a deployment that is runnable().
// One iteration that decodes one token for `sequences`, each with `context` tokens before it.
Step decode_step(const catalog::LanguageModel& model, const Hardware& hardware,
                 const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                 double sequences, double context);

// One pass over `sequences` prompts of `tokens` each.
Step prefill_step(const catalog::LanguageModel& model, const Hardware& hardware,
                  const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                  double sequences, double tokens);

// Whether the deployment can run at all: heads divide, the hardware multiplies in that format,
// tensor ≤ domain. The error names what binds.
Result<bool> runnable(const catalog::LanguageModel& model, const Hardware& hardware,
                      const Deployment& deployment);

// What a reader should know about how a runnable deployment runs: weights that are dequantised
// because the hardware does not multiply in their format, KV heads that are replicated.
std::vector<std::string> deployment_notes(const catalog::LanguageModel& model,
                                          const Hardware& hardware, const Deployment& deployment);

// Whether the weights are stored as published: then the published scheme says which of them are
// quantised.
bool as_published(const catalog::LanguageModel& model, const Deployment& deployment);

}  // namespace assay::model
