#include "plan/training_scenario.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "document/read.h"
#include "plan/test_inputs.h"

namespace assay::plan {
namespace {

constexpr std::string_view kMinimal = R"(kind: train
model: llama-3.1-8b
training: { tokens: 1 trillion }
)";

const catalog::TrainingTable& built_in_training() {
  static const auto loaded = catalog::load_training();
  ASSAY_ASSERT(loaded.has_value());
  return *loaded;
}

Checked<TrainingScenario> read(std::string_view text) {
  const auto document = document::read_document("run.yaml", text);
  if (!document) return tl::unexpected(document.error());
  return read_training_scenario(*document, text, built_in_catalog(), built_in_training());
}

std::vector<std::string> messages(std::string_view text) {
  const auto scenario = read(text);
  std::vector<std::string> out;
  if (!scenario) {
    for (const Error& error : scenario.error()) out.push_back(render(error));
  }
  return out;
}

TEST(TrainingScenario, MinimalBindsAndListsWhatItAssumes) {
  const auto scenario = read(kMinimal);
  ASSERT_TRUE(scenario.has_value());
  EXPECT_DOUBLE_EQ(scenario->run.tokens, 1e12);
  EXPECT_EQ(scenario->job.batch, 1024);
  EXPECT_EQ(scenario->formats, std::vector{model::TrainingFormat::kSixteen});
  EXPECT_FALSE(scenario->run.deadline.has_value());
  const bool listed =
      std::any_of(scenario->assumed.begin(), scenario->assumed.end(),
                  [](const Assumed& a) { return a.key == "training.batch" && a.value == "1024"; });
  EXPECT_TRUE(listed);
}

TEST(TrainingScenario, DefaultsOfTheTableAreThoseOfTheRun) {
  const auto scenario = read(kMinimal);
  ASSERT_TRUE(scenario.has_value());
  for (const Assumed& assumed : scenario->assumed) {
    if (assumed.key == "failures.mtbf") {
      EXPECT_EQ(assumed.value, "50677 h");
    }
  }
  EXPECT_NEAR(scenario->run.failures.accelerator_mtbf / kHour, 50677, 1);
  EXPECT_DOUBLE_EQ(scenario->run.failures.repair / kHour, 24);
  const workload::RestartTime& restart = scenario->run.restart;
  EXPECT_NEAR((restart.detect + restart.reschedule + restart.warm_up) / kHour * 60, 7, 1e-9);
}

TEST(TrainingScenario, ABatchInTokensIsWholeSequences) {
  const auto scenario = read(
      "kind: train\nmodel: llama-3.1-8b\n"
      "training: { tokens: 1T, sequence: 4096, batch_tokens: 4194304 }\n");
  ASSERT_TRUE(scenario.has_value());
  EXPECT_EQ(scenario->job.batch, 1024);
}

TEST(TrainingScenario, AllErrorsAtOnceWithTheirPlaces) {
  const auto errors = messages(R"(kind: train
model: llama-3.1-8b
training:
  tokens: 15 trilion
  batch: 100
  batch_tokens: 16 million
  stack: megatrn
  formats: [bf17]
limits: { deadline: 60 GB, confidence: 2 }
constraints: { include: [h20O], accelerators_min: 16, accelerators_max: 8 }
)");
  ASSERT_EQ(errors.size(), 9u);
  const auto has = [&](std::size_t i, std::string_view text) {
    return errors[i].find(text) != std::string::npos;
  };
  EXPECT_TRUE(has(0, "run.yaml:4:11: error:") && has(0, "did you mean 'trillion'?")) << errors[0];
  EXPECT_TRUE(has(1, "run.yaml:6:17: error: the batch is said twice")) << errors[1];
  EXPECT_TRUE(has(2, "expected a multiple of 8192, such as 16777216")) << errors[2];
  EXPECT_TRUE(has(3, "unknown stack 'megatrn'") && has(3, "did you mean 'megatron")) << errors[3];
  EXPECT_TRUE(has(4, "'bf17' is no choice of 'formats'")) << errors[4];
  EXPECT_TRUE(has(5, "run.yaml:9:21: error:") && has(5, "expected a duration")) << errors[5];
  EXPECT_TRUE(has(6, "'confidence: 2' is out of range")) << errors[6];
  EXPECT_TRUE(has(7, "unknown accelerator 'h20O'")) << errors[7];
  EXPECT_TRUE(has(8, "'accelerators_min' 16 is more than 'accelerators_max' 8")) << errors[8];
}

TEST(TrainingScenario, KeysOfServingAreUnknown) {
  const auto errors = messages(std::string{kMinimal} + "traffic: { rate: 2 /s }\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].find("unknown key 'traffic'"), std::string::npos) << errors[0];
}

}  // namespace
}  // namespace assay::plan
