#include "model/tensor_split.h"

#include <algorithm>

namespace assay::model {

using catalog::GroupedQueryAttention;
using catalog::LatentAttention;
using catalog::Mixer;

double kv_ways(const Mixer& mixer, double tensor) {
  if (const auto* a = std::get_if<GroupedQueryAttention>(&mixer)) {
    return std::min(tensor, static_cast<double>(a->kv_heads));
  }
  return std::holds_alternative<LatentAttention>(mixer) ? 1.0 : tensor;
}

double replicated_elements(const Mixer& mixer, double hidden, double tensor) {
  const double beyond = 1.0 / kv_ways(mixer, tensor) - 1.0 / tensor;
  if (const auto* a = std::get_if<GroupedQueryAttention>(&mixer)) {
    const double width = a->head_dim + (a->value_is_key ? 0.0 : a->value_head_dim);
    return hidden * a->kv_heads * width * beyond;
  }
  if (const auto* latent = std::get_if<LatentAttention>(&mixer)) {
    const double query = latent->q_lora_rank;
    const double indexer = latent->indexer_heads * (query * latent->indexer_dim + hidden) +
                           (latent->indexer_heads > 0 ? hidden * latent->indexer_dim : 0.0);
    return (hidden * (query + latent->kv_lora_rank + latent->qk_rope_dim) + indexer) * beyond;
  }
  return 0;
}

}  // namespace assay::model
