// training_memory_test_support.h — hand-made stacks and GPT models for tests of training's memory:
// shapes of the papers, constants that only need to exist.
#pragma once

#include <string>
#include <utility>

#include "model/model_test_support.h"
#include "model/training_step.h"

namespace assay::model::test {

// "megatron": fused attention, 32-bit gradients. "unfused": scores in memory, dropout.
// "deepspeed": the same with 16-bit gradients. "balanced": ends count as layers.
inline catalog::TrainingTable memory_stacks() {
  catalog::TrainingTable table;
  catalog::TrainingFamily family;
  family.family = "unknown";
  table.families = {family};
  const auto stack = [&](const char* name, bool unfused, double gradient_bytes, bool balanced) {
    catalog::TrainingStack s;
    s.stack = name;
    s.unfused_attention = unfused;
    s.gradient_bytes = gradient_bytes;
    s.balanced = balanced;
    s.deepspeed = s.stack == "deepspeed";
    table.stacks.push_back(s);
  };
  stack("unknown", false, 4, false);
  stack("megatron", false, 4, false);
  stack("unfused", true, 4, false);
  stack("deepspeed", true, 2, false);
  stack("balanced", false, 4, true);
  catalog::TrainingLink link;
  link.kind = LinkKind::kOther;
  table.links = {link};
  return table;
}

// GPT as in the Megatron papers: multi-head, four times the width inside, no gate, tied table.
inline catalog::LanguageModel gpt(int hidden, int layers, int heads, int vocabulary) {
  catalog::LanguageModel model = dense_model(hidden, layers, heads, heads, 4 * hidden, vocabulary);
  auto& attention = std::get<catalog::GroupedQueryAttention>(model.blocks[0].mixer);
  attention.head_dim = attention.value_head_dim = hidden / heads;
  attention.bias_qkv = attention.bias_out = true;
  model.blocks[0].ffn = catalog::DenseFfn{.intermediate = 4 * hidden, .gated = false, .bias = true};
  model.norm_bias = model.tied_embeddings = true;
  return model;
}

// Owns what a subject refers to.
struct MemoryQuestion {
  catalog::LanguageModel model;
  TrainingJob job;
  Hardware hardware = hgx_a100();
  catalog::TrainingTable table = memory_stacks();

  TrainingSubject subject() const { return {model, hardware, table, job}; }
};

inline MemoryQuestion question(catalog::LanguageModel model, std::string stack, int sequence,
                               int batch) {
  MemoryQuestion q;
  q.model = std::move(model);
  q.job.sequence = sequence;
  q.job.batch = batch;
  q.job.stack = std::move(stack);
  return q;
}

}  // namespace assay::model::test
