// training_stages.h — how many layers a pipeline's ranks have. Equal shares where they divide; else
// embedding and output table each in the place of a layer, where that divides (Megatron-LM's
// --account-for-embedding-in-pipeline-split, --account-for-loss-in-pipeline-split); else shares
// rounded up to whole layers of a chunk, the fullest rank's. Pure; part of the search's hot path.
#pragma once

#include <algorithm>

#include "model/training_job.h"

namespace assay::model {

struct StageLayers {
  double inner{}, end{};  // of a rank that holds neither end, and of the first and the last
  bool divides{};         // all ranks have equal shares, the last one the output table besides
  bool ends_count{};      // embedding and output table stand for a layer each
};

inline StageLayers stage_layers(int layers, const TrainingLayout& layout) {
  const int virtual_stages = std::max(1, layout.virtual_stages);
  const int chunks = layout.pipeline * virtual_stages;
  if (layers % chunks == 0) {
    const double each = 1.0 * layers / layout.pipeline;
    return {.inner = each, .end = each, .divides = true, .ends_count = false};
  }
  if ((layers + 2) % chunks == 0) {
    const double each = 1.0 * (layers + 2) / layout.pipeline;
    return {.inner = each, .end = each - 1, .divides = false, .ends_count = true};
  }
  const double up = 1.0 * ((layers + chunks - 1) / chunks) * virtual_stages;
  return {.inner = up, .end = up, .divides = false, .ends_count = false};
}

}  // namespace assay::model
