// read.h — text → Document: YAML 1.2 (and with it JSON), refused with every error the parser finds.
// Refuses: duplicate keys, anchors, aliases, tags, directives, several documents in one file,
// control characters, invalid UTF-8, empty files, and what is beyond the limits below.
// Plain scalars resolve as in YAML's core schema (null, true/false, finite decimal numbers; 0x10,
// .inf and 1e999 stay text); quoted ones are text.
// Thread-safe: no state. The only file of the project that meets libyaml is read.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"
#include "document/node.h"

namespace assay::document {

inline constexpr std::size_t kDocumentBytesMax = 16u << 20;
inline constexpr std::size_t kTextBytesMax = 1u << 30;
inline constexpr int kDepthMax = 64;
inline constexpr std::size_t kNodesMax = 500'000;  // values in one document

// `file` only names the text in messages.
Checked<Document> read_document(std::string file, std::string_view text);

// The same for strict JSON: what is YAML but not JSON is refused (config.json, API bodies).
Checked<Document> read_json(std::string file, std::string_view text);

// Whole file as text; "-" reads standard input. kIo error: does not exist (with the nearest name in
// its folder), is a folder, cannot be read, or is larger than `bytes_max` (said before it is read).
Result<std::string> read_text(const std::string& path, std::size_t bytes_max = kDocumentBytesMax);

}  // namespace assay::document
