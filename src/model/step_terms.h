// step_terms.h — a model's layers on its accelerators → the terms of an iteration's time.
// What each accelerator holds of each matrix, what it reads and multiplies for a row, what it
// sends. Equations: docs/models.md, "Inference step". Pure.
#pragma once

#include <vector>

#include "model/step_model.h"

namespace assay::model {

// The deployment must be runnable().
std::vector<StepTerm> step_terms(const catalog::LanguageModel& model, const Hardware& hardware,
                                 const Deployment& deployment,
                                 const catalog::EfficiencyTable& efficiency);

}  // namespace assay::model
