#include "document/characters.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "document/read.h"

namespace assay::document {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<std::uint8_t>(text[i]);
}

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0) == 0x80; }

// The character at `i` and its length in bytes; length 0 when it is no well-formed UTF-8.
struct Character {
  std::uint32_t code{};
  std::size_t length{};
};

Character decode(std::string_view text, std::size_t i) {
  const std::uint8_t first = byte_at(text, i);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() - i < length) return {};
  std::uint32_t code = first & (0xFFu >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    const std::uint8_t byte = byte_at(text, i + k);
    if (!is_continuation(byte)) return {};
    code = code << 6 | (byte & 0x3Fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return {};
  return {code, length};
}

// YAML 1.2, production c-printable, less the byte-order mark and the line ends of Unicode, which
// readers disagree on.
bool is_printable(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  if (code < 0x7F) return true;
  if (code < 0xA0) return false;
  return code != 0x2028 && code != 0x2029 && code != 0xFEFF && code != 0xFFFE && code != 0xFFFF;
}

Error refused(const std::string& file, std::string_view text, std::size_t offset,
              std::string what) {
  Cursor cursor{text};
  cursor.advance(offset);
  const Mark mark = cursor.mark();
  return {.what = std::move(what),
          .expected = "printable UTF-8 text",
          .near = {},
          .where = Where{file, mark.line, mark.column}};
}

}  // namespace

void Cursor::advance(std::size_t bytes) {
  const std::size_t end = next_ + std::min(bytes, text_.size() - next_);
  for (; next_ < end; ++next_) {
    const char c = text_[next_];
    const bool half = c == '\r' && next_ + 1 < text_.size() && text_[next_ + 1] == '\n';
    if (c == '\n' || (c == '\r' && !half)) {
      mark_ = {mark_.line + 1, 1};
    } else if (!is_continuation(byte_at(text_, next_))) {
      ++mark_.column;
    }
  }
}

std::string_view without_bom(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

std::optional<Error> refuse_size(const std::string& file, std::string_view text) {
  if (text.size() <= kDocumentBytesMax) return std::nullopt;
  return Error{.kind = Error::Kind::kLimit,
               .what = "the document is too large",
               .expected = fmt::format("at most {} MiB", kDocumentBytesMax >> 20),
               .near = {},
               .where = Where{file, 0, 0}};
}

std::optional<Error> refuse_characters(const std::string& file, std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return refused(file, text, 0, "the text is UTF-16");
  }
  for (std::size_t i = 0; i < text.size();) {
    const std::uint8_t byte = byte_at(text, i);
    if (byte >= 0x20 && byte < 0x7F) {
      ++i;
      continue;
    }
    const Character character = decode(text, i);
    if (character.length == 0) {
      return refused(file, text, i, fmt::format("the byte 0x{:02X} is no UTF-8", byte));
    }
    if (!is_printable(character.code)) {
      return refused(file, text, i, fmt::format("the control character U+{:04X}", character.code));
    }
    i += character.length;
  }
  return std::nullopt;
}

}  // namespace assay::document
