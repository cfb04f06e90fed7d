// training_step.h — the time and memory of one optimizer step of one layout.
// Two halves: what a layer costs on one rank for one micro-batch (TrainingPass: by shard shape, of
// which a search meets few), and what a layout makes of it (training_step: arithmetic only, no
// allocation, about a hundred nanoseconds). Both together are predict_step().
// Seconds and bytes of the slowest rank. Pure. Equations and sources: docs/models.md, "Training".
#pragma once

#include "base/error.h"
#include "model/trainable.h"
#include "model/training_job.h"
#include "model/training_subject.h"

namespace assay::model {

// Seconds, as bare doubles: they are added up in the hot path.
struct PassTime {
  double forward{}, backward{}, backward_weight{};  // arithmetic and memory
  double core{};                           // of `forward`: what selective recompute repeats
  double tensor{}, context{}, expert{};    // exposed communication of the forward pass
  double context_backward{};               // of the backward pass; the others as forward
  double host_forward{}, host_backward{};  // what the host adds where it is slower than all that
};

// Bytes a micro-batch keeps for its backward pass, by recompute.
struct KeptActivations {
  double none{}, selective{}, full{};
};

// Elements on one rank.
struct RankWeights {
  double dense{}, experts{};                  // held
  double trained_dense{}, trained_experts{};  // with gradients and optimizer states
};

// Mean over the layers of the model, and the two ends.
struct TrainingPass {
  PassTime layer, output;  // `output`: last norm, output table, loss; `embedding` is counted in it
  KeptActivations layer_activations;
  double output_activations{};  // logits and their gradient
  double peak_working{};        // workspace of one layer's recomputed backward
  RankWeights layer_weights, embedding_weights, output_weights;
  double layers{};
  double boundary_bytes{};  // what one stage passes to the next, a micro-batch
  double peak{};            // FLOP/s, dense, of the job's format
  double model_flops{};     // a token, as Megatron counts: 6 a multiplied weight, causal attention
};
TrainingPass training_pass(const TrainingSubject& subject, const ShardShape& shape);

// Where a step's time goes on the busiest rank; the parts add up to `total`.
struct StepTime {
  double forward{}, backward{}, recompute{};  // matrix products, attention, element-wise
  double tensor{}, context{}, expert{}, pipeline{}, data{};  // communication that is not hidden
  double bubble{}, optimizer{}, offload{}, host{};
  double total{};
};

// Bytes on the fullest rank.
struct TrainingMemory {
  double weights{}, gradients{}, optimizer{}, activations{}, buffers{}, reserve{};
  double host{};  // offloaded, of one rank
  double total() const { return weights + gradients + optimizer + activations + buffers + reserve; }
};

struct TrainingStep {
  StepTime time;
  TrainingMemory memory;
  bool fits{};
  double mfu{};  // model FLOP/s over the dense peak of the job's format; 16 bits for bf16
};

TrainingMemory training_memory(const TrainingSubject& subject, const TrainingPass& pass,
                               const TrainingLayout& layout);
StepTime step_time(const TrainingSubject& subject, const TrainingPass& pass,
                   const TrainingLayout& layout);
TrainingStep training_step(const TrainingSubject& subject, const TrainingPass& pass,
                           const TrainingLayout& layout);

// trainable(), then the step.
Result<TrainingStep> predict_step(const TrainingSubject& subject, const TrainingLayout& layout);

}  // namespace assay::model
