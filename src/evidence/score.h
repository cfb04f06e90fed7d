// score.h — how far predictions are from measurements, and how often their intervals hold them.
// A row's error is |predicted/measured − 1|. A group is (source, accelerator, model); its error is
// the median over its rows, and medians and 90th percentiles run over groups, so that a source with
// a thousand rows counts as much as one with ten. A refused group counts as 100 %, except those
// whose every row is unresolved, impossible or declared unmodelled. docs/validation.md. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "evidence/measurement.h"
#include "evidence/prediction.h"
#include "evidence/ratio_score.h"

namespace assay::evidence {

// Not-a-number where no group is predicted: then there is neither a ratio nor a share.
struct Score {
  int groups{}, refused_groups{};  // `groups` are all that count, the refused among them
  double median_ape{}, p90_ape{};  // fractions
  double bias{};                   // median over groups of the median of predicted/measured, less 1
  double cover_80{}, cover_90{};   // mean over groups of the share of rows inside
};

struct NamedScore {
  std::string name;
  Score score;
};

struct Cell {  // one metric × scenario × class × family × engine × regime
  std::string metric, scenario, model_class, family, engine, regime;
  Score score;
  double half_width{};  // of the 90 % interval, median over rows
};

struct Point {  // a predicted row
  std::string metric;
  double measured{}, predicted{};
};

struct RefusalCount {
  std::string kind, why;  // "unresolved", "unknown accelerator 'arc-pro-b70'"
  int rows{};
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
