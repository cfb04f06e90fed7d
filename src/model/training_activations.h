// training_activations.h — what one micro-batch keeps on one rank for its backward pass.
// By operator, after Korthikanti et al. 2022 (arXiv:2205.05198), section 4: a matrix product keeps
// its input, a norm and an activation function theirs, attention its queries, keys, values and
// output. Tensor parallelism divides what lies between two products; sequence parallelism the rest.
// Bytes; pure; no allocation. Formulas and assumptions: docs/models.md, "Memory of training".
#pragma once

#include "catalog/language_model.h"
#include "model/training_step.h"

namespace assay::model {

// Of one layer of `block`.
KeptActivations kept_activations(const TrainingSubject& subject, const catalog::Block& block,
                                 const ShardShape& shape);

// From the last layer's output to the loss.
double output_activations(const TrainingSubject& subject, const ShardShape& shape);

// Most that the backward pass of one layer needs at once, with everything of this layer computed
// again: all it would have kept, and the gradients of its widest part. Of the largest layer.
double working_bytes(const TrainingSubject& subject, const ShardShape& shape);

}  // namespace assay::model
