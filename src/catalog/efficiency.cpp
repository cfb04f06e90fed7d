#include "catalog/efficiency.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/assert.h"
#include "catalog/embedded.h"
#include "catalog/take_fields.h"
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
constexpr std::array<std::string_view, 5> kMetrics{"tpot", "ttft", "throughput", "ratio", "power"};
constexpr Range kShare{0.01, 1.0};
constexpr Range kFactor{0.01, 10.0};
constexpr Range kCount{0, 1e9};
constexpr Range kSeconds{0, 1.0};
constexpr Range kBytes{0, 1e12};

const OperatorCurves* take_operators(Binder& b, const std::vector<OperatorCurves>& operators) {
  std::vector<std::string> names;
  for (const OperatorCurves& curves : operators) names.push_back(curves.family);
  const auto name = b.take_choice("operators", Need::kRequired, names);
  const auto found = std::ranges::find(operators, name.value_or(""), &OperatorCurves::family);
  return found == operators.end() ? nullptr : &*found;
}

// `operators` names the family whose curves it takes: its own where they were measured.
FamilyEfficiency read_family(Binder& b, const std::vector<OperatorCurves>& operators) {
  FamilyEfficiency family{.family = take_text(b, "family"),
                          .operators = {},
                          .sustained_compute = take_number(b, "sustained_compute", kFactor),
                          .sustained_memory = take_number(b, "sustained_memory", kFactor),
                          .sustained_experts = take_or(b, "sustained_experts", kFactor, 1),
                          .confidence = take_confidence(b),
                          .origin = take_text(b, "origin")};
  const OperatorCurves* curves = take_operators(b, operators);
  if (curves != nullptr) family.operators = *curves;
  family.borrowed = curves != nullptr && curves->family != family.family;
  return family;
}

LinkEfficiency read_link(Binder& b, const std::vector<OperatorCurves>& operators) {
  const LinkKind kind = take_link_kind(b);
  LinkEfficiency link{.kind = kind,
                      .all_reduce = {},
                      .all_to_all = {},
                      .own = b.take_bool("own", Need::kOptional).value_or(false),
                      .wait = take_seconds(b, "wait", kSeconds),
                      .sustained = take_number(b, "sustained", kFactor),
                      .confidence = take_confidence(b),
                      .origin = take_text(b, "origin")};
  if (const OperatorCurves* curves = take_operators(b, operators); curves != nullptr) {
    link.all_reduce = curves->all_reduce;
    link.all_to_all = curves->all_to_all;
  }
  return link;
}

MemoryRule take_memory_rule(Binder& b) {
  const std::array<std::string, 3> names{"total", "free", "static"};
  const auto rule = b.take_choice("memory_rule", Need::kRequired, names);
  if (rule == names[1]) return MemoryRule::kFree;
  return rule == names[2] ? MemoryRule::kStatic : MemoryRule::kTotal;
}

EngineOverhead read_engine(Binder& b) {
  return {
      .engine = take_text(b, "engine"),
      .since = take_text(b, "since"),
      .per_layer = take_seconds(b, "per_layer", kSeconds),
      .per_layer_prefill = take_seconds(b, "per_layer_prefill", kSeconds),
      .per_step = take_seconds(b, "per_step", kSeconds),
      .matrix_kernels = take_number(b, "matrix_kernels", kFactor),
      .memory_kernels = take_or(b, "memory_kernels", kFactor, 1),
      .expert_kernels = take_number(b, "expert_kernels", kFactor),
      .per_request = take_seconds(b, "per_request", kSeconds),
      .own_kernels = b.take_bool("own_kernels", Need::kOptional).value_or(false),
      .cache_read_per_head = b.take_bool("cache_read_per_head", Need::kOptional).value_or(false),
      .memory_rule = take_memory_rule(b),
      .memory_share = take_number(b, "memory_share", kShare),
      .reserve = b.take_quantity<Bytes>("reserve", Need::kRequired, kBytes).value_or(Bytes{}),
      .tokens_max = take_number(b, "tokens_max", kCount),
      .sequences_max = take_number(b, "sequences_max", kCount),
      .tokens_max_small = take_or(b, "tokens_max_small", kCount, 0),
      .sequences_max_small = take_or(b, "sequences_max_small", kCount, 0),
      .chunked_prefill = b.take_bool("chunked_prefill", Need::kRequired).value_or(true),
      .block_tokens = static_cast<int>(take_number(b, "block_tokens", {1, 4096})),
      .prefix_caching = b.take_bool("prefix_caching", Need::kRequired).value_or(false),
      .schedules_ahead = b.take_bool("schedules_ahead", Need::kRequired).value_or(false),
      .output_reserved = take_number(b, "output_reserved", {0, 1}),
      .confidence = take_confidence(b),
      .origin = take_text(b, "origin")};
}

IntervalWidth read_interval(Binder& b) {
  return {.regime = take_text(b, "regime"),
          .half_width = take_number(b, "half_width", kFactor),
          .half_width_80 = take_number(b, "half_width_80", kFactor),
          .groups = static_cast<int>(b.take_int("groups", Need::kRequired, kCount).value_or(0)),
          .origin = take_text(b, "origin")};
}

void read_shared(Binder& parent, EfficiencyTable& table) {
  const Node* node = parent.take("shared", Need::kRequired);
  if (node == nullptr) return;
  Binder b{parent.document(), *node, parent.errors(), "shared constants"};
  table.expert_spread = take_number(b, "expert_spread", kShare);
  table.unmeasured = take_number(b, "unmeasured", {0, 3});
  table.floor_share = take_number(b, "floor_share", {0, 2});
  take_confidence(b);
  take_text(b, "origin");
  b.finish();
}

// What the look-ups fall back to must be there.
void check_fallbacks(Binder& b, const EfficiencyTable& table) {
  const auto family = [](const FamilyEfficiency& f) { return f.family == kUnknown; };
  const auto engine = [](const EngineOverhead& e) { return e.engine == kUnknown; };
  const auto link = [](const LinkEfficiency& l) { return l.kind == LinkKind::kOther; };
  require_entry(b, std::ranges::any_of(table.families, family), "family 'unknown'");
  require_entry(b, std::ranges::any_of(table.engines, engine), "engine 'unknown'");
  require_entry(b, std::ranges::any_of(table.links, link), "link kind 'other'");
  for (const std::string_view metric : kMetrics) {
    for (const bool moe : {false, true}) {
      const std::string regime = interval_regime("", metric, moe);
      const auto same = [&](const IntervalWidth& w) { return w.regime == regime; };
      require_entry(b, std::ranges::any_of(table.intervals, same), "interval '" + regime + "'");
    }
  }
}

}  // namespace

const FamilyEfficiency& EfficiencyTable::family(std::string_view name) const {
  return find_or(families, &FamilyEfficiency::family, name, kUnknown);
}

const LinkEfficiency& EfficiencyTable::link(LinkKind kind) const {
  return find_or(links, &LinkEfficiency::kind, kind, LinkKind::kOther);
}

const EngineOverhead& EfficiencyTable::engine(std::string_view name) const {
  return find_or(engines, &EngineOverhead::engine, name, kUnknown);
}

bool EfficiencyTable::knows_engine(std::string_view name) const {
  return engine(name).engine == name;
}

std::string interval_regime(std::string_view mode, std::string_view metric, bool moe) {
  std::string regime{mode};
  if (!regime.empty()) regime += ' ';
  regime += metric;
  regime += moe ? " moe" : " dense";
  return regime;
}

IntervalWidth EfficiencyTable::interval(std::string_view mode, std::string_view metric, bool moe,
                                        bool measured) const {
  auto found =
      std::ranges::find(intervals, interval_regime(mode, metric, moe), &IntervalWidth::regime);
  if (found == intervals.end()) {
    found = std::ranges::find(intervals, interval_regime("", metric, moe), &IntervalWidth::regime);
  }
  ASSAY_ASSERT(found != intervals.end());
  IntervalWidth width = *found;
  if (measured) return width;
  width.regime += " unmeasured";
  width.half_width += unmeasured;
  width.half_width_80 += unmeasured;
  return width;
}

EfficiencyTable speed_of_light() {
  constexpr std::string_view kOrigin = "the data sheet";
  const auto confidence = Confidence::kDerived;
  constexpr WidthShares kWhole{.sixteen = 1, .eight = 1, .four = 1, .weight_only = 1};
  constexpr CollectiveCurve kLink{
      .latency = {}, .per_rank = {}, .fill = {}, .bandwidth = 1, .bandwidth_per_doubling = 1};
  OperatorCurves operators;
  operators.gemm.compute = kWhole;
  operators.gemm.memory = 1;
  operators.attention.prefill_compute = 1;
  operators.attention.decode_memory = operators.attention.decode_memory_8 = 1;
  operators.experts.compute = operators.experts.memory = kWhole;
  EfficiencyTable table;
  table.families = {{.family = std::string{kUnknown},
                     .operators = operators,
                     .confidence = confidence,
                     .origin = std::string{kOrigin}}};
  for (const LinkKind kind : {LinkKind::kNetwork, LinkKind::kOther}) {
    table.links.push_back({.kind = kind,
                           .all_reduce = kLink,
                           .all_to_all = kLink,
                           .wait = {},
                           .confidence = confidence,
                           .origin = std::string{kOrigin}});
  }
  table.engines = {{.engine = std::string{kUnknown},
                    .since = "",
                    .per_layer = {},
                    .per_layer_prefill = {},
                    .per_step = {},
                    .per_request = {},
                    .memory_rule = MemoryRule::kTotal,
                    .memory_share = 1,
                    .reserve = {},
                    .tokens_max = 8192,
                    .sequences_max = 1024,
                    .chunked_prefill = true,
                    .block_tokens = 16,
                    .prefix_caching = false,
                    .schedules_ahead = false,
                    .output_reserved = 0.5,
                    .confidence = confidence,
                    .origin = std::string{kOrigin}}};
  for (const std::string_view metric : kMetrics) {
    for (const bool moe : {false, true}) {
      table.intervals.push_back({.regime = interval_regime("", metric, moe),
                                 .half_width = 0.5,
                                 .half_width_80 = 0.4,
                                 .origin = ""});
    }
  }
  return table;
}

Checked<EfficiencyTable> read_efficiency(const std::string& file, std::string_view text,
                                         const std::vector<OperatorCurves>& operators) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder b{*document, document->root, errors, "efficiency table"};
  EfficiencyTable table;
  read_shared(b, table);
  table.families = read_list(b, "families", "family",
                             [&](Binder& each) { return read_family(each, operators); });
  table.links =
      read_list(b, "links", "link", [&](Binder& each) { return read_link(each, operators); });
  table.engines = read_list(b, "engines", "engine", read_engine);
  table.intervals = read_list(b, "intervals", "interval", read_interval);
  b.finish();
  if (errors.empty()) check_fallbacks(b, table);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return table;
}

Checked<EfficiencyTable> load_efficiency() {
  const auto operators = load_operator_curves();
  if (!operators) return tl::unexpected(operators.error());
  const auto text = embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_efficiency(std::string{kFile}, *text, *operators);
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
    case LinkKind::kNetwork:
      return "network";
    case LinkKind::kOther:
      return "other";
  }
  return "";
}

}  // namespace assay::catalog
