#include "present/simulate_arguments.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "document/read.h"
#include "plan/simulation_fields.h"
#include "present/number_arguments.h"

namespace assay::present {
namespace {

using document::Document;
using document::Node;
using plan::SimulationField;
using plan::SimulationPart;

bool is_fleet_file(const std::string& text) {
  const std::string lower = to_lower(text);
  return text == "-" || lower.ends_with(".yaml") || lower.ends_with(".yml") ||
         (lower.ends_with(".json") && !lower.ends_with("config.json"));
}

const SimulationField* field_of(std::string_view flag) {
  for (const SimulationField& field : plan::kSimulationFields) {
    if (field.flag == flag) return &field;
  }
  return nullptr;
}

// "10s..20s"
Result<bool> read_window(const Arguments& given, SimulateOptions& options) {
  if (!is_given(given, "--timeline-window")) return true;
  const std::string text = given.value("--timeline-window");
  const std::string_view whole = text;
  const std::size_t dots = whole.find("..");
  if (options.timeline.empty()) {
    return tl::unexpected(usage_error("--timeline-window without --timeline", "--timeline FILE"));
  }
  if (dots != std::string_view::npos) {
    const auto from = parse<Seconds>(whole.substr(0, dots));
    const auto until = parse<Seconds>(whole.substr(dots + 2));
    if (from && until && *from >= Seconds{} && *until > *from) {
      options.timeline_from = from->base();
      options.timeline_until = until->base();
      return true;
    }
  }
  return tl::unexpected(usage_error(fmt::format("--timeline-window is '{}'", excerpt(text)),
                                    "two times, such as 10s..20s"));
}

Result<bool> read_roles(const Arguments& given, SimulateOptions& options) {
  const auto prefill = whole_number(given, {"--prefill", 0, 1, 100'000});
  if (!prefill) return tl::unexpected(prefill.error());
  const auto decode = whole_number(given, {"--decode", 0, 1, 100'000});
  if (!decode) return tl::unexpected(decode.error());
  options.prefill = *prefill;
  options.decode = *decode;
  if ((*prefill > 0) != (*decode > 0)) {
    return tl::unexpected(
        usage_error(fmt::format("{} alone", *prefill > 0 ? "--prefill" : "--decode"),
                    "--prefill and --decode together"));
  }
  for (const std::string_view flag : {"--replicas", "--autoscale"}) {
    if (*prefill > 0 && is_given(given, flag)) {
      return tl::unexpected(usage_error(fmt::format("--prefill and {}", flag),
                                        "roles have their own replicas: --prefill, --decode"));
    }
  }
  return true;
}

Result<bool> read_subject(const Arguments& given, SimulateOptions& options) {
  const std::string first = given.value("FLEET|MODEL");
  if (!is_fleet_file(first)) {
    options.model = first;
    options.accelerator = given.value("ACCELERATOR");
    if (is_given(given, "ACCELERATOR")) return true;
    return tl::unexpected(usage_error(fmt::format("no accelerator for '{}'", excerpt(first)),
                                      "MODEL ACCELERATOR, or a fleet's file (.yaml)"));
  }
  options.fleet = first;
  if (is_given(given, "ACCELERATOR")) {
    return tl::unexpected(
        usage_error(fmt::format("'{}' beside a fleet's file", excerpt(given.value("ACCELERATOR"))),
                    "accelerators in the file"));
  }
  if (options.prefill > 0) {
    return tl::unexpected(usage_error("--prefill beside a fleet's file", "'role' of its pools"));
  }
  for (const SimulateOptions::Setting& setting : options.settings) {
    if (field_of(setting.flag)->part == SimulationPart::kPool) {
      return tl::unexpected(usage_error(
          fmt::format("{} beside a fleet's file", setting.flag),
          fmt::format("'{}' of a pool in the file", field_of(setting.flag)->field.path)));
    }
  }
  return true;
}

// --- The document. ---

// A place that no file has: line -1 - index of the setting. Model and accelerator are inputs that
// other commands take as well: what is wrong with them has no place.
document::Mark mark_of(std::size_t setting) { return {-1 - static_cast<int>(setting), 0}; }
constexpr document::Mark kNamed{-1'000'000, 0};

Node mapping() {
  Node node;
  node.kind = Node::Kind::kMapping;
  return node;
}

Node text_node(const std::string& text, document::Mark mark = {}) {
  Node node;
  node.kind = Node::Kind::kString;
  node.mark = mark;
  node.text = text;
  return node;
}

Node& child(Node& parent, std::string_view key) {
  for (document::Member& member : parent.members) {
    if (member.key == key) return member.value;
  }
  parent.members.push_back({std::string{key}, {}, mapping()});
  return parent.members.back().value;
}

// The value as the field's kind wants to see it; what is no number stays text, for the message.
Node value_node(const SimulationField& field, const std::string& text, document::Mark mark) {
  Node node = text_node(text, mark);
  double number = 0;
  switch (field.field.kind) {
    case plan::FieldKind::kNumber:
    case plan::FieldKind::kWhole:
      if (!parse_double(text, number)) break;
      node.kind = Node::Kind::kNumber;
      node.number = number;
      break;
    case plan::FieldKind::kBool:
      node.kind = Node::Kind::kBool;
      node.boolean = text == "true";
      break;
    case plan::FieldKind::kQuantity:
      if (field.field.dim == UsdPerSecond::kDim && parse_double(text, number)) {
        node.text += " USD/h";
      }
      break;
    default:
      break;
  }
  return node;
}

void put(Node& parent, const SimulationField& field, Node value) {
  Node& at = child(parent, field.field.path);
  const bool more = at.is(Node::Kind::kSequence) && field.field.kind == plan::FieldKind::kTexts &&
                    at.mark.line < 0;
  if (more) {
    at.items.push_back(std::move(value));
  } else if (field.field.kind == plan::FieldKind::kTexts) {
    const document::Mark mark = value.mark;
    at = Node{};
    at.kind = Node::Kind::kSequence;
    at.mark = mark;
    at.items.push_back(std::move(value));
  } else {
    at = std::move(value);
  }
}

// Pools of one accelerator, with or without roles.
void add_pools(const SimulateOptions& options, Node& root) {
  Node& pools = child(root, "pools");
  pools.kind = Node::Kind::kSequence;
  const auto add = [&](std::string_view role, int replicas) {
    Node pool = mapping();
    child(pool, "model") = text_node(options.model, kNamed);
    child(pool, "accelerator") = text_node(options.accelerator, kNamed);
    if (!role.empty()) {
      child(pool, "name") = text_node(std::string{role});
      child(pool, "role") = text_node(std::string{role});
      Node count = text_node(std::to_string(replicas));
      count.kind = Node::Kind::kNumber;
      count.number = replicas;
      child(pool, "replicas") = std::move(count);
    }
    pools.items.push_back(std::move(pool));
  };
  if (options.prefill == 0) return add("", 0);
  add("prefill", options.prefill);
  add("decode", options.decode);
}

// Where the fields of a part lie: in each pool, in each traffic.
std::vector<Node*> places_of(Node& root, SimulationPart part) {
  if (part == SimulationPart::kTop) return {&root};
  Node& group = child(root, part == SimulationPart::kGoals     ? "goals"
                            : part == SimulationPart::kTraffic ? "traffic"
                                                               : "pools");
  if (!group.is(Node::Kind::kSequence)) return {&group};
  std::vector<Node*> places;
  for (Node& item : group.items) places.push_back(&item);
  return places;
}

}  // namespace

Result<SimulateOptions> simulate_options(const Arguments& given) {
  SimulateOptions options;
  options.timeline = given.value("--timeline");
  options.series = given.value("--series");
  options.requests_out = given.value("--requests-out");
  for (const SimulationField& field : plan::kSimulationFields) {
    if (field.flag.empty()) continue;
    const std::string flag{field.flag};
    if (field.value.empty() && given.flag(flag)) {
      options.settings.push_back({flag, std::string{field.says}});
    }
    for (const std::string& value : given.all(flag)) options.settings.push_back({flag, value});
  }
  const auto jobs = whole_number(given, {"--jobs", 0, 1, 1024});
  if (!jobs) return tl::unexpected(jobs.error());
  options.jobs = *jobs;
  if (const auto ok = read_window(given, options); !ok) return tl::unexpected(ok.error());
  if (const auto ok = read_roles(given, options); !ok) return tl::unexpected(ok.error());
  if (const auto ok = read_subject(given, options); !ok) return tl::unexpected(ok.error());
  const bool finds = given.flag("--find-rate");
  for (const std::string_view file : {"--timeline", "--series", "--requests-out"}) {
    if (finds && is_given(given, file)) {
      return tl::unexpected(usage_error(fmt::format("--find-rate and {}", file),
                                        "a run at the rate that was found: --rate"));
    }
    if (given.value(file) == "-") {
      return tl::unexpected(usage_error(fmt::format("{} is '-'", file), "a file"));
    }
  }
  return options;
}

Checked<AskedFleet> asked_fleet(const SimulateOptions& options) {
  AskedFleet asked;
  Node& root = asked.document.root;
  if (options.fleet.empty()) {
    root = mapping();
    add_pools(options, root);
    asked.text = fmt::format("{} {} {} {}", options.model, options.accelerator, options.prefill,
                             options.decode);
    child(root, "traffic");
  } else {
    auto text = document::read_text(options.fleet);
    if (!text) return tl::unexpected(Errors{text.error()});
    auto document = document::read_document(options.fleet, *text);
    if (!document) return tl::unexpected(document.error());
    asked = {std::move(*document), std::move(*text)};
    if (!asked.document.root.is(Node::Kind::kMapping)) return asked;
  }
  for (std::size_t i = 0; i < options.settings.size(); ++i) {
    const auto& [flag, value] = options.settings[i];
    const SimulationField& field = *field_of(flag);
    for (Node* place : places_of(asked.document.root, field.part)) {
      if (place->is(Node::Kind::kMapping)) put(*place, field, value_node(field, value, mark_of(i)));
    }
    asked.text += fmt::format("\n{} {}", flag, value);
  }
  return asked;
}

bool name_options(const SimulateOptions& options, Errors& errors) {
  bool all = true;
  for (Error& error : errors) {
    const bool named = error.where && error.where->line == kNamed.line;
    if (named) error.where.reset();
    const bool typed = error.where && error.where->line < 0;
    const bool left_out = error.where && error.where->file.empty() && error.where->line == 0;
    all = all && (typed || left_out);
    if (!typed) continue;
    const auto index = static_cast<std::size_t>(-1 - error.where->line);
    error.where = Where{options.settings[index].flag, 0, 0};
  }
  return all;
}

}  // namespace assay::present
