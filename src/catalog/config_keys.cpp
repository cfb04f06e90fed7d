#include "catalog/config_keys.h"

#include <cmath>
#include <utility>

#include "base/text.h"

namespace assay::catalog {

using document::Node;

namespace {

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

std::string spelled(KeyNames names) {
  std::vector<std::string> quoted_names;
  for (const std::string_view name : names) quoted_names.push_back(quoted(name));
  return one_of(quoted_names);
}

std::string describe(WholeRange range) {
  return "a whole number from " + std::to_string(range.low) + " to " + std::to_string(range.high);
}

}  // namespace

std::string shown(const Node& node) {
  if (node.is(Node::Kind::kString)) return "text " + quoted(excerpt(node.text));
  if (node.is_scalar()) return excerpt(node.text);
  return std::string{kind_name(node.kind)};
}

const Node* ConfigKeys::find(KeyNames names) const {
  for (const std::string_view name : names) {
    const Node* node = mapping_->find(name);
    if (node != nullptr && !node->is(Node::Kind::kNull)) return node;
  }
  return nullptr;
}

void ConfigKeys::fail(const Node& node, std::string what, std::string expected) const {
  errors_->push_back({.what = std::move(what),
                      .expected = std::move(expected),
                      .near = {},
                      .where = document_->where(node.mark)});
}

void ConfigKeys::fail(std::string what, std::string expected) const {
  fail(*mapping_, std::move(what), std::move(expected));
}

void ConfigKeys::fail_at(KeyNames names, std::string what, std::string expected) const {
  const Node* node = find(names);
  fail(node == nullptr ? *mapping_ : *node, std::move(what), std::move(expected));
}

std::optional<long long> ConfigKeys::in_range(const Node& node, std::string_view name,
                                              WholeRange range) const {
  const bool fits = node.is(Node::Kind::kNumber) && node.number == std::floor(node.number) &&
                    node.number >= static_cast<double>(range.low) &&
                    node.number <= static_cast<double>(range.high);
  if (fits) return static_cast<long long>(node.number);
  fail(node, quoted(name) + " is " + shown(node), describe(range));
  return std::nullopt;
}

std::optional<int> ConfigKeys::whole(KeyNames names, WholeRange range) const {
  for (const std::string_view name : names) {
    const Node* node = find({name});
    if (node == nullptr) continue;
    const auto value = in_range(*node, name, range);
    return value ? static_cast<int>(*value) : 0;
  }
  return std::nullopt;
}

int ConfigKeys::required(KeyNames names, WholeRange range) const {
  const auto value = whole(names, range);
  if (value) return *value;
  fail("missing " + quoted(*names.begin()), describe(range));
  return 0;
}

std::optional<double> ConfigKeys::number(KeyNames names) const {
  const Node* node = find(names);
  if (node == nullptr) return std::nullopt;
  if (node->is(Node::Kind::kNumber)) return node->number;
  fail(*node, spelled(names) + " is " + shown(*node), "a number");
  return std::nullopt;
}

std::optional<bool> ConfigKeys::flag(KeyNames names) const {
  const Node* node = find(names);
  if (node == nullptr) return std::nullopt;
  if (node->is(Node::Kind::kBool)) return node->boolean;
  fail(*node, spelled(names) + " is " + shown(*node), "true or false");
  return std::nullopt;
}

std::string ConfigKeys::text(KeyNames names) const {
  const Node* node = find(names);
  if (node == nullptr) return {};
  if (node->is(Node::Kind::kString)) return node->text;
  fail(*node, spelled(names) + " is " + shown(*node), "text");
  return {};
}

std::vector<std::string> ConfigKeys::texts(KeyNames names) const {
  const Node* node = find(names);
  if (node == nullptr) return {};
  if (node->is(Node::Kind::kString)) return {node->text};
  std::vector<std::string> values;
  if (!node->is(Node::Kind::kSequence)) {
    fail(*node, spelled(names) + " is " + shown(*node), "a list of texts");
    return values;
  }
  for (const Node& item : node->items) {
    if (item.is(Node::Kind::kString)) {
      values.push_back(item.text);
    } else {
      fail(item, "an entry of " + spelled(names) + " is " + shown(item), "text");
    }
  }
  return values;
}

std::vector<int> ConfigKeys::wholes(KeyNames names, WholeRange range) const {
  const Node* node = find(names);
  if (node == nullptr) return {};
  std::vector<int> values;
  if (!node->is(Node::Kind::kSequence)) {
    fail(*node, spelled(names) + " is " + shown(*node), "a list of whole numbers");
    return values;
  }
  for (const Node& item : node->items) {
    const auto value = in_range(item, *names.begin(), range);
    values.push_back(value ? static_cast<int>(*value) : 0);
  }
  return values;
}

std::optional<ConfigKeys> ConfigKeys::child(KeyNames names) const {
  const Node* node = find(names);
  if (node == nullptr) return std::nullopt;
  if (node->is(Node::Kind::kMapping)) return ConfigKeys{*document_, *node, *errors_};
  fail(*node, spelled(names) + " is " + shown(*node), "a mapping");
  return std::nullopt;
}

}  // namespace assay::catalog
