#include "catalog/power_curve.h"

#include <algorithm>

#include "base/assert.h"
#include "catalog/embedded.h"
#include "document/bind.h"
#include "document/read.h"

namespace assay::catalog {

namespace {

using document::Binder;
using document::Need;
using document::Node;
using document::Range;

constexpr std::string_view kFile = "data/power.yaml";
constexpr std::string_view kUnknown = "unknown";
constexpr Range kShare{0.01, 1.0};
constexpr Range kSlope{0, 10.0};  // above 1 where less than the peak already takes the whole limit
constexpr Range kLogRatio{0.01, 10.0};

Confidence take_confidence(Binder& b) {
  const Node* node = b.take("confidence", Need::kRequired);
  if (node == nullptr) return Confidence::kAssumed;
  const auto confidence = parse_confidence(node->text);
  if (!confidence)
    b.fail(*node, confidence.error().what, confidence.error().expected, confidence.error().near);
  return confidence.value_or(Confidence::kAssumed);
}

double take_number(Binder& b, std::string_view key, Range range) {
  return b.take_number(key, Need::kRequired, range).value_or(range.low);
}

std::string take_text(Binder& b, std::string_view key) {
  return b.take_text(key, Need::kRequired).value_or("");
}

PowerCurve read_curve(Binder& b) {
  PowerCurve curve{.family = take_text(b, "family"),
                   .idle = take_number(b, "idle", kShare),
                   .overhead = take_number(b, "overhead", kShare),
                   .compute = take_number(b, "compute", kSlope),
                   .memory = take_number(b, "memory", kSlope),
                   .half_width = take_number(b, "half_width", kLogRatio),
                   .confidence = take_confidence(b),
                   .origin = take_text(b, "origin")};
  if (curve.overhead < curve.idle)
    b.fail(b.node(), "a running board draws less than an idle one", "overhead of idle or more");
  return curve;
}

HostPower read_host(Binder& parent) {
  const Node* node = parent.take("host", Need::kRequired);
  if (node == nullptr) return {};
  Binder b{parent.document(), *node, parent.errors(), "host power"};
  HostPower host{.share = take_number(b, "share", kShare),
                 .half_width = take_number(b, "half_width", kLogRatio),
                 .confidence = take_confidence(b),
                 .origin = take_text(b, "origin")};
  b.finish();
  return host;
}

std::vector<PowerCurve> read_curves(Binder& parent) {
  std::vector<PowerCurve> curves;
  const Node* list = parent.take("families", Need::kRequired);
  if (list == nullptr) return curves;
  if (!list->is(Node::Kind::kSequence)) parent.fail(*list, "'families' is not a list", "a list");
  for (const Node& item : list->items) {
    Binder b{parent.document(), item, parent.errors(), "family"};
    curves.push_back(read_curve(b));
    b.finish();
  }
  return curves;
}

}  // namespace

const PowerCurve& PowerTable::family(std::string_view name) const {
  auto found = std::ranges::find(families, name, &PowerCurve::family);
  if (found == families.end()) found = std::ranges::find(families, kUnknown, &PowerCurve::family);
  ASSAY_ASSERT(found != families.end());  // read_power() has seen it
  return *found;
}

Checked<PowerTable> read_power(const std::string& file, std::string_view text) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder b{*document, document->root, errors, "power table"};
  PowerTable table{.host = read_host(b), .families = read_curves(b)};
  b.finish();
  const auto unknown = [](const PowerCurve& c) { return c.family == kUnknown; };
  if (errors.empty() && std::ranges::none_of(table.families, unknown))
    b.fail(b.node(), "no entry for family 'unknown'", "one, for what is not listed");
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return table;
}

Checked<PowerTable> load_power() {
  const auto text = embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_power(std::string{kFile}, *text);
}

}  // namespace assay::catalog
