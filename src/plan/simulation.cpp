#include "plan/simulation.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "catalog/format.h"
#include "plan/compare.h"
#include "plan/simulation_binding.h"

namespace assay::plan {

namespace {

using document::Document;
using document::Node;

std::optional<int> whole(const FieldValues& values, std::string_view key) {
  const auto number = values.number_at(key);
  return number ? std::optional{static_cast<int>(*number)} : std::nullopt;
}

std::optional<bool> yes(const FieldValues& values, std::string_view key) {
  const auto number = values.number_at(key);
  return number ? std::optional{*number != 0} : std::nullopt;
}

search::DeploymentWish wish_of(const PartValues& part) {
  const FieldValues& v = part.values;
  search::DeploymentWish wish;
  wish.tensor = whole(v, "tp");
  wish.pipeline = whole(v, "pp");
  wish.expert = whole(v, "ep");
  wish.data = whole(v, "dp");
  wish.weights = catalog::parse_format(v.text_or("weights", ""));
  wish.activations = catalog::parse_format(v.text_or("activations", ""));
  wish.kv_cache = catalog::parse_format(v.text_or("kv_cache", ""));
  wish.engine = v.text_or("engine", "vllm");
  wish.draft_tokens = whole(v, "draft_tokens").value_or(0);
  wish.acceptance = v.number_or("acceptance", 0);
  const bool drafts = part.said("draft_tokens"), share = part.said("acceptance");
  if (drafts != share) {
    const std::string_view alone = drafts ? "draft_tokens" : "acceptance";
    part.fail(alone, fmt::format("'{}' alone", alone), "'draft_tokens' and 'acceptance' together");
  }
  return wish;
}

simulate::EngineSettings settings_of(const PartValues& part) {
  const FieldValues& v = part.values;
  simulate::EngineSettings settings;
  settings.memory_share = v.number_at("gpu_memory_utilization");
  settings.tokens_max = whole(v, "max_num_batched_tokens");
  settings.sequences_max = whole(v, "max_num_seqs");
  settings.block_tokens = whole(v, "block_size");
  if (const auto blocks = v.number_at("kv_blocks")) {
    settings.kv_blocks = static_cast<std::int64_t>(*blocks);
  }
  settings.prefix_caching = yes(v, "prefix_caching");
  settings.schedules_ahead = yes(v, "async_scheduling");
  settings.by_priority = yes(v, "priority_scheduling").value_or(false);
  const auto chunks = yes(v, "chunked_prefill");
  if (chunks) {
    settings.batching = *chunks ? simulate::Batching::kChunked : simulate::Batching::kPromptsFirst;
  }
  if (yes(v, "static_batching").value_or(false)) {
    settings.batching = simulate::Batching::kStatic;
    if (chunks) {
      part.fail("chunked_prefill", "'chunked_prefill' and 'static_batching' are both said",
                "one of them");
    }
  }
  return settings;
}

// "1..8"
std::optional<std::pair<int, int>> range_of(const std::string& text) {
  const std::string_view whole_text = text;
  const std::size_t dots = whole_text.find("..");
  long long low = 0, high = 0;
  if (dots == std::string_view::npos || !parse_int(trim(whole_text.substr(0, dots)), low) ||
      !parse_int(trim(whole_text.substr(dots + 2)), high) || low < 1 || high < low ||
      high > 100'000) {
    return std::nullopt;
  }
  return std::pair{static_cast<int>(low), static_cast<int>(high)};
}

void bind_autoscaling(const PartValues& part, PoolSpec& pool, Simulation& simulation) {
  if (!part.said("autoscale")) {
    const std::string_view key =
        part.first_of({"scale_outstanding", "provisioning", "scale_interval", "cooldown"});
    if (!key.empty()) {
      part.fail(key, fmt::format("'{}' without 'autoscale'", key), "how many replicas: '1..8'");
    }
    return;
  }
  const auto range = range_of(part.values.text_or("autoscale", ""));
  if (!range) {
    part.fail("autoscale",
              fmt::format("'autoscale: {}'", excerpt(part.values.text_or("autoscale", ""))),
              "the fewest and the most replicas: '1..8'");
    return;
  }
  const auto outstanding = part.values.number_at("scale_outstanding");
  if (!outstanding && !part.said("scale_outstanding")) {
    part.fail("autoscale", "'autoscale' without 'scale_outstanding'",
              "how many requests, running and waiting, are wanted of a replica");
  }
  // Kubernetes' horizontal autoscaler: a look every 15 s, and 5 min before anything goes.
  pool.autoscaling = simulate::Autoscaling{
      .replicas_min = range->first,
      .replicas_max = range->second,
      .outstanding = outstanding.value_or(1),
      .interval = part.seconds("scale_interval").value_or(Seconds::from_base(15)),
      .provisioning = part.seconds("provisioning").value_or(Seconds::from_base(120)),
      .cooldown = part.seconds("cooldown").value_or(Seconds::from_base(300))};
  if (!part.said("provisioning")) simulation.assumed.emplace_back("provisioning 2 min");
  if (!part.said("scale_interval")) simulation.assumed.emplace_back("scale_interval 15 s");
  if (!part.said("cooldown")) simulation.assumed.emplace_back("cooldown 5 min");
  if (pool.replicas && (*pool.replicas < range->first || *pool.replicas > range->second)) {
    part.fail("replicas", fmt::format("{} replicas at the start", *pool.replicas),
              fmt::format("{} to {}, as 'autoscale' says", range->first, range->second));
  }
  if (!pool.replicas) pool.replicas = range->first;
}

void bind_failures(const PartValues& part, PoolSpec& pool, Simulation& simulation) {
  if (!part.said("mtbf")) {
    if (part.said("repair")) {
      part.fail("repair", "'repair' without 'mtbf'", "the mean time between failures of a replica");
    }
    return;
  }
  pool.failures = {.mean_time_between = part.seconds("mtbf").value_or(Seconds{}),
                   .repair = part.seconds("repair").value_or(Seconds::from_base(600))};
  if (!part.said("repair")) simulation.assumed.emplace_back("repair 10 min");
}

void bind_names(const PartValues& part, PoolSpec& pool, const Simulation& simulation,
                const std::string& model, const catalog::Catalog& catalog) {
  const FieldValues& v = part.values;
  pool.name = v.text_or("name", fmt::format("pool {}", simulation.pools.size() + 1));
  pool.model = model_beside(simulation.file, v.text_or("model", model));
  pool.model_where = part.where("model");
  pool.accelerator = v.text_or("accelerator", "");
  pool.accelerator_where = part.where("accelerator");
  pool.engine_where = part.where("engine");
  const auto missing = [&](std::string what, std::string expected) {
    part.errors.push_back({.what = std::move(what),
                           .expected = std::move(expected),
                           .near = {},
                           .where = part.document.where(part.node.mark)});
  };
  if (pool.model.empty() && part.node.is(Node::Kind::kMapping)) {
    missing("'model' is missing in the pool", "an id of `assay models`, or a config.json");
  }
  if (pool.accelerator.empty()) {
    if (part.node.is(Node::Kind::kMapping)) {
      missing("'accelerator' is missing in the pool", "an id and a count, such as 'h200:8'");
    }
    return;
  }
  if (auto subjects = read_subjects(catalog, {pool.accelerator}); !subjects) {
    for (Error& error : subjects.error()) {
      if (!error.where) error.where = pool.accelerator_where;
      part.errors.push_back(std::move(error));
    }
  }
}

PoolSpec bind_pool(const PartValues& part, Simulation& simulation, const std::string& model,
                   const catalog::Catalog& catalog) {
  const FieldValues& v = part.values;
  PoolSpec pool;
  bind_names(part, pool, simulation, model, catalog);
  const std::string role = v.text_or("role", "both");
  if (role == "prefill") pool.role = simulate::Role::kPrefill;
  if (role == "decode") pool.role = simulate::Role::kDecode;
  pool.replicas = whole(v, "replicas");
  pool.weight = v.number_or("weight", 1);
  pool.wish = wish_of(part);
  pool.settings = settings_of(part);
  bind_autoscaling(part, pool, simulation);
  bind_failures(part, pool, simulation);
  if (const auto rate = v.number_at("transfer_bandwidth")) {
    pool.transfer_bandwidth = BytesPerSecond::from_base(*rate);
  }
  pool.transfer_latency = part.seconds("transfer_latency").value_or(Seconds{});
  const std::string_view sends = part.first_of({"transfer_bandwidth", "transfer_latency"});
  if (!sends.empty() && pool.role != simulate::Role::kPrefill) {
    part.fail(sends, fmt::format("'{}' of a pool that sends no KV cache", sends),
              "it at the pool whose role is prefill");
  }
  if (const auto price = v.number_at("price")) pool.price = UsdPerSecond::from_base(*price);
  return pool;
}

// Prompts of a model that are computed apart need somebody who decodes them, and the other way.
void check_roles(const Document& document, const Node& pools, Simulation& simulation,
                 Errors& errors) {
  for (const std::string& model : simulation.models) {
    bool prefill = false, decode = false, both = false;
    for (const PoolSpec& pool : simulation.pools) {
      if (pool.model != model) continue;
      prefill = prefill || pool.role == simulate::Role::kPrefill;
      decode = decode || pool.role == simulate::Role::kDecode;
      both = both || pool.role == simulate::Role::kBoth;
    }
    std::string what;
    if (prefill != decode) {
      what = fmt::format("of {} only {} has replicas", model, prefill ? "prefill" : "decode");
    } else if (prefill && both) {
      what = fmt::format("of {} some replicas do both, others one of prefill and decode", model);
    }
    if (what.empty()) continue;
    errors.push_back({.what = std::move(what),
                      .expected = "roles: both alone, or prefill and decode",
                      .near = {},
                      .where = document.where(pools.mark)});
  }
}

void bind_pools(const Document& document, const std::string& model, const catalog::Catalog& catalog,
                Simulation& simulation, Errors& errors) {
  const Node* pools = document.root.find("pools");
  if (pools == nullptr || !pools->is(Node::Kind::kSequence) || pools->items.empty()) {
    errors.push_back(
        {.what =
             pools == nullptr ? "'pools' is missing in the fleet" : "'pools' is no list of pools",
         .expected = "a list of mappings with 'model' and 'accelerator'",
         .near = {},
         .where = document.where(pools == nullptr ? document.root.mark : pools->mark)});
    return;
  }
  for (const Node& node : pools->items) {
    const PartValues part = take_part(document, node, SimulationPart::kPool, errors, "pool");
    simulation.pools.push_back(bind_pool(part, simulation, model, catalog));
    const std::string& name = simulation.pools.back().model;
    auto& models = simulation.models;
    if (std::find(models.begin(), models.end(), name) == models.end()) models.push_back(name);
  }
  check_roles(document, *pools, simulation, errors);
}

void bind_goals(const PartValues& part, Simulation& simulation) {
  simulation.each = {.ttft = part.seconds("ttft"),
                     .tpot = part.seconds("tpot"),
                     .end_to_end = part.seconds("e2e")};
  simulation.share = part.values.number_or("share", 0.99);
  struct Named {
    std::string_view name;
    simulate::RateMetric metric;
  };
  constexpr Named kMetrics[] = {{"ttft", simulate::RateMetric::kTtft},
                                {"tpot", simulate::RateMetric::kTpot},
                                {"e2e", simulate::RateMetric::kEndToEnd}};
  constexpr std::string_view kStatistics[] = {"mean", "p50", "p90", "p95", "p99"};  // as the enum
  for (const auto& [name, metric] : kMetrics) {
    for (std::size_t s = 0; s < std::size(kStatistics); ++s) {
      if (const auto most = part.seconds(fmt::format("{}_{}", name, kStatistics[s]))) {
        simulation.goals.push_back({metric, {*most, static_cast<workload::Statistic>(s)}});
      }
    }
  }
}

void bind_top(const PartValues& part, Simulation& simulation) {
  const FieldValues& v = part.values;
  simulation.name = v.text_or("name", "");
  simulation.routing_said = part.said("routing");
  if (const auto routing = simulate::parse_routing(v.text_or("routing", ""))) {
    simulation.routing = *routing;
  }
  simulation.front_end = part.seconds("front_end");
  simulation.timeout = part.seconds("timeout").value_or(Seconds{});
  simulation.retries = static_cast<std::int32_t>(v.number_or("retries", 0));
  simulation.retry_delay = part.seconds("retry_delay").value_or(Seconds{});
  simulation.warm_up = static_cast<std::int64_t>(v.number_or("warm_up", 0));
  simulation.sample_every = part.seconds("sample_every");
  simulation.find_rate = v.number_or("find_rate", 0) != 0;
  simulation.every_iteration = v.number_or("every_iteration", 0) != 0;
  simulation.seed = static_cast<std::uint64_t>(v.number_or("seed", 1));
}

// One mapping, or a list of them for several models.
void bind_all_traffic(const Document& document, Simulation& simulation, Errors& errors) {
  const Node* traffic = document.root.find("traffic");
  if (traffic == nullptr) {
    errors.push_back({.what = "'traffic' is missing in the fleet",
                      .expected = "a mapping with a trace, a rate or a concurrency",
                      .near = {},
                      .where = document.where(document.root.mark)});
    return;
  }
  const auto bind = [&](const Node& node) {
    bind_traffic(take_part(document, node, SimulationPart::kTraffic, errors, "traffic"),
                 simulation);
  };
  if (!traffic->is(Node::Kind::kSequence)) return bind(*traffic);
  for (const Node& node : traffic->items) bind(node);
  if (simulation.concurrency > 0 && traffic->items.size() > 1) {
    errors.push_back({.what = "a closed loop beside other traffic",
                      .expected = "'concurrency' in a traffic of its own",
                      .near = {},
                      .where = document.where(traffic->mark)});
  }
}

}  // namespace

void PartValues::fail(std::string_view key, std::string what, std::string expected) const {
  const Node* at = values.at(key);
  errors.push_back({.what = std::move(what),
                    .expected = std::move(expected),
                    .near = {},
                    .where = document.where(at != nullptr ? at->mark : node.mark)});
}

std::string_view PartValues::first_of(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (said(key)) return key;
  }
  return {};
}

std::optional<Where> PartValues::where(std::string_view key) const {
  const Node* at = values.at(key);
  return at == nullptr ? std::nullopt : std::optional{document.where(at->mark)};
}

std::optional<Seconds> PartValues::seconds(std::string_view key) const {
  const auto number = values.number_at(key);
  return number ? std::optional{Seconds::from_base(*number)} : std::nullopt;
}

PartValues take_part(const Document& document, const Node& node, SimulationPart part,
                     Errors& errors, const std::string& subject) {
  PartValues taken{document, node, errors};
  document::Binder binder{document, node, errors, subject};
  for (const SimulationField& field : kSimulationFields) {
    if (field.part == part) take_field(binder, field.field, field.field.path, taken.values);
  }
  if (part == SimulationPart::kTop) {
    for (const std::string_view key : {"traffic", "goals", "pools"}) {
      binder.take(key, document::Need::kOptional);
    }
  }
  binder.finish();
  return taken;
}

std::string beside_file(const std::string& file, const std::string& path) {
  const std::filesystem::path p{path};
  if (p.is_absolute() || file.empty() || file == "-" || path == "-") return path;
  return (std::filesystem::path{file}.parent_path() / p).string();
}

std::string model_beside(const std::string& file, const std::string& model) {
  return model.ends_with(".json") || model.starts_with(".") ? beside_file(file, model) : model;
}

Checked<Simulation> read_simulation(const Document& document, std::string_view text,
                                    const catalog::Catalog& catalog) {
  Errors errors;
  Simulation simulation;
  simulation.file = document.file;
  simulation.hash = content_hash(text);
  const PartValues top = take_part(document, document.root, SimulationPart::kTop, errors, "fleet");
  if (document.root.is(Node::Kind::kMapping)) {
    bind_top(top, simulation);
    bind_pools(document, top.values.text_or("model", ""), catalog, simulation, errors);
    bind_all_traffic(document, simulation, errors);
    const Node none{.kind = Node::Kind::kMapping,
                    .mark = document.root.mark,
                    .boolean = {},
                    .number = {},
                    .text = {},
                    .items = {},
                    .members = {}};
    const Node* goals = document.root.find("goals");
    bind_goals(take_part(document, goals != nullptr ? *goals : none, SimulationPart::kGoals, errors,
                         "goals"),
               simulation);
    check_names(simulation, errors);
  }
  if (!errors.empty()) {
    sort_by_place(errors);
    return tl::unexpected(std::move(errors));
  }
  return simulation;
}

}  // namespace assay::plan
