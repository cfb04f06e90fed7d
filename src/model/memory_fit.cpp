#include "model/memory_fit.h"

#include <algorithm>

#include "base/assert.h"
#include "catalog/model_size.h"
#include "model/tensor_split.h"

namespace assay::model {

namespace {

using catalog::GroupedQueryAttention;
using catalog::LanguageModel;
using catalog::LatentAttention;

// Bytes of one accelerator beyond an even share of the replica's weights.
Bytes replicated_bytes(const LanguageModel& model, const Deployment& deployment) {
  const bool published = as_published(model, deployment);
  double bits = 0;
  for (const catalog::Block& block : model.blocks) {
    const catalog::Format format =
        published ? block.stored.mixer.value_or(model.dtype) : deployment.weights;
    bits += replicated_elements(block.mixer, model.hidden, deployment.tensor) *
            catalog::bits_per_value(format) * block.count;
  }
  return Bytes::from_base(bits / 8.0);
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

Bytes kv_bytes_per_accelerator(const LanguageModel& model, const Deployment& deployment,
                               double context) {
  Bytes total;
  for (const catalog::Block& block : model.blocks) {
    total += catalog::kv_bytes(block.mixer, context, deployment.kv_cache) *
             (block.count / kv_ways(block.mixer, deployment.tensor));
  }
  return total;
}

MemoryFit memory_fit(const LanguageModel& model, const Hardware& hardware,
                     const Deployment& deployment, const catalog::EfficiencyTable& efficiency,
                     double prefill_tokens, double context) {
  ASSAY_ASSERT(deployment.tensor >= 1 && prefill_tokens >= 0 && context >= 0);
  const catalog::EngineOverhead& engine = efficiency.engine(deployment.engine);
  const double tensor = deployment.tensor;
  const Bytes all = as_published(model, deployment)
                        ? catalog::weight_bytes(model)
                        : catalog::weight_bytes(model, deployment.weights);
  const double tokens = engine.tokens_max > 0 ? engine.tokens_max : prefill_tokens;

  MemoryFit fit;
  fit.usable = hardware.memory_usable;
  fit.weights = all / tensor + replicated_bytes(model, deployment);
  fit.activations = activation_peak(model, tensor, tokens, engine.sequences_max);
  fit.reserve = engine.reserve + hardware.memory_usable * (1.0 - engine.memory_share);
  fit.kv_available = fit.usable - fit.weights - fit.activations - fit.reserve;
  const double length = std::max(context, 1.0);
  const Bytes sequence = kv_bytes_per_accelerator(model, deployment, length);
  if (fit.fits() && sequence.base() > 0) fit.kv_tokens = fit.kv_available / sequence * length;
  return fit;
}

}  // namespace assay::model
