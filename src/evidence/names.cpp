#include "evidence/names.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "catalog/embedded.h"
#include "document/bind.h"
#include "document/read.h"
#include "evidence/name_fields.h"

namespace assay::evidence {

namespace {

using document::Binder;
using document::Document;
using document::Need;
using document::Node;

constexpr std::string_view kFile = "data/names/inference.yaml";
constexpr document::Range kWatts{1, 1e5};

std::optional<catalog::Format> take_format(Binder& b, std::string_view key, Need need) {
  const Node* node = b.take(key, need);
  if (node == nullptr || node->is(Node::Kind::kNull)) return std::nullopt;
  const auto format = catalog::parse_format(node->text);
  if (!format) b.fail(*node, fmt::format("unknown format '{}'", node->text), "such as fp8 or bf16");
  return format;
}

AcceleratorName read_accelerator(Binder& b) {
  AcceleratorName name;
  name.name = b.take_text("name", Need::kRequired).value_or("");
  name.refuse = text_or_empty(b, "refuse");
  name.accelerator =
      b.take_text("accelerator", name.refuse.empty() ? Need::kRequired : Need::kOptional)
          .value_or("");
  name.system = text_or_empty(b, "system");
  name.assumed = text_or_empty(b, "assumed");
  name.power_limit = b.take_quantity<Watts>("power_limit", Need::kOptional, kWatts);
  return name;
}

Harness read_harness(Binder& b) {
  Harness harness{.source = b.take_text("source", Need::kRequired).value_or(""),
                  .length_low = b.take_number("length_low", Need::kRequired, {0, 1}).value_or(1),
                  .requests_per_place =
                      b.take_number("requests_per_place", Need::kRequired, {1, 1e6}).value_or(1)};
  b.take_text("why", Need::kRequired);
  return harness;
}

CheckpointName read_checkpoint(Binder& b) {
  CheckpointName name;
  name.model = b.take_text("model", Need::kRequired).value_or("");
  name.weights = b.take_text("weights", Need::kRequired).value_or("");
  name.checkpoint = b.take_text("checkpoint", Need::kRequired).value_or("");
  return name;
}

EngineRule read_engine(Binder& b) {
  EngineRule rule;
  rule.engine = text_or_empty(b, "engine");
  rule.contains = text_or_empty(b, "contains");
  rule.from = text_or_empty(b, "from");
  rule.below = text_or_empty(b, "below");
  rule.since = text_or_empty(b, "since");
  rule.before = text_or_empty(b, "before");
  rule.vendor = text_or_empty(b, "vendor");
  rule.generation = b.take_text("generation", Need::kRequired).value_or("");
  rule.kv_cache = take_format(b, "kv_cache", Need::kOptional);
  return rule;
}

PrecisionName read_precision(Binder& b) {
  PrecisionName name;
  name.name = b.take_text("name", Need::kRequired).value_or("");
  name.format = take_format(b, "format", Need::kRequired).value_or(catalog::Format::kBf16);
  return name;
}

// Numbers of "0.5.1.post1": 0, 5, 1. Empty where the text does not begin with a digit.
std::vector<long long> version_numbers(std::string_view text) {
  std::vector<long long> numbers;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    long long number = 0;
    if (end == 0 || !parse_int(text.substr(0, end), number)) break;
    numbers.push_back(number);
    text.remove_prefix(end);
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  return numbers;
}

// What the rules ask about: "trtllm 1.2.0rc1" of "~2026-02".
struct Query {
  std::string whole, engine;  // lower case
  std::vector<long long> version;
  std::string month;  // "2026-02"; empty: unknown
  std::string vendor;
};

Query query_of(std::string_view name, std::string_view date, std::string_view vendor) {
  Query query;
  query.whole = to_lower(trim(name));
  const std::size_t blank = std::min(query.whole.find(' '), query.whole.size());
  query.engine = query.whole.substr(0, blank);
  std::string_view rest = trim(std::string_view{query.whole}.substr(blank));
  if (rest.starts_with('v')) rest.remove_prefix(1);
  query.version = version_numbers(rest);
  query.month = month_of(date);
  query.vendor = to_lower(vendor);
  return query;
}

bool fits(const EngineRule& rule, const Query& query) {
  if (!rule.engine.empty() && query.engine != to_lower(rule.engine)) return false;
  if (query.whole.find(to_lower(rule.contains)) == std::string::npos) return false;
  if (!rule.vendor.empty() && query.vendor != to_lower(rule.vendor)) return false;
  const bool versioned = !rule.from.empty() || !rule.below.empty();
  if (versioned && query.version.empty()) return false;
  if (!rule.from.empty() && query.version < version_numbers(rule.from)) return false;
  if (!rule.below.empty() && !(query.version < version_numbers(rule.below))) return false;
  return within_months(query.month, rule.since, rule.before);
}

}  // namespace

const AcceleratorName* NameTable::accelerator(std::string_view name) const {
  for (const AcceleratorName& a : accelerators) {
    if (same_name(a.name, name)) return &a;
  }
  return nullptr;
}

EngineName NameTable::engine(std::string_view name, std::string_view date,
                             std::string_view vendor) const {
  const Query query = query_of(name, date, vendor);
  for (const EngineRule& rule : engines) {
    if (fits(rule, query)) return {.generation = rule.generation, .kv_cache = rule.kv_cache};
  }
  return {};
}

std::optional<catalog::Format> NameTable::precision(std::string_view name) const {
  for (const PrecisionName& p : precisions) {
    if (same_name(p.name, name)) return p.format;
  }
  return std::nullopt;
}

const Harness* NameTable::harness(std::string_view source) const {
  for (const Harness& h : harnesses) {
    if (source.find(h.source) != std::string_view::npos) return &h;
  }
  return nullptr;
}

const std::string* NameTable::checkpoint(std::string_view model, std::string_view weights) const {
  for (const CheckpointName& c : checkpoints) {
    if (same_name(c.model, model) && same_name(c.weights, weights)) return &c.checkpoint;
  }
  return nullptr;
}

Checked<NameTable> read_names(const std::string& file, std::string_view text) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder root{*document, document->root, errors, "table of names"};
  NameTable table;
  table.accelerators = read_list(root, "accelerators", "accelerator's name", read_accelerator);
  table.checkpoints = read_list(root, "checkpoints", "checkpoint", read_checkpoint);
  table.engines = read_list(root, "engines", "rule for an engine", read_engine);
  table.harnesses = read_list(root, "harnesses", "harness", read_harness);
  table.precisions = read_list(root, "precisions", "precision's name", read_precision);
  root.finish();
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return table;
}

Checked<NameTable> load_names() {
  const auto text = catalog::embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_names(std::string{kFile}, *text);
}

}  // namespace assay::evidence
