#include "catalog/power_curve.h"

#include <algorithm>

#include "base/assert.h"
#include "catalog/embedded.h"
#include "catalog/take_fields.h"
#include "document/bind.h"
#include "document/read.h"

namespace assay::catalog {

namespace {

using document::Binder;
using document::Need;
using document::Node;
using document::Range;

constexpr std::string_view kFile = "data/power.yaml";
constexpr Range kShare{0.01, 1.0};
constexpr Range kSlope{0, 10.0};  // above 1 where less than the peak already takes the whole limit
constexpr Range kLogRatio{0.01, 10.0};

// What cannot be read counts as the least.
double take_low(Binder& b, std::string_view key, Range range) {
  return take_number(b, key, range, range.low);
}

PowerCurve read_curve(Binder& b) {
  PowerCurve curve{.family = take_text(b, "family"),
                   .idle = take_low(b, "idle", kShare),
                   .overhead = take_low(b, "overhead", kShare),
                   .compute = take_low(b, "compute", kSlope),
                   .memory = take_low(b, "memory", kSlope),
                   .half_width = take_low(b, "half_width", kLogRatio),
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
  HostPower host{.share = take_low(b, "share", kShare),
                 .half_width = take_low(b, "half_width", kLogRatio),
                 .confidence = take_confidence(b),
                 .origin = take_text(b, "origin")};
  b.finish();
  return host;
}

}  // namespace

const PowerCurve& PowerTable::family(std::string_view name) const {
  return find_or(families, &PowerCurve::family, name, kUnknown);
}

Checked<PowerTable> read_power(const std::string& file, std::string_view text) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder b{*document, document->root, errors, "power table"};
  PowerTable table{.host = read_host(b),
                   .families = read_list(b, "families", "family", read_curve)};
  b.finish();
  const auto unknown = [](const PowerCurve& c) { return c.family == kUnknown; };
  if (errors.empty())
    require_entry(b, std::ranges::any_of(table.families, unknown), "family 'unknown'");
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return table;
}

Checked<PowerTable> load_power() {
  const auto text = embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_power(std::string{kFile}, *text);
}

}  // namespace assay::catalog
