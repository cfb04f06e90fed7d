// ratio_score.h — how well the ratio of two accelerators is predicted where a source ran the same
// model in the same way with the same software on both. Errors that both share cancel, so this is
// what a comparison may claim. A pair of rows differs in the accelerator alone; a group is (source,
// pair of accelerators, model). TTFT in queues is left out: it tells of the load, not of the
// accelerator. docs/validation.md. Pure.
#pragma once

#include <span>

#include "evidence/measurement.h"
#include "evidence/prediction.h"

namespace assay::evidence {

struct RatioScore {
  int pairs{}, groups{};
  double median_ape{}, p90_ape{};  // of the ratio, over groups; fractions
  double order_right{};            // share of pairs whose faster one is predicted faster
  double cover_90{};               // mean over groups of the share inside ratio·exp(±half_width)
};

// Pairs whose measured ratio is within 2 % of one have no order. `half_width`: of the ratio.
RatioScore score_ratios(std::span<const Measurement> measurements,
                        std::span<const Prediction> predictions, double half_width);

}  // namespace assay::evidence
