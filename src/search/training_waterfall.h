// training_waterfall.h — from the peak to the MFU of a step: what each cause takes, in seconds and
// in points of MFU. The seconds add up to the step's, the points to the peak less the MFU.
// Pure. Equation: docs/models.md, "Training".
#pragma once

#include <string>
#include <vector>

#include "model/training_fit.h"
#include "model/training_step.h"

namespace assay::search {

struct WaterfallStep {
  std::string name;  // "recompute", "pipeline bubble", …
  double seconds{};
  double mfu{};  // lost: a share of the peak
};

struct TrainingWaterfall {
  double ideal{};  // s: the model's operations at the peak
  double mfu{};    // what is left, as the step's
  // In the order in which a reader thinks of them: arithmetic below the peak, what is done again,
  // communication, waiting, the end of the step. Only what takes time.
  std::vector<WaterfallStep> losses;
};

// `pass`: of the layout's shape.
TrainingWaterfall training_waterfall(const model::TrainingSubject& subject,
                                     const model::TrainingPass& pass,
                                     const model::TrainingLayout& layout,
                                     const model::TrainingStep& step);

// What makes a layout fit that does not, nearest first (model/training_fit.h). Passes are computed
// once for each shape.
std::vector<model::TrainingFix> fixes_of(const model::TrainingSubject& subject,
                                         const model::TrainingLayout& layout);

}  // namespace assay::search
