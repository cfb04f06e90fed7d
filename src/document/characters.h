// characters.h — what every reader of text checks first: UTF-8 without control characters.
// Parsers differ in what they make of bad bytes, so nothing unchecked may reach one.
// Pure; linear in the text. Columns count characters, not bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "document/node.h"

namespace assay::document {

// The text without a leading byte-order mark.
std::string_view without_bom(std::string_view text);

// A document larger than kDocumentBytesMax.
std::optional<Error> refuse_size(const std::string& file, std::string_view text);

// The first place that is no printable UTF-8 text; tabs and line ends are fine.
std::optional<Error> refuse_characters(const std::string& file, std::string_view text);

// Walks over a text and knows the line and column of where it stands.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_{text} {}

  bool at_end() const { return next_ == text_.size(); }
  char peek() const { return text_[next_]; }
  std::size_t offset() const { return next_; }
  Mark mark() const { return mark_; }
  // `bytes` further, not beyond the end. "\n", "\r\n" and a lone "\r" end a line.
  void advance(std::size_t bytes = 1);

 private:
  std::string_view text_;
  std::size_t next_{};
  Mark mark_{1, 1};
};

}  // namespace assay::document
