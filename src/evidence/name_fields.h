// name_fields.h — what the readers of data/names/ share: optional words, lists of entries, names
// that are equal whatever their case, and the months in which a rule holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/bind.h"

namespace assay::evidence {

bool same_name(std::string_view a, std::string_view b);  // whatever the case

// An optional word; empty where it is absent.
std::string text_or_empty(document::Binder& b, std::string_view key);

// "2025-09" of "2025-09-09", "~2025-09 release".
std::string month_of(std::string_view date);

// From the month `since` up to the one before `before`; an empty one is no bound. A month that is
// not known is within no bounds.
bool within_months(std::string_view month, std::string_view since, std::string_view before);

// One entry of `key` after the other; each may say why it is there.
template <class T>
std::vector<T> read_list(document::Binder& root, std::string_view key, const std::string& subject,
                         T (*read_one)(document::Binder&)) {
  std::vector<T> list;
  const document::Node* node = root.take(key, document::Need::kRequired);
  if (node == nullptr) return list;
  if (!node->is(document::Node::Kind::kSequence)) {
    root.fail(*node, std::string{key} + " is no list", "a list");
    return list;
  }
  for (const document::Node& item : node->items) {
    document::Binder b{root.document(), item, root.errors(), subject};
    list.push_back(read_one(b));
    b.take_text("why", document::Need::kOptional);  // for readers of the file
    b.finish();
  }
  return list;
}

}  // namespace assay::evidence
