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
#include "plan/scenario_fields.h"

namespace assay::plan {

namespace {

using document::Binder;
using document::Need;
using document::Node;

// What one scenario file said, by path, before it is bound to Scenario's members.
struct Values {
  std::map<std::string_view, std::string> text;
  std::map<std::string_view, std::vector<std::string>> texts;
  std::map<std::string_view, double> number;  // quantities in base units, booleans as 0 and 1
  std::map<std::string_view, const Node*> node;

  const Node* at(std::string_view path) const {
    const auto found = node.find(path);
    return found == node.end() ? nullptr : found->second;
  }
};

std::vector<std::string> words(std::string_view choices) {
  std::vector<std::string> out;
  for (const std::string_view word : split(choices, ' ')) out.emplace_back(word);
  return out;
}

void take_choices(Binder& binder, const ScenarioField& field, std::string_view key,
                  Values& values) {
  const std::vector<std::string> known = words(field.choices);
  values.texts[field.path] = binder.take_texts(key, field.need);
  for (const std::string& word : values.texts[field.path]) {
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    binder.fail(*values.at(field.path), fmt::format("'{}' is no choice of '{}'", word, key),
                one_of(known), nearest(word, known));
  }
}

void take_field(Binder& binder, const ScenarioField& field, std::string_view key, Values& values) {
  const Node* node = binder.node().find(key);
  if (node != nullptr) values.node[field.path] = node;
  std::optional<double> number;
  std::optional<std::string> text;
  switch (field.kind) {
    case FieldKind::kText:
      text = binder.take_text(key, field.need);
      break;
    case FieldKind::kChoice:
      text = binder.take_choice(key, field.need, words(field.choices));
      break;
    case FieldKind::kTexts:
      values.texts[field.path] = binder.take_texts(key, field.need);
      break;
    case FieldKind::kChoices:
      take_choices(binder, field, key, values);
      break;
    case FieldKind::kQuantity:
      number = binder.take_quantity_base(key, field.need, field.dim, field.range);
      break;
    case FieldKind::kNumber:
      number = binder.take_number(key, field.need, field.range);
      break;
    case FieldKind::kWhole:
      if (const auto whole = binder.take_int(key, field.need, field.range)) {
        number = static_cast<double>(*whole);
      }
      break;
    case FieldKind::kBool:
      if (const auto yes = binder.take_bool(key, field.need)) number = *yes ? 1 : 0;
      break;
  }
  if (text) values.text[field.path] = *text;
  if (number) values.number[field.path] = *number;
}

// Reads every field of the table; a dotted path lies in a mapping of the root.
Values take_all(const document::Document& document, Errors& errors) {
  Values values;
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

std::optional<workload::LatencyLimit> latency_limit(std::string_view figure, const Values& values,
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

void check_books(const Scenario& scenario, const Values& values, const document::Document& document,
                 Errors& errors) {
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

std::string first_or(const Values& values, std::string_view path, const std::string& otherwise) {
  const auto found = values.text.find(path);
  return found == values.text.end() ? otherwise : found->second;
}

double number_or(const Values& values, std::string_view path, double otherwise) {
  const auto found = values.number.find(path);
  return found == values.number.end() ? otherwise : found->second;
}

void bind_question(const Values& values, const document::Document& document, Scenario& scenario,
                   Errors& errors) {
  scenario.name = first_or(values, "name", "");
  scenario.model = first_or(values, "model", "");
  if (is_path(scenario.model)) scenario.model = beside(scenario.file, scenario.model);
  if (const Node* node = values.at("model")) scenario.model_where = document.where(node->mark);
  scenario.demand.rate = Hertz::from_base(number_or(values, "traffic.rate", 0));
  scenario.demand.input_tokens = number_or(values, "traffic.input_tokens", 0);
  scenario.demand.output_tokens = number_or(values, "traffic.output_tokens", 0);
  scenario.demand.ttft = latency_limit("ttft", values, document, errors);
  scenario.demand.tpot = latency_limit("tpot", values, document, errors);
}

void bind_choices(const Values& values, Scenario& scenario) {
  scenario.engine = first_or(values, "deploy.engine", "vllm");
  scenario.kv_cache = catalog::parse_format(first_or(values, "deploy.kv_cache", "bf16"));
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

void bind_limits(const Values& values, Scenario& scenario) {
  if (const auto found = values.number.find("constraints.budget"); found != values.number.end()) {
    scenario.budget_per_month = UsdPerSecond::from_base(found->second) * kMonth;
  }
  if (const auto found = values.number.find("constraints.power"); found != values.number.end()) {
    scenario.power = Watts::from_base(found->second);
  }
  scenario.domestic_only = number_or(values, "constraints.domestic_only", 0) != 0;
  scenario.headroom = number_or(values, "search.headroom", 0);
  scenario.seed = static_cast<std::uint64_t>(number_or(values, "seed", 1));
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
  const Values values = take_all(document, errors);
  Scenario scenario;
  scenario.file = document.file;
  scenario.hash = content_hash(text);
  bind_question(values, document, scenario, errors);
  bind_choices(values, scenario);
  bind_limits(values, scenario);
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
