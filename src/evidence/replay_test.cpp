// The measured runs, request by request: what docs/validation.md claims of them.
#include "evidence/replay.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

namespace assay::evidence {
namespace {

double worst(const std::vector<LatencyPair>& pairs) {
  double most = 0;
  for (const LatencyPair& pair : pairs) most = std::max(most, std::abs(pair.error()));
  return most;
}

class MeasuredRuns : public ::testing::Test {
 protected:
  const catalog::Catalog catalog_ = catalog::load_catalog({}).value();
  const catalog::EfficiencyTable efficiency_ = catalog::load_efficiency().value();
  const std::vector<MeasuredRun> runs_ = built_in_runs().value();
};

TEST_F(MeasuredRuns, AreTwoOfThreeHundredRequests) {
  ASSERT_EQ(runs_.size(), 2U);
  for (const MeasuredRun& run : runs_) EXPECT_EQ(run.requests.size(), 300U) << run.id;
}

TEST_F(MeasuredRuns, AreWithin15PercentFromTheDataSheetAnd5PercentAdapted) {
  for (const MeasuredRun& run : runs_) {
    const auto replayed = replay(run, catalog_, efficiency_);
    ASSERT_TRUE(replayed.has_value()) << run.id;
    ASSERT_EQ(replayed->sheet.size(), 12U);
    EXPECT_LT(worst(replayed->sheet), 0.15) << run.id;
    EXPECT_LT(worst(replayed->adapted), 0.05) << run.id;
    EXPECT_EQ(replayed->adapted_to, 100U);
    EXPECT_LE(replayed->constants.size(), 3U);
  }
}

// Constants that are off by as much are found again from the same requests.
TEST_F(MeasuredRuns, AdaptToAnotherMachine) {
  catalog::EfficiencyTable slow = efficiency_;
  for (catalog::FamilyEfficiency& family : slow.families) family.sustained_memory *= 0.8;
  const auto replayed = replay(runs_.front(), catalog_, slow);
  ASSERT_TRUE(replayed.has_value());
  EXPECT_GT(worst(replayed->sheet), 0.15);
  EXPECT_LT(worst(replayed->adapted), 0.08);
}

TEST(MeasuredRun, SaysAllThatIsWrongInItsFileAtOnce) {
  const std::string folder = ::testing::TempDir();
  std::ofstream{folder + "r.csv"} << "arrival_s,queued_s,first_token_s,last_token_s,"
                                     "input_tokens,output_tokens\n0,0,1,2,5,5\n0,3,1,2,x,5\n";
  std::ofstream{folder + "r.yaml"} << "run: r\nsource: s\nrequests: r.csv\nmodel: llama-3.1-8b\n"
                                      "accelerator: h100\naccelerators: 1\ntensor: 1\n"
                                      "engine: vllm\ntokens_max: 8192\nsequences_max: 256\n"
                                      "block_tokens: 16\n";
  const auto run = read_run(folder + "r.yaml");
  ASSERT_FALSE(run.has_value());
  ASSERT_EQ(run.error().size(), 2U);
  EXPECT_EQ(run.error()[0].where->line, 3);
  EXPECT_EQ(run.error()[0].what, "input_tokens is 'x'");
}

}  // namespace
}  // namespace assay::evidence
