#include "search/choose_deployment.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/infeasible.h"
#include "model/runnable.h"
#include "search/serving_layouts.h"

namespace assay::search {

namespace {

using catalog::Format;
using catalog::LanguageModel;
using model::Deployment;
using simulate::LoadKind;
using simulate::ServingLoad;

Format published_weights(const LanguageModel& model) {
  return model.quantisation ? model.quantisation->weights : model.dtype;
}

// Checkpoints in MXFP4 leave activations in 16 bits (gpt-oss model card); engines multiply them
// with 8-bit ones where the hardware has both widths.
Format default_activations(const LanguageModel& model, const model::Hardware& hardware,
                           Format weights) {
  const bool published = weights == Format::kMxfp4 && published_weights(model) == Format::kMxfp4;
  if (!published) return activation_format(hardware, model, weights);
  const bool both = hardware.matrix_peak(Format::kMxfp4) && hardware.matrix_peak(Format::kFp8);
  return both ? Format::kFp8 : activation_format(hardware, model, model.dtype);
}

// Sequences that one replica should hold.
double wanted(const ServingLoad& load, int replicas) {
  if (load.kind == LoadKind::kFixedBatch) return load.amount;
  if (load.kind == LoadKind::kConcurrency) return std::ceil(load.amount / replicas);
  return 1;
}

struct Candidate {
  Deployment deployment;
  int replicas{};
  double fit{};  // sequences of a replica
  bool enough{};
};

Result<Candidate> judge(const ServingSubject& subject, const ServingTables& tables,
                        const Deployment& deployment, const ServingLoad& load) {
  const int replicas = subject.accelerators / deployment.accelerators();
  if (replicas < 1) {
    return tl::unexpected(
        infeasible(fmt::format("{} takes {} accelerators, there are {}", layout_text(deployment),
                               deployment.accelerators(), subject.accelerators)));
  }
  if (const auto ok = can_serve(subject.model, subject.hardware, deployment); !ok) {
    return tl::unexpected(ok.error());
  }
  const double length = load.input_tokens + load.output_tokens;
  const model::MemoryFit memory = model::memory_fit(subject.model, subject.hardware, deployment,
                                                    tables.efficiency, load.input_tokens, length);
  const double fit =
      sequences_that_fit(memory, tables.efficiency.engine(deployment.engine), deployment, length);
  if (fit < deployment.data) {  // each attention rank has its own sequences
    return tl::unexpected(infeasible(model::memory_shortage(memory, deployment, length)));
  }
  return Candidate{deployment, replicas, fit, fit >= wanted(load, replicas)};
}

std::vector<int> tensor_ways(const DeploymentWish& wish, int most) {
  if (wish.tensor) return {*wish.tensor};
  std::vector<int> ways;
  for (int tensor = 1; tensor <= most; tensor *= 2) ways.push_back(tensor);
  if (ways.empty()) ways.push_back(1);
  return ways;
}

std::string format_assumed(std::string_view part, Format format, std::string_view why) {
  return fmt::format("{} {}: {}", part, catalog::name(format), why);
}

ChosenDeployment chosen_of(const ServingSubject& subject, const DeploymentWish& wish,
                           const Candidate& candidate) {
  const Deployment& d = candidate.deployment;
  ChosenDeployment chosen{
      .deployment = d, .replicas = candidate.replicas, .idle = 0, .assumed = {}};
  chosen.idle = subject.accelerators - candidate.replicas * d.accelerators();
  auto& assumed = chosen.assumed;
  if (!wish.tensor) {
    assumed.push_back(fmt::format("tensor parallelism {}: {}", d.tensor,
                                  candidate.enough ? "the smallest that holds the load"
                                                   : "none holds the load, it holds most of it"));
  }
  if (!wish.weights) assumed.push_back(format_assumed("weights", d.weights, "as published"));
  if (!wish.activations) {
    assumed.push_back(format_assumed("activations", d.activations,
                                     "what the hardware multiplies for these weights"));
  }
  if (!wish.kv_cache) {
    const bool published = subject.model.quantisation && subject.model.quantisation->kv_cache;
    assumed.push_back(
        format_assumed("KV cache", d.kv_cache, published ? "as published" : "the model's own"));
  }
  if (wish.draft_tokens > 0) {
    assumed.push_back("a draft: one layer's share of an iteration (a head trained for it)");
  }
  if (chosen.idle > 0) {
    assumed.push_back(fmt::format("{} of {} accelerators stand idle and count", chosen.idle,
                                  subject.accelerators));
  }
  return chosen;
}

}  // namespace

Result<bool> can_serve(const LanguageModel& model, const model::Hardware& hardware,
                       const Deployment& deployment) {
  auto ok = model::runnable(model, hardware, deployment);
  if (ok && deployment.accelerators() > 1 && hardware.link.one_way <= BytesPerSecond{}) {
    return tl::unexpected(
        infeasible(fmt::format("{} on {}: the bandwidth between accelerators is unknown",
                               layout_text(deployment), hardware.accelerator),
                   "one accelerator a replica"));
  }
  return ok;
}

double sequences_that_fit(const model::MemoryFit& memory, const catalog::EngineOverhead& engine,
                          const model::Deployment& deployment, double length) {
  return std::min(memory.kv_tokens / length, engine.sequences_max * deployment.data);
}

Deployment default_formats(const LanguageModel& model, const model::Hardware& hardware,
                           const DeploymentWish& wish) {
  Deployment d;
  d.tensor = wish.tensor.value_or(1);
  d.data = wish.data.value_or(1);
  d.expert = wish.expert.value_or(1);
  d.pipeline = wish.pipeline.value_or(1);
  d.weights = wish.weights.value_or(published_weights(model));
  d.activations = wish.activations.value_or(default_activations(model, hardware, d.weights));
  const bool published = model.quantisation && d.weights == model.quantisation->weights;
  const auto cache = published ? model.quantisation->kv_cache : std::nullopt;
  d.kv_cache = wish.kv_cache.value_or(cache.value_or(model.dtype));
  d.engine = wish.engine;
  if (wish.draft_tokens > 0) {
    d.speculation = {.draft_tokens = wish.draft_tokens,
                     .acceptance = wish.acceptance,
                     .draft_cost = 1.0 / std::max(model.layers(), 1)};
  }
  return d;
}

Result<ChosenDeployment> choose_deployment(const ServingSubject& subject,
                                           const ServingTables& tables, const DeploymentWish& wish,
                                           const ServingLoad& load) {
  Deployment deployment = default_formats(subject.model, subject.hardware, wish);
  const int most = subject.accelerators / std::max(1, deployment.data * deployment.pipeline);
  std::optional<Candidate> best;
  std::optional<Error> refusal;
  bool short_of_memory = false;
  for (const int tensor : tensor_ways(wish, most)) {
    deployment.tensor = tensor;
    const auto candidate = judge(subject, tables, deployment, load);
    if (!candidate) {
      // The shortage of the largest layout that runs says more than heads that do not divide.
      const bool memory = can_serve(subject.model, subject.hardware, deployment).has_value();
      if (memory || !short_of_memory) refusal = candidate.error();
      short_of_memory = short_of_memory || memory;
      continue;
    }
    if (candidate->enough) return chosen_of(subject, wish, *candidate);
    if (!best || candidate->fit > best->fit) best = *candidate;
  }
  if (best) return chosen_of(subject, wish, *best);
  return tl::unexpected(*refusal);
}

}  // namespace assay::search
