// training_adapt.h — constants of data/training.yaml adapted to a user's own runs: maximum a
// posteriori, with log-normal priors around the built-in values, by Levenberg and Marquardt's
// method. Of each stack that the runs use: rate of its matrix kernels, passes through memory,
// exposed communication of tensor and data parallelism, host time of a step; of each family and
// format: the share of the peak. What the runs do not tell stays as it was. Pure; equal on every
// machine. Source: Marquardt, SIAM J. Appl. Math. 11 (1963); docs/validation.md, "Training".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalog/training_table.h"
#include "evidence/training_measurement.h"
#include "evidence/training_predict.h"

namespace assay::evidence {

struct AdaptedTrainingConstant {
  std::string name;  // "nemo-25 matrix", "hopper sixteen"
  double factor{1};  // on the built-in value
};

struct AdaptedTraining {
  catalog::TrainingTable table;
  std::vector<AdaptedTrainingConstant> constants;
};

// Rows must be predictable with `table`; one case for each.
AdaptedTraining adapt_training(std::span<const TrainingMeasurement> rows,
                               std::span<const TrainingCase> cases,
                               const catalog::TrainingTable& table, int jobs);

}  // namespace assay::evidence
