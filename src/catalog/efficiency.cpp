#include "catalog/efficiency.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/assert.h"
#include "catalog/embedded.h"
#include "document/bind.h"
#include "document/read.h"

namespace assay::catalog {

namespace {

using document::Binder;
using document::Document;
using document::Need;
using document::Node;
using document::Range;

constexpr std::string_view kFile = "data/efficiency.yaml";
constexpr std::string_view kUnknown = "unknown";
constexpr Range kShare{0.01, 1.0};
constexpr Range kFactor{0.01, 10.0};
constexpr Range kCount{0, 1e9};
constexpr Range kSeconds{0, 1.0};
constexpr Range kBytes{0, 1e12};

constexpr std::array kLinkKinds{LinkKind::kNone, LinkKind::kNvlink, LinkKind::kXgmi,
                                LinkKind::kHccs, LinkKind::kPcie,   LinkKind::kOther};

Confidence take_confidence(Binder& b) {
  const Node* node = b.take("confidence", Need::kRequired);
  if (node == nullptr) return {};
  const auto confidence = parse_confidence(node->text);
  if (!confidence)
    b.fail(*node, confidence.error().what, confidence.error().expected, confidence.error().near);
  return confidence.value_or(Confidence::kAssumed);
}

double take_number(Binder& b, std::string_view key, Range range) {
  return b.take_number(key, Need::kRequired, range).value_or(1.0);
}

std::string take_text(Binder& b, std::string_view key) {
  return b.take_text(key, Need::kRequired).value_or("");
}

Seconds take_seconds(Binder& b, std::string_view key) {
  return b.take_quantity<Seconds>(key, Need::kRequired, kSeconds).value_or(Seconds{});
}

FamilyEfficiency read_family(Binder& b) {
  return {.family = take_text(b, "family"),
          .compute = take_number(b, "compute", kShare),
          .memory = take_number(b, "memory", kShare),
          .confidence = take_confidence(b),
          .origin = take_text(b, "origin")};
}

LinkEfficiency read_link(Binder& b) {
  std::vector<std::string> names;
  for (const LinkKind kind : kLinkKinds) names.emplace_back(name(kind));
  const auto kind = b.take_choice("kind", Need::kRequired, names);
  LinkEfficiency link{.kind = LinkKind::kOther,
                      .latency = take_seconds(b, "latency"),
                      .bandwidth = take_number(b, "bandwidth", kShare),
                      .confidence = take_confidence(b),
                      .origin = take_text(b, "origin")};
  for (const LinkKind candidate : kLinkKinds) {
    if (kind && name(candidate) == *kind) link.kind = candidate;
  }
  return link;
}

EngineOverhead read_engine(Binder& b) {
  return {.engine = take_text(b, "engine"),
          .since = take_text(b, "since"),
          .per_layer = take_seconds(b, "per_layer"),
          .per_step = take_seconds(b, "per_step"),
          .memory_share = take_number(b, "memory_share", kShare),
          .reserve = b.take_quantity<Bytes>("reserve", Need::kRequired, kBytes).value_or(Bytes{}),
          .tokens_max = take_number(b, "tokens_max", kCount),
          .sequences_max = take_number(b, "sequences_max", kCount),
          .confidence = take_confidence(b),
          .origin = take_text(b, "origin")};
}

IntervalWidth read_interval(Binder& b) {
  return {.regime = take_text(b, "regime"),
          .half_width = take_number(b, "half_width", kFactor),
          .groups = static_cast<int>(b.take_int("groups", Need::kRequired, kCount).value_or(0)),
          .origin = take_text(b, "origin")};
}

// One entry of `key` after the other; `read` binds one.
template <class Read>
auto read_list(Binder& parent, std::string_view key, std::string_view subject, Read read) {
  std::vector<decltype(read(parent))> entries;
  const Node* list = parent.take(key, Need::kRequired);
  if (list == nullptr) return entries;
  if (!list->is(Node::Kind::kSequence))
    parent.fail(*list, "'" + std::string{key} + "' is not a list", "a list");
  for (const Node& item : list->items) {
    Binder b{parent.document(), item, parent.errors(), std::string{subject}};
    entries.push_back(read(b));
    b.finish();
  }
  return entries;
}

void read_shared(Binder& parent, EfficiencyTable& table) {
  const Node* node = parent.take("shared", Need::kRequired);
  if (node == nullptr) return;
  Binder b{parent.document(), *node, parent.errors(), "shared constants"};
  table.attention_compute = take_number(b, "attention_compute", kShare);
  table.attention_memory = take_number(b, "attention_memory", kShare);
  table.moe_memory = take_number(b, "moe_memory", kShare);
  table.gemm_half_tokens = take_number(b, "gemm_half_tokens", {0, 1000});
  table.roofline_norm = take_number(b, "roofline_norm", {1, 100});
  table.fp8_compute = take_number(b, "fp8_compute", kFactor);
  table.fp4_compute = take_number(b, "fp4_compute", kFactor);
  table.prefill_overhead = take_number(b, "prefill_overhead", {0, 100});
  table.moe_per_layer = take_seconds(b, "moe_per_layer");
  table.power_idle = take_number(b, "power_idle", kShare);
  table.power_busy = take_number(b, "power_busy", kShare);
  take_confidence(b);
  take_text(b, "origin");
  b.finish();
}

// What the look-ups fall back to must be there.
void check_fallbacks(Binder& b, const EfficiencyTable& table) {
  const auto require = [&](bool found, std::string_view what) {
    if (!found)
      b.fail(b.node(), "no entry for " + std::string{what}, "one, for what is not listed");
  };
  const auto family = [](const FamilyEfficiency& f) { return f.family == kUnknown; };
  const auto engine = [](const EngineOverhead& e) { return e.engine == kUnknown; };
  const auto link = [](const LinkEfficiency& l) { return l.kind == LinkKind::kOther; };
  require(std::ranges::any_of(table.families, family), "family 'unknown'");
  require(std::ranges::any_of(table.engines, engine), "engine 'unknown'");
  require(std::ranges::any_of(table.links, link), "link kind 'other'");
  for (const std::string_view metric : {"tpot", "ttft", "throughput", "power"}) {
    for (const bool moe : {false, true}) {
      for (const bool measured : {false, true}) {
        const std::string regime = interval_regime(metric, moe, measured);
        const auto same = [&](const IntervalWidth& w) { return w.regime == regime; };
        require(std::ranges::any_of(table.intervals, same), "interval '" + regime + "'");
      }
    }
  }
}

// The entry that `matches`, else the one that `stands_in`; read_efficiency() has seen that the
// latter exists.
template <class Entry, class Matches, class StandsIn>
const Entry& find_or(const std::vector<Entry>& entries, Matches matches, StandsIn stands_in) {
  const Entry* fallback = nullptr;
  for (const Entry& entry : entries) {
    if (matches(entry)) return entry;
    if (stands_in(entry)) fallback = &entry;
  }
  ASSAY_ASSERT(fallback != nullptr);
  return *fallback;
}

}  // namespace

const FamilyEfficiency& EfficiencyTable::family(std::string_view name) const {
  return find_or(
      families, [&](const FamilyEfficiency& f) { return f.family == name; },
      [](const FamilyEfficiency& f) { return f.family == kUnknown; });
}

const LinkEfficiency& EfficiencyTable::link(LinkKind kind) const {
  return find_or(
      links, [&](const LinkEfficiency& l) { return l.kind == kind; },
      [](const LinkEfficiency& l) { return l.kind == LinkKind::kOther; });
}

const EngineOverhead& EfficiencyTable::engine(std::string_view name) const {
  return find_or(
      engines, [&](const EngineOverhead& e) { return e.engine == name; },
      [](const EngineOverhead& e) { return e.engine == kUnknown; });
}

bool EfficiencyTable::knows_engine(std::string_view name) const {
  return engine(name).engine == name;
}

std::string interval_regime(std::string_view metric, bool moe, bool measured) {
  std::string regime{metric};
  regime += moe ? " moe" : " dense";
  if (!measured) regime += " unmeasured";
  return regime;
}

const IntervalWidth& EfficiencyTable::interval(std::string_view metric, bool moe,
                                               bool measured) const {
  const std::string regime = interval_regime(metric, moe, measured);
  const auto found = std::ranges::find(intervals, regime, &IntervalWidth::regime);
  ASSAY_ASSERT(found != intervals.end());
  return *found;
}

Checked<EfficiencyTable> read_efficiency(const std::string& file, std::string_view text) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder b{*document, document->root, errors, "efficiency table"};
  EfficiencyTable table;
  read_shared(b, table);
  table.families = read_list(b, "families", "family", read_family);
  table.links = read_list(b, "links", "link", read_link);
  table.engines = read_list(b, "engines", "engine", read_engine);
  table.intervals = read_list(b, "intervals", "interval", read_interval);
  b.finish();
  if (errors.empty()) check_fallbacks(b, table);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return table;
}

Checked<EfficiencyTable> load_efficiency() {
  const auto text = embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_efficiency(std::string{kFile}, *text);
}

std::string_view name(LinkKind kind) {
  switch (kind) {
    case LinkKind::kNone:
      return "none";
    case LinkKind::kNvlink:
      return "nvlink";
    case LinkKind::kXgmi:
      return "xgmi";
    case LinkKind::kHccs:
      return "hccs";
    case LinkKind::kPcie:
      return "pcie";
    case LinkKind::kOther:
      return "other";
  }
  return "";
}

}  // namespace assay::catalog
