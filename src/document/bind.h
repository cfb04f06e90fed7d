// bind.h — a mapping of a Document → typed values, with every problem reported at its place.
// Each take_* reads one key; a problem is appended to `errors` and nothing is returned, so that one
// pass finds all. Optional: a missing key or a written null gives nothing, without error.
// finish() reports the keys that nobody asked for, with the nearest known one.
// Usage:
//   Binder b{document, node, errors, "scenario"};
//   const auto rate = b.take_quantity<Hertz>("rate", Need::kRequired);
//   b.finish();
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/unit_text.h"
#include "document/node.h"

namespace assay::document {

enum class Need : unsigned char { kRequired, kOptional };

// Both ends belong to the range; a low end of kAboveZero means "more than 0".
inline constexpr double kAboveZero = 1e-300;
struct Range {
  double low;
  double high;
};

class Binder {
 public:
  // `subject` names the mapping in messages: "unknown key 'foo' in the SUBJECT".
  // A node that is no mapping is one error, and every take_* then returns nothing silently.
  Binder(const Document& document, const Node& node, Errors& errors, std::string subject);

  // The raw node, marked as read; null when absent (an error if required).
  const Node* take(std::string_view key, Need need);
  std::optional<std::string> take_text(std::string_view key, Need need);  // any scalar but null
  std::optional<bool> take_bool(std::string_view key, Need need);
  // A bare number.
  std::optional<double> take_number(std::string_view key, Need need, Range range);
  // A bare whole number.
  std::optional<long long> take_int(std::string_view key, Need need, Range range);
  // One of `choices`, compared exactly; the nearest is offered.
  std::optional<std::string> take_choice(std::string_view key, Need need,
                                         std::span<const std::string> choices);
  // A list of scalars, or one scalar.
  std::vector<std::string> take_texts(std::string_view key, Need need);

  // A quantity with its unit ('300 ms'), within `range` given in base units.
  template <class Q>
  std::optional<Q> take_quantity(std::string_view key, Need need, Range range) {
    const auto base = take_quantity_base(key, need, Q::kDim, range);
    if (!base) return std::nullopt;
    return Q::from_base(*base);
  }

  // The same with the dimension as a value, for tables of fields; in base units.
  std::optional<double> take_quantity_base(std::string_view key, Need need, Dim dim, Range range);

  // Appends an error at `node`'s place.
  void fail(const Node& node, std::string what, std::string expected = {},
            std::vector<std::string> near = {});
  // Unknown keys; call once, after all take_*.
  void finish();

  const Document& document() const { return document_; }
  const Node& node() const { return node_; }
  Errors& errors() { return errors_; }

 private:
  const Node* find(std::string_view key, Need need, const std::string& expected);
  const Node* given(std::string_view key, Need need, const std::string& expected);
  void fail_kind(std::string_view key, const Node& node, const std::string& expected);

  const Document& document_;
  const Node& node_;
  Errors& errors_;
  std::string subject_;
  std::vector<std::string> known_;  // keys asked for so far
};

}  // namespace assay::document
