#include "plan/scenario.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/nearest.h"
#include "base/text.h"
#include "document/bind.h"
#include "market/offer_book.h"
#include "plan/field_values.h"
#include "plan/scenario_fields.h"
#include "plan/simulation_binding.h"

namespace assay::plan {

namespace {

using document::Binder;
using document::Need;
using document::Node;

constexpr std::string_view kTraffic = "traffic";

// Reads every field of the table but those of the traffic; a dotted path lies in a mapping of the
// root.
FieldValues take_all(const document::Document& document, Errors& errors) {
  FieldValues values;
  Binder root{document, document.root, errors, "scenario"};
  std::map<std::string_view, Binder> groups;
  std::set<std::string_view> missing;  // a missing group is one error, not one a field
  for (const ScenarioField& field : scenario_fields()) {
    const std::size_t dot = field.path.find('.');
    if (dot == std::string_view::npos) {
      take_field(root, field, field.path, values);
      continue;
    }
    const std::string_view group = field.path.substr(0, dot);
    if (group == kTraffic) continue;
    auto found = groups.find(group);
    if (found == groups.end()) {
      if (missing.contains(group)) continue;
      const Node* node = root.take(group, field.need);
      if (node == nullptr) {
        if (field.need == Need::kRequired) missing.insert(group);
        continue;
      }
      found =
          groups.emplace(group, Binder{document, *node, errors, fmt::format("mapping '{}'", group)})
              .first;
    }
    take_field(found->second, field, field.path.substr(dot + 1), values);
  }
  root.take(kTraffic, Need::kRequired);
  for (auto& [group, binder] : groups) binder.finish();
  root.finish();
  return values;
}

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

// A pattern that names no accelerator is a misspelling: silently matching nothing would change the
// answer.
void check_patterns(const std::vector<std::string>& patterns, const Node* node,
                    const document::Document& document, const catalog::Catalog& catalog,
                    Errors& errors) {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (catalog.accelerator(patterns[i]) != nullptr) continue;
    bool matches = false;
    for (const auto& a : catalog.accelerators) matches = matches || glob_match(patterns[i], a.id);
    if (matches) continue;
    Error error = catalog.unknown_accelerator(patterns[i]);
    const bool listed = node->is(Node::Kind::kSequence) && i < node->items.size();
    error.where = document.where(listed ? node->items[i].mark : node->mark);
    errors.push_back(std::move(error));
  }
}

void check_books(const Scenario& scenario, const FieldValues& values,
                 const document::Document& document, Errors& errors) {
  const std::vector<std::string> known = market::built_in_books();
  for (const std::string& book : scenario.books) {
    if (std::find(known.begin(), known.end(), book) != known.end()) continue;
    const Node* node = values.at("offers.books");
    errors.push_back({.what = fmt::format("unknown price list '{}'", book),
                      .expected = one_of(known),
                      .near = nearest(book, known),
                      .where = node ? document.where(node->mark) : Where{document.file, 0, 0}});
  }
}

// Files are named from the scenario's folder, as a reader of the scenario expects.
std::string beside(const std::string& scenario_file, const std::string& path) {
  const std::filesystem::path p{path};
  if (p.is_absolute() || scenario_file == "-") return path;
  return (std::filesystem::path{scenario_file}.parent_path() / p).string();
}

bool is_path(std::string_view model) { return model.ends_with(".json") || model.starts_with("."); }

void bind_question(const FieldValues& values, const document::Document& document,
                   Scenario& scenario, Errors& errors) {
  scenario.name = values.text_or("name", "");
  scenario.model = values.text_or("model", "");
  if (is_path(scenario.model)) scenario.model = beside(scenario.file, scenario.model);
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
  const auto texts = [&](std::string_view path, std::vector<std::string> otherwise) {
    const auto found = values.texts.find(path);
    return found == values.texts.end() || found->second.empty() ? otherwise : found->second;
  };
  for (const std::string& word : texts("deploy.weights", {})) {
    if (const auto format = catalog::parse_format(word)) scenario.weights.push_back(*format);
  }
  scenario.files = texts("offers.files", {});
  for (std::string& file : scenario.files) file = beside(scenario.file, file);
  const bool own_only = !scenario.files.empty();
  scenario.books = texts(
      "offers.books", own_only ? std::vector<std::string>{} : std::vector<std::string>{"article"});
  for (const std::string& word : texts("offers.kinds", {"on-demand", "reserved"})) {
    const auto names = market::offer_kind_names();  // in the order of the enumerators
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end()) continue;
    scenario.kinds.push_back(static_cast<market::OfferKind>(found - names.begin()));
  }
  scenario.include = texts("constraints.include", {});
  scenario.exclude = texts("constraints.exclude", {});
  scenario.regions = texts("constraints.regions", {});
}

void bind_limits(const FieldValues& values, Scenario& scenario) {
  if (const auto found = values.number.find("constraints.budget"); found != values.number.end()) {
    scenario.budget_per_month = UsdPerSecond::from_base(found->second) * kMonth;
  }
  if (const auto found = values.number.find("constraints.power"); found != values.number.end()) {
    scenario.power = Watts::from_base(found->second);
  }
  scenario.domestic_only = values.number_or("constraints.domestic_only", 0) != 0;
  scenario.headroom = values.number_or("search.headroom", 0);
  scenario.seed = static_cast<std::uint64_t>(values.number_or("seed", 1));
  for (const ScenarioField& field : scenario_fields()) {
    if (!field.otherwise.empty() && values.at(field.path) == nullptr) {
      scenario.assumed.push_back({std::string{field.path}, std::string{field.otherwise}});
    }
  }
}

}  // namespace

Checked<Scenario> read_scenario(const document::Document& document, std::string_view text,
                                const catalog::Catalog& catalog) {
  Errors errors;
  const FieldValues values = take_all(document, errors);
  Scenario scenario;
  scenario.file = document.file;
  scenario.hash = content_hash(text);
  bind_question(values, document, scenario, errors);
  bind_choices(values, scenario);
  bind_limits(values, scenario);
  bind_demand(document, scenario, errors);
  check_patterns(scenario.include, values.at("constraints.include"), document, catalog, errors);
  check_patterns(scenario.exclude, values.at("constraints.exclude"), document, catalog, errors);
  check_books(scenario, values, document, errors);
  if (!errors.empty()) {
    sort_by_place(errors);
    return tl::unexpected(std::move(errors));
  }
  return scenario;
}

}  // namespace assay::plan
