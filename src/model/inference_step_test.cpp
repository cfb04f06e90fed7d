#include "model/inference_step.h"

#include <gtest/gtest.h>

#include "model/model_test_support.h"
#include "model/step_model.h"
#include "model/tensor_split.h"

namespace assay::model {
namespace {

using catalog::Format;
using namespace test;

TEST(DecodeStep, IsAnIterationThatOnlyDecodes) {
  const Deployment tp8 = deployment(8, Format::kFp8);
  const StepModel step{deepseek_v3(), hgx_h100(), tp8, ideal()};
  EXPECT_DOUBLE_EQ(decode_step(deepseek_v3(), hgx_h100(), tp8, ideal(), 64, 4096).time.base(),
                   step.step({.decode_sequences = 64, .decode_context = 4096}).time.base());
}

TEST(PrefillStep, IsAnIterationOfWholePrompts) {
  const Deployment tp8 = deployment(8, Format::kFp8);
  const StepModel step{deepseek_v3(), hgx_h100(), tp8, ideal()};
  const Iteration two{.prefill_tokens = 2000, .prefill_pieces = 2, .prefill_ends = 2};
  EXPECT_DOUBLE_EQ(prefill_step(deepseek_v3(), hgx_h100(), tp8, ideal(), 2, 1000).time.base(),
                   step.step(two).time.base());
}

TEST(TensorSplit, RepeatsKvHeadsBeyondTheirNumber) {
  const catalog::Mixer mixer = llama_70b().blocks[0].mixer;
  EXPECT_EQ(kv_ways(mixer, 4), 4.0);
  EXPECT_EQ(kv_ways(mixer, 16), 8.0);
  EXPECT_EQ(replicated_elements(mixer, 8192, 8), 0.0);
  EXPECT_DOUBLE_EQ(replicated_elements(mixer, 8192, 16), 8192.0 * 8 * 256 * (1.0 / 8 - 1.0 / 16));
}

TEST(BusyShare, LeavesOutLinksAndOverheads) {
  Step step;
  step.operators[0] = {.kind = OperatorKind::kDenseFfn,
                       .flops = {},
                       .bytes = {},
                       .time = 3.0_s,
                       .bound = Bound::kMemory};
  step.operators[1] = {.kind = OperatorKind::kAllReduce,
                       .flops = {},
                       .bytes = {},
                       .time = 1.0_s,
                       .bound = Bound::kLink};
  step.time = 4.0_s;
  EXPECT_DOUBLE_EQ(busy_share(step), 0.75);
}

TEST(Names, AreThoseOfTheField) {
  EXPECT_EQ(name(Bound::kMemory), "memory");
  EXPECT_EQ(name(OperatorKind::kRoutedExperts), "routed experts");
  for (std::size_t i = 0; i < kOperatorKinds; ++i)
    EXPECT_NE(name(static_cast<OperatorKind>(i)), "");
}

}  // namespace
}  // namespace assay::model
