#include "plan/simulation.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "document/read.h"
#include "plan/simulation_fields.h"
#include "plan/simulation_requests.h"
#include "plan/simulation_run.h"
#include "plan/test_inputs.h"

namespace assay::plan {
namespace {

constexpr std::string_view kMinimal = R"(pools: [{ model: llama-3.1-8b, accelerator: h100 }]
traffic: { rate: 5 /s, input_tokens: 500, output_tokens: 100, requests: 300 }
)";

Checked<Simulation> read(std::string_view text) {
  const auto document = document::read_document("fleet.yaml", text);
  if (!document) return tl::unexpected(document.error());
  return read_simulation(*document, text, built_in_catalog());
}

std::vector<std::string> messages(std::string_view text) {
  const auto simulation = read(text);
  std::vector<std::string> out;
  if (!simulation) {
    for (const Error& error : simulation.error()) out.push_back(render(error));
  }
  return out;
}

bool has(const std::vector<std::string>& lines, std::string_view part) {
  return std::any_of(lines.begin(), lines.end(), [part](const std::string& line) {
    return line.find(part) != std::string::npos;
  });
}

SimulationAnswer answer_of(std::string_view text, int jobs = 1) {
  const auto simulation = read(text);
  auto prepared = prepare_simulation(*simulation, built_in_catalog());
  SimulationView view;
  view.jobs = jobs;
  return *run_simulation(*simulation, *prepared, view);
}

TEST(Simulation, MinimalBindsWithTheDefaultsOfTheTable) {
  const auto simulation = read(kMinimal);
  ASSERT_TRUE(simulation.has_value());
  ASSERT_EQ(simulation->pools.size(), 1u);
  EXPECT_EQ(simulation->routing, simulate::Routing::kLeastOutstanding);
  EXPECT_EQ(simulation->traffic.front().spec.requests_max, 300);
  EXPECT_EQ(simulation->pools.front().wish.engine, "vllm");
  EXPECT_EQ(simulation->seed, 1u);
}

TEST(Simulation, EveryErrorAtOnceWithItsPlace) {
  const auto errors = messages(R"(routing: least-kvs
timeout: 30
pools:
  - modell: llama-3.1-8b
    accelerator: h20O:8
    role: prefil
    autoscale: 8..2
  - { model: lama-3.1-8b, accelerator: h100, engine: vlm, repair: 5 min }
traffic: { rate: 10, copies: 2 }
goals: { ttft_p999: 3 s }
)");
  EXPECT_EQ(errors.size(), 13u);
  EXPECT_TRUE(has(errors, "fleet.yaml:1:10: error: 'routing: least-kvs' is not known"));
  EXPECT_TRUE(has(errors, "fleet.yaml:5:18: error: unknown accelerator 'h20O'"));
  EXPECT_TRUE(has(errors, "did you mean 'prefill'?"));
  EXPECT_TRUE(has(errors, "fleet.yaml:8:14: error: unknown model 'lama-3.1-8b'"));
  EXPECT_TRUE(has(errors, "unknown engine 'vlm'"));
  EXPECT_TRUE(has(errors, "fleet.yaml:9:18: error: 'rate: 10' has no unit"));
}

TEST(Simulation, RolesComeTogether) {
  EXPECT_TRUE(has(messages(R"(model: llama-3.1-8b
pools: [{ accelerator: h100, role: prefill }]
traffic: { rate: 1 /s }
)"),
                  "only prefill has replicas"));
}

TEST(Simulation, EveryOptionAndEveryKeyOfAPartIsThereOnce) {
  std::set<std::pair<SimulationPart, std::string_view>> keys;
  std::set<std::string_view> flags;
  for (const SimulationField& field : kSimulationFields) {
    EXPECT_TRUE(keys.insert({field.part, field.field.path}).second) << field.field.path;
    if (!field.flag.empty()) {
      EXPECT_TRUE(flags.insert(field.flag).second) << field.flag;
      EXPECT_EQ(field.value.empty(), !field.says.empty()) << field.flag;
    }
  }
}

TEST(Simulation, TrafficOfSeveralModelsComesInTheOrderOfItsArrival) {
  const auto simulation = read(R"(pools:
  - { model: llama-3.1-8b, accelerator: h100 }
  - { model: qwen3-8b, accelerator: h100 }
traffic:
  - { model: qwen3-8b, rate: 2 /s, requests: 50 }
  - { model: llama-3.1-8b, rate: 3 /s, requests: 70 }
)");
  ASSERT_TRUE(simulation.has_value());
  auto traffic = open_mixed_traffic(*simulation);
  ASSERT_TRUE(traffic.has_value());
  EXPECT_DOUBLE_EQ(*traffic->mean_rate(), 5);
  workload::TrafficRequest request;
  SimTime before;
  int of_model[2] = {};
  while (traffic->next(request)) {
    EXPECT_GE(request.arrival, before);
    before = request.arrival;
    ++of_model[request.model];
  }
  EXPECT_EQ(of_model[0], 70);
  EXPECT_EQ(of_model[1], 50);
}

TEST(Simulation, ARunConservesRequestsAndTokens) {
  const SimulationAnswer answer = answer_of(kMinimal);
  const simulate::FleetFigures& f = answer.figures;
  EXPECT_EQ(f.arrived, 300);
  EXPECT_EQ(f.completed, 300);
  EXPECT_EQ(f.input_tokens, 300 * 500);
  EXPECT_EQ(f.output_tokens, 300 * 100);
  EXPECT_GT(f.ttft.p99, f.ttft.p50);
  ASSERT_TRUE(answer.pools.front().power.run.has_value());
}

TEST(Simulation, TheRateThatIsFoundDependsOnNoThreads) {
  const std::string text = std::string{kMinimal} + "find_rate: true\ngoals: { ttft_p99: 200 ms }\n";
  const SimulationAnswer one = answer_of(text, 1), four = answer_of(text, 4);
  ASSERT_TRUE(one.found && one.found->rate);
  EXPECT_EQ(*one.found->rate, *four.found->rate);
  EXPECT_EQ(one.figures.ttft.p99, four.figures.ttft.p99);
  EXPECT_LE(one.figures.ttft.p99, 0.2);
}

// On failure the right text is left in the working folder, to be copied over the old file.
TEST(Simulation, SchemaFileIsWhatTheTableSays) {
  const std::string file = std::string{ASSAY_SOURCE_DIR} + "/schemas/simulation.schema.json";
  const auto text = document::read_text(file);
  const std::string expected = simulation_schema();
  if (text && *text == expected) return;
  std::ofstream{"simulation.schema.json"} << expected;
  ADD_FAILURE() << file
                << " is not what simulation_fields.h says; copy simulation.schema.json over it";
}

}  // namespace
}  // namespace assay::plan
