#include "plan/scenario_parts.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "document/bind.h"
#include "market/offer_book.h"

namespace assay::plan {

namespace {

using document::Binder;
using document::Need;
using document::Node;

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

void check_books(const std::vector<std::string>& books, const FieldValues& values,
                 const document::Document& document, Errors& errors) {
  const std::vector<std::string> known = market::built_in_books();
  for (const std::string& book : books) {
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

}  // namespace

std::optional<Error> unknown_kind(const document::Document& document) {
  const Node* kind = document.root.find("kind");
  if (kind == nullptr || !kind->is_scalar()) return std::nullopt;
  for (const ScenarioField& field : scenario_fields()) {
    if (field.path != "kind") continue;
    const std::vector<std::string> known = choices_of(field);
    if (std::find(known.begin(), known.end(), kind->text) != known.end()) return std::nullopt;
    return Error{.what = fmt::format("unknown kind of scenario '{}'", excerpt(kind->text)),
                 .expected = one_of(known),
                 .near = nearest(kind->text, known, 1),
                 .where = document.where(kind->mark)};
  }
  return std::nullopt;
}

FieldValues take_scenario(const document::Document& document, std::span<const ScenarioField> fields,
                          std::string_view apart, Errors& errors) {
  FieldValues values;
  Binder root{document, document.root, errors, "scenario"};
  std::map<std::string_view, Binder> groups;
  std::set<std::string_view> missing;  // a missing group is one error, not one a field
  for (const ScenarioField& field : fields) {
    const std::size_t dot = field.path.find('.');
    if (dot == std::string_view::npos) {
      take_field(root, field, field.path, values);
      continue;
    }
    const std::string_view group = field.path.substr(0, dot);
    if (group == apart) continue;
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
  if (!apart.empty()) root.take(apart, Need::kRequired);
  for (auto& [group, binder] : groups) binder.finish();
  root.finish();
  return values;
}

std::vector<std::string> texts_or(const FieldValues& values, std::string_view path,
                                  std::vector<std::string> otherwise) {
  const auto found = values.texts.find(path);
  return found == values.texts.end() || found->second.empty() ? otherwise : found->second;
}

OfferChoice bind_offers(const FieldValues& values, const document::Document& document,
                        const catalog::Catalog& catalog, Errors& errors) {
  OfferChoice choice;
  choice.files = texts_or(values, "offers.files", {});
  for (std::string& file : choice.files) file = beside(document.file, file);
  const bool own_only = !choice.files.empty();
  choice.books =
      texts_or(values, "offers.books",
               own_only ? std::vector<std::string>{} : std::vector<std::string>{"article"});
  for (const std::string& word : texts_or(values, "offers.kinds", {"on-demand", "reserved"})) {
    const auto names = market::offer_kind_names();  // in the order of the enumerators
    const auto found = std::find(names.begin(), names.end(), word);
    if (found == names.end()) continue;
    choice.kinds.push_back(static_cast<market::OfferKind>(found - names.begin()));
  }
  choice.include = texts_or(values, "constraints.include", {});
  choice.exclude = texts_or(values, "constraints.exclude", {});
  choice.regions = texts_or(values, "constraints.regions", {});
  choice.domestic_only = values.number_or("constraints.domestic_only", 0) != 0;
  check_patterns(choice.include, values.at("constraints.include"), document, catalog, errors);
  check_patterns(choice.exclude, values.at("constraints.exclude"), document, catalog, errors);
  check_books(choice.books, values, document, errors);
  return choice;
}

std::vector<Assumed> assumed_of(const FieldValues& values, std::span<const ScenarioField> fields) {
  std::vector<Assumed> assumed;
  for (const ScenarioField& field : fields) {
    if (!field.otherwise.empty() && values.at(field.path) == nullptr) {
      assumed.push_back({std::string{field.path}, std::string{field.otherwise}});
    }
  }
  return assumed;
}

std::string model_of(const FieldValues& values, const std::string& scenario_file) {
  const std::string model = values.text_or("model", "");
  return is_path(model) ? beside(scenario_file, model) : model;
}

}  // namespace assay::plan
