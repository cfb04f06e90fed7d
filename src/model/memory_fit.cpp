#include "model/memory_fit.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/unit_text.h"
#include "catalog/model_size.h"
#include "model/batch_limits.h"
#include "model/runnable.h"
#include "model/tensor_split.h"

namespace assay::model {

namespace {

using catalog::GroupedQueryAttention;
using catalog::LanguageModel;
using catalog::LatentAttention;

double bits_of(std::optional<catalog::Format> stored, const LanguageModel& model,
               const Deployment& deployment) {
  const catalog::Format format =
      as_published(model, deployment) ? stored.value_or(model.dtype) : deployment.weights;
  return catalog::bits_per_value(format);
}

// Weights of one accelerator. All are cut over tensor parallel ranks, but for what cannot be
// (replicated_elements); routed experts over the attention ranks too; layers over the stages.
Bytes weights_per_accelerator(const LanguageModel& model, const Deployment& deployment) {
  const Bytes all = as_published(model, deployment)
                        ? catalog::weight_bytes(model)
                        : catalog::weight_bytes(model, deployment.weights);
  double routed = 0, replicated = 0;  // bits
  for (const catalog::Block& block : model.blocks) {
    routed += catalog::layer_weights(model, block).routed * block.count *
              bits_of(block.stored.routed, model, deployment);
    replicated += replicated_elements(block.mixer, model.hidden, deployment.tensor) *
                  bits_of(block.stored.mixer, model, deployment) * block.count;
  }
  const Bytes experts = Bytes::from_base(routed / 8);
  return ((all - experts) / deployment.tensor + experts / deployment.stage_accelerators() +
          Bytes::from_base(replicated / 8)) /
         deployment.pipeline;
}

double attention_width(const catalog::Mixer& mixer, double tensor) {
  if (const auto* grouped = std::get_if<GroupedQueryAttention>(&mixer)) {
    const double kv_width = 1.0 * grouped->kv_heads * (grouped->head_dim + grouped->value_head_dim);
    return 2.0 * grouped->heads * grouped->head_dim / tensor + kv_width / kv_ways(mixer, tensor);
  }
  if (const auto* latent = std::get_if<LatentAttention>(&mixer)) {
    return 2.0 * latent->heads / tensor *
           (latent->qk_nope_dim + latent->qk_rope_dim + latent->v_head_dim);
  }
  return 0;
}

double ffn_width(const catalog::Ffn& ffn, double tensor) {
  if (const auto* dense = std::get_if<catalog::DenseFfn>(&ffn)) {
    return (dense->gated ? 3.0 : 2.0) * dense->intermediate / tensor;
  }
  if (const auto* moe = std::get_if<catalog::MoeFfn>(&ffn)) {
    const double each = static_cast<double>(moe->expert_intermediate) * moe->experts_per_token;
    return (moe->gated ? 3.0 : 2.0) * (each + moe->shared_intermediate) / tensor;
  }
  return 0;
}

// Widest intermediate result of one token in one layer, per accelerator, in elements.
double widest(const catalog::Block& block, double tensor) {
  return std::max(attention_width(block.mixer, tensor), ffn_width(block.ffn, tensor));
}

// Peak of one iteration of `tokens`: residual and normalised hidden state, the widest intermediate,
// all in 16 bit, and the logits of every sequence with a sorted copy in fp32.
Bytes activation_peak(const LanguageModel& model, double tensor, double tokens, double sequences) {
  double width = 0;
  for (const catalog::Block& block : model.blocks) width = std::max(width, widest(block, tensor));
  const double layers = tokens * (2.0 * model.hidden + width) * 2.0;
  const double logits = std::min(tokens, sequences) * model.vocabulary * 8.0;
  return Bytes::from_base(layers + logits);
}

}  // namespace

namespace {

// What the engine gives to nothing: docs/models.md, "Memory".
Bytes left_free(const catalog::EngineOverhead& engine, const MemoryFit& fit) {
  const double unused = 1.0 - engine.memory_share;
  switch (engine.memory_rule) {
    case catalog::MemoryRule::kTotal:
      return fit.usable * unused;
    case catalog::MemoryRule::kFree:
      return std::max(fit.usable - fit.weights - fit.activations - engine.reserve, Bytes{}) *
             unused;
    case catalog::MemoryRule::kStatic:  // activations live in it
      return fit.usable * unused - std::min(fit.activations, fit.usable * unused);
  }
  return {};
}

}  // namespace

Bytes kv_bytes_per_accelerator(const LanguageModel& model, const Deployment& deployment,
                               double context) {
  Bytes total;
  for (const catalog::Block& block : model.blocks) {
    total += catalog::kv_bytes(block.mixer, context, deployment.kv_cache) *
             (block.count / kv_ways(block.mixer, deployment.tensor));
  }
  return total / deployment.pipeline;
}

MemoryFit memory_fit(const LanguageModel& model, const Hardware& hardware,
                     const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                     double prefill_tokens, double context) {
  ASSAY_ASSERT(deployment.tensor >= 1 && prefill_tokens >= 0 && context >= 0);
  const catalog::EngineOverhead& engine = efficiency.engine(deployment.engine);
  const BatchLimits limits = batch_limits(engine, hardware);
  const double tokens = limits.tokens > 0 ? limits.tokens : prefill_tokens;

  MemoryFit fit;
  fit.usable = hardware.memory_usable;
  fit.weights = weights_per_accelerator(model, deployment);
  fit.activations = activation_peak(model, deployment.tensor, tokens, limits.sequences);
  fit.reserve = engine.reserve + left_free(engine, fit);
  fit.kv_available = fit.usable - fit.weights - fit.activations - fit.reserve;
  const double length = std::max(context, 1.0);
  const Bytes sequence = kv_bytes_per_accelerator(model, deployment, length);
  if (fit.fits() && sequence.base() > 0) {
    fit.kv_tokens = fit.kv_available / sequence * length * deployment.data;
  }
  return fit;
}

std::string memory_shortage(const MemoryFit& fit, const Deployment& deployment, double length) {
  if (!fit.fits()) {
    return fmt::format(
        "weights need {} per accelerator and the engine {}, {} usable: {} short at {}",
        assay::to_text(fit.weights), assay::to_text(fit.activations + fit.reserve, 3),
        assay::to_text(fit.usable), assay::to_text(-fit.kv_available, 3), layout_text(deployment));
  }
  return fmt::format("the KV cache holds {:.0f} tokens at {}, one request needs {:.0f}",
                     std::floor(fit.kv_tokens), layout_text(deployment), length);
}

}  // namespace assay::model
