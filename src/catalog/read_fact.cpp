#include "catalog/read_fact.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "catalog/used_reading.h"

namespace assay::catalog {
namespace {

using document::Binder;
using document::Need;
using document::Node;

constexpr std::array<std::string_view, 5> kTopologies{"switch", "mesh", "ring", "torus", "pcie"};
constexpr std::array<std::string_view, 2> kYesNo{"yes", "no"};

void fail(const ReadContext& context, const Node& node, std::string what, std::string expected,
          std::vector<std::string> near = {}) {
  context.errors.push_back({.what = std::move(what),
                            .expected = std::move(expected),
                            .near = std::move(near),
                            .where = context.document.where(node.mark)});
}

void fail(const ReadContext& context, const Node& node, Error error) {
  error.where = context.document.where(node.mark);
  context.errors.push_back(std::move(error));
}

bool digits(std::string_view text, int low, int high) {
  long long value = 0;
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return plain && parse_int(text, value) && value >= low && value <= high;
}

// 2023-11-13, 2023-11 or 2023.
bool is_date(std::string_view text) {
  const bool shape = text.size() == 4 || (text.size() == 7 && text[4] == '-') ||
                     (text.size() == 10 && text[4] == '-' && text[7] == '-');
  if (!shape || !digits(text.substr(0, 4), 1990, 2100)) return false;
  if (text.size() >= 7 && !digits(text.substr(5, 2), 1, 12)) return false;
  return text.size() < 10 || digits(text.substr(8, 2), 1, 31);
}

void read_choice(const ReadContext& context, const Node& node,
                 std::span<const std::string_view> choices) {
  if (std::ranges::find(choices, node.text) != choices.end()) return;
  const std::vector<std::string> known(choices.begin(), choices.end());
  fail(context, node, "unknown value '" + node.text + "'", one_of(known),
       nearest(node.text, known, 1));
}

void read_value(const ReadContext& context, const FactSlot& slot, const Node& node,
                Reading<std::string>& reading) {
  reading.value = node.text;
  switch (slot.accepts.text) {
    case TextForm::kFree:
      if (trim(node.text).empty()) fail(context, node, "empty text", "a value or 'none'");
      return;
    case TextForm::kDate:
      if (!is_date(node.text)) {
        fail(context, node, "'" + node.text + "' is not a date",
             "a date such as '2023-11-13', '2023-11' or '2023'");
      }
      return;
    case TextForm::kTopology:
      return read_choice(context, node, kTopologies);
    case TextForm::kYesNo:
      return read_choice(context, node, kYesNo);
  }
}

std::string amount(double base, Dim dim) {
  return dim == Dim{} ? number_text(base) : quantity_text(base, dim);
}

// Both ends of a number, checked against what physics allows.
std::optional<ParsedQuantity> read_number(const ReadContext& context, const FactSlot& slot,
                                          const Node& node, Dim dim) {
  const auto parsed = parse_quantity(node.text, dim);
  if (!parsed) {
    fail(context, node, parsed.error());
    return std::nullopt;
  }
  const Accepts& accepts = slot.accepts;
  const std::string bounds =
      "between " + amount(accepts.low, dim) + " and " + amount(accepts.high, dim);
  const std::string field{slot.path};
  if (parsed->low > parsed->high) {
    fail(context, node, "the range '" + node.text + "' is upside down", "the lower end first");
  } else if (parsed->low <= 0) {
    fail(context, node, "'" + node.text + "' is not possible for " + field,
         "more than zero; what does not exist is 'none', what is unknown is left out");
  } else if (parsed->low < accepts.low || parsed->high > accepts.high) {
    fail(context, node, "'" + node.text + "' is not possible for " + field, bounds);
  } else if (dim == Dim{} && parsed->low != std::floor(parsed->low)) {
    fail(context, node, "'" + node.text + "' is not possible for " + field, "a whole number");
  } else {
    return *parsed;
  }
  return std::nullopt;
}

template <class T>
void read_value(const ReadContext& context, const FactSlot& slot, const Node& node,
                Reading<T>& reading) {
  constexpr bool kCounts = std::is_same_v<T, double>;
  auto dim = Dim{};
  if constexpr (!kCounts) dim = T::kDim;
  const auto number = read_number(context, slot, node, dim);
  if (!number) return;
  auto as_value = [](double base) {
    if constexpr (kCounts) return base;
    else return T::from_base(base);
  };
  reading.value = as_value(number->low);
  if (number->high > number->low) reading.high = as_value(number->high);
}

void require_basis(const ReadContext& context, const FactSlot& slot, const Node& reading,
                   const Basis& basis) {
  const bool link = slot.basis_rule == BasisRule::kLink || slot.basis_rule == BasisRule::kPair;
  const std::string field{slot.path};
  if (slot.basis_rule == BasisRule::kPeak && basis.sparsity == Sparsity::kUnstated) {
    fail(context, reading, field + " does not say whether it is dense or sparse",
         "basis: dense, or basis: sparse");
  }
  if (link && basis.direction == Direction::kUnstated) {
    fail(context, reading, field + " does not say its direction",
         "'one way' or 'both ways' in basis");
  }
  if (link && basis.extent == Extent::kUnstated) {
    fail(context, reading, field + " does not say its extent",
         "'per link', 'per pair' or 'aggregate' in basis");
  }
}

std::optional<SourceId> read_source(const ReadContext& context, const Node& node,
                                    std::string_view of) {
  const auto& sources = context.sources;
  const auto found = std::ranges::lower_bound(sources, node.text, {}, &Source::id);
  if (found != sources.end() && found->id == node.text) {
    return SourceId{static_cast<std::uint32_t>(found - sources.begin())};
  }
  std::vector<std::string> known;
  for (const Source& source : sources) known.push_back(source.id);
  fail(context, node, "unknown source '" + node.text + "' of " + std::string(of),
       "an id of sources.yaml", nearest(node.text, known));
  return std::nullopt;
}

template <class T>
std::optional<Reading<T>> read_reading(const ReadContext& context, const FactSlot& slot,
                                       const Node& node) {
  const std::size_t errors_before = context.errors.size();
  Binder binder{context.document, node, context.errors, std::string(slot.path)};
  Reading<T> reading{};
  reading.where = context.document.where(node.mark);
  if (const Node* value = binder.take("value", Need::kRequired)) {
    if (!value->is_scalar() || value->is(Node::Kind::kNull)) {
      fail(context, *value, std::string(kind_name(value->kind)) + " is no value",
           "a number with its unit, text, a date or 'none'");
    } else if (value->text == "none") {
      reading.none = true;
    } else {
      read_value(context, slot, *value, reading);
    }
  }
  if (const Node* basis = binder.take("basis", Need::kOptional)) {
    auto parsed = parse_basis(basis->text);
    if (parsed) reading.basis = *parsed;
    else fail(context, *basis, std::move(parsed.error()));
  }
  if (const Node* source = binder.take("source", Need::kRequired)) {
    if (const auto id = read_source(context, *source, slot.path)) {
      reading.source = *id;
      reading.confidence = context.sources[id->index].confidence;
    }
  }
  if (const Node* confidence = binder.take("confidence", Need::kOptional)) {
    const auto parsed = parse_confidence(confidence->text);
    if (parsed) reading.confidence = *parsed;
    else fail(context, *confidence, parsed.error());
  }
  reading.as_printed = binder.take_text("as_printed", Need::kOptional).value_or("");
  reading.note = binder.take_text("note", Need::kOptional).value_or("");
  binder.finish();
  if (context.errors.size() != errors_before) return std::nullopt;
  if (!reading.none) require_basis(context, slot, node, reading.basis);
  return reading;
}

template <class T>
void read_fact(const ReadContext& context, const FactSlot& slot, const Node& node, Fact<T>& fact) {
  const bool list = node.is(Node::Kind::kSequence);
  if (list && node.items.empty()) {
    fail(context, node, std::string(slot.path) + " has no readings",
         "at least one; what nobody knows is left out");
  }
  const std::span<const Node> nodes = list ? std::span{node.items} : std::span{&node, 1};
  for (const Node& item : nodes) {
    auto reading = read_reading<T>(context, slot, item);
    if (reading) fact.readings.push_back(std::move(*reading));
  }
}

// The subject being read is the caller's own and not const; FactRef is const for everybody else.
template <class T>
Fact<T>& writable(const Fact<T>* fact) {
  return const_cast<Fact<T>&>(*fact);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

std::string_view group_of(std::string_view path) { return path.substr(0, path.find('.')); }
std::string_view key_of(std::string_view path) { return path.substr(path.find('.') + 1); }

void read_group(const ReadContext& context, std::string_view group, const Node& node,
                std::span<const FactSlot> slots) {
  Binder binder{context.document, node, context.errors, std::string(group)};
  for (const FactSlot& slot : slots) {
    if (group_of(slot.path) != group) continue;
    const Node* fact_node = binder.take(key_of(slot.path), Need::kOptional);
    if (fact_node == nullptr) continue;
    std::visit([&](auto fact) { read_fact(context, slot, *fact_node, writable(fact)); }, slot.fact);
  }
  binder.finish();
}

}  // namespace

void read_facts(const ReadContext& context, Binder& root, std::span<const FactSlot> slots,
                const Fact<double>* dies) {
  std::string_view group;
  for (const FactSlot& slot : slots) {
    if (group_of(slot.path) == group) continue;  // the table keeps a group's fields together
    group = group_of(slot.path);
    if (const Node* node = root.take(group, Need::kOptional)) {
      read_group(context, group, *node, slots);
    }
  }
  if (dies != nullptr) settle(writable(dies), BasisRule::kNone, Scope::kAccelerator, std::nullopt);
  for (const FactSlot& slot : slots) {
    std::visit(
        [&](auto fact) {
          settle(writable(fact), slot.basis_rule, slot.accepts.scope,
                 dies != nullptr ? dies->value() : std::nullopt);
        },
        slot.fact);
  }
}

std::vector<SeenInPrint> read_seen_in_print(const ReadContext& context, Binder& root,
                                            std::span<const FactSlot> slots) {
  const Node* list = root.take("seen_in_print", Need::kOptional);
  if (list == nullptr) return {};
  if (!list->is(Node::Kind::kSequence)) {
    fail(context, *list, "seen_in_print is " + std::string(kind_name(list->kind)), "a list");
    return {};
  }
  std::vector<std::string> paths;
  for (const FactSlot& slot : slots) paths.emplace_back(slot.path);
  std::vector<SeenInPrint> entries;
  for (const Node& item : list->items) {
    Binder binder{context.document, item, context.errors, "seen_in_print"};
    SeenInPrint entry;
    entry.where = context.document.where(item.mark);
    entry.field = binder.take_choice("field", Need::kRequired, paths).value_or("");
    entry.value = binder.take_text("value", Need::kRequired).value_or("");
    entry.why = binder.take_text("why", Need::kRequired).value_or("");
    if (const Node* basis = binder.take("basis", Need::kOptional)) {
      auto parsed = parse_basis(basis->text);
      if (parsed) entry.basis = *parsed;
      else fail(context, *basis, std::move(parsed.error()));
    }
    if (const Node* source = binder.take("source", Need::kRequired)) {
      entry.source = read_source(context, *source, entry.field).value_or(SourceId{});
    }
    binder.finish();
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace assay::catalog
