// training_layout_choice.h — the layout that a published training run is predicted with: the stated
// one; where a row leaves something open, the best that fits with what it does state. Pure.
#pragma once

#include "base/error.h"
#include "catalog/training_table.h"
#include "evidence/training_resolve.h"
#include "model/training_job.h"

namespace assay::evidence {

struct MeasuredLayout {
  model::TrainingLayout layout;
  model::TrainingJob job;  // with its batch, where the row has none
  bool assumed{};          // something of the layout is not the row's
};

Result<MeasuredLayout> measured_layout(const ResolvedTraining& resolved,
                                       const catalog::TrainingTable& table);

}  // namespace assay::evidence
