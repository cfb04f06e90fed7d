#include "document/node.h"

#include "base/assert.h"

namespace assay::document {

const Node* Node::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kBool:
      return "true or false";
    case Node::Kind::kNumber:
      return "a number";
    case Node::Kind::kString:
      return "text";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
  }
  ASSAY_ASSERT(!"a kind of node");
  return "";
}

}  // namespace assay::document
