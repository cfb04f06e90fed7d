// config_keys.h — typed look-ups in one mapping of a config.json, each problem at its place.
// A key may have several published spellings: the first one present and not null is read. Null
// means absent, as in Python's configuration classes. Keys that nobody asks for are ignored:
// configs carry many. A problem is appended to `errors`, and a harmless value is returned so that
// one pass finds all. Borrows the document and the errors; copies freely.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/node.h"

namespace assay::catalog {

using KeyNames = std::initializer_list<std::string_view>;

struct WholeRange {
  long long low{1};
  long long high{100'000'000};
};

class ConfigKeys {
 public:
  ConfigKeys(const document::Document& document, const document::Node& mapping, Errors& errors)
      : document_{&document}, mapping_{&mapping}, errors_{&errors} {}

  // First key present and not null; null otherwise.
  const document::Node* find(KeyNames names) const;
  // The key stands there, if only as null.
  bool mentions(std::string_view name) const { return mapping_->find(name) != nullptr; }

  std::optional<int> whole(KeyNames names, WholeRange range = {}) const;
  int required(KeyNames names, WholeRange range = {}) const;  // 0 after an error
  std::optional<double> number(KeyNames names) const;
  std::optional<bool> flag(KeyNames names) const;
  std::string text(KeyNames names) const;                // "" if absent
  std::vector<std::string> texts(KeyNames names) const;  // a list of texts, or one text
  std::vector<int> wholes(KeyNames names, WholeRange range) const;
  // A mapping below, or nothing.
  std::optional<ConfigKeys> child(KeyNames names) const;

  void fail(const document::Node& node, std::string what, std::string expected = {}) const;
  // At the first of these keys that is there, else at the mapping's own place.
  void fail_at(KeyNames names, std::string what, std::string expected = {}) const;
  void fail(std::string what, std::string expected = {}) const;

  const document::Node& node() const { return *mapping_; }
  const document::Document& document() const { return *document_; }
  Errors& errors() const { return *errors_; }

 private:
  std::optional<long long> in_range(const document::Node& node, std::string_view name,
                                    WholeRange range) const;

  const document::Document* document_;
  const document::Node* mapping_;
  Errors* errors_;
};

// "text '4096'", "-3", "a list": a value as a message shows it.
std::string shown(const document::Node& node);

}  // namespace assay::catalog
