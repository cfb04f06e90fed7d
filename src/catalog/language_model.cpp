#include "catalog/language_model.h"

namespace assay::catalog {

int LanguageModel::layers() const {
  int sum = 0;
  for (const Block& block : blocks) sum += block.count;
  return sum;
}

}  // namespace assay::catalog
