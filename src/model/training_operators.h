// training_operators.h — what one rank does for one micro-batch in one layer, and at the end of the
// model: operators with their arithmetic, bytes and times, forward and backward.
// A matrix product takes the 4-norm of its arithmetic and its traffic; arithmetic suffers from a
// partly filled last wave of 128 × 256 output tiles and from little depth. Attention runs at its
// kernel's rate. Everything else passes memory. Seconds as doubles. Pure.
// Equations and sources: docs/models.md, "Training".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "model/training_subject.h"

namespace assay::model {

enum class TrainingOperatorKind : std::uint8_t {
  kMatrix,
  kAttention,  // its core: scores, softmax, weighted sum
  kElementwise,
  kTensor,  // communication: of tensor parallelism
  kContext,
  kExpert
};

struct TrainingOperator {
  std::string_view name;  // "qkv", "attention", "up", "experts up", "all-reduce", …
  TrainingOperatorKind kind{};
  double forward_flops{};
  double forward_bytes{};  // through memory, or sent
  double forward{};
  double backward{};         // gradients of the inputs
  double backward_weight{};  // gradients of the weights
};

// The 4-norm: nearly the larger, √√2 of two equal ones.
double soft_max(double a, double b);

struct Product {
  double rows{}, columns{}, depth{};
  double count{1};         // equal products in one kernel
  bool sixteen{};          // in 16 bits whatever the job's format
  double output_bytes{2};  // of one element
};
double product_seconds(const TrainingSubject& subject, const Product& product);

// Of the job's format. trainable() has seen that it is known.
FlopsPerSecond dense_peak(const TrainingSubject& subject);

// Tokens of one micro-batch on one rank.
double rank_tokens(const TrainingSubject& subject, const ShardShape& shape);

std::vector<TrainingOperator> layer_operators(const TrainingSubject& subject,
                                              const catalog::Block& block, const ShardShape& shape);

// Last norm, output table and loss.
std::vector<TrainingOperator> output_operators(const TrainingSubject& subject,
                                               const ShardShape& shape);

}  // namespace assay::model
