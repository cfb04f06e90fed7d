// line_stream.h — the lines of a text of any length, one after the other, from a ByteStream.
// A line ends with "\n" or "\r\n"; a byte-order mark at the beginning is skipped. A line longer
// than kLineBytesMax is given out cut, and its rest is passed over without being kept.
// Memory: one block, and the longest line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "document/byte_stream.h"

namespace assay::document {

inline constexpr std::size_t kLineBytesMax = 16u << 20;
inline constexpr std::size_t kCutLineBytesMax = 1u << 30;  // a longer one ends the reading

struct Line {
  std::string_view text;  // without its end; valid until the next call
  std::int64_t number{};  // from 1
  bool cut{};             // longer than kLineBytesMax: `text` is its beginning
};

class LineStream {
 public:
  explicit LineStream(ByteStream bytes, std::size_t line_bytes_max = kLineBytesMax);

  // Of the text, at most `bytes`: to find out what it is. Before the first next().
  std::string_view peek(std::size_t bytes);

  // False at the end. An error says in which line the data broke: the lines before it have been
  // given out; there is nothing behind it.
  Result<bool> next(Line& line);

  // All that was not given out yet, at most `bytes_max`; kLimit where there is more.
  Result<std::string> rest(std::size_t bytes_max);

  const std::string& file() const { return bytes_.file(); }
  std::int64_t lines() const { return number_; }  // given out so far

 private:
  bool fill();  // false: there is no more
  Result<bool> last_line(Line& line);
  Result<bool> cut_line(Line& line);
  void give(Line& line, std::size_t bytes);

  ByteStream bytes_;
  std::size_t line_bytes_max_;
  std::vector<char> block_;
  std::size_t begin_{}, end_{};  // of block_, what was not given out
  std::size_t scanned_{};        // up to here there is no line end
  std::int64_t number_{};
  bool at_end_{};
  std::string kept_;  // the beginning of a line that is cut
  std::optional<Error> broken_;
};

// Place of a byte of a line, for messages: columns count characters, from 1.
Where place(const std::string& file, const Line& line, std::size_t offset);

// A line's text for a message: cut, control characters and what is no ASCII replaced.
std::string shown(std::string_view text, std::size_t bytes_max = 40);

}  // namespace assay::document
