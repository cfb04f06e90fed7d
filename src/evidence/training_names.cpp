#include "evidence/training_names.h"

#include <algorithm>
#include <array>
#include <span>
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
using document::Need;
using document::Node;

constexpr std::string_view kFile = "data/names/training.yaml";
constexpr document::Range kCount{1, 1e9};

bool contains(std::string_view text, std::string_view part) {
  return part.empty() || to_lower(text).find(to_lower(part)) != std::string::npos;
}

bool matches(std::string_view pattern, std::string_view text) {
  return pattern.empty() || glob_match(to_lower(pattern), to_lower(text));
}

int count_or_0(Binder& b, std::string_view key) {
  return static_cast<int>(b.take_int(key, Need::kOptional, kCount).value_or(0));
}

bool flag(Binder& b, std::string_view key) {
  return b.take_bool(key, Need::kOptional).value_or(false);
}

// One of an enumeration's words, in its order.
template <class T>
std::optional<T> take_word(Binder& b, std::string_view key, Need need,
                           std::span<const std::string> words) {
  const auto word = b.take_choice(key, need, words);
  if (!word) return std::nullopt;
  return static_cast<T>(std::find(words.begin(), words.end(), *word) - words.begin());
}

std::optional<model::Sharding> take_sharding(Binder& b, Need need) {
  static const std::array<std::string, 4> kWords{"none", "zero1", "zero2", "zero3"};
  return take_word<model::Sharding>(b, "sharding", need, kWords);
}

std::optional<model::Recompute> take_recompute(Binder& b, Need need) {
  static const std::array<std::string, 3> kWords{"none", "selective", "full"};
  return take_word<model::Recompute>(b, "recompute", need, kWords);
}

RowRule read_rule(Binder& b) {
  RowRule rule;
  rule.source = text_or_empty(b, "source");
  rule.framework = text_or_empty(b, "framework");
  rule.model = text_or_empty(b, "model");
  rule.word = text_or_empty(b, "word");
  rule.since = text_or_empty(b, "since");
  rule.before = text_or_empty(b, "before");
  rule.vendor = text_or_empty(b, "vendor");
  rule.family = text_or_empty(b, "family");
  rule.convention = text_or_empty(b, "convention");
  rule.name = b.take_text("name", Need::kOptional);
  rule.mlperf = flag(b, "mlperf");
  return rule;
}

DecoderShape read_shape(Binder& b) {
  return {.layers = count_or_0(b, "layers"),
          .hidden = count_or_0(b, "hidden"),
          .heads = count_or_0(b, "heads"),
          .kv_heads = count_or_0(b, "kv_heads"),
          .head_dim = count_or_0(b, "head_dim"),
          .ffn = count_or_0(b, "ffn"),
          .vocabulary = count_or_0(b, "vocabulary"),
          .window = count_or_0(b, "window"),
          .window_layers = count_or_0(b, "window_layers"),
          .gated = flag(b, "gated"),
          .learned_positions = flag(b, "learned_positions"),
          .tied = flag(b, "tied"),
          .bias = flag(b, "bias")};
}

TrainingModelName read_model(Binder& b) {
  TrainingModelName name;
  name.name = b.take_text("name", Need::kRequired).value_or("");
  name.refuse = text_or_empty(b, "refuse");
  name.model = text_or_empty(b, "model");
  name.assumed = text_or_empty(b, "assumed");
  name.shape = read_shape(b);
  const bool shaped = name.refuse.empty() && name.model.empty();
  name.source = b.take_text("source", shaped ? Need::kRequired : Need::kOptional).value_or("");
  return name;
}

LinkOverride read_link(Binder& b) {
  LinkOverride link;
  link.accelerator = b.take_text("accelerator", Need::kRequired).value_or("");
  link.system = text_or_empty(b, "system");
  link.slices = flag(b, "slices");
  link.beyond = b.take_quantity<BytesPerSecond>("beyond", Need::kOptional, {1e6, 1e13});
  link.assumed = text_or_empty(b, "assumed");
  return link;
}

FrameworkRule read_framework(Binder& b) {
  FrameworkRule rule;
  rule.when = read_rule(b);
  rule.stack = b.take_text("stack", Need::kRequired).value_or("");
  rule.sharding = take_sharding(b, Need::kOptional);
  rule.sequence_parallel = flag(b, "sequence_parallel");
  rule.mtp = flag(b, "mtp");
  rule.lora_rank = count_or_0(b, "lora_rank");
  return rule;
}

PrecisionRule read_precision(Binder& b) {
  static const std::array<std::string, 6> kWords{"bf16",      "fp8",   "fp8-row",
                                                 "fp8-block", "mxfp8", "nvfp4"};
  PrecisionRule rule;
  rule.when = read_rule(b);
  rule.format = take_word<model::TrainingFormat>(b, "format", Need::kRequired, kWords)
                    .value_or(model::TrainingFormat::kSixteen);
  rule.assumed = text_or_empty(b, "assumed");
  return rule;
}

ConventionRule read_convention(Binder& b) {
  static const std::array<std::string, 5> kWords{"causal", "full", "hardware", "hardware-if-full",
                                                 "parameters"};
  ConventionRule rule;
  rule.when = read_rule(b);
  rule.count =
      take_word<FlopCount>(b, "count", Need::kRequired, kWords).value_or(FlopCount::kCausal);
  rule.assumed = text_or_empty(b, "assumed");
  return rule;
}

SharingName read_sharing(Binder& b) {
  SharingName name;
  name.name = b.take_text("name", Need::kRequired).value_or("");
  name.sharding = take_sharding(b, Need::kRequired).value_or(model::Sharding::kNone);
  name.one_system = flag(b, "one_system");
  return name;
}

RecomputeName read_recompute(Binder& b) {
  RecomputeName name;
  name.name = b.take_text("name", Need::kRequired).value_or("");
  name.recompute = take_recompute(b, Need::kRequired).value_or(model::Recompute::kNone);
  name.share = b.take_number("share", Need::kOptional, {0, 1}).value_or(1);
  name.assumed = text_or_empty(b, "assumed");
  return name;
}

RunDefault read_default(Binder& b) {
  static const std::array<std::string, 3> kSchedules{"1f1b", "zero-bubble", "dualpipe"};
  RunDefault run;
  run.when = read_rule(b);
  run.accelerators = count_or_0(b, "accelerators");
  run.sequence = count_or_0(b, "sequence");
  run.batch = count_or_0(b, "batch");
  run.local_batch = count_or_0(b, "local_batch");
  run.micro_batch = count_or_0(b, "micro_batch");
  run.virtual_stages = count_or_0(b, "virtual_stages");
  run.tensor = count_or_0(b, "tensor");
  run.pipeline = count_or_0(b, "pipeline");
  run.context = count_or_0(b, "context");
  run.expert = count_or_0(b, "expert");
  run.recompute = take_recompute(b, Need::kOptional);
  run.schedule = take_word<model::Schedule>(b, "schedule", Need::kOptional, kSchedules);
  run.suspect = flag(b, "suspect");
  run.assumed = b.take_text("assumed", Need::kRequired).value_or("");
  return run;
}

Convergence read_convergence(Binder& b) {
  return {.model = b.take_text("model", Need::kRequired).value_or(""),
          .task = b.take_text("task", Need::kRequired).value_or(""),
          .batch = count_or_0(b, "batch"),
          .tokens = b.take_number("tokens", Need::kRequired, {1, 1e15}).value_or(0)};
}

template <class T>
std::vector<T> read_entries(Binder& root, std::string_view key, T (*read_one)(Binder&)) {
  return read_list(root, key, fmt::format("entry of {}", key), read_one);
}

template <class T>
const T* first_that_fits(const std::vector<T>& rules, const RowFacts& facts,
                         std::string_view cell) {
  for (const T& rule : rules) {
    if (fits(rule.when, facts, cell)) return &rule;
  }
  return nullptr;
}

}  // namespace

bool fits(const RowRule& rule, const RowFacts& facts, std::string_view cell) {
  const TrainingMeasurement& row = facts.row;
  if (rule.mlperf && !row.notes.mlperf) return false;
  if (!contains(row.source, rule.source) || !contains(row.framework, rule.framework)) return false;
  if (!matches(rule.model, row.model)) return false;
  if (!contains(row.flop_convention, rule.convention)) return false;
  if (!rule.vendor.empty() && !same_name(rule.vendor, facts.vendor)) return false;
  if (!contains(facts.family, rule.family)) return false;
  if (rule.word == "eager" && !row.notes.eager) return false;
  if (rule.word == "rowwise" && !row.notes.row_scales) return false;
  if (rule.name && !matches(*rule.name, cell)) return false;
  if (rule.name && rule.name->empty() != cell.empty()) return false;
  return within_months(month_of(row.date), rule.since, rule.before);
}

const TrainingModelName* TrainingNames::model(std::string_view name) const {
  for (const TrainingModelName& m : models) {
    if (matches(m.name, name)) return &m;
  }
  return nullptr;
}

const LinkOverride* TrainingNames::link(std::string_view accelerator) const {
  for (const LinkOverride& l : links) {
    if (same_name(l.accelerator, accelerator)) return &l;
  }
  return nullptr;
}

const RecomputeName* TrainingNames::recomputed(std::string_view cell) const {
  for (const RecomputeName& r : recompute) {
    if (same_name(r.name, cell)) return &r;
  }
  return nullptr;
}

const FrameworkRule* framework_of(const TrainingNames& names, const RowFacts& facts) {
  return first_that_fits(names.frameworks, facts, facts.row.framework);
}

const PrecisionRule* precision_of(const TrainingNames& names, const RowFacts& facts) {
  return first_that_fits(names.precisions, facts, facts.row.precision);
}

const ConventionRule* convention_of(const TrainingNames& names, const RowFacts& facts) {
  return first_that_fits(names.conventions, facts, facts.row.flop_convention);
}

double tokens_to_target(const TrainingNames& names, std::string_view model, std::string_view task,
                        int batch) {
  const Convergence *below = nullptr, *above = nullptr;
  for (const Convergence& known : names.convergence) {
    if (known.model != model || known.task != task) continue;
    if (known.batch <= batch && (below == nullptr || known.batch > below->batch)) below = &known;
    if (known.batch >= batch && (above == nullptr || known.batch < above->batch)) above = &known;
  }
  if (below == nullptr && above == nullptr) return 0;
  if (below == nullptr) return above->tokens;
  if (above == nullptr || above == below) return below->tokens;
  const double share = 1.0 * (batch - below->batch) / (above->batch - below->batch);
  return below->tokens + share * (above->tokens - below->tokens);
}

std::vector<const RunDefault*> defaults_of(const TrainingNames& names, const RowFacts& facts) {
  std::vector<const RunDefault*> found;
  for (const RunDefault& run : names.defaults) {
    if (fits(run.when, facts, facts.row.model)) found.push_back(&run);
  }
  return found;
}

std::optional<SharedRanks> shared_ranks(const TrainingNames& names, std::string_view cell) {
  const std::string text = to_lower(trim(cell));
  for (const SharingName& s : names.sharing) {
    if (!matches(s.name, text)) continue;
    SharedRanks shared{.sharding = s.sharding, .ranks = 0, .one_system = s.one_system};
    if (!s.name.ends_with('*')) return shared;
    long long ranks = 0;
    const std::size_t prefix = s.name.size() - 1;
    const std::size_t end = std::min(text.find(' ', prefix), text.size());
    if (!parse_int(std::string_view{text}.substr(prefix, end - prefix), ranks)) continue;
    if (ranks < 1 || ranks > 1'000'000) continue;
    shared.ranks = static_cast<int>(ranks);
    return shared;
  }
  return std::nullopt;
}

Checked<TrainingNames> read_training_names(const std::string& file, std::string_view text) {
  const auto document = document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  Errors errors;
  Binder root{*document, document->root, errors, "table of names"};
  TrainingNames names;
  names.models = read_entries(root, "models", read_model);
  names.links = read_entries(root, "links", read_link);
  names.frameworks = read_entries(root, "frameworks", read_framework);
  names.precisions = read_entries(root, "precisions", read_precision);
  names.conventions = read_entries(root, "conventions", read_convention);
  names.sharing = read_entries(root, "sharing", read_sharing);
  names.recompute = read_entries(root, "recompute", read_recompute);
  names.defaults = read_entries(root, "defaults", read_default);
  names.convergence = read_entries(root, "convergence", read_convergence);
  root.finish();
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return names;
}

Checked<TrainingNames> load_training_names() {
  const auto text = catalog::embedded_file(kFile);
  ASSAY_ASSERT(text.has_value());
  return read_training_names(std::string{kFile}, *text);
}

}  // namespace assay::evidence
