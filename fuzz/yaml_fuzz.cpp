// yaml_fuzz.cpp — any text as a YAML document: refused with a place inside it, or a tree within the
// limits; and any tree can be bound, with messages that can be printed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/quantity.h"
#include "document/bind.h"
#include "document/read.h"

namespace {

using namespace assay;
using namespace assay::document;

void check_errors(const Errors& errors, std::string_view text) {
  const auto lines =
      1 + std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  for (const Error& error : errors) {
    ASSAY_ASSERT(!render(error).empty() && error.where.has_value());
    ASSAY_ASSERT(error.where->line >= 0 && error.where->line <= lines);
    ASSAY_ASSERT(error.where->column >= 0);
    ASSAY_ASSERT(error.what.size() < 500);
  }
}

void check_tree(const Node& node, int depth) {
  ASSAY_ASSERT(depth <= kDepthMax && node.mark.line >= 1 && node.mark.column >= 1);
  for (const Node& item : node.items) check_tree(item, depth + 1);
  for (const Member& member : node.members) {
    ASSAY_ASSERT(node.find(member.key) == &member.value);
    check_tree(member.value, depth + 1);
  }
}

// Asks for the first keys in every way there is.
void bind_all(const Document& document, const Node& node, std::string_view text) {
  const Range any{std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max()};
  Errors errors;
  Binder binder{document, node, errors, "input"};
  const std::vector<std::string> choices{"a", "b"};
  for (std::size_t i = 0; i < std::min<std::size_t>(node.members.size(), 20); ++i) {
    const std::string& key = node.members[i].key;
    if (key.size() > 60) continue;  // no program asks for such a key
    switch (i % 8) {
      case 0:
        binder.take_text(key, Need::kRequired);
        break;
      case 1:
        binder.take_bool(key, Need::kRequired);
        break;
      case 2:
        binder.take_number(key, Need::kRequired, any);
        break;
      case 3:
        binder.take_int(key, Need::kRequired, any);
        break;
      case 4:
        binder.take_choice(key, Need::kRequired, choices);
        break;
      case 5:
        binder.take_texts(key, Need::kRequired);
        break;
      case 6:
        binder.take_quantity<Seconds>(key, Need::kRequired, {0, 1});
        break;
      default:
        break;
    }
  }
  binder.finish();
  check_errors(errors, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto document = read_document("input", text);
  if (!document) {
    ASSAY_ASSERT(!document.error().empty());
    check_errors(document.error(), text);
    return 0;
  }
  check_tree(document->root, 0);
  bind_all(*document, document->root, text);
  for (const Member& member : document->root.members) bind_all(*document, member.value, text);
  return 0;
}
