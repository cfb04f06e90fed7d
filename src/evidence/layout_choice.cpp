#include "evidence/layout_choice.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay::evidence {

namespace {

using model::Deployment;
using simulate::ServingLoad;

// Powers of two of tensor parallelism; for mixtures of experts also attention on every rank with
// the experts dealt out.
std::vector<Deployment> candidates(const ResolvedMeasurement& r, bool experts) {
  std::vector<Deployment> list;
  Deployment base;
  base.weights = r.formats.weights;
  base.activations = r.formats.activations;
  base.kv_cache = r.formats.kv_cache;
  base.engine = r.engine;
  const int most = std::min(r.accelerators, std::max(r.hardware->link.domain, 1));
  for (int ranks = 1; ranks <= most; ranks *= 2) {
    if (r.accelerators % ranks != 0) continue;
    Deployment d = base;
    d.tensor = ranks;
    list.push_back(d);
    if (!experts || ranks == 1) continue;
    d.tensor = 1;
    d.data = d.expert = ranks;
    list.push_back(d);
  }
  return list;
}

// What the choice goes by: throughput under the limits, whatever is measured.
ServingLoad yardstick(const ResolvedMeasurement& r, const ServingLoad& load) {
  ServingLoad y = load;
  y.kind = r.limits ? simulate::LoadKind::kCapacity : simulate::LoadKind::kOffline;
  if (load.kind == simulate::LoadKind::kFixedBatch) y.kind = simulate::LoadKind::kFixedBatch;
  if (r.limits) {
    y.tpot = r.limits->tpot;
    y.ttft = r.limits->ttft;
  }
  return y;
}

}  // namespace

Result<simulate::ServingFigures> predict_load(const catalog::LanguageModel& model,
                                              const model::Hardware& hardware, const Pool& pool,
                                              const catalog::EfficiencyTable& efficiency,
                                              const ServingLoad& load) {
  const int whole = std::max(1, static_cast<int>(std::lround(pool.replicas)));
  ServingLoad each = load;
  const double share = pool.replicas < 1 ? pool.replicas : 1;
  each.amount = load.amount / share;
  auto figures =
      simulate::predict_serving(model, hardware, pool.deployment, efficiency, each, whole);
  if (!figures) return figures;
  figures->output_tokens_per_s *= share;
  figures->input_tokens_per_s *= share;
  figures->requests_per_s *= share;
  return figures;
}

Result<Pool> best_layout(const Measurement&, const ResolvedMeasurement& r, const ServingLoad& load,
                         const catalog::EfficiencyTable& efficiency) {
  const ServingLoad by = yardstick(r, load);
  std::optional<Pool> best;
  double most = 0;
  Error last{.what = "no layout of " + std::to_string(r.accelerators) + " accelerators",
             .expected = {},
             .near = {},
             .where = {}};
  for (const Deployment& d : candidates(r, catalog::is_mixture_of_experts(*r.model))) {
    const Pool pool{.replicas = 1.0 * r.accelerators / d.accelerators(), .deployment = d};
    const auto figures = predict_load(*r.model, *r.hardware, pool, efficiency, by);
    if (!figures) {
      last = figures.error();
      continue;
    }
    const double served = by.kind == simulate::LoadKind::kFixedBatch && load.output_tokens <= 1
                              ? figures->input_tokens_per_s
                              : figures->output_tokens_per_s;
    if (served <= most) continue;
    most = served;
    best = pool;
  }
  if (!best) return tl::unexpected(last);
  return *best;
}

}  // namespace assay::evidence
