#include "search/serving_layouts.h"

#include <fmt/format.h>

#include "base/unit_text.h"
#include "model/runnable.h"
#include "model/serving_estimate.h"

namespace assay::search {

namespace {

catalog::Format sixteen_bit(const catalog::LanguageModel& model) {
  return model.dtype == catalog::Format::kFp16 ? catalog::Format::kFp16 : catalog::Format::kBf16;
}

// Low enough that requests meet nobody: one request in an hour.
constexpr Hertz kAlone = Hertz::from_base(1.0 / 3600.0);

std::string missed(std::string_view figure, Seconds reached, Seconds limit, model::Bound bound) {
  return fmt::format("{} {} (mean, analytic, one request alone; {}-bound) against a limit of {}",
                     figure, to_text(reached, 3), model::name(bound), to_text(limit, 3));
}

}  // namespace

catalog::Format activation_format(const model::Hardware& hardware,
                                  const catalog::LanguageModel& model, catalog::Format weights) {
  const bool multiplies = hardware.matrix_peak(weights).has_value();
  switch (weights) {
    case catalog::Format::kFp8:
    case catalog::Format::kInt8:
    case catalog::Format::kNvfp4:
    case catalog::Format::kMxfp4:
      return multiplies ? weights : sixteen_bit(model);
    default:
      return sixteen_bit(model);
  }
}

namespace {

// Fills the verdict of one deployment; the order of the checks is the order of the reasons that a
// user reads.
Layout judge(const catalog::LanguageModel& model, const model::Hardware& hardware,
             const catalog::EfficiencyTable& efficiency, const workload::ServingDemand& demand,
             const model::Deployment& deployment) {
  Layout layout{.deployment = deployment,
                .memory = {},
                .rate_max = {},
                .reject = {},
                .why = {},
                .ttft_alone = {},
                .tpot_alone = {}};
  const auto reject = [&](Reject reason, std::string why) {
    layout.reject = reason;
    layout.why = std::move(why);
    return layout;
  };
  if (const auto ok = model::runnable(model, hardware, deployment); !ok) {
    return reject(Reject::kNotRunnable, ok.error().what);
  }
  const double context = demand.input_tokens + demand.output_tokens;
  layout.memory =
      model::memory_fit(model, hardware, deployment, efficiency, demand.input_tokens, context);
  const auto alone =
      model::estimate_serving(model, hardware, deployment, efficiency, demand, kAlone);
  if (!alone) return reject(Reject::kMemory, alone.error().what);
  layout.ttft_alone = alone->ttft.value;
  layout.tpot_alone = alone->tpot.value;
  if (demand.ttft && alone->ttft.value > demand.ttft->at_most) {
    return reject(Reject::kTtft,
                  missed("TTFT", alone->ttft.value, demand.ttft->at_most, alone->bound));
  }
  if (demand.tpot && alone->tpot.value > demand.tpot->at_most) {
    return reject(Reject::kTpot,
                  missed("TPOT", alone->tpot.value, demand.tpot->at_most, alone->bound));
  }
  const auto rate = model::rate_max(model, hardware, deployment, efficiency, demand);
  if (!rate) return reject(Reject::kLimits, rate.error().what);
  layout.rate_max = *rate;
  return layout;
}

}  // namespace

std::vector<Layout> serving_layouts(const catalog::LanguageModel& model,
                                    const model::Hardware& hardware,
                                    const catalog::EfficiencyTable& efficiency,
                                    const workload::ServingDemand& demand,
                                    const LayoutSpace& space) {
  std::vector<Layout> layouts;
  for (const catalog::Format weights : space.weights) {
    const catalog::Format activations = activation_format(hardware, model, weights);
    for (int tensor = 1; tensor <= space.tensor_max; ++tensor) {
      if (space.tensor_max % tensor != 0) continue;
      const model::Deployment deployment{.tensor = tensor,
                                         .weights = weights,
                                         .activations = activations,
                                         .kv_cache = space.kv_cache.value_or(sixteen_bit(model)),
                                         .engine = space.engine};
      layouts.push_back(judge(model, hardware, efficiency, demand, deployment));
    }
  }
  return layouts;
}

}  // namespace assay::search
