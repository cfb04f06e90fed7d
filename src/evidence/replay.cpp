#include "evidence/replay.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/nearest.h"
#include "base/quantile.h"
#include "catalog/model_library.h"
#include "model/hardware.h"
#include "simulate/fleet.h"
#include "simulate/replica_limits.h"

namespace assay::evidence {

namespace {

using catalog::EfficiencyTable;

constexpr std::size_t kConstants = 3;
using Logs = std::array<double, kConstants>;  // of the factors

// What a run is made of, resolved.
struct Subject {
  const MeasuredRun& run;
  catalog::LanguageModel model;
  model::Hardware hardware;
  model::Deployment deployment;
  std::array<AdaptedConstant, kConstants> constants;
};

// Constants of the table that a run's own requests can tell apart: how fast matrices multiply, how
// fast memory is read, and what lies between the operators: the link, or where nothing is shared
// the engine's own work.
std::array<AdaptedConstant, kConstants> constants_of(const MeasuredRun& run) {
  const AdaptedConstant link{"link", "sustained share of the link", 1};
  const AdaptedConstant host{"overhead", "engine's time a layer and step", 1};
  return {{{"compute", "sustained share of the matrix peak", 1},
           {"memory", "sustained share of the memory bandwidth", 1},
           run.tensor > 1 ? link : host}};
}

EfficiencyTable with(const EfficiencyTable& table, const Subject& subject, const Logs& logs) {
  EfficiencyTable changed = table;
  const std::string_view family = table.family(subject.hardware.family).family;
  for (catalog::FamilyEfficiency& f : changed.families) {
    if (f.family != family) continue;
    f.sustained_compute *= std::exp(logs[0]);
    f.sustained_memory *= std::exp(logs[1]);
  }
  const double third = std::exp(logs[2]);
  if (subject.run.tensor > 1) {
    for (catalog::LinkEfficiency& l : changed.links) {
      if (l.kind == subject.hardware.link.kind) l.sustained *= third;
    }
    return changed;
  }
  const std::string_view engine = table.engine(subject.deployment.engine).engine;
  for (catalog::EngineOverhead& e : changed.engines) {
    if (e.engine != engine) continue;
    for (Seconds* s : {&e.per_layer, &e.per_layer_prefill, &e.per_step}) *s = *s * third;
  }
  return changed;
}

struct Simulated {
  std::vector<ReplayedRequest> requests;
  std::int64_t preemptions{};
};

simulate::EngineSettings settings_of(const MeasuredRun& run, bool reported_blocks) {
  simulate::EngineSettings s;
  s.tokens_max = run.tokens_max;
  s.sequences_max = run.sequences_max;
  s.block_tokens = run.block_tokens;
  if (reported_blocks) s.kv_blocks = run.kv_blocks;
  return s;
}

simulate::MeanLengths mean_lengths(const MeasuredRun& run) {
  simulate::MeanLengths mean{0, 0};
  const auto count = static_cast<double>(run.requests.size());
  for (const ReplayedRequest& r : run.requests) {
    mean.input += r.input / count;
    mean.output += r.output / count;
  }
  return mean;
}

Result<Simulated> simulate_run(const Subject& subject, const EfficiencyTable& table) {
  const MeasuredRun& run = subject.run;
  const auto limits = simulate::replica_limits(subject.model, subject.hardware, subject.deployment,
                                               table, settings_of(run, true), mean_lengths(run));
  if (!limits) return tl::unexpected(limits.error());
  const model::StepModel step{subject.model, subject.hardware, subject.deployment, table};
  simulate::Fleet fleet;
  fleet.pools.resize(1);
  fleet.pools[0].step = &step;
  fleet.pools[0].limits = limits->limits;
  Simulated out;
  out.requests = run.requests;
  for (ReplayedRequest& r : out.requests) r.ttft = r.tpot = r.end_to_end = std::nan("");
  simulate::FleetRun go;
  go.next = [&run, next = std::size_t{0}](workload::TrafficRequest& request) mutable {
    if (next >= run.requests.size()) return false;
    const ReplayedRequest& r = run.requests[next++];
    request.arrival = SimTime{} + Seconds::from_base(r.arrival);
    request.input_tokens = r.input;
    request.output_tokens = r.output;
    return true;
  };
  go.on_result = [&out](const simulate::RequestResult& r) {
    if (r.outcome != simulate::Outcome::kCompleted) return;
    ReplayedRequest& to = out.requests[static_cast<std::size_t>(r.number)];
    to.ttft = (r.first_token - r.arrival).base();
    to.end_to_end = (r.last_token - r.arrival).base();
    to.tpot = r.output > 1 ? (r.last_token - r.first_token).base() / (r.output - 1) : 0;
  };
  out.preemptions = simulate::run_fleet(fleet, go).preemptions;
  for (const ReplayedRequest& r : out.requests) {
    if (!std::isnan(r.ttft)) continue;
    return tl::unexpected(
        Error{.kind = Error::Kind::kInfeasible,
              .what = fmt::format("a request of {} and {} tokens fits the cache of no replica",
                                  r.input, r.output),
              .expected = {},
              .near = {},
              .where = {}});
  }
  return out;
}

// Of requests [first, last): each latency at each statistic.
std::vector<LatencyPair> compare(const MeasuredRun& run, const Simulated& simulated,
                                 std::size_t first, std::size_t last) {
  struct Metric {
    std::string_view name;
    double ReplayedRequest::*value;
  };
  constexpr std::array kMetrics{Metric{"TTFT", &ReplayedRequest::ttft},
                                Metric{"TPOT", &ReplayedRequest::tpot},
                                Metric{"end to end", &ReplayedRequest::end_to_end}};
  constexpr std::array kQuantiles{std::pair{"p50", 0.5}, std::pair{"p90", 0.9},
                                  std::pair{"p99", 0.99}};
  std::vector<LatencyPair> pairs;
  for (const Metric& metric : kMetrics) {
    std::vector<double> a, b;
    double sum_a = 0, sum_b = 0;
    for (std::size_t i = first; i < last; ++i) {
      if (metric.value == &ReplayedRequest::tpot && run.requests[i].output == 1) continue;
      a.push_back(run.requests[i].*metric.value);
      b.push_back(simulated.requests[i].*metric.value);
      sum_a += a.back();
      sum_b += b.back();
    }
    if (a.empty()) continue;
    const auto count = static_cast<double>(a.size());
    pairs.push_back({metric.name, "mean", sum_a / count, sum_b / count});
    for (const auto& [name, share] : kQuantiles) {
      pairs.push_back({metric.name, name, quantile(a, share), quantile(b, share)});
    }
  }
  return pairs;
}

// Mean of the squares of the logarithmic errors, in units of 0.05; and the logarithm of each
// factor, in units of 0.3, as if it were one more of the twelve latencies: what the requests cannot
// tell stays about as it was. Both units are chosen.
double loss(const std::vector<LatencyPair>& pairs, const Logs& logs) {
  constexpr double kPrior = 0.3, kNoise = 0.05;
  double sum = 0;
  for (const LatencyPair& p : pairs) {
    const double e = std::log(p.predicted / p.measured) / kNoise;
    sum += e * e / static_cast<double>(pairs.size());
  }
  for (const double log : logs) sum += log * log / (kPrior * kPrior) / 12;
  return sum;
}

// Steps along each constant, halved when none helps: a dozen latencies of a hundred requests under
// a scheduler are no smooth function.
Result<Logs> adapt(const Subject& subject, const EfficiencyTable& table, std::size_t seen) {
  const auto loss_at = [&](const Logs& logs) -> Result<double> {
    const auto simulated = simulate_run(subject, with(table, subject, logs));
    if (!simulated) return tl::unexpected(simulated.error());
    return loss(compare(subject.run, *simulated, 0, seen), logs);
  };
  Logs best{};
  auto least = loss_at(best);
  if (!least) return tl::unexpected(least.error());
  for (double step = 0.16; step > 0.004; step /= 2) {
    bool moved = true;
    for (int round = 0; moved && round < 8; ++round) {
      moved = false;
      for (std::size_t k = 0; k < kConstants; ++k) {
        for (const double sign : {1.0, -1.0}) {
          Logs trial = best;
          trial[k] += sign * step;
          const auto there = loss_at(trial);
          if (!there) return tl::unexpected(there.error());
          if (*there >= *least) continue;
          best = trial;
          least = there;
          moved = true;
        }
      }
    }
  }
  return best;
}

Checked<Subject> resolve(const MeasuredRun& run, const catalog::Catalog& catalog) {
  Errors errors;
  auto model = catalog::load_model(run.model);
  if (!model) errors = model.error();
  const catalog::Accelerator* accelerator = nullptr;
  const catalog::System* system = nullptr;
  std::vector<std::string> known;
  for (const catalog::Accelerator& a : catalog.accelerators) {
    known.push_back(a.id);
    if (a.id == run.accelerator) accelerator = &a;
  }
  if (accelerator == nullptr) {
    errors.push_back({.what = fmt::format("unknown accelerator '{}'", run.accelerator),
                      .expected = "an id of the catalog",
                      .near = nearest(run.accelerator, known, 1),
                      .where = {}});
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  for (const catalog::System& s : catalog.systems) {
    if (s.accelerator == run.accelerator && system == nullptr) system = &s;
  }
  auto hardware = model::resolve_hardware(catalog, *accelerator, system);
  if (!hardware) return tl::unexpected(Errors{hardware.error()});
  if (run.link) hardware->link.one_way = *run.link;
  model::Deployment deployment;
  deployment.tensor = run.tensor;
  deployment.engine = run.engine;
  if (run.weights) deployment.weights = deployment.activations = *run.weights;
  return Subject{run, std::move(*model), std::move(*hardware), deployment, constants_of(run)};
}

}  // namespace

Checked<Replay> replay(const MeasuredRun& run, const catalog::Catalog& catalog,
                       const EfficiencyTable& efficiency) {
  ASSAY_ASSERT(run.requests.size() >= 2);
  auto subject = resolve(run, catalog);
  if (!subject) return tl::unexpected(subject.error());
  Replay r;
  const auto computed =
      simulate::replica_limits(subject->model, subject->hardware, subject->deployment, efficiency,
                               settings_of(run, false), mean_lengths(run));
  if (computed) r.kv_blocks_computed = computed->limits.kv_blocks;
  const auto sheet = simulate_run(*subject, efficiency);
  if (!sheet) return tl::unexpected(Errors{sheet.error()});
  r.preemptions = sheet->preemptions;
  r.sheet = compare(run, *sheet, 0, run.requests.size());
  r.adapted_to = std::min(kAdaptedTo, run.requests.size() / 2);
  const auto logs = adapt(*subject, efficiency, r.adapted_to);
  if (!logs) return tl::unexpected(Errors{logs.error()});
  for (std::size_t k = 0; k < kConstants; ++k) {
    r.constants.push_back(subject->constants[k]);
    r.constants.back().factor = std::exp((*logs)[k]);
  }
  const auto adapted = simulate_run(*subject, with(efficiency, *subject, *logs));
  if (!adapted) return tl::unexpected(Errors{adapted.error()});
  r.adapted = compare(run, *adapted, r.adapted_to, run.requests.size());
  return r;
}

}  // namespace assay::evidence
