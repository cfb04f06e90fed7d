#include "evidence/resolve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "document/read.h"
#include "document/table.h"
#include "evidence/layout.h"
#include "evidence/resolve_test_support.h"

namespace assay::evidence {
namespace {

using catalog::Format;

class Resolve : public Resolving<Resolver> {
 protected:
  static Measurement h100(std::string model) {
    Measurement m;
    m.accelerator = "h100-sxm-80g";
    m.model = std::move(model);
    m.engine = "sglang 0.5.14";
    m.accelerators = 8;
    return m;
  }
};

TEST_F(Resolve, StatedLayoutAndReplicas) {
  Measurement m = h100("meta-llama/Llama-2-70b-chat-hf");
  m.tensor = 2;
  m.data = 4;
  const auto r = of(m);
  EXPECT_EQ(r.hardware->system, "hgx-h100");
  EXPECT_EQ(r.accelerators, 8);
  ASSERT_TRUE(r.layout.has_value());
  EXPECT_EQ(layout_text(r.layout->deployment), "tp2");
  EXPECT_EQ(r.layout->replicas, 4);
  EXPECT_EQ(r.engine, "sglang");
}

TEST_F(Resolve, AnUnstatedLayoutStaysEmptyUnlessThereIsOneAccelerator) {
  Measurement m = h100("gpt-j-6b");
  EXPECT_FALSE(of(m).layout.has_value());
  m.accelerators = 1;
  EXPECT_EQ(of(m).layout->deployment.accelerators(), 1);
}

TEST_F(Resolve, AttentionRanksShareExperts) {
  Measurement m = h100("deepseek-ai/DeepSeek-V3");
  m.tensor = 1;
  m.data = 8;
  m.expert = 8;
  EXPECT_EQ(layout_text(of(m).layout->deployment), "tp1 dp8 ep8");

  m.tensor = 8;  // SGLang counts attention ranks within the tensor-parallel ones
  m.attention_data_parallel = true;
  m.expert = 1;
  m.experts_dealt_out = true;
  EXPECT_EQ(layout_text(of(m).layout->deployment), "tp1 dp8 ep8");

  m.data = 1;  // its option alone does nothing
  m.experts_dealt_out = false;
  EXPECT_EQ(layout_text(of(m).layout->deployment), "tp8");
  m.attention_over_tensor_ranks = true;  // TensorRT-LLM's takes them all
  m.expert = 8;
  EXPECT_EQ(layout_text(of(m).layout->deployment), "tp1 dp8 ep8");
}

TEST_F(Resolve, ARowMayCountAPartOfADeployment) {
  Measurement m = h100("deepseek-ai/DeepSeek-V3");
  m.tensor = 1;
  m.data = 32;
  m.expert = 32;
  EXPECT_EQ(of(m).layout->replicas, 0.25);
}

TEST_F(Resolve, DisaggregatedPools) {
  Measurement m = h100("deepseek-ai/DeepSeek-V3");
  m.accelerators = {};
  m.prefill_workers = Workers{.count = 1, .tensor = 1, .data = 4, .expert = 4};
  m.decode_workers = Workers{.count = 4, .tensor = 8, .data = 1, .expert = 8};
  const auto r = of(m);
  EXPECT_EQ(r.accelerators, 36);
  EXPECT_FALSE(r.layout.has_value());
  EXPECT_EQ(layout_text(r.prefill->deployment), "tp1 dp4 ep4");
  EXPECT_EQ(r.decode->replicas, 4);
}

TEST_F(Resolve, MlperfRowsTakeLengthsAndLimitsOfTheirBenchmark) {
  Measurement m = h100("meta-llama/Llama-2-70b-chat-hf");
  m.mlperf = true;
  m.benchmark = "llama2-70b-99";
  m.scenario = Scenario::kServer;
  m.interactive = true;
  m.output_tokens = 273;
  const auto r = of(m);
  EXPECT_EQ(r.input_tokens, 294);
  EXPECT_EQ(r.output_tokens, 273);
  EXPECT_TRUE(r.benchmark_lengths);
  EXPECT_EQ(r.limits->tpot, Seconds::from_base(0.04));
}

TEST_F(Resolve, APublishedCheckpointStandsForAModelInItsFormat) {
  Measurement m = h100("Qwen/Qwen3-32B");
  m.weights = "fp8";
  EXPECT_EQ(of(m).model->id, "Qwen/Qwen3-32B-FP8");
  m.weights = "bf16";
  EXPECT_EQ(of(m).model->id, "Qwen/Qwen3-32B");
}

TEST_F(Resolve, PowerLimitsComeFromTheNameOrTheRow) {
  Measurement m = h100("gpt-j-6b");
  EXPECT_FALSE(of(m).power_limit.has_value());
  m.accelerator = "h100-sxm-80g-powercap";
  EXPECT_EQ(of(m).power_limit, Watts::from_base(350));
  m.power_limit = Watts::from_base(500);
  EXPECT_EQ(of(m).power_limit, Watts::from_base(500));
}

TEST_F(Resolve, WhatCannotBeResolvedSaysWhy) {
  Measurement m = h100("gpt-j-6b");
  m.accelerator = "a100-sxm-40g-or-80g";
  EXPECT_EQ(refused(m).kind, Refusal::kUnresolved);
  EXPECT_EQ(refused(m).why,
            "accelerator 'a100-sxm-40g-or-80g': two products, with 40 and 80 GB; the row does not "
            "say which");
  m.accelerator = "h200-smx-141g";
  EXPECT_EQ(refused(m).why, "unknown accelerator 'h200-smx-141g' (did you mean 'h200-sxm-141g'?)");
  m = h100("gpt-j-7b");
  EXPECT_EQ(refused(m).why, "unknown model 'gpt-j-7b'");
  m = h100("gpt-j-6b");
  m.weights = "fp5";
  EXPECT_EQ(refused(m).why, "unknown weight precision 'fp5'");
  m.weights.clear();
  m.accelerators = {};
  EXPECT_EQ(refused(m).why, "how many accelerators is not stated");
  m.single_device = true;
  EXPECT_EQ(of(m).accelerators, 1);
  m.load_kind = LoadKind::kUnread;
  m.load_text = "many";
  EXPECT_EQ(refused(m).why, "load 'many' is in no known form");
}

// The names that files of measurements may use: validation/names.csv.
std::vector<std::string> names_of(std::string_view kind) {
  const auto text = document::read_text(ASSAY_SOURCE_DIR "/validation/names.csv").value();
  const auto table = document::read_csv("names.csv", text).value();
  std::vector<std::string> names;
  for (const document::Row& row : table.rows) {
    if (row.cells[0] == kind) names.push_back(row.cells[1]);
  }
  EXPECT_FALSE(names.empty()) << kind;
  return names;
}

TEST_F(Resolve, EveryKnownNameResolvesButThese) {
  std::vector<std::string> refusals;
  const auto check = [&](const Measurement& m, const std::string& name) {
    if (const auto r = resolver_.resolve(m); !r) refusals.push_back(name);
  };
  for (const std::string& name : names_of("accelerator")) {
    Measurement m = h100("llama-3.1-8b");
    m.accelerator = name;
    check(m, name);
  }
  for (const std::string& name : names_of("model")) check(h100(name), name);
  for (const std::string& name : names_of("weight_precision")) {
    Measurement m = h100("llama-3.1-8b");
    m.weights = name;
    check(m, "weights " + name);
  }
  for (const std::string& name : names_of("kv_precision")) {
    Measurement m = h100("llama-3.1-8b");
    m.kv_cache = name;
    check(m, "kv " + name);
  }
  for (const std::string& name : names_of("activation_precision")) {
    Measurement m = h100("llama-3.1-8b");
    m.activations = name;
    check(m, "activations " + name);
  }
  EXPECT_EQ(refusals, (std::vector<std::string>{"a100-sxm-40g-or-80g", "ascend-npu-unspecified"}));
}

TEST_F(Resolve, EnginesThatNoRuleKnowsAreThese) {
  const NameTable names = load_names().value();
  std::vector<std::string> unknown;
  for (const std::string& name : names_of("engine")) {
    if (names.engine(name, "2026-01", "NVIDIA").generation == "unknown") unknown.push_back(name);
  }
  EXPECT_EQ(unknown, (std::vector<std::string>{"", "TODO", "cloudmatrix-infer", "deepseek internal",
                                               "deepseek internal (profile-data)"}));
}

TEST_F(Resolve, ThePublishedRowsAreReadAndResolvedButThose) {
  const auto text = document::read_text(ASSAY_SOURCE_DIR "/validation/inference.csv").value();
  const auto rows = read_measurements("inference.csv", text);
  ASSERT_TRUE(rows.has_value()) << render(rows.error().front());
  EXPECT_EQ(rows->size(), 4695u);
  std::set<std::string> reasons;
  int refusals = 0, unstated = 0;
  for (const Measurement& m : *rows) {
    const auto r = resolver_.resolve(m);
    if (!r) {
      reasons.insert(r.error().why);
      ++refusals;
    } else if (!r->layout && !r->decode) {
      ++unstated;
    }
  }
  EXPECT_EQ(refusals, 42);
  EXPECT_EQ(unstated, 660);  // neither a layout nor pools: MLPerf's, and one of Azure's
  EXPECT_EQ(
      reasons,
      (std::set<std::string>{"accelerator 'ascend-npu-unspecified': the product is not named"}));
}

}  // namespace
}  // namespace assay::evidence
