// training_job.h — what is trained and how it is laid over accelerators: plain values.
// Parallel degrees multiply to the accelerators: tensor · context · pipeline · data. Expert
// parallelism divides tensor · context · data between experts: expert · expert_tensor ranks hold
// one copy of the experts, the rest of those ranks are their data parallelism.
// Ranks lie tensor innermost, then context, then data, then pipeline (Megatron's order).
// Sources of the terms: docs/models.md, "Training".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::model {

// What matrices of the layers multiply in. The output table multiplies in 16 bits always.
enum class TrainingFormat : std::uint8_t {
  kSixteen,   // bf16 or fp16
  kFp8,       // one scale a tensor
  kFp8Row,    // one scale a row
  kFp8Block,  // one scale a block of 128
  kMxfp8,     // one scale 32 values
  kNvfp4
};
std::string_view name(TrainingFormat format);  // "bf16", "fp8", "fp8-row", "fp8-block", "mxfp8", …
double bits(TrainingFormat format);            // 16, 8 or 4: of one operand

struct TrainingJob {
  int sequence{};  // tokens of one sequence
  int batch{};     // sequences of one optimizer step, over all ranks
  TrainingFormat format{};
  int mtp_layers{};  // multi-token prediction: layers and outputs beside the model's own
  int lora_rank{};   // 0: every weight is trained; else adapters beside attention's matrices
  std::string stack{"megatron"};  // of data/training.yaml
  bool in_network_reduction{};    // switches add up: all-reduces send each value once
  double attended{};  // mean tokens that a token attends to; 0: half of the sequence (causal)
};

// What data-parallel ranks divide instead of holding whole.
enum class Sharding : std::uint8_t {
  kNone,       // distributed data parallel
  kOptimizer,  // ZeRO-1: optimizer states and master weights
  kGradients,  // ZeRO-2: gradients as well
  kWeights     // ZeRO-3, FSDP: weights as well, gathered layer by layer
};
std::string_view name(Sharding sharding);  // "none", "zero1", "zero2", "zero3"

// What is computed again in the backward pass instead of kept.
enum class Recompute : std::uint8_t { kNone, kSelective, kFull };  // selective: attention's core
std::string_view name(Recompute recompute);

enum class Schedule : std::uint8_t {
  kOneForwardOneBackward,  // interleaved where virtual_stages > 1
  kZeroBubble,             // ZB-H1: weight gradients fill the bubble
  kDualPipe                // two directions at once, two copies of the weights
};
std::string_view name(Schedule schedule);  // "1f1b", "zero-bubble", "dualpipe"

enum class ContextComm : std::uint8_t { kRing, kAllToAll };

struct TrainingLayout {
  int tensor{1}, context{1}, data{1}, pipeline{1};
  int expert{1}, expert_tensor{1};
  int virtual_stages{1};  // model chunks of one pipeline rank
  int micro_batch{1};     // sequences
  bool sequence_parallel{};
  Sharding sharding{};
  int shard_ranks{};  // data-parallel ranks that divide among themselves; 0: all (else hybrid)
  Recompute recompute{};
  int recompute_layers{};  // of each chunk, with kFull; 0: all
  Schedule schedule{};
  ContextComm context_comm{};
  bool offload_weights{}, offload_activations{}, offload_optimizer{};  // to the host's memory
  int accelerators() const { return tensor * context * data * pipeline; }
  friend bool operator==(const TrainingLayout&, const TrainingLayout&) = default;
};

// "tp8 pp16 vpp2 dp64 mbs1 sp zero1 selective", in the order of the field's usual notation; what is
// one or off is left out.
std::string to_text(const TrainingLayout& layout);

// Micro-batches of one step of one pipeline; 0: the batch does not divide.
int micro_batches(const TrainingJob& job, const TrainingLayout& layout);

}  // namespace assay::model
