// training_flops.h — how many operations a token counts in a printed FLOP/s, by convention.
// Which source counts how: data/names/training.yaml, conventions. Pure.
#pragma once

#include "catalog/language_model.h"
#include "evidence/training_names.h"

namespace assay::evidence {

// What is trained besides the shape of the model.
struct CountedWork {
  int sequence{};
  bool recomputed{};  // every layer in full
  int mtp_layers{};   // multi-token prediction, each a layer and an output table
  bool adapters{};    // weights have no gradients: 4 operations a weight instead of 6
};

double counted_flops_per_token(FlopCount count, const catalog::LanguageModel& model,
                               const CountedWork& work);

// Tokens that a token of packed documents sees, from the operations that were counted for it;
// 0: the count does not tell. The count is by FlopCount::kFull over the documents' own lengths.
double attended_of_count(double flops_per_token, const catalog::LanguageModel& model, int sequence);

}  // namespace assay::evidence
