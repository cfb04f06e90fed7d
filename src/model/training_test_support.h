// training_test_support.h — constants without any loss, so that tests of a training step follow by
// hand: every share 1, nothing between operators, all communication in the open. Passes are made by
// hand where only a layout's arithmetic is asked about. Plain values.
#pragma once

#include <string>
#include <utility>

#include "model/training_memory_test_support.h"

namespace assay::model::test {

// One family, stack "plain" whose kernels all multiply, links without latency.
inline catalog::TrainingTable ideal_training() {
  catalog::TrainingTable table;
  catalog::TrainingFamily family;
  family.family = "unknown";
  family.sixteen = family.eight = family.four = 1;
  family.attention = family.attention_2 = family.attention_backward = family.memory = 1;
  table.families = {family};
  catalog::TrainingStack plain;
  plain.stack = "plain";
  plain.elementwise = 0;
  catalog::TrainingStack unknown;
  unknown.stack = "unknown";
  table.stacks = {plain, unknown};
  for (const LinkKind kind : {LinkKind::kOther, LinkKind::kNetwork}) {
    catalog::TrainingLink link;
    link.kind = kind;
    link.bandwidth = 1;
    table.links.push_back(link);
  }
  table.pipeline_exposed = 1;
  return table;
}

// On eight H100 a server, 50 GB/s each between servers.
inline MemoryQuestion ideal_question(catalog::LanguageModel model, int sequence, int batch) {
  MemoryQuestion q = question(std::move(model), "plain", sequence, batch);
  q.table = ideal_training();
  q.hardware = hgx_h100();
  q.hardware.link.beyond_one_way = 50.0_GBps;
  q.hardware.host_one_way = 50.0_GBps;
  return q;
}

// Llama-3.1-405B: 126 layers.
inline catalog::LanguageModel llama_405b() {
  return dense_model(16384, 126, 128, 8, 53248, 128256);
}

// GPT-3 175B as Megatron-LM trains it: 96 layers, a vocabulary of 51,200.
inline catalog::LanguageModel gpt3() { return gpt(12288, 96, 96, 51200); }

}  // namespace assay::model::test
