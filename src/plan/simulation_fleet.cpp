#include "plan/simulation_fleet.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "catalog/model_library.h"
#include "model/runnable.h"
#include "plan/compare.h"

namespace assay::plan {

namespace {

using simulate::Role;

template <class T>
void take(Checked<T> read, T& into, const std::optional<Where>& where, Errors& errors) {
  if (read) {
    into = std::move(*read);
    return;
  }
  for (Error& error : read.error()) {
    if (!error.where) error.where = where;
    errors.push_back(std::move(error));
  }
}

void load_models(const Simulation& simulation, PreparedFleet& fleet, Errors& errors) {
  for (const std::string& name : simulation.models) {
    const auto pool = std::find_if(simulation.pools.begin(), simulation.pools.end(),
                                   [&](const PoolSpec& p) { return p.model == name; });
    fleet.models.emplace_back();
    take(catalog::load_model(name), fleet.models.back(), pool->model_where, errors);
  }
}

Error at_pool(Error error, const PoolSpec& pool, std::size_t pools) {
  if (pools > 1) error.what = fmt::format("{}: {}", pool.name, error.what);
  if (!error.where) error.where = pool.accelerator_where;
  return error;
}

// The layout holds the longest of the requests that were looked at, if any does; else a mean one.
Result<search::ChosenDeployment> choose(const search::ServingSubject& subject,
                                        const search::ServingTables& tables, const PoolSpec& pool,
                                        const Simulation& simulation, const AskedTraffic& traffic) {
  simulate::ServingLoad load;
  load.kind = simulate::LoadKind::kRate;
  load.amount = 1;
  const bool any_cache = pool.settings.kv_blocks.has_value();  // only weights must fit
  load.input_tokens = any_cache ? 1 : traffic.input_max;
  load.output_tokens = any_cache ? 1 : traffic.output_max;
  if (simulation.concurrency > 0 && simulation.pools.size() == 1 && !pool.replicas) {
    load.kind = simulate::LoadKind::kConcurrency;
    load.amount = static_cast<double>(simulation.concurrency);
  }
  auto chosen = search::choose_deployment(subject, tables, pool.wish, load);
  if (!chosen && !any_cache) {
    load.input_tokens = traffic.input_mean;
    load.output_tokens = traffic.output_mean;
    chosen = search::choose_deployment(subject, tables, pool.wish, load);
  }
  if (chosen && pool.replicas) {
    chosen->replicas = *pool.replicas;
    chosen->idle = 0;
    std::erase_if(chosen->assumed,
                  [](const std::string& line) { return line.find("stand idle") != line.npos; });
  }
  return chosen;
}

std::string engine_source(const PoolSpec& pool, bool said) {
  return said ? "said" : fmt::format("{}'s default", pool.wish.engine);
}

std::vector<LimitSource> sources_of(const PoolSpec& pool, const simulate::ReplicaLimits& r) {
  const simulate::EngineSettings& said = pool.settings;
  const simulate::EngineLimits& l = r.limits;
  const auto number = [](double value) { return grouped_text(value); };
  constexpr std::string_view kBatching[] = {"chunked prefill", "whole prompts first",
                                            "static batches"};
  const auto on = [](bool yes) { return std::string{yes ? "on" : "off"}; };
  return {
      {"max_num_batched_tokens", number(l.tokens_max),
       engine_source(pool, said.tokens_max.has_value())},
      {"max_num_seqs", number(l.sequences_max),
       engine_source(pool, said.sequences_max.has_value())},
      {"block_size", number(l.block_tokens), engine_source(pool, said.block_tokens.has_value())},
      {"kv_blocks", number(static_cast<double>(l.kv_blocks)),
       said.kv_blocks ? "said" : "the engine's memory formula"},
      {"gpu_memory_utilization",
       said.memory_share ? number_text(*said.memory_share) : "as it comes",
       engine_source(pool, said.memory_share.has_value())},
      {"batching", std::string{kBatching[static_cast<std::size_t>(l.batching)]},
       engine_source(pool, said.batching.has_value())},
      {"prefix_caching", on(l.prefix_caching),
       engine_source(pool, said.prefix_caching.has_value())},
      {"async_scheduling", on(l.schedules_ahead),
       engine_source(pool, said.schedules_ahead.has_value())}};
}

// The cache of a prompt goes over the scale-out network where it is known, else over the link.
Result<simulate::CacheTransfer> transfer_of(const PoolSpec& spec, SimulatedPool& pool,
                                            const catalog::LanguageModel& model,
                                            const AskedTraffic& traffic) {
  const model::Link& link = pool.hardware.link;
  const BytesPerSecond bandwidth =
      spec.transfer_bandwidth.value_or(link.beyond_one_way.value_or(link.one_way));
  if (bandwidth <= BytesPerSecond{}) {
    return tl::unexpected(
        Error{.kind = Error::Kind::kInfeasible,
              .what = fmt::format("the bandwidth at which {} sends KV cache is unknown",
                                  pool.hardware.accelerator),
              .expected = "'transfer_bandwidth'",
              .near = {},
              .where = {}});
  }
  pool.transfer_bandwidth = bandwidth;
  const Bytes each =
      model::kv_bytes_per_accelerator(model, pool.chosen.deployment, traffic.input_mean);
  return simulate::CacheTransfer{.latency = spec.transfer_latency,
                                 .per_token = each / bandwidth / traffic.input_mean};
}

// Requests a second of a replica that is always full.
double capacity_of(const model::StepModel& step, const SimulatedPool& pool,
                   const AskedTraffic& traffic) {
  const simulate::EngineLimits& l = pool.limits.limits;
  const double input = traffic.input_mean, output = traffic.output_mean;
  const double cache = static_cast<double>(l.kv_blocks) * l.block_tokens;
  const double batch = std::max(1.0, std::min<double>(l.sequences_max, cache / (input + output)));
  const double many = std::max(1.0, l.tokens_max / input);
  const Seconds prompt =
      step.time({.prefill_tokens = many * input, .prefill_pieces = many, .prefill_ends = many}) /
      many;
  const Seconds decode =
      step.time({.decode_sequences = batch, .decode_context = input + output / 2}) *
      ((output - 1) / l.tokens_per_iteration / batch);
  Seconds each;
  if (pool.role != Role::kDecode) each += prompt;
  if (pool.role != Role::kPrefill) each += decode;
  return each > Seconds{} ? 1 / each.base() : 0;
}

struct Wanted {
  const PoolSpec& spec;
  const Simulation& simulation;
  const AskedTraffic& traffic;
  const catalog::Catalog& catalog;
};

Result<bool> add_pool(const Wanted& wanted, PreparedFleet& fleet) {
  const PoolSpec& spec = wanted.spec;
  const auto& names = wanted.simulation.models;
  const auto index = std::find(names.begin(), names.end(), spec.model) - names.begin();
  const catalog::LanguageModel& model = fleet.models[static_cast<std::size_t>(index)];
  const auto subjects = read_subjects(wanted.catalog, {spec.accelerator});
  if (!subjects) return tl::unexpected(subjects.error().front());
  const CompareSubject& named = subjects->front();
  SimulatedPool pool;
  pool.name = spec.name;
  pool.model = model.id;
  pool.role = spec.role;
  pool.price = spec.price;
  auto hardware = model::resolve_hardware(wanted.catalog, *named.accelerator, named.system);
  if (!hardware) return tl::unexpected(hardware.error());
  pool.hardware = std::move(*hardware);
  pool.system = named.system;
  const catalog::EfficiencyTable table =
      simulate::with_settings(fleet.efficiency, spec.wish.engine, spec.settings);
  auto chosen = choose({model, pool.hardware, named.system, named.count}, {table, fleet.power},
                       spec, wanted.simulation, wanted.traffic);
  if (!chosen) return tl::unexpected(chosen.error());
  pool.chosen = std::move(*chosen);
  const model::Deployment& deployment = pool.chosen.deployment;
  auto limits = simulate::replica_limits(
      model, pool.hardware, deployment, fleet.efficiency, spec.settings,
      {.input = wanted.traffic.input_mean, .output = wanted.traffic.output_mean});
  if (!limits) return tl::unexpected(limits.error());
  pool.limits = *limits;
  pool.sources = sources_of(spec, pool.limits);
  simulate::FleetPool runs;
  runs.limits = pool.limits.limits;
  runs.role = spec.role;
  runs.model = static_cast<std::int32_t>(index);
  runs.replicas = pool.chosen.replicas;
  runs.weight = spec.weight;
  runs.autoscaling = spec.autoscaling;
  runs.failures = spec.failures;
  if (spec.role == Role::kPrefill) {
    const auto transfer = transfer_of(spec, pool, model, wanted.traffic);
    if (!transfer) return tl::unexpected(transfer.error());
    runs.transfer = *transfer;
  }
  runs.step = &fleet.steps.emplace_back(model, pool.hardware, deployment, table);
  fleet.fleet.pools.push_back(runs);
  fleet.pools.push_back(std::move(pool));
  return true;
}

// Of prompts and of decoding apart the smaller one.
double capacity_of_all(const PreparedFleet& fleet, const AskedTraffic& traffic) {
  double both = 0, prefill = 0, decode = 0;
  for (std::size_t i = 0; i < fleet.pools.size(); ++i) {
    const SimulatedPool& pool = fleet.pools[i];
    const int most = fleet.fleet.pools[i].autoscaling
                         ? fleet.fleet.pools[i].autoscaling->replicas_max
                         : pool.chosen.replicas;
    const double rate = most * capacity_of(fleet.steps[i], pool, traffic);
    (pool.role == Role::kBoth ? both : pool.role == Role::kPrefill ? prefill : decode) += rate;
  }
  return both + std::min(prefill, decode);
}

}  // namespace

search::ServingSubject PreparedFleet::subject(std::size_t pool) const {
  int accelerators = 0;
  for (const SimulatedPool& other : pools) {
    const bool same = other.hardware.accelerator == pools[pool].hardware.accelerator &&
                      other.system == pools[pool].system;
    if (same) accelerators += other.accelerators() + other.chosen.idle;
  }
  return {model_of(pool), pools[pool].hardware, pools[pool].system, accelerators};
}

Checked<std::unique_ptr<PreparedFleet>> prepare_fleet(const Simulation& simulation,
                                                      const AskedTraffic& traffic,
                                                      const catalog::Catalog& catalog) {
  Errors errors;
  auto fleet = std::make_unique<PreparedFleet>();
  load_models(simulation, *fleet, errors);
  take(catalog::load_efficiency(), fleet->efficiency, {}, errors);
  take(catalog::load_power(), fleet->power, {}, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  for (const PoolSpec& pool : simulation.pools) {
    if (const auto ok = add_pool({pool, simulation, traffic, catalog}, *fleet); !ok) {
      errors.push_back(at_pool(ok.error(), pool, simulation.pools.size()));
    }
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  simulate::Fleet& runs = fleet->fleet;
  runs.routing = simulation.routing;
  const std::string& engine = simulation.pools.front().wish.engine;
  runs.front_end = simulation.front_end.value_or(fleet->efficiency.engine(engine).per_request);
  runs.timeout = simulation.timeout;
  runs.retries = simulation.retries;
  runs.retry_delay = simulation.retry_delay;
  runs.seed = simulation.seed;
  fleet->capacity = capacity_of_all(*fleet, traffic);
  return fleet;
}

}  // namespace assay::plan
