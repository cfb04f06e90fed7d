// memory_fit.h — what one accelerator's memory holds: weights, activations, engine reserve, and KV
// cache in what is left. Formula as engines use it: usable × memory_share − weights − activation
// peak − reserve (docs/models.md, "Memory"). Pure.
#pragma once

#include <string>

#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "model/hardware.h"
#include "model/inference_step.h"

namespace assay::model {

struct MemoryFit {
  Bytes usable;       // of one accelerator
  Bytes weights;      // per accelerator, after tensor parallelism (what is replicated counts whole)
  Bytes activations;  // peak of one prefill of `prefill_tokens`
  Bytes reserve;      // engine's own, and the share it leaves free
  Bytes kv_available;  // negative: does not fit; then by how much
  double kv_tokens{};  // tokens of context that one replica holds, 0 when it does not fit
  bool fits() const { return kv_available.base() > 0; }
};

// `context` is the length that kv_tokens is counted at: windowed layers hold no more than their
// window.
MemoryFit memory_fit(const catalog::LanguageModel& model, const Hardware& hardware,
                     const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                     double prefill_tokens, double context);

// Why a request of `length` tokens does not fit, with the figures.
std::string memory_shortage(const MemoryFit& fit, const Deployment& deployment, double length);

// Bytes of KV cache that one accelerator holds for one sequence of `context` tokens. KV heads
// divide at most as many ways as there are; a latent cache is whole on every accelerator.
Bytes kv_bytes_per_accelerator(const catalog::LanguageModel& model, const Deployment& deployment,
                               double context);

}  // namespace assay::model
