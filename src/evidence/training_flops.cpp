#include "evidence/training_flops.h"

#include <algorithm>

#include "base/assert.h"
#include "catalog/model_size.h"

namespace assay::evidence {

namespace {

using catalog::LanguageModel;

constexpr double kPasses = 3;            // forward, gradients of inputs, gradients of weights
constexpr double kPassesOfAdapters = 2;  // the weights' own gradients are not needed
constexpr double kPassesRecomputed = 4;

// One layer of multi-token prediction: the projection of two widths, a layer as the last ones are,
// the output table (DeepSeek-V3 report, section 2.2).
double mtp_flops(const LanguageModel& model, double context) {
  ASSAY_ASSERT(!model.blocks.empty());
  LanguageModel last = model;
  last.blocks = {model.blocks.back()};
  last.blocks.front().count = 1;
  const double width = model.hidden;
  return catalog::flops_per_token(last, context).base() + 2 * 2 * width * width;
}

double forward_flops(const LanguageModel& model, double context, int mtp_layers) {
  double flops = catalog::flops_per_token(model, context).base();
  if (mtp_layers > 0) flops += mtp_layers * mtp_flops(model, context);
  return flops;
}

}  // namespace

double counted_flops_per_token(FlopCount count, const LanguageModel& model,
                               const CountedWork& work) {
  const double sequence = work.sequence;
  const double passes = work.adapters ? kPassesOfAdapters : kPasses;
  const double full = forward_flops(model, sequence, work.mtp_layers);
  switch (count) {
    case FlopCount::kCausal:  // Megatron-LM num_floating_point_operations: attention / 2
      return passes * forward_flops(model, sequence / 2, work.mtp_layers);
    case FlopCount::kFull:  // the same before mid-2025
      return passes * full;
    case FlopCount::kHardware:  // Narayanan et al. 2021, equation 3
      return kPassesRecomputed * full;
    case FlopCount::kHardwareIf:
      return (work.recomputed ? kPassesRecomputed : kPasses) * full;
    case FlopCount::kParameters: {  // PaLM, appendix B: 6N + 12LHQT
      const double attention = full - forward_flops(model, 0, work.mtp_layers);
      return 2 * passes * catalog::parameters(model).decoder + passes * attention;
    }
  }
  ASSAY_ASSERT(false);
  return 0;
}

double attended_of_count(double flops_per_token, const LanguageModel& model, int sequence) {
  const double least = kPasses * forward_flops(model, 0, 0);
  const double most = kPasses * forward_flops(model, sequence, 0);
  if (!(flops_per_token > 0) || most <= least) return 0;
  const double share = (flops_per_token - least) / (most - least);
  if (share >= 1) return 0;
  return std::max(share, 1.0 / sequence) * sequence / 2;
}

}  // namespace assay::evidence
