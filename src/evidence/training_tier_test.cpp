#include "evidence/training_tier.h"

#include <gtest/gtest.h>

#include "evidence/training_configuration.h"
#include "evidence/training_test_support.h"

namespace assay::evidence {
namespace {

const TrainingKind kHopper{.family = "hopper", .stack = "nemo-25", .experts = false, .format = {}};

TEST(TrainingTier, IsSeenWhereFamilyStackPrecisionAndClassOccurTogether) {
  const SeenTraining seen{{kHopper, 1}};
  EXPECT_EQ(tier_of(kHopper, seen, OwnRow::kNo), TrainingTier::kSeen);
  TrainingKind other = kHopper;
  other.experts = true;
  EXPECT_EQ(tier_of(other, seen, OwnRow::kNo), TrainingTier::kUnseen);
  other = kHopper;
  other.format = model::TrainingFormat::kFp8;
  EXPECT_EQ(tier_of(other, seen, OwnRow::kNo), TrainingTier::kUnseen);
  other = kHopper;
  other.stack = "maxtext";
  EXPECT_EQ(tier_of(other, seen, OwnRow::kNo), TrainingTier::kUnseen);
  other.family = "gaudi";
  EXPECT_EQ(tier_of(other, seen, OwnRow::kNo), TrainingTier::kNewArchitecture);
}

TEST(TrainingTier, SoftwareThatNobodyKnowsIsNotSeen) {
  TrainingKind kind = kHopper;
  kind.stack = "unknown";
  EXPECT_EQ(tier_of(kind, {{kind, 9}}, OwnRow::kNo), TrainingTier::kUnseen);
}

TEST(TrainingTier, AFittedRowIsSeenOnlyInAnotherConfigurationThanItsOwn) {
  EXPECT_EQ(tier_of(kHopper, {{kHopper, 1}}, OwnRow::kYes), TrainingTier::kUnseen);
  EXPECT_EQ(tier_of(kHopper, {{kHopper, 2}}, OwnRow::kYes), TrainingTier::kSeen);
}

TEST(TrainingTier, ReplicatesAreOneConfigurationAndDoubtedRowsNone) {
  std::vector<TrainingMeasurement> rows{small_run("a", 12000), small_run("b", 12100),
                                        small_run("c", 12200), small_run("d", 9000)};
  rows[1].framework = "NeMo 25.07";  // the same generation
  rows[2].batch = 256;
  rows[3].batch = 512;
  rows[3].notes.suspect = true;
  const auto cases = resolved(rows);
  EXPECT_EQ(training_configurations(rows, cases), (std::vector<std::size_t>{0, 0, 1, 2}));
  const SeenTraining seen = seen_training(rows, cases);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.begin()->second, 2);
  EXPECT_EQ(seen.begin()->first, kHopper);
}

TEST(TrainingTier, ATierThatWasNotMeasuredTakesTheNextWiderOne) {
  catalog::TrainingTable table;
  EXPECT_GT(tier_width(TrainingTier::kSeen, kHopper, table).half_width_90, 0.5);
  table.intervals.push_back(
      {.tier = "unseen dense", .half_width = 0.4, .half_width_80 = 0.3, .groups = 9, .origin = ""});
  EXPECT_DOUBLE_EQ(tier_width(TrainingTier::kSeen, kHopper, table).half_width_90, 0.4);
  EXPECT_DOUBLE_EQ(tier_width(TrainingTier::kUnseen, kHopper, table).half_width_80, 0.3);
  EXPECT_DOUBLE_EQ(tier_width(TrainingTier::kNewArchitecture, kHopper, table).half_width_90, 0.6);
  table.intervals.push_back(
      {.tier = "seen dense", .half_width = 0.2, .half_width_80 = 0.1, .groups = 9, .origin = ""});
  EXPECT_DOUBLE_EQ(tier_width(TrainingTier::kSeen, kHopper, table).half_width_90, 0.2);
}

TEST(TrainingTier, IsTheRegimeOfAPredictionEvenOfARefusedOne) {
  const std::vector<TrainingMeasurement> rows{small_run("a", 12000)};
  std::vector<Prediction> predictions(1);
  predictions[0].refusal = Refusal::kRefused;
  add_tiers(resolved(rows), {}, OwnRow::kNo, catalog::load_training().value(), predictions);
  EXPECT_EQ(predictions[0].regime, "new architecture dense");
  EXPECT_EQ(predictions[0].family, "hopper");
  EXPECT_EQ(predictions[0].engine, "nemo-25");
  EXPECT_EQ(predictions[0].model_class, "dense");
}

}  // namespace
}  // namespace assay::evidence
