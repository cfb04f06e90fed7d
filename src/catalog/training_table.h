// training_table.h — what training software reaches of the data sheet: by accelerator family, by
// software stack, by link. Constants are data (data/training.yaml, fitted by
// tools/fit_training.py), each with origin and confidence. Equations: docs/models.md, "Training".
// Shares are bare doubles of dense peaks and one-way bandwidths. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "catalog/fact.h"

namespace assay::catalog {

struct TrainingFamily {
  std::string family;                     // "hopper"
  std::vector<std::string> accelerators;  // those of it that it is about; empty: all the others
  double sixteen{}, eight{}, four{};      // matrix products: sustained share of the dense peak
  double attention{};    // fused attention, forward: share of the 16-bit peak that heads of 128
                         // elements reach in long sequences
  double attention_2{};  // the same of FlashAttention-2, whose kernels are of 2023
  double attention_backward{};  // backward's rate relative to forward's
  double memory{};              // element-wise kernels: share of the memory bandwidth
  double scan{1};  // the same of kernels of linear attention and state spaces, relative to them
  Watts power;     // board limit at which the shares hold
  Confidence confidence{};
  std::string origin;
  bool measured() const { return confidence == Confidence::kMeasured; }
};

struct TrainingStack {
  std::string stack;                  // "megatron", "nemo-24", "fsdp", …
  std::vector<std::string> aliases;   // "megatron": what people call its newest release
  std::vector<std::string> families;  // of accelerators that rows of this stack ran on
  std::string since;                  // of its generation, for people
  bool unfused_attention{};           // scores pass through memory (before flash attention)
  bool flash_2{};                     // runs FlashAttention-2, not the family's newest kernel
  double matrix{1};                   // rate of its matrix kernels relative to the family's
  double attention{1};                // rate of its attention kernel relative to the family's
  double elementwise{1};              // memory passes relative to fused kernels
  double tensor_exposed{1};           // share of tensor-parallel communication that is not hidden
  double data_exposed{1};             // the same of gradients and weights of a step
  double expert_casts{1};      // of routed tokens, relative to others: less where they are fused
  double expert_exposed{1};    // of tokens on their way to experts and back
  double shard_exposed{};      // of FSDP's gathers: what adds to the longer of the two
  double expert_kernels{1};    // rate of grouped products relative to one large product
  Seconds layer_host;          // host time of one layer's forward pass
  Seconds expert_host;         // added by a layer of experts
  Seconds step_host;           // of one step: optimizer's launches, logging, data
  bool balanced{};             // stages are evened out whatever the number of layers
  bool deepspeed{};            // its buffers beside 16-bit gradients: training_memory.cpp
  double gradient_bytes{4};    // of one gradient, kept and reduced
  double optimizer_bytes{12};  // of one weight's optimizer states, its master copy among them
  Confidence confidence{};
  std::string origin;
};

struct TrainingLink {
  LinkKind kind{};
  double bandwidth{};  // share reached by a large collective
  Seconds latency;     // of one collective
  Seconds per_rank;    // added by each rank
  Confidence confidence{};
  std::string origin;
};

// Half-widths on |log(measured/predicted)| of the step time, by tier.
struct TrainingInterval {
  std::string tier;  // "seen dense", "unseen moe", …
  double half_width{}, half_width_80{};
  int groups{};
  std::string origin;
};

struct TrainingTable {
  std::vector<TrainingFamily> families;
  std::vector<TrainingStack> stacks;
  std::vector<TrainingLink> links;
  std::vector<TrainingInterval> intervals;
  // Shared by all; meaning and origin in data/training.yaml and docs/models.md.
  double power_exponent{};    // rates grow as (limit / the family's limit)^this
  double wave_exponent{};     // of the last, partly filled wave of output tiles
  double depth_offset{};      // a product of depth k costs as one of k + this
  double head_offset{};       // attention: heads of d elements run at d/(d + this)
  double attention_ramp{};    // attention: sequences of n tokens run at n/(n + this)
  double cast_passes{};       // of an operand on its way to 8 or 4 bits
  double loss_bytes{};        // a token and word of the vocabulary, forward and backward
  double expert_offset{};     // rows that an expert's product costs beyond those it has
  double permute_passes{};    // of routed tokens through memory
  double scan_passes{};       // of a scan's states through memory, forward
  double pipeline_exposed{};  // share of sends between interleaved stages that is not hidden

  // Of an accelerator (its id) of a family; falls back to "unknown".
  const TrainingFamily& family(std::string_view name, std::string_view accelerator = {}) const;
  const TrainingStack& stack(std::string_view name) const;  // falls back to "unknown"
  bool knows_stack(std::string_view name) const;
  const TrainingLink& link(LinkKind kind) const;                  // falls back to LinkKind::kOther
  const TrainingInterval* interval(std::string_view tier) const;  // null: none
};

// The built-in data/training.yaml.
Checked<TrainingTable> load_training();

// A file of the same shape; `file` names it in messages.
Checked<TrainingTable> read_training(const std::string& file, std::string_view text);

}  // namespace assay::catalog
