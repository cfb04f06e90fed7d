#include "catalog/training_table.h"

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

constexpr std::string_view kFile = "data/training.yaml";
constexpr Range kFactor{0.001, 100.0};
constexpr Range kShare{0, 1};
constexpr Range kSeconds{0, 10.0};
constexpr Range kWatts{1, 1e5};

std::vector<std::string> take_words(Binder& b, std::string_view key) {
  std::vector<std::string> words;
  const Node* node = b.take(key, Need::kOptional);
  if (node == nullptr) return words;
  if (!node->is(Node::Kind::kSequence)) b.fail(*node, "no list", "a list");
  for (const Node& item : node->items) words.push_back(item.text);
  return words;
}

TrainingFamily read_family(Binder& b) {
  return {.family = take_text(b, "family"),
          .accelerators = take_words(b, "accelerators"),
          .sixteen = take_number(b, "sixteen", kFactor),
          .eight = take_number(b, "eight", kFactor),
          .four = take_number(b, "four", kFactor),
          .attention = take_number(b, "attention", kFactor),
          .attention_2 = take_number(b, "attention_2", kFactor),
          .attention_backward = take_number(b, "attention_backward", kFactor),
          .memory = take_number(b, "memory", kFactor),
          .scan = take_or(b, "scan", kFactor, 1),
          .power = b.take_quantity<Watts>("power", Need::kRequired, kWatts).value_or(Watts{}),
          .confidence = take_confidence(b),
          .origin = take_text(b, "origin")};
}

TrainingStack read_stack(Binder& b) {
  return {.stack = take_text(b, "stack"),
          .aliases = take_words(b, "aliases"),
          .families = take_words(b, "families"),
          .since = take_text(b, "since"),
          .unfused_attention = b.take_bool("unfused_attention", Need::kOptional).value_or(false),
          .flash_2 = b.take_bool("flash_2", Need::kOptional).value_or(false),
          .matrix = take_or(b, "matrix", kFactor, 1),
          .attention = take_or(b, "attention", kFactor, 1),
          .elementwise = take_number(b, "elementwise", kFactor),
          .tensor_exposed = take_number(b, "tensor_exposed", kFactor),
          .data_exposed = take_number(b, "data_exposed", kShare),
          .expert_casts = take_or(b, "expert_casts", kFactor, 1),
          .expert_exposed = take_or(b, "expert_exposed", kFactor, 1),
          .shard_exposed = take_number(b, "shard_exposed", kShare),
          .expert_kernels = take_number(b, "expert_kernels", kFactor),
          .layer_host = take_seconds(b, "layer_host", kSeconds),
          .expert_host = take_seconds(b, "expert_host", kSeconds),
          .step_host = take_seconds(b, "step_host", kSeconds),
          .balanced = b.take_bool("balanced", Need::kRequired).value_or(false),
          .deepspeed = b.take_bool("deepspeed", Need::kOptional).value_or(false),
          .gradient_bytes = take_number(b, "gradient_bytes", {1, 8}),
          .optimizer_bytes = take_or(b, "optimizer_bytes", {1, 16}, 12),
          .confidence = take_confidence(b),
          .origin = take_text(b, "origin")};
}

TrainingLink read_link(Binder& b) {
  TrainingLink link{.kind = LinkKind::kOther,
                    .bandwidth = take_number(b, "bandwidth", kFactor),
                    .latency = take_seconds(b, "latency", kSeconds),
                    .per_rank = take_seconds(b, "per_rank", kSeconds),
                    .confidence = take_confidence(b),
                    .origin = take_text(b, "origin")};
  link.kind = take_link_kind(b);
  return link;
}

TrainingInterval read_interval(Binder& b) {
  return {.tier = take_text(b, "tier"),
          .half_width = take_number(b, "half_width", kFactor),
          .half_width_80 = take_number(b, "half_width_80", kFactor),
          .groups = static_cast<int>(b.take_int("groups", Need::kRequired, {0, 1e9}).value_or(0)),
          .origin = take_text(b, "origin")};
}

void read_shared(Binder& parent, TrainingTable& table) {
  const Node* node = parent.take("shared", Need::kRequired);
  if (node == nullptr) return;
  Binder b{parent.document(), *node, parent.errors(), "shared constants"};
  table.power_exponent = take_number(b, "power_exponent", kShare);
  table.wave_exponent = take_number(b, "wave_exponent", {0, 2});
  table.depth_offset = take_number(b, "depth_offset", {0, 1e5});
  table.head_offset = take_number(b, "head_offset", {0, 1e4});
  table.attention_ramp = take_number(b, "attention_ramp", {0, 1e5});
  table.cast_passes = take_number(b, "cast_passes", {0, 100});
  table.loss_bytes = take_number(b, "loss_bytes", {0, 1000});
  table.expert_offset = take_number(b, "expert_offset", {0, 1e5});
  table.permute_passes = take_number(b, "permute_passes", {0, 100});
  table.scan_passes = take_number(b, "scan_passes", {0, 1000});
  table.pipeline_exposed = take_number(b, "pipeline_exposed", kShare);
  take_confidence(b);
  take_text(b, "origin");
  b.finish();
}

// What the look-ups fall back to must be there.
void check_fallbacks(Binder& b, const TrainingTable& table) {
  const auto link = [](LinkKind kind) {
    return [kind](const TrainingLink& l) { return l.kind == kind; };
  };
  require_entry(b, std::ranges::count(table.families, kUnknown, &TrainingFamily::family) > 0,
                "family 'unknown'");
  require_entry(b, std::ranges::count(table.stacks, kUnknown, &TrainingStack::stack) > 0,
                "stack 'unknown'");
  require_entry(b, std::ranges::any_of(table.links, link(LinkKind::kOther)), "link kind 'other'");
  require_entry(b, std::ranges::any_of(table.links, link(LinkKind::kNetwork)),
                "link kind 'network'");
}

}  // namespace

const TrainingFamily& TrainingTable::family(std::string_view name,
                                            std::string_view accelerator) const {
  const TrainingFamily* whole = nullptr;
  for (const TrainingFamily& entry : families) {
    if (std::ranges::count(entry.accelerators, accelerator) > 0) return entry;
    if (entry.family == name && entry.accelerators.empty()) whole = &entry;
  }
  return whole != nullptr ? *whole : find_or(families, &TrainingFamily::family, kUnknown, kUnknown);
}

const TrainingStack& TrainingTable::stack(std::string_view name) const {
  for (const TrainingStack& entry : stacks) {
    if (std::ranges::count(entry.aliases, name) > 0) return entry;
  }
  return find_or(stacks, &TrainingStack::stack, name, kUnknown);
}

bool TrainingTable::knows_stack(std::string_view name) const {
  return name != kUnknown && (stack(name).stack != kUnknown);
}

const TrainingLink& TrainingTable::link(LinkKind kind) const {
  return find_or(links, &TrainingLink::kind, kind, LinkKind::kOther);
}

const TrainingInterval* TrainingTable::interval(std::string_view tier) const {
  const auto found = std::ranges::find(intervals, tier, &TrainingInterval::tier);
  return found == intervals.end() ? nullptr : &*found;
}

Checked<TrainingTable> load_training() {
  const auto text = embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_training(std::string{kFile}, *text);
}

Checked<TrainingTable> read_training(const std::string& file, std::string_view text) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder b{*document, document->root, errors, "training table"};
  TrainingTable table;
  read_shared(b, table);
  table.families = read_list(b, "families", "family", read_family);
  table.stacks = read_list(b, "stacks", "stack", read_stack);
  table.links = read_list(b, "links", "link", read_link);
  table.intervals = read_list(b, "intervals", "interval", read_interval);
  b.finish();
  if (errors.empty()) check_fallbacks(b, table);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return table;
}

}  // namespace assay::catalog
