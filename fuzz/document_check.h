// document_check.h — what holds for every answer of the document room's readers, for fuzz targets:
// errors are there and have a place in the file; values lie within the limits and the text.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "base/assert.h"
#include "base/error.h"
#include "document/node.h"
#include "document/read.h"

namespace assay::fuzz {

inline void check(const Errors& errors) {
  ASSAY_ASSERT(!errors.empty());
  for (const Error& error : errors) {
    ASSAY_ASSERT(!error.what.empty());
    ASSAY_ASSERT(error.where.has_value() && error.where->file == "fuzz");
    ASSAY_ASSERT(error.where->line >= 0 && error.where->column >= 0);
    ASSAY_ASSERT(!render(error).empty());
  }
}

inline void check(const document::Node& node, int lines, int depth) {
  ASSAY_ASSERT(depth <= document::kDepthMax);
  ASSAY_ASSERT(node.mark.line >= 1 && node.mark.line <= lines && node.mark.column >= 1);
  if (node.is(document::Node::Kind::kNumber)) ASSAY_ASSERT(std::isfinite(node.number));
  for (const document::Node& item : node.items) check(item, lines, depth + 1);
  for (const document::Member& member : node.members) {
    ASSAY_ASSERT(node.find(member.key) == &member.value);  // no duplicate keys
    check(member.value, lines, depth + 1);
  }
}

inline void check(const Checked<document::Document>& read, std::string_view text) {
  if (!read) return check(read.error());
  const auto breaks = std::ranges::count_if(text, [](char c) { return c == '\n' || c == '\r'; });
  check(read->root, static_cast<int>(breaks) + 1, 0);
}

}  // namespace assay::fuzz
