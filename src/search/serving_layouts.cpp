#include "search/serving_layouts.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/unit_text.h"
#include "model/runnable.h"
#include "model/steady_state.h"
#include "model/step_model.h"
#include "simulate/replica_limits.h"

namespace assay::search {

namespace {

catalog::Format sixteen_bit(const catalog::LanguageModel& model) {
  return model.dtype == catalog::Format::kFp16 ? catalog::Format::kFp16 : catalog::Format::kBf16;
}

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

using workload::LatencyLimit;
using workload::ServingDemand;

// What a mean must keep within where this limit holds. A median may lie well below the mean.
std::optional<Seconds> mean_limit(const std::optional<LatencyLimit>& limit, double slack) {
  if (!limit) return std::nullopt;
  constexpr double kMeanOverMedian = 4;
  const bool median = limit->statistic == workload::Statistic::kP50;
  return limit->at_most * (slack * (median ? kMeanOverMedian : 1));
}

struct Asked {
  const catalog::LanguageModel& model;
  const model::Hardware& hardware;
  const catalog::EfficiencyTable& efficiency;
  const ServingDemand& demand;
  double slack{1};
  double input{}, output{};
};

// "the smallest that fits is tp4", or that none does.
std::string smallest_that_fits(const Asked& asked, model::Deployment deployment) {
  const bool sixteen = deployment.weights == catalog::Format::kBf16;
  const double length = asked.input + asked.output;
  const int domain = asked.hardware.link.domain;
  for (int tensor = 1; tensor <= domain; ++tensor) {
    deployment.tensor = tensor;
    if (!model::runnable(asked.model, asked.hardware, deployment)) continue;
    const model::MemoryFit fit = model::memory_fit(asked.model, asked.hardware, deployment,
                                                   asked.efficiency, asked.input, length);
    if (fit.kv_tokens >= length) return fmt::format("the smallest that fits is tp{}", tensor);
  }
  return fmt::format("no tensor parallelism up to {} fits{}", domain,
                     sixteen ? " in this format" : "");
}

// The largest batch whose mean iteration keeps within the limit on TPOT, and the rate of it.
void add_rate(const Asked& asked, const model::StepModel& step, Layout& layout) {
  const auto limit = mean_limit(asked.demand.tpot, asked.slack);
  const auto load = [&](double batch) {
    return model::SteadyLoad{.batch = batch,
                             .input = asked.input,
                             .output = asked.output,
                             .tokens_max = static_cast<double>(layout.limits.tokens_max)};
  };
  const auto meets = [&](double batch) {
    const Seconds each = model::mean_iteration(step, load(batch)) / step.tokens_per_iteration();
    return !limit || each <= *limit;
  };
  double low = 1, high = layout.batch_max;
  if (meets(high)) low = high;
  while (high - low > 1e-3 * low) {
    const double middle = std::sqrt(low * high);
    (meets(middle) ? low : high) = middle;
  }
  layout.rate_max =
      Hertz::from_base(model::steady_throughput(step, load(low)) / asked.output * asked.slack);
  layout.bound =
      step.step({.decode_sequences = low, .decode_context = asked.input + asked.output / 2}).bound;
}

// Fills the verdict of one deployment; the order of the checks is the order of the reasons that a
// user reads.
Layout judge(const Asked& asked, const model::Deployment& deployment) {
  Layout layout;
  layout.deployment = deployment;
  const auto reject = [&](Reject reason, std::string why) {
    layout.reject = reason;
    layout.why = std::move(why);
    return layout;
  };
  const catalog::LanguageModel& model = asked.model;
  if (const auto ok = model::runnable(model, asked.hardware, deployment); !ok) {
    return reject(Reject::kNotRunnable, ok.error().what);
  }
  const double length = asked.input + asked.output;
  layout.memory =
      model::memory_fit(model, asked.hardware, deployment, asked.efficiency, asked.input, length);
  if (model.context_max > 0 && length > model.context_max) {
    return reject(Reject::kMemory,
                  fmt::format("a request of {:.0f} tokens exceeds the context of {}, {} tokens",
                              length, model.id, model.context_max));
  }
  const auto replica = simulate::replica_limits(model, asked.hardware, deployment, asked.efficiency,
                                                {}, {.input = asked.input, .output = asked.output});
  if (!replica) {
    return reject(Reject::kMemory, model::memory_shortage(layout.memory, deployment, length) +
                                       "; " + smallest_that_fits(asked, deployment));
  }
  layout.limits = replica->limits;
  const catalog::EngineOverhead& engine = asked.efficiency.engine(deployment.engine);
  layout.batch_max = std::clamp(
      model::sequences_in_cache(layout.memory, asked.input, asked.output, engine.output_reserved),
      1.0, static_cast<double>(layout.limits.sequences_max));
  const model::StepModel step{model, asked.hardware, deployment, asked.efficiency};
  const model::Iteration prompt{
      .prefill_tokens = asked.input, .prefill_pieces = 1, .prefill_ends = 1};
  const model::Iteration token{.decode_sequences = 1,
                               .decode_context = asked.input + asked.output / 2};
  layout.ttft_alone = step.time(prompt) + engine.per_request;
  layout.tpot_alone = step.time(token) / step.tokens_per_iteration();
  if (const auto limit = mean_limit(asked.demand.ttft, asked.slack);
      limit && *layout.ttft_alone > *limit) {
    return reject(Reject::kTtft, missed("TTFT", *layout.ttft_alone, asked.demand.ttft->at_most,
                                        step.step(prompt).bound));
  }
  if (const auto limit = mean_limit(asked.demand.tpot, asked.slack);
      limit && *layout.tpot_alone > *limit) {
    return reject(Reject::kTpot, missed("TPOT", *layout.tpot_alone, asked.demand.tpot->at_most,
                                        step.step(token).bound));
  }
  add_rate(asked, step, layout);
  return layout;
}

}  // namespace

std::vector<Layout> serving_layouts(const catalog::LanguageModel& model,
                                    const model::Hardware& hardware,
                                    const catalog::EfficiencyTable& efficiency,
                                    const workload::ServingDemand& demand,
                                    const LayoutSpace& space) {
  const Asked asked{model,
                    hardware,
                    efficiency,
                    demand,
                    space.slack,
                    std::max(demand.input_tokens, 1.0),
                    std::max(demand.output_tokens, 1.0)};
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
      layouts.push_back(judge(asked, deployment));
    }
  }
  return layouts;
}

}  // namespace assay::search
