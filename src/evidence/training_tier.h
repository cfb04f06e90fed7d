// training_tier.h — how much the fit of data/training.yaml knows of a training row, and with it the
// interval of its prediction. Seen: the accelerator's family, the software stack, the precision and
// the class of model occur together in the measurements that the constants were fitted to; of one
// of those measurements itself, in another configuration than its own. Unseen: they do not. New
// architecture: nor does the family. docs/validation.md, "Training". Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/training_table.h"
#include "evidence/prediction.h"
#include "evidence/training_measurement.h"
#include "evidence/training_predict.h"

namespace assay::evidence {

enum class TrainingTier : std::uint8_t { kSeen, kUnseen, kNewArchitecture };
std::string_view name(TrainingTier tier);  // "seen", "unseen", "new architecture"

// What a fit tells apart.
struct TrainingKind {
  std::string family, stack;
  bool experts{};  // a mixture of them, hybrids among these
  model::TrainingFormat format{};
  friend auto operator<=>(const TrainingKind&, const TrainingKind&) = default;
};
TrainingKind kind_of(const ResolvedTraining& resolved);

// Number of configurations of each kind.
using SeenTraining = std::map<TrainingKind, int>;
// Rows that are doubted or tell nothing of a step do not count.
SeenTraining seen_training(std::span<const TrainingMeasurement> rows,
                           std::span<const TrainingCase> cases);

// Whether the row that is asked about is among those that were counted.
enum class OwnRow : std::uint8_t { kNo, kYes };
TrainingTier tier_of(const TrainingKind& kind, const SeenTraining& seen, OwnRow own);

// "seen dense", "new architecture moe"
std::string tier_name(TrainingTier tier, const TrainingKind& kind);

// Half-widths of a tier, from the table. A tier that it does not have takes the next wider one it
// has, a new architecture half as much again as an unseen row.
struct TierWidth {
  double half_width_80{}, half_width_90{};
};
TierWidth tier_width(TrainingTier tier, const TrainingKind& kind,
                     const catalog::TrainingTable& table);

// Puts regime and half-widths on the predictions of resolved rows, and on refused ones what is
// known of them.
void add_tiers(std::span<const TrainingCase> cases, const SeenTraining& seen, OwnRow own,
               const catalog::TrainingTable& table, std::span<Prediction> predictions);

}  // namespace assay::evidence
