#include "document/bind.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"

namespace assay::document {

namespace {

constexpr std::size_t kListedMax = 8;    // longer lists of choices help nobody
constexpr std::size_t kUnknownMax = 20;  // unknown keys shown for one mapping

// "'key: value'", as it stands in the file; "'key'" for what is no scalar.
std::string shown(std::string_view key, const Node& node) {
  if (!node.is_scalar()) return fmt::format("'{}'", key);
  return fmt::format("'{}: {}'", key, excerpt(node.text));
}

// "1 to 1024", "at least 1", "more than 0". `text` prints a bound.
template <class Text>
std::string range_text(Range range, const Text& text) {
  const bool low = range.low > std::numeric_limits<double>::lowest();
  const bool high = range.high < std::numeric_limits<double>::max();
  // A lower bound next to zero stands for "above zero": a Range includes its ends.
  const bool above_zero = range.low > 0 && range.low <= kAboveZero;
  if (above_zero && !high) return "more than 0";
  if (above_zero) return fmt::format("more than 0, and at most {}", text(range.high));
  if (low && high) return fmt::format("{} to {}", text(range.low), text(range.high));
  if (low) return fmt::format("at least {}", text(range.low));
  if (high) return fmt::format("at most {}", text(range.high));
  return "";
}

std::string number_bound(double bound) { return fmt::format("{}", bound); }

std::string number_range(Range range, std::string_view noun) {
  const std::string text = range_text(range, number_bound);
  return text.empty() ? std::string{noun} : text;
}

bool within(double value, Range range) { return value >= range.low && value <= range.high; }

// "expected" for one of several spellings; nothing when they are too many to list.
std::string choice_text(std::span<const std::string> choices) {
  if (choices.empty() || choices.size() > kListedMax) return "";
  return choices.size() == 1 ? choices.front() : "one of " + one_of(choices);
}

// A whole number that a double or the text itself holds exactly.
std::optional<long long> whole_number(const Node& node) {
  long long value = 0;
  if (parse_int(node.text, value)) return value;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const double number = node.number;
  if (std::trunc(number) != number || std::abs(number) > kExact) return std::nullopt;
  return static_cast<long long>(number);
}

// parse_quantity speaks of '300'; a file's reader wants to see 'ttft: 300'.
std::string with_key(std::string_view key, const Node& node, const std::string& what) {
  const std::string quoted = fmt::format("'{}'", excerpt(trim(node.text)));
  if (!what.starts_with(quoted)) return what;
  return shown(key, node) + what.substr(quoted.size());
}

}  // namespace

Binder::Binder(const Document& document, const Node& node, Errors& errors, std::string subject)
    : document_{document}, node_{node}, errors_{errors}, subject_{std::move(subject)} {
  if (!node.is(Node::Kind::kMapping)) {
    fail(node, fmt::format("the {} is {}", subject_, kind_name(node.kind)), "a mapping");
  }
}

void Binder::fail(const Node& node, std::string what, std::string expected,
                  std::vector<std::string> near) {
  errors_.push_back({.kind = Error::Kind::kInput,
                     .what = std::move(what),
                     .expected = std::move(expected),
                     .near = std::move(near),
                     .where = document_.where(node.mark)});
}

const Node* Binder::take(std::string_view key, Need need) { return find(key, need, ""); }

const Node* Binder::find(std::string_view key, Need need, const std::string& expected) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  const Node* node = node_.find(key);
  if (node == nullptr && need == Need::kRequired && node_.is(Node::Kind::kMapping)) {
    fail(node_, fmt::format("'{}' is missing in the {}", key, subject_), expected);
  }
  return node;
}

// A value that was given. "key:" with nothing behind it is an error even where the key may be left
// out; a written null means "not given" there (configurations of models are full of them).
const Node* Binder::given(std::string_view key, Need need, const std::string& expected) {
  const Node* node = find(key, need, expected);
  if (node == nullptr || !node->is(Node::Kind::kNull)) return node;
  if (need == Need::kRequired || node->text.empty()) {
    fail(*node, fmt::format("'{}' has no value", key), expected);
  }
  return nullptr;
}

std::optional<std::string> Binder::take_text(std::string_view key, Need need) {
  const Node* node = given(key, need, "text");
  if (node == nullptr) return std::nullopt;
  if (node->is_scalar()) return node->text;
  fail(*node, fmt::format("'{}' is {}", key, kind_name(node->kind)), "text");
  return std::nullopt;
}

std::optional<bool> Binder::take_bool(std::string_view key, Need need) {
  const Node* node = given(key, need, "true or false");
  if (node == nullptr) return std::nullopt;
  if (node->is(Node::Kind::kBool)) return node->boolean;
  fail_kind(key, *node, "true or false");
  return std::nullopt;
}

// Text that would be right without its quotes gets a hint.
void Binder::fail_kind(std::string_view key, const Node& node, const std::string& expected) {
  double number = 0;
  const bool quoted =
      node.is(Node::Kind::kString) &&
      (node.text == "true" || node.text == "false" || parse_double(node.text, number));
  if (quoted) {
    fail(node, fmt::format("{} is text in quotes", shown(key, node)), expected);
  } else {
    fail(node, fmt::format("{} is {}", shown(key, node), kind_name(node.kind)), expected);
  }
}

std::optional<double> Binder::take_number(std::string_view key, Need need, Range range) {
  const std::string expected = number_range(range, "a number");
  const Node* node = given(key, need, expected);
  if (node == nullptr) return std::nullopt;
  if (!node->is(Node::Kind::kNumber)) {
    fail_kind(key, *node, "a number");
    return std::nullopt;
  }
  if (within(node->number, range)) return node->number;
  fail(*node, fmt::format("{} is out of range", shown(key, *node)), expected);
  return std::nullopt;
}

std::optional<long long> Binder::take_int(std::string_view key, Need need, Range range) {
  const std::string expected = number_range(range, "a whole number");
  const Node* node = given(key, need, expected);
  if (node == nullptr) return std::nullopt;
  if (!node->is(Node::Kind::kNumber)) {
    fail_kind(key, *node, "a whole number");
    return std::nullopt;
  }
  if (!within(node->number, range)) {
    fail(*node, fmt::format("{} is out of range", shown(key, *node)), expected);
    return std::nullopt;
  }
  const std::optional<long long> value = whole_number(*node);
  if (!value) fail(*node, fmt::format("{} is no whole number", shown(key, *node)), expected);
  return value;
}

std::optional<std::string> Binder::take_choice(std::string_view key, Need need,
                                               std::span<const std::string> choices) {
  const std::string expected = choice_text(choices);
  const Node* node = given(key, need, expected);
  if (node == nullptr) return std::nullopt;
  if (!node->is_scalar()) {
    fail(*node, fmt::format("'{}' is {}", key, kind_name(node->kind)),
         expected.empty() ? "text" : expected);
    return std::nullopt;
  }
  if (std::find(choices.begin(), choices.end(), node->text) != choices.end()) return node->text;
  fail(*node, fmt::format("{} is not known", shown(key, *node)), expected,
       nearest(node->text, choices));
  return std::nullopt;
}

std::vector<std::string> Binder::take_texts(std::string_view key, Need need) {
  const Node* node = given(key, need, "a list");
  if (node == nullptr) return {};
  if (node->is(Node::Kind::kSequence)) {
    std::vector<std::string> texts;
    for (const Node& item : node->items) {
      if (item.is_scalar() && !item.is(Node::Kind::kNull)) texts.push_back(item.text);
      else fail(item, fmt::format("{} in '{}'", kind_name(item.kind), key), "text");
    }
    return texts;
  }
  if (node->is_scalar()) return {node->text};
  fail(*node, fmt::format("'{}' is {}", key, kind_name(node->kind)), "a list");
  return {};
}

std::optional<double> Binder::take_quantity_base(std::string_view key, Need need, Dim dim,
                                                 Range range) {
  const Node* node = given(key, need, describe(dim));
  if (node == nullptr) return std::nullopt;
  if (!node->is_scalar()) {
    fail(*node, fmt::format("'{}' is {}", key, kind_name(node->kind)), describe(dim));
    return std::nullopt;
  }
  const Result<ParsedQuantity> parsed = parse_quantity(node->text, dim);
  if (!parsed) {
    fail(*node, with_key(key, *node, parsed.error().what), parsed.error().expected,
         parsed.error().near);
    return std::nullopt;
  }
  if (parsed->low != parsed->high) {
    fail(*node, fmt::format("{} is a range", shown(key, *node)), "one value");
    return std::nullopt;
  }
  if (within(parsed->low, range)) return parsed->low;
  const auto bound = [&](double base) { return quantity_text(base, dim); };
  fail(*node, fmt::format("{} is out of range", shown(key, *node)), range_text(range, bound));
  return std::nullopt;
}

void Binder::finish() {
  std::size_t unknown = 0;
  for (const Member& member : node_.members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    if (++unknown > kUnknownMax) continue;
    errors_.push_back(
        {.kind = Error::Kind::kInput,
         .what = fmt::format("unknown key '{}' in the {}", excerpt(member.key), subject_),
         .expected = choice_text(known_),
         .near = nearest(member.key, known_),
         .where = document_.where(member.key_mark)});
  }
  if (unknown > kUnknownMax) {
    fail(node_, fmt::format("{} more unknown keys in the {}", unknown - kUnknownMax, subject_));
  }
}

}  // namespace assay::document
