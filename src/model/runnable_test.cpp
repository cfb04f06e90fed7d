#include <gtest/gtest.h>

#include "model/inference_step.h"
#include "model/model_test_support.h"
#include "model/runnable.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

std::string refusal(const catalog::LanguageModel& model, const Hardware& hardware, int tensor) {
  const auto ok = runnable(model, hardware, deployment(tensor, Format::kBf16));
  return ok ? "" : ok.error().what;
}

TEST(Runnable, TakesWhatDivides) {
  EXPECT_EQ(refusal(llama_70b(), hgx_h100(), 8), "");
  EXPECT_EQ(refusal(deepseek_v3(), hgx_h100(), 8), "");
}

TEST(Runnable, RefusesMoreAcceleratorsThanShareTheLink) {
  EXPECT_EQ(refusal(llama_70b(), hgx_h100(), 16),
            "tensor parallelism 16 on hgx-h100, where 8 accelerators share a fast link and the "
            "network between them is unknown");
  EXPECT_EQ(refusal(llama_70b(), hgx_h100(), 0), "a layout of tp0");
}

TEST(Runnable, ReachesBeyondTheLinkOverAKnownNetwork) {
  Hardware hardware = hgx_h100();
  hardware.link.beyond_one_way = 50.0_GBps;
  EXPECT_EQ(refusal(llama_70b(), hardware, 16), "");
}

TEST(Runnable, RefusesMoreStagesThanLayers) {
  Deployment d = deployment(1, Format::kBf16);
  d.pipeline = 32;
  EXPECT_TRUE(runnable(llama_8b(), hgx_h100(), d).has_value());
  d.pipeline = 33;
  const auto ok = runnable(llama_8b(), hgx_h100(), d);
  ASSERT_FALSE(ok.has_value());
  EXPECT_EQ(ok.error().what, "33 stages for 32 layers of dense");
}

TEST(Runnable, RefusesExpertsThatCannotBeDealtOut) {
  Deployment d = deployment(2, Format::kBf16);
  d.data = 4;
  d.expert = 8;
  EXPECT_TRUE(runnable(mixtral(), hgx_h100(), d).has_value());
  d.expert = 3;
  const auto ok = runnable(mixtral(), hgx_h100(), d);
  ASSERT_FALSE(ok.has_value());
  EXPECT_EQ(ok.error().what, "experts on 3 of 8 ranks");
}

TEST(Runnable, CountsDataParallelRanksAgainstTheLink) {
  Deployment d = deployment(2, Format::kBf16);
  d.data = 8;
  const auto ok = runnable(mixtral(), hgx_h100(), d);
  ASSERT_FALSE(ok.has_value());
  EXPECT_EQ(ok.error().what,
            "tp2 dp8 on hgx-h100, where 8 accelerators share a fast link and the network between "
            "them is unknown");
}

TEST(Runnable, RefusesHeadsThatDoNotDivide) {
  EXPECT_EQ(refusal(llama_70b(), hgx_h100(), 3),
            "64 heads of dense do not divide by tensor parallelism 3");
  EXPECT_EQ(refusal(dense_model(6144, 40, 48, 4, 16384, 50000), hgx_h100(), 6),
            "4 KV heads of dense neither divide by tensor parallelism 6 nor divide it");
}

TEST(Runnable, TakesLinearAttentionAndStateSpaces) {
  catalog::LanguageModel model = llama_8b();
  model.blocks[0].mixer = catalog::LinearAttention{};
  EXPECT_EQ(refusal(model, hgx_h100(), 1), "");
  model.blocks[0].mixer = catalog::StateSpace{};
  EXPECT_EQ(refusal(model, hgx_h100(), 1), "");
}

TEST(Runnable, RefusesHardwareWithoutAKnownRate) {
  Hardware hardware = hgx_h100();
  hardware.peaks = {};
  EXPECT_EQ(refusal(llama_8b(), hardware, 1), "h100: its 16-bit matrix rate is unknown");
}

TEST(DeploymentNotes, SayWhatIsDequantised) {
  const auto notes = deployment_notes(llama_8b(), hgx_a100(), deployment(1, Format::kFp8));
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0],
            "fp8 weights are dequantised and multiply at the 16-bit rate (a100 has no known fp8 "
            "rate): they "
            "save memory, not operations");
  EXPECT_TRUE(deployment_notes(llama_8b(), hgx_h100(), deployment(1, Format::kFp8)).empty());
}

TEST(DeploymentNotes, SayWhatIsHeldTwice) {
  Hardware hardware = hgx_h100();
  hardware.link.domain = 16;
  const auto notes = deployment_notes(llama_8b(), hardware, deployment(16, Format::kBf16));
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0], "8 KV heads on 16 accelerators: each cached token is held 2 times");
  EXPECT_EQ(deployment_notes(deepseek_v3(), hardware, deployment(8, Format::kFp8)).at(0),
            "the latent KV cache is held whole by each of 8 accelerators");
}

}  // namespace
}  // namespace assay::model
