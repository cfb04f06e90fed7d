// training_score.h — how far predictions of training are from measurements: by tier, class, source,
// accelerator and stack. Groups and what a score is: group_score.h. Replicates of one configuration
// are one row with the mean of their log errors. Bias is of speed, whatever a row measured: above 0
// predictions are too fast. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evidence/group_score.h"
#include "evidence/training_measurement.h"
#include "evidence/training_predict.h"

namespace assay::evidence {

// What looks wrong with rows: training_findings.h.
struct FoundRows {
  std::vector<std::string> ids;
};

struct TrainingReport {
  int rows{}, groups{}, refused{};  // refused: rows
  int suspect{};                    // rows that are doubted: in `rows`, in no score
  int impossible{};                 // rows beyond what the data sheet allows
  int assumed_layouts{};            // predicted rows that do not state the whole layout
  int excepted_groups{};            // wholly unresolved, impossible or unmodelled
  Score all;
  std::vector<NamedScore> by_tier;  // "seen dense"
  std::vector<NamedScore> by_class, by_source, by_accelerator, by_stack;
  std::vector<RefusalCount> refusals;  // most rows first
  std::vector<Point> points;           // of predicted rows, all as tokens/s of one accelerator
  std::vector<FoundRows> duplicates, composed;
};

// One prediction, with its tier (training_tier.h), and one case for each row, in order.
TrainingReport score_training(std::span<const TrainingMeasurement> rows,
                              std::span<const TrainingCase> cases,
                              std::span<const Prediction> predictions);

}  // namespace assay::evidence
