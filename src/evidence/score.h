// score.h — how far predictions of inference are from measurements, and how often their intervals
// hold them, by metric and what it is crossed with. What a score is: group_score.h. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evidence/group_score.h"
#include "evidence/measurement.h"
#include "evidence/prediction.h"
#include "evidence/ratio_score.h"

namespace assay::evidence {

struct Cell {  // one metric × scenario × class × family × engine × regime
  std::string metric, scenario, model_class, family, engine, regime;
  Score score;
  double half_width{};  // of the 90 % interval, median over rows
};

struct Report {
  int rows{}, groups{}, refused{};  // refused: rows
  int suspect{};                    // rows that their collector doubts: in `rows`, in no score
  int impossible{};                 // rows beyond what the data sheet allows
  int assumed_layouts{};            // predicted rows that do not state how the model is laid out
  int excepted_groups{};  // wholly unresolved, impossible or unmodelled: at most 3 % may be
  std::vector<NamedScore> by_metric;
  // Each crossed with the metric: "tpot_ms dense".
  std::vector<NamedScore> by_class, by_family, by_engine, by_scenario;
  std::vector<Cell> cells;
  RatioScore ratios;                   // of two accelerators, same software
  std::vector<RefusalCount> refusals;  // most rows first
  std::vector<Point> points;
};

// One prediction for each measurement, in order. `ratio_half_width`: of a ratio's 90 % interval.
Report score(std::span<const Measurement> measurements, std::span<const Prediction> predictions,
             double ratio_half_width);

}  // namespace assay::evidence
