// take_fields.h — what the readers of tables of constants share: fields that every entry has, lists
// of entries, and the look-up of an entry with what stands in for one that is not listed.
// A field that cannot be read is an error of the Binder; what is returned then only stands in.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/quantity.h"
#include "catalog/efficiency.h"
#include "catalog/fact.h"
#include "document/bind.h"

namespace assay::catalog {

inline constexpr std::string_view kUnknown = "unknown";  // the entry for what is not listed

// Required ones.
double take_number(document::Binder& b, std::string_view key, document::Range range,
                   double otherwise = 1.0);
std::string take_text(document::Binder& b, std::string_view key);
Seconds take_seconds(document::Binder& b, std::string_view key, document::Range range);
Confidence take_confidence(document::Binder& b);  // of the key "confidence"
LinkKind take_link_kind(document::Binder& b);     // of the key "kind"

// An optional one.
double take_or(document::Binder& b, std::string_view key, document::Range range, double otherwise);

// What the look-ups fall back to must be there.
void require_entry(document::Binder& b, bool found, std::string_view what);

// One entry of `key` after the other; `read` binds one.
template <class Read>
auto read_list(document::Binder& parent, std::string_view key, std::string_view subject,
               Read read) {
  std::vector<decltype(read(parent))> entries;
  const document::Node* list = parent.take(key, document::Need::kRequired);
  if (list == nullptr) return entries;
  if (!list->is(document::Node::Kind::kSequence))
    parent.fail(*list, "'" + std::string{key} + "' is not a list", "a list");
  for (const document::Node& item : list->items) {
    document::Binder b{parent.document(), item, parent.errors(), std::string{subject}};
    entries.push_back(read(b));
    b.finish();
  }
  return entries;
}

// The entry whose `key` is `wanted`, else the one of `otherwise`, which the reader has required.
template <class Entry, class Key>
const Entry& find_or(const std::vector<Entry>& entries, Key Entry::*key, const auto& wanted,
                     const auto& otherwise) {
  auto found = std::ranges::find(entries, wanted, key);
  if (found == entries.end()) found = std::ranges::find(entries, otherwise, key);
  ASSAY_ASSERT(found != entries.end());
  return *found;
}

}  // namespace assay::catalog
