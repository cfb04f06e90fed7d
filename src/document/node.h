// node.h — a YAML or JSON document as a tree of values that know their line and column.
// Plain values, copied and moved freely; no reference into the parser or the text survives.
// Mappings keep the order of the file; duplicate keys never get this far (read.h refuses them).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace assay::document {

// Position in the text, counted from 1.
struct Mark {
  int line{};
  int column{};
};

struct Member;

struct Node {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kSequence, kMapping };

  Kind kind{Kind::kNull};
  Mark mark;
  bool boolean{};               // kBool
  double number{};              // kNumber
  std::string text;             // every scalar, as written (unquoted)
  std::vector<Node> items;      // kSequence
  std::vector<Member> members;  // kMapping

  bool is(Kind k) const { return kind == k; }
  bool is_scalar() const { return kind != Kind::kSequence && kind != Kind::kMapping; }
  const Node* find(std::string_view key) const;  // null when absent or not a mapping
};

struct Member {
  std::string key;
  Mark key_mark;
  Node value;
};

struct Document {
  std::string file;  // as the user named it; for messages
  Node root;

  Where where(Mark mark) const { return {file, mark.line, mark.column}; }
};

// "a mapping", "a list", "text", "a number", "true or false", "nothing": for messages.
std::string_view kind_name(Node::Kind kind);

}  // namespace assay::document
