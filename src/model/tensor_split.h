// tensor_split.h — what tensor parallelism divides and what it must hold whole.
// Heads divide; KV heads divide at most as many ways as there are; down-projections of latent
// attention, its cache and a sparse indexer do not divide at all. Megatron-LM, arXiv:1909.08053,
// section 3; the rest follows from the shapes. Elements and ways, per layer. Pure.
#pragma once

#include "catalog/language_model.h"

namespace assay::model {

// In how many parts the KV cache and its projections of this layer lie on `tensor` accelerators.
double kv_ways(const catalog::Mixer& mixer, double tensor);

// Elements of this layer's mixer on one accelerator beyond an even share of 1/tensor.
double replicated_elements(const catalog::Mixer& mixer, double hidden, double tensor);

}  // namespace assay::model
