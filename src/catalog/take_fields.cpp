#include "catalog/take_fields.h"

#include <array>

namespace assay::catalog {

namespace {

using document::Binder;
using document::Need;
using document::Node;
using document::Range;

}  // namespace

double take_number(Binder& b, std::string_view key, Range range, double otherwise) {
  return b.take_number(key, Need::kRequired, range).value_or(otherwise);
}

std::string take_text(Binder& b, std::string_view key) {
  return b.take_text(key, Need::kRequired).value_or("");
}

Seconds take_seconds(Binder& b, std::string_view key, Range range) {
  return b.take_quantity<Seconds>(key, Need::kRequired, range).value_or(Seconds{});
}

Confidence take_confidence(Binder& b) {
  const Node* node = b.take("confidence", Need::kRequired);
  if (node == nullptr) return Confidence::kAssumed;
  const auto confidence = parse_confidence(node->text);
  if (!confidence)
    b.fail(*node, confidence.error().what, confidence.error().expected, confidence.error().near);
  return confidence.value_or(Confidence::kAssumed);
}

LinkKind take_link_kind(Binder& b) {
  constexpr std::array kKinds{LinkKind::kNone, LinkKind::kNvlink,  LinkKind::kXgmi, LinkKind::kHccs,
                              LinkKind::kPcie, LinkKind::kNetwork, LinkKind::kOther};
  std::vector<std::string> names;
  for (const LinkKind kind : kKinds) names.emplace_back(name(kind));
  const auto word = b.take_choice("kind", Need::kRequired, names);
  for (const LinkKind kind : kKinds) {
    if (word && name(kind) == *word) return kind;
  }
  return LinkKind::kOther;
}

double take_or(Binder& b, std::string_view key, Range range, double otherwise) {
  return b.take_number(key, Need::kOptional, range).value_or(otherwise);
}

void require_entry(Binder& b, bool found, std::string_view what) {
  if (!found) b.fail(b.node(), "no entry for " + std::string{what}, "one, for what is not listed");
}

}  // namespace assay::catalog
