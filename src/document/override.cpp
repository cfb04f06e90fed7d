#include "document/override.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "document/read.h"

namespace assay::document {

namespace {

Node* find_or_add(Node& mapping, std::string_view key) {
  for (Member& member : mapping.members) {
    if (member.key == key) return &member.value;
  }
  mapping.members.push_back({std::string{key}, Mark{}, Node{}});
  return &mapping.members.back().value;
}

void forget_marks(Node& node) {
  node.mark = Mark{};
  for (Node& item : node.items) forget_marks(item);
  for (Member& member : node.members) {
    member.key_mark = Mark{};
    forget_marks(member.value);
  }
}

Error refused(std::string_view assignment, std::string expected) {
  return {.what = fmt::format("cannot set '{}'", assignment),
          .expected = std::move(expected),
          .near = {},
          .where = {}};
}

}  // namespace

Result<bool> override_value(Document& document, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return tl::unexpected(refused(assignment, "KEY=VALUE such as 'traffic.rate=20 /s'"));
  }
  auto value = read_document("--set", assignment.substr(equals + 1));
  if (!value)
    return tl::unexpected(
        refused(assignment, "a value after '=' (" + value.error().front().what + ")"));
  Node* node = &document.root;
  for (const std::string_view key : split(assignment.substr(0, equals), '.')) {
    if (key.empty()) return tl::unexpected(refused(assignment, "a key such as 'traffic.rate'"));
    if (node->is(Node::Kind::kNull)) node->kind = Node::Kind::kMapping;
    if (!node->is(Node::Kind::kMapping)) {
      return tl::unexpected(refused(assignment, fmt::format("'{}' to lie in a mapping", key)));
    }
    node = find_or_add(*node, key);
  }
  *node = std::move(value->root);
  forget_marks(*node);
  return true;
}

}  // namespace assay::document
