#include "evidence/training_tier.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/assert.h"
#include "evidence/training_configuration.h"

namespace assay::evidence {
namespace {

constexpr std::string_view kUnknownStack = "unknown";  // of data/training.yaml
// Assumed: no measurement says by how much a family that was never measured is farther off.
constexpr double kNewArchitecture = 1.5;
// Of a table without intervals at all; assumed.
constexpr TierWidth kUnknownWidth{.half_width_80 = 0.4, .half_width_90 = 0.6};

std::string_view class_name(bool experts) { return experts ? "moe" : "dense"; }

const catalog::TrainingInterval* interval(const catalog::TrainingTable& table, TrainingTier tier,
                                          bool experts) {
  return table.interval(std::string{name(tier)} + " " + std::string{class_name(experts)});
}

}  // namespace

std::string_view name(TrainingTier tier) {
  constexpr std::array<std::string_view, 3> kNames{"seen", "unseen", "new architecture"};
  return kNames[static_cast<std::size_t>(tier)];
}

TrainingKind kind_of(const ResolvedTraining& r) {
  return {.family = r.hardware->family,
          .stack = r.stack,
          .experts = catalog::is_mixture_of_experts(*r.model),
          .format = r.job.format};
}

SeenTraining seen_training(std::span<const TrainingMeasurement> rows,
                           std::span<const TrainingCase> cases) {
  const std::vector<std::size_t> configurations = training_configurations(rows, cases);
  SeenTraining seen;
  std::set<std::size_t> counted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!tells(rows[i], cases[i]) || !counted.insert(configurations[i]).second) continue;
    ++seen[kind_of(*cases[i])];
  }
  return seen;
}

TrainingTier tier_of(const TrainingKind& kind, const SeenTraining& seen, OwnRow own) {
  const auto found = seen.find(kind);
  const int needed = own == OwnRow::kYes ? 2 : 1;
  const bool same_software = kind.stack != kUnknownStack;  // of two that nobody knows
  if (same_software && found != seen.end() && found->second >= needed) return TrainingTier::kSeen;
  const bool family = std::ranges::any_of(
      seen, [&](const auto& entry) { return entry.first.family == kind.family; });
  return family ? TrainingTier::kUnseen : TrainingTier::kNewArchitecture;
}

std::string tier_name(TrainingTier tier, const TrainingKind& kind) {
  return std::string{name(tier)} + " " + std::string{class_name(kind.experts)};
}

TierWidth tier_width(TrainingTier tier, const TrainingKind& kind,
                     const catalog::TrainingTable& table) {
  if (const auto* own = interval(table, tier, kind.experts); own != nullptr) {
    return {.half_width_80 = own->half_width_80, .half_width_90 = own->half_width};
  }
  const double wider = tier == TrainingTier::kNewArchitecture ? kNewArchitecture : 1;
  for (const auto& [other, experts] :
       {std::pair{TrainingTier::kUnseen, kind.experts}, std::pair{TrainingTier::kUnseen, true}}) {
    if (const auto* next = interval(table, other, experts); next != nullptr) {
      return {.half_width_80 = wider * next->half_width_80,
              .half_width_90 = wider * next->half_width};
    }
  }
  return kUnknownWidth;
}

void add_tiers(std::span<const TrainingCase> cases, const SeenTraining& seen, OwnRow own,
               const catalog::TrainingTable& table, std::span<Prediction> predictions) {
  ASSAY_ASSERT(cases.size() == predictions.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i]) continue;
    const ResolvedTraining& r = *cases[i];
    const TrainingKind kind = kind_of(r);
    const TrainingTier tier = tier_of(kind, seen, own);
    const TierWidth width = tier_width(tier, kind, table);
    Prediction& p = predictions[i];
    p.model_class = r.model_class;
    p.family = r.hardware->family;
    p.engine = r.stack;
    p.regime = tier_name(tier, kind);
    p.half_width_80 = width.half_width_80;
    p.half_width_90 = width.half_width_90;
  }
}

}  // namespace assay::evidence
