#include "plan/scenario.h"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "base/text.h"
#include "document/read.h"
#include "plan/scenario_fields.h"
#include "plan/test_inputs.h"

namespace assay::plan {
namespace {

constexpr std::string_view kMinimal = R"(kind: serve
model: llama-3.1-8b
traffic: { rate: 2 /s, input_tokens: 500, output_tokens: 100 }
)";

Checked<Scenario> read(std::string_view text) {
  const auto document = document::read_document("chat.yaml", text);
  if (!document) return tl::unexpected(document.error());
  return read_scenario(*document, text, built_in_catalog());
}

std::vector<std::string> messages(std::string_view text) {
  const auto scenario = read(text);
  std::vector<std::string> out;
  if (!scenario) {
    for (const Error& error : scenario.error()) out.push_back(render(error));
  }
  return out;
}

TEST(Scenario, MinimalBindsAndListsWhatItAssumes) {
  const auto scenario = read(kMinimal);
  ASSERT_TRUE(scenario.has_value());
  EXPECT_DOUBLE_EQ(scenario->demand.rate.base(), 2);
  EXPECT_EQ(scenario->offers.books, std::vector<std::string>{"article"});
  EXPECT_FALSE(scenario->demand.ttft.has_value());
  const bool headroom_listed =
      std::any_of(scenario->assumed.begin(), scenario->assumed.end(),
                  [](const Assumed& a) { return a.key == "search.headroom" && a.value == "0"; });
  EXPECT_TRUE(headroom_listed);
}

TEST(Scenario, AllErrorsAtOnceWithTheirPlaces) {
  const auto errors = messages(R"(kind: serve
modle: llama-3.1-8b
traffic:
  rate: 10
  input_tokens: -5
  output_tokens: 100
limits: { ttft_mean: 300 GB }
constraints: { include: [h20O] }
)");
  ASSERT_EQ(errors.size(), 6u);
  EXPECT_EQ(errors[0], "chat.yaml:1:1: error: 'model' is missing in the scenario; expected text");
  EXPECT_NE(errors[1].find("chat.yaml:2:1: error: unknown key 'modle'"), std::string::npos)
      << errors[1];
  EXPECT_NE(errors[1].find("did you mean 'model'?"), std::string::npos) << errors[1];
  EXPECT_NE(errors[2].find("chat.yaml:4:9: error: 'rate: 10' has no unit"), std::string::npos)
      << errors[2];
  EXPECT_NE(errors[3].find("chat.yaml:5:17: error:"), std::string::npos) << errors[3];
  EXPECT_NE(errors[4].find("300 GB' is a size in bytes; expected a duration"), std::string::npos)
      << errors[4];
  EXPECT_NE(errors[5].find("chat.yaml:8:26: error: unknown accelerator 'h20O'"), std::string::npos)
      << errors[5];
  EXPECT_NE(errors[5].find("did you mean 'h20"), std::string::npos) << errors[5];
}

TEST(Scenario, AnUnknownKindIsTheOnlyErrorSinceItSaysWhatElseIsExpected) {
  const auto errors = messages("kind: trian\nmodel: llama-3.1-8b\ntraining: { tokens: 1T }\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].find("did you mean 'train'?"), std::string::npos) << errors[0];
}

TEST(Scenario, MissingGroupIsOneError) {
  const auto errors = messages("kind: serve\nmodel: llama-3.1-8b\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].find("'traffic' is missing"), std::string::npos);
}

TEST(Scenario, TrafficTakesTheWordsOfASimulation) {
  const auto scenario = read(
      "kind: serve\nmodel: llama-3.1-8b\n"
      "traffic: { rate: 2 /s, burstiness: 0.5, input_tokens: 500, input_cv: 1, "
      "output_tokens: 100 }\n");
  ASSERT_TRUE(scenario.has_value());
  const workload::SyntheticTraffic& drawn = scenario->traffic.synthetic;
  EXPECT_TRUE(std::holds_alternative<workload::GammaArrivals>(drawn.arrivals));
  EXPECT_TRUE(std::holds_alternative<workload::LognormalLength>(drawn.input));
  EXPECT_DOUBLE_EQ(scenario->demand.input_tokens, 500);
}

TEST(Scenario, ATraceNeedsNeitherRateNorLengths) {
  const auto scenario = read("kind: serve\nmodel: llama-3.1-8b\ntraffic: { trace: chat.csv.gz }\n");
  ASSERT_TRUE(scenario.has_value());
  EXPECT_EQ(scenario->traffic.traces, std::vector<std::string>{"chat.csv.gz"});
  EXPECT_FALSE(scenario->traffic.rate.has_value());
}

TEST(Scenario, WhatTrafficLacksAndWhatIsNotPlannedForAreToldTogether) {
  const auto errors = messages(
      "kind: serve\nmodel: llama-3.1-8b\n"
      "traffic: { concurrency: 8, arrivals: at-once, input_tokens: 500 }\n");
  ASSERT_EQ(errors.size(), 4u);  // no rate, no output_tokens, and both loads
}

TEST(Scenario, TwoStatisticsOfOneLatencyAreRefused) {
  const auto errors =
      messages(std::string{kMinimal} + "limits: { ttft_mean: 1 s, ttft_p99: 2 s }\n");
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].find("'ttft' is limited twice"), std::string::npos);
}

TEST(Scenario, EveryDefaultOfTheTableReadsBackAsAValue) {
  for (const ScenarioField& field : scenario_fields()) {
    if (field.otherwise.empty()) continue;
    std::string path{field.path};
    const std::size_t dot = path.find('.');
    std::string line = dot == std::string::npos
                           ? path + ": " + std::string{field.otherwise}
                           : path.substr(0, dot) + ": { " + path.substr(dot + 1) + ": " +
                                 std::string{field.otherwise} + " }";
    EXPECT_TRUE(messages(std::string{kMinimal} + line + "\n").empty()) << line;
  }
}

TEST(Scenario, EveryEngineThatCanBeNamedHasOverheadsOfItsOwn) {
  for (const ScenarioField& field : scenario_fields()) {
    if (field.path != "deploy.engine") continue;
    for (const std::string_view engine : split(field.choices, ' ')) {
      EXPECT_EQ(built_in_efficiency().engine(engine).engine, engine);
    }
  }
}

// On failure the right text is left in the working folder, to be copied over the old file.
TEST(Scenario, SchemaFileIsWhatTheTableSays) {
  const std::string file = std::string{ASSAY_SOURCE_DIR} + "/schemas/scenario.schema.json";
  const auto text = document::read_text(file);
  const std::string expected = scenario_schema();
  if (text && *text == expected) return;
  std::ofstream{"scenario.schema.json"} << expected;
  ADD_FAILURE() << file
                << " is not what scenario_fields.cpp says; copy scenario.schema.json over it";
}

}  // namespace
}  // namespace assay::plan
