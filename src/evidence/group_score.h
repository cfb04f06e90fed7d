// group_score.h — errors, bias and coverage over groups of rows, whatever was measured.
// A row's error is |predicted/measured − 1|. A group is (source, accelerator, model); its error is
// the median over its rows, and medians and 90th percentiles run over groups, so that a source with
// a thousand rows counts as much as one with ten. A refused group counts as 100 %, except those
// whose every row is unresolved, impossible or declared unmodelled. docs/validation.md. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/prediction.h"

namespace assay::evidence {

// Not-a-number where no group is predicted: then there is neither a ratio nor a share.
struct Score {
  int groups{}, refused_groups{};  // `groups` are all that count, the refused among them
  double median_ape{}, p90_ape{};  // fractions
  double bias{};                   // median over groups of the median of predicted/measured, less 1
  double cover_80{}, cover_90{};   // mean over groups of the share of rows inside
  int rows{};                      // predicted
};

struct NamedScore {
  std::string name;
  Score score;
};

struct Point {  // a predicted row
  std::string metric;
  double measured{}, predicted{};
};

struct RefusalCount {
  std::string kind, why;  // "unresolved", "unknown accelerator 'arc-pro-b70'"
  int rows{};
};

// One row as scores see it. The names must outlive it.
struct ScoredRow {
  std::string_view source, accelerator, model;
  Refusal refusal{};
  double ratio{};       // predicted/measured
  double bias_ratio{};  // the same, the way round in which biases of all rows add up
  double half_width_80{}, half_width_90{};

  bool predicted() const { return refusal == Refusal::kNone; }
};

Score score_rows(std::span<const ScoredRow> rows);

struct GroupCount {
  int all{}, excepted{};  // excepted: wholly unresolved, impossible or unmodelled
};
GroupCount count_groups(std::span<const ScoredRow> rows);

// By reason, most rows first; predictions among them are left out.
std::vector<RefusalCount> count_refusals(std::span<const Prediction* const> predictions);

}  // namespace assay::evidence
