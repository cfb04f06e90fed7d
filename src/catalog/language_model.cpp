#include "catalog/language_model.h"

#include <algorithm>

namespace assay::catalog {

int LanguageModel::layers() const {
  int sum = 0;
  for (const Block& block : blocks) sum += block.count;
  return sum;
}

bool is_mixture_of_experts(const LanguageModel& model) {
  return std::any_of(model.blocks.begin(), model.blocks.end(),
                     [](const Block& block) { return std::holds_alternative<MoeFfn>(block.ffn); });
}

}  // namespace assay::catalog
