#include "model/training_activations.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/training_memory_test_support.h"

namespace assay::model {
namespace {

using namespace test;

KeptActivations kept(const MemoryQuestion& q, const ShardShape& shape, std::size_t block = 0) {
  return kept_activations(q.subject(), q.model.blocks[block], shape);
}

struct Published {
  const char* model;
  int hidden, heads, micro_batch;
};

// Korthikanti et al. 2022, equations 1, 2 and 4 for the models of their table 3, t = 8: without
// parallelism s b h (34 + 5 a s / h), with tensor parallelism s b h (10 + 24/t + 5 a s / (h t)),
// with sequence parallelism as well s b h / t (34 + 5 a s / h); selective: without the last term.
TEST(TrainingActivations, AreThoseOfKorthikantisTable) {
  for (const auto& [name, hidden, heads, micro_batch] :
       {Published{"22B", 6144, 64, 4}, Published{"175B", 12288, 96, 1},
        Published{"530B", 20480, 128, 1}, Published{"1T", 25600, 160, 1}}) {
    const MemoryQuestion q = question(gpt(hidden, 1, heads, 51200), "unfused", 2048, 512);
    const double sbh = 2048.0 * micro_batch * hidden, scores = 5.0 * heads * 2048 / hidden;
    ShardShape shape{.micro_batch = micro_batch};
    EXPECT_DOUBLE_EQ(kept(q, shape).none, sbh * (34 + scores)) << name;
    shape.tensor = 8;
    EXPECT_DOUBLE_EQ(kept(q, shape).none, sbh * (10 + 24.0 / 8 + scores / 8)) << name;
    EXPECT_DOUBLE_EQ(kept(q, shape).full, 2 * sbh) << name;
    shape.sequence_parallel = true;
    EXPECT_DOUBLE_EQ(kept(q, shape).none, sbh / 8 * (34 + scores)) << name;
    EXPECT_DOUBLE_EQ(kept(q, shape).selective, sbh / 8 * 34) << name;
    EXPECT_DOUBLE_EQ(kept(q, shape).full, 2 * sbh / 8) << name;
  }
}

// GPT-3: 5 a s / h = 80, 530B: 64 (ibid., section 5); so selective recompute saves 70 % and 65 %.
TEST(TrainingActivations, OfAttentionsCoreAreMostOfAnUnfusedLayer) {
  const auto share = [](int hidden, int heads) {
    const MemoryQuestion q = question(gpt(hidden, 1, heads, 51200), "unfused", 2048, 512);
    const KeptActivations k = kept(q, {.tensor = 8, .sequence_parallel = true});
    return 1 - k.selective / k.none;
  };
  EXPECT_NEAR(share(12288, 96), 0.70, 0.005);
  EXPECT_NEAR(share(20480, 128), 0.65, 0.005);
}

// Llama-70B, 8,192 tokens: input and norms 2 · 2 + 2 · 2 bytes of 8,192; queries, keys, values,
// output 2 bytes of 8,192 + 1,024 + 1,024 + 8,192, the log-sum 4 of 64 heads; gate, up and product
// 2 bytes of 3 · 28,672.
TEST(TrainingActivations, OfFusedAttentionAndAGatedPartAddUp) {
  const MemoryQuestion q = question(llama_70b(), "megatron", 8192, 8);
  const double token = 8.0 * 8192 + 2.0 * 18432 + 4.0 * 64 + 6.0 * 28672;
  EXPECT_DOUBLE_EQ(kept(q, {}).none, 8192 * token);
  EXPECT_DOUBLE_EQ(kept(q, {}).none - kept(q, {}).selective, 8192 * 4.0 * 64);
  EXPECT_DOUBLE_EQ(kept(q, {.tensor = 8, .sequence_parallel = true}).none, 8192 * token / 8);
  EXPECT_DOUBLE_EQ(kept(q, {.context = 4}).none, 8192 * token / 4);
}

TEST(TrainingActivations, KeepAKvHeadOnEveryRankThatNeedsIt) {
  const MemoryQuestion q = question(llama_70b(), "megatron", 8192, 8);
  const double at_8 = kept(q, {.tensor = 8, .sequence_parallel = true}).none;
  const double at_16 = kept(q, {.tensor = 16, .sequence_parallel = true}).none;
  EXPECT_DOUBLE_EQ(at_16, at_8 / 2 + 8192 * 2.0 * 256 / 2);  // one KV head, not half of one
}

// In 8 bits: one byte of three inputs (h, h, f) and of attention's output beside it.
TEST(TrainingActivations, KeepInputsOfProductsInEightBits) {
  MemoryQuestion q = question(llama_70b(), "megatron", 8192, 8);
  const double sixteen = kept(q, {}).none;
  q.job.format = TrainingFormat::kFp8;
  EXPECT_DOUBLE_EQ(kept(q, {}).none, sixteen + 8192.0 * (-2 * 8192 - 28672 + 8192));
  q.job.lora_rank = 16;
  EXPECT_DOUBLE_EQ(kept(q, {}).none, sixteen);
}

// DeepSeek-V3's layer of experts, one token: latents 2 + 2 bytes of 1,536 + 512, the rotary key;
// q, k of 128 · 192 each, v and output of 128 · 128, 128 log-sums; input and two norms of 7,168;
// router's input and 256 scores and probabilities in fp32; eight rows of 7,168 and 3 · 2,048, the
// shared expert's 3 · 2,048.
TEST(TrainingActivations, OfLatentAttentionAndExpertsAddUp) {
  const MemoryQuestion q = question(deepseek_v3(), "megatron", 4096, 64);
  const double attention =
      2.0 * 7168 + 4.0 * 2048 + 2.0 * 64 + 2.0 * (2 * 24576 + 2 * 16384) + 4.0 * 128;
  const double experts = 2.0 * 7168 + 8.0 * 256 + 8 * 2.0 * (7168 + 3 * 2048) + 2.0 * 3 * 2048;
  const double token = attention + experts + 2 * 2.0 * 7168;
  EXPECT_DOUBLE_EQ(kept(q, {}, 1).none, 4096 * token);
  EXPECT_DOUBLE_EQ(kept(q, {.expert = 64}, 1).none, 4096 * token);  // balanced: as many rows
}

TEST(TrainingActivations, OfExpertsCutOverRanksSeeAllRowsOfThese) {
  const MemoryQuestion q = question(mixtral(), "megatron", 4096, 64);
  const ShardShape whole{.tensor = 2, .expert = 8, .sequence_parallel = true};
  ShardShape cut = whole;
  cut.expert = 4;
  cut.expert_tensor = 2;
  // 2 experts' rows of 4,096 more a token; what is inside the experts is as much
  EXPECT_DOUBLE_EQ(kept(q, cut).none - kept(q, whole).none, 4096 / 2 * 2 * 2.0 * 4096);
}

TEST(TrainingActivations, OfAStateSpaceLayerDoNotGrowWithItsState) {
  catalog::LanguageModel model = llama_8b();
  catalog::StateSpace s;
  s.heads = 128;
  s.head_dim = 64;
  s.groups = 8;
  s.state = 128;
  s.convolution = 4;
  model.blocks[0].mixer = s;
  const MemoryQuestion q = question(model, "megatron", 4096, 8);
  const double mixer = 2.0 * 4096 + 2.0 * (3 * 8192 + 2 * 8 * 128 + 128) + 2.0 * 8192;
  const double rest = 2.0 * 4096 * 3 + 6.0 * 14336;
  EXPECT_DOUBLE_EQ(kept(q, {}).none, 4096 * (mixer + rest));
  EXPECT_DOUBLE_EQ(kept(q, {}).none, kept(q, {}).selective);
}

// Megatron's logits: 6 bytes a word and token.
TEST(TrainingActivations, OfTheOutputAreLogitsTwice) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 8192, 8);
  EXPECT_DOUBLE_EQ(output_activations(q.subject(), {.tensor = 4, .sequence_parallel = true}),
                   8192 * (4.0 * 4096 / 4 + 6.0 * 128256 / 4));
}

TEST(TrainingActivations, AtWorkAreAllOfALayerAndMore) {
  const MemoryQuestion q = question(llama_8b(), "megatron", 8192, 8);
  const double working = working_bytes(q.subject(), {});
  EXPECT_GT(working, kept(q, {}).none);
  EXPECT_LT(working, 2 * kept(q, {}).none);
}

RC_GTEST_PROP(TrainingActivations, MoreRanksNeverKeepMore, ()) {
  const bool experts = *rc::gen::arbitrary<bool>();
  MemoryQuestion q = question(experts ? deepseek_v3() : llama_70b(),
                              *rc::gen::arbitrary<bool>() ? "megatron" : "unfused", 8192, 64);
  q.job.format = static_cast<TrainingFormat>(*rc::gen::inRange(0, 6));
  ShardShape few{.tensor = 1 << *rc::gen::inRange(0, 3), .context = 1 << *rc::gen::inRange(0, 3)};
  few.sequence_parallel = *rc::gen::arbitrary<bool>();
  ShardShape many = few;
  (*rc::gen::arbitrary<bool>() ? many.tensor : many.context) *= 2;
  for (std::size_t block = 0; block < q.model.blocks.size(); ++block) {
    const KeptActivations a = kept(q, few, block), b = kept(q, many, block);
    RC_ASSERT(b.none <= a.none);
    RC_ASSERT(a.full <= a.selective);
    RC_ASSERT(a.selective <= a.none);
  }
}

}  // namespace
}  // namespace assay::model
