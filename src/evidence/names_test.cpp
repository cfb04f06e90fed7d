#include "evidence/names.h"

#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "catalog/model_library.h"
#include "evidence/mlperf.h"
#include "evidence/precision.h"

namespace assay::evidence {
namespace {

using catalog::Format;

const NameTable& table() {
  static const NameTable names = load_names().value();
  return names;
}

std::string generation(std::string_view name, std::string_view date = {},
                       std::string_view vendor = "NVIDIA") {
  return table().engine(name, date, vendor).generation;
}

TEST(EngineNames, VersionDecidesWhereThereIsOne) {
  EXPECT_EQ(generation("vllm 0.11.0"), "vllm-0.12");
  EXPECT_EQ(generation("sglang 0.5.3.post3"), "sglang-0.5.6");
  EXPECT_EQ(generation("sglang 0.5.10.post1"), "sglang");
  EXPECT_EQ(generation("vllm 0.24.0"), "vllm");
  EXPECT_EQ(generation("vllm 0.10.2"), "vllm-0.10");
  EXPECT_EQ(generation("vllm 0.9.1", "2026-01"), "vllm-0.10");
  EXPECT_EQ(generation("trtllm 0.14.0 + triton backend"), "trtllm-engine");
  EXPECT_EQ(generation("trtllm 0.20 (pytorch backend)"), "trtllm-1.0");
  EXPECT_EQ(generation("trtllm 1.0.0rc3"), "trtllm-1.0");
  EXPECT_EQ(generation("trtllm 1.1.0-dev.2"), "trtllm-1.1");
  EXPECT_EQ(generation("trtllm 1.2.0rc6.post2"), "trtllm");
}

TEST(EngineNames, DateDecidesWhereThereIsNoVersion) {
  EXPECT_EQ(generation("vllm", "2024-08-28"), "vllm-0.10");
  EXPECT_EQ(generation("vllm", "2025-10-29"), "vllm-0.12");
  EXPECT_EQ(generation("vllm", "~2025-02 (our estimate)"), "vllm-0.10");
  EXPECT_EQ(generation("vllm"), "vllm");
  EXPECT_EQ(generation("trtllm", "2025-10-29"), "trtllm-1.1");
  EXPECT_EQ(generation("trtllm (TensorRT; see notes)", "2024-08-28"), "trtllm-engine");
  EXPECT_EQ(generation("trtllm (TensorRT; see notes)", "2025-09-09"), "trtllm-1.0");
  EXPECT_EQ(generation("trtllm (TensorRT; see notes)", "2026-03-26"), "trtllm");
}

TEST(EngineNames, TagsOfOtherProductsAreNoVersions) {
  EXPECT_EQ(generation("trtllm 0.8"), "trtllm-0.9");
  EXPECT_EQ(generation("trtllm 0.8.1.post2"), "trtllm");
  EXPECT_EQ(generation("trtllm 0.5.1-rc0.pre3"), "trtllm");
}

TEST(EngineNames, BuildsForOtherHardwareAreTheirOwn) {
  EXPECT_EQ(generation("vllm 0.10.0 rocm6.4.1", "", "AMD"), "vllm-rocm");
  EXPECT_EQ(generation("vllm", "2025-09-09", "AMD"), "vllm-rocm");
  EXPECT_EQ(generation("PyTorch 2.9.1+git8907517, ROCm 7.0.0", "", "AMD"), "vllm-rocm");
  EXPECT_EQ(generation("vllm-ascend (2026)", "", "Huawei"), "vllm-ascend");
  EXPECT_EQ(generation("something else 3"), "unknown");
  EXPECT_EQ(generation(""), "unknown");
}

TEST(Names, AcceleratorsAndSystemsExist) {
  const auto catalog = catalog::load_catalog({}).value();
  for (const AcceleratorName& name : table().accelerators) {
    if (!name.refuse.empty()) continue;
    EXPECT_NE(catalog.accelerator(name.accelerator), nullptr) << name.name;
    if (name.system.empty()) continue;
    const catalog::System* system = catalog.system(name.system);
    ASSERT_NE(system, nullptr) << name.name;
    EXPECT_EQ(system->accelerator, name.accelerator) << name.name;
  }
}

TEST(Names, ErrorsOfTheTableHavePlaces) {
  const auto read = read_names("n.yaml",
                               "accelerators:\n  - { name: x, acelerator: y }\n"
                               "checkpoints: []\nengines: []\n"
                               "precisions:\n  - { name: p, format: fp5 }\n");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(render(read.error().at(0)).substr(0, 9), "n.yaml:2:");
  EXPECT_EQ(render(read.error().back()),
            "n.yaml:6:24: error: unknown format 'fp5'; expected such as fp8 or bf16");
}

TEST(Mlperf, BenchmarksAreFoundByIdAndByModel) {
  const auto benchmarks = load_benchmarks().value();
  const Benchmark* llama = find_benchmark(benchmarks, "llama2-70b-99.9");
  ASSERT_NE(llama, nullptr);
  EXPECT_EQ(llama->output.tokens, 294.45);
  EXPECT_EQ(llama->server->ttft, Seconds::from_base(2));
  EXPECT_EQ(llama->interactive->tpot, Seconds::from_base(0.04));
  EXPECT_EQ(find_benchmark(benchmarks, "llama3.1-8b-edge")->id, "llama3.1-8b");
  EXPECT_EQ(find_benchmark(benchmarks, "bert-99"), nullptr);
  EXPECT_EQ(benchmark_of_model(benchmarks, "gpt-j-6b")->beams, 4);
  for (const Benchmark& b : benchmarks) {
    for (const std::string& model : b.models) {
      EXPECT_TRUE(catalog::load_model(model).has_value()) << model;
    }
  }
}

class Precision : public testing::Test {
 protected:
  Formats of(const char* model, const char* accelerator, PrecisionNames names,
             EngineName engine = {}) {
    const catalog::Accelerator* a = catalog_.accelerator(accelerator);
    const auto hardware = model::resolve_hardware(catalog_, *a, nullptr).value();
    return read_formats(names, table(), catalog::load_model(model).value(), hardware, a->vendor,
                        engine)
        .value();
  }
  catalog::Catalog catalog_ = catalog::load_catalog({}).value();
};

TEST_F(Precision, BlankWeightsAreAsPublished) {
  EXPECT_EQ(of("llama-2-70b", "h100", {}), (Formats{Format::kFp16, Format::kFp16, Format::kFp16}));
  EXPECT_EQ(of("deepseek-v3", "h100", {}), (Formats{Format::kFp8, Format::kFp8, Format::kBf16}));
}

TEST_F(Precision, BlankActivationsAreWhatTheHardwareMultiplies) {
  EXPECT_EQ(of("llama-3.1-8b", "a100", {.weights = "fp8"}).activations, Format::kBf16);
  EXPECT_EQ(of("llama-3.1-8b", "h100", {.weights = "fp4"}).activations, Format::kBf16);
  EXPECT_EQ(of("llama-3.1-8b", "b200", {.weights = "fp4"}).activations, Format::kNvfp4);
  EXPECT_EQ(of("llama-3.1-8b", "h100", {.weights = "awq"}).activations, Format::kBf16);
  EXPECT_EQ(of("llama-3.1-8b", "h100", {.weights = "w8a8", .activations = "w8a8"}),
            (Formats{Format::kInt8, Format::kInt8, Format::kBf16}));
  EXPECT_EQ(of("llama-3.1-8b", "h100", {.weights = "int4?", .activations = "int4?"}).activations,
            Format::kBf16);
}

TEST_F(Precision, Fp4IsWhatCheckpointAndHardwareMean) {
  EXPECT_EQ(of("gpt-oss-120b", "h100", {.weights = "fp4"}),
            (Formats{Format::kMxfp4, Format::kBf16, Format::kBf16}));
  EXPECT_EQ(of("gpt-oss-120b", "b200", {.weights = "mxfp4"}).activations, Format::kFp8);
  EXPECT_EQ(of("llama-2-70b", "mi355x", {.weights = "fp4"}).weights, Format::kMxfp4);
}

TEST_F(Precision, TheEngineDecidesTheCacheWhereNobodySays) {
  const EngineName trtllm = table().engine("trtllm 1.2.0", "", "NVIDIA");
  EXPECT_EQ(of("llama-3.1-8b", "h100", {.weights = "fp8"}, trtllm).kv_cache, Format::kFp8);
  EXPECT_EQ(of("llama-3.1-8b", "h100", {.weights = "bf16"}, trtllm).kv_cache, Format::kBf16);
  EXPECT_EQ(of("llama-3.1-8b", "h100", {.weights = "fp8", .kv_cache = "auto"}, trtllm).kv_cache,
            Format::kBf16);
  EXPECT_EQ(of("llama-3.1-8b", "h100", {.weights = "bf16", .kv_cache = "fp8 skip-SW"}).kv_cache,
            Format::kFp8);
}

TEST_F(Precision, LlamaCppsMixtureIsWeightOnly) {
  EXPECT_EQ(of("llama-3-8b", "rtx-4090", {.weights = "q4_k_m", .kv_cache = "fp16"}),
            (Formats{Format::kQ4KM, Format::kBf16, Format::kFp16}));
}

}  // namespace
}  // namespace assay::evidence
