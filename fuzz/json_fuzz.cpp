// json_fuzz.cpp — any text as JSON: what is accepted is JSON to another reader too, and every value
// stands where its place says.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/assert.h"
#include "document/read.h"

namespace {

using namespace assay;
using namespace assay::document;

std::vector<std::string_view> lines_of(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<std::string_view> lines;
  while (true) {
    std::size_t end = text.find_first_of("\r\n");
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    if (text.substr(end).starts_with("\r\n")) ++end;
    text.remove_prefix(end + 1);
  }
}

std::string_view from_column(std::string_view line, int column) {
  std::size_t i = 0;
  const auto inside = [&] {
    return i < line.size() && (static_cast<std::uint8_t>(line[i]) & 0xC0) == 0x80;
  };
  for (; column > 1 && i < line.size(); --column) {
    for (++i; inside();) ++i;
  }
  return line.substr(i);
}

void check(const Node& node, const std::vector<std::string_view>& lines) {
  ASSAY_ASSERT(node.mark.line >= 1 && static_cast<std::size_t>(node.mark.line) <= lines.size());
  const std::string_view rest =
      from_column(lines[static_cast<std::size_t>(node.mark.line) - 1], node.mark.column);
  switch (node.kind) {
    case Node::Kind::kString:
      ASSAY_ASSERT(rest.starts_with('"'));
      break;
    case Node::Kind::kSequence:
      ASSAY_ASSERT(rest.starts_with('['));
      break;
    case Node::Kind::kMapping:
      ASSAY_ASSERT(rest.starts_with('{'));
      break;
    default:
      ASSAY_ASSERT(rest.starts_with(node.text));
  }
  for (const Node& item : node.items) check(item, lines);
  for (const Member& member : node.members) check(member.value, lines);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto document = read_json("input", text);
  if (!document) {
    ASSAY_ASSERT(!document.error().empty());
    for (const Error& error : document.error()) {
      ASSAY_ASSERT(!render(error).empty() && error.what.size() < 500);
    }
    return 0;
  }
  ASSAY_ASSERT(nlohmann::json::accept(text));
  check(document->root, lines_of(text));
  return 0;
}
