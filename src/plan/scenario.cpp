#include "plan/scenario.h"

#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "document/bind.h"
#include "plan/field_values.h"
#include "plan/scenario_fields.h"
#include "plan/simulation_binding.h"

namespace assay::plan {

namespace {

using document::Binder;
using document::Node;

constexpr std::string_view kTraffic = "traffic";

struct StatisticName {
  std::string_view suffix;
  workload::Statistic statistic;
};
constexpr StatisticName kStatistics[] = {{"mean", workload::Statistic::kMean},
                                         {"p50", workload::Statistic::kP50},
                                         {"p90", workload::Statistic::kP90},
                                         {"p95", workload::Statistic::kP95},
                                         {"p99", workload::Statistic::kP99}};

std::optional<workload::LatencyLimit> latency_limit(std::string_view figure,
                                                    const FieldValues& values,
                                                    const document::Document& document,
                                                    Errors& errors) {
  std::optional<workload::LatencyLimit> limit;
  for (const auto& [suffix, statistic] : kStatistics) {
    const std::string path = fmt::format("limits.{}_{}", figure, suffix);
    const auto found = values.number.find(path);
    if (found == values.number.end()) continue;
    if (limit) {
      errors.push_back({.what = fmt::format("'{}' is limited twice", figure),
                        .expected = "one statistic of it",
                        .near = {},
                        .where = document.where(values.at(path)->mark)});
    }
    limit = workload::LatencyLimit{Seconds::from_base(found->second), statistic};
  }
  return limit;
}

void bind_question(const FieldValues& values, const document::Document& document,
                   Scenario& scenario, Errors& errors) {
  scenario.name = values.text_or("name", "");
  scenario.model = model_of(values, scenario.file);
  if (const Node* node = values.at("model")) scenario.model_where = document.where(node->mark);
  scenario.demand.ttft = latency_limit("ttft", values, document, errors);
  scenario.demand.tpot = latency_limit("tpot", values, document, errors);
}

// What the table requires of a traffic, unless a trace says it.
void require_traffic(const PartValues& part) {
  if (!part.node.is(Node::Kind::kMapping) || part.said("trace")) return;
  Binder binder{part.document, part.node, part.errors, "mapping 'traffic'"};
  FieldValues values;
  for (const ScenarioField& field : scenario_fields()) {
    if (!field.path.starts_with("traffic.")) continue;
    const std::string_view key = field.path.substr(field.path.find('.') + 1);
    const bool of_trace = part.said("lengths") && key != "rate";
    if (!part.said(key) && !of_trace) take_field(binder, field, key, values);
  }
}

// Loads that a plan does not size a fleet for.
void refuse_loads(const PartValues& part) {
  const std::string arrivals = part.values.text_or("arrivals", "");
  if (arrivals == "diurnal" || arrivals == "hourly" || arrivals == "at-once") {
    part.fail("arrivals", fmt::format("arrivals {} are not planned for", arrivals),
              "poisson, gamma, constant or on-off; or a trace");
  }
  if (part.said("concurrency")) {
    part.fail("concurrency", "a plan is for a rate, not for a concurrency", "'rate'");
  }
  if (part.said("model")) {
    part.fail("model", "a plan is for one model", "'model' beside 'traffic'");
  }
}

// The traffic in the words of a simulated fleet.
void bind_demand(const document::Document& document, Scenario& scenario, Errors& errors) {
  const Node* node = document.root.find(kTraffic);
  if (node == nullptr) return;
  scenario.traffic_where = document.where(node->mark);
  const std::size_t before = errors.size();
  PartValues part =
      take_part(document, *node, SimulationPart::kTraffic, errors, "mapping 'traffic'");
  require_traffic(part);
  refuse_loads(part);
  if (errors.size() > before) return;
  Simulation bound;
  bound.file = scenario.file;
  bound.seed = scenario.seed;
  const FieldValues values = part.values;
  bind_traffic(std::move(part), bound);
  if (bound.traffic.empty()) return;
  scenario.traffic = std::move(bound.traffic.front().spec);
  if (values.at("requests") == nullptr && scenario.traffic.traces.empty()) {
    scenario.traffic.requests_max.reset();
  }
  scenario.demand.rate = scenario.traffic.rate.value_or(Hertz{});
  scenario.demand.input_tokens = values.number_or("input_tokens", 0);
  scenario.demand.output_tokens = values.number_or("output_tokens", 0);
}

void bind_choices(const FieldValues& values, Scenario& scenario) {
  scenario.engine = values.text_or("deploy.engine", "vllm");
  scenario.kv_cache = catalog::parse_format(values.text_or("deploy.kv_cache", "bf16"));
  for (const std::string& word : texts_or(values, "deploy.weights", {})) {
    if (const auto format = catalog::parse_format(word)) scenario.weights.push_back(*format);
  }
}

void bind_limits(const FieldValues& values, Scenario& scenario) {
  if (const auto found = values.number.find("constraints.budget"); found != values.number.end()) {
    scenario.budget_per_month = UsdPerSecond::from_base(found->second) * kMonth;
  }
  if (const auto found = values.number.find("constraints.power"); found != values.number.end()) {
    scenario.power = Watts::from_base(found->second);
  }
  scenario.headroom = values.number_or("search.headroom", 0);
  scenario.seed = static_cast<std::uint64_t>(values.number_or("seed", 1));
  scenario.assumed = assumed_of(values, scenario_fields());
}

}  // namespace

Checked<Scenario> read_scenario(const document::Document& document, std::string_view text,
                                const catalog::Catalog& catalog) {
  Errors errors;
  if (auto unknown = unknown_kind(document)) return tl::unexpected(Errors{std::move(*unknown)});
  const FieldValues values = take_scenario(document, scenario_fields(), kTraffic, errors);
  Scenario scenario;
  scenario.file = document.file;
  scenario.hash = content_hash(text);
  bind_question(values, document, scenario, errors);
  bind_choices(values, scenario);
  bind_limits(values, scenario);
  bind_demand(document, scenario, errors);
  scenario.offers = bind_offers(values, document, catalog, errors);
  if (!errors.empty()) {
    sort_by_place(errors);
    return tl::unexpected(std::move(errors));
  }
  return scenario;
}

}  // namespace assay::plan
