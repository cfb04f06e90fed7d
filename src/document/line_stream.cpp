#include "document/line_stream.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace assay::document {

namespace {

constexpr std::size_t kBlock = 1u << 18;

int clamped(std::int64_t number) {
  return static_cast<int>(std::min<std::int64_t>(number, std::numeric_limits<int>::max()));
}

}  // namespace

LineStream::LineStream(ByteStream bytes, std::size_t line_bytes_max)
    : bytes_{std::move(bytes)}, line_bytes_max_{line_bytes_max}, block_(kBlock) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (peek(kMark.size()) == kMark) begin_ = scanned_ = kMark.size();
}

// Reads behind what is there; makes room first, by moving it to the front or by growing.
bool LineStream::fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
    end_ -= begin_, scanned_ -= begin_, begin_ = 0;
  }
  if (end_ + kBlock / 2 > block_.size()) block_.resize(block_.size() * 2);
  const Result<std::size_t> count = bytes_.read(std::span{block_}.subspan(end_));
  if (!count) broken_ = count.error();
  at_end_ = !count || *count == 0;
  if (count) end_ += *count;
  return !at_end_;
}

std::string_view LineStream::peek(std::size_t bytes) {
  ASSAY_ASSERT(number_ == 0);
  while (end_ - begin_ < bytes && fill()) {}
  return {block_.data() + begin_, std::min(bytes, end_ - begin_)};
}

void LineStream::give(Line& line, std::size_t bytes) {
  line = {.text = {block_.data() + begin_, bytes}, .number = ++number_, .cut = false};
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
}

Result<bool> LineStream::next(Line& line) {
  while (true) {
    const void* found = std::memchr(block_.data() + scanned_, '\n', end_ - scanned_);
    if (found != nullptr) {
      const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - block_.data());
      give(line, end - begin_);
      if (line.text.size() > line_bytes_max_) {
        line.text = line.text.substr(0, line_bytes_max_);
        line.cut = true;
      }
      begin_ = scanned_ = end + 1;
      return true;
    }
    scanned_ = end_;
    if (end_ - begin_ > line_bytes_max_) return cut_line(line);
    if (!fill()) return last_line(line);
  }
}

Result<bool> LineStream::last_line(Line& line) {
  if (broken_) {
    Error error = *std::exchange(broken_, std::nullopt);
    begin_ = scanned_ = end_;
    error.where = Where{file(), clamped(number_ + 1), 0};
    return tl::unexpected(std::move(error));
  }
  if (begin_ == end_) return false;
  give(line, end_ - begin_);
  begin_ = scanned_ = end_;
  return true;
}

// Keeps the beginning aside while the rest of the line passes through the block.
Result<bool> LineStream::cut_line(Line& line) {
  kept_.assign(block_.data() + begin_, line_bytes_max_);
  std::size_t passed = end_ - begin_;
  begin_ = scanned_ = end_;
  while (fill()) {
    const void* found = std::memchr(block_.data(), '\n', end_);
    if (found != nullptr) {
      begin_ = scanned_ =
          static_cast<std::size_t>(static_cast<const char*>(found) - block_.data()) + 1;
      break;
    }
    passed += end_;
    begin_ = scanned_ = end_;
    if (passed > kCutLineBytesMax) {
      at_end_ = true;
      return tl::unexpected(Error{.kind = Error::Kind::kLimit,
                                  .what = "the line is longer than 1 GiB",
                                  .expected = "lines of at most 16 MiB",
                                  .near = {},
                                  .where = Where{file(), clamped(number_ + 1), 0}});
    }
  }
  line = {.text = kept_, .number = ++number_, .cut = true};
  return true;
}

Result<std::string> LineStream::rest(std::size_t bytes_max) {
  std::string text;
  do {
    if (end_ - begin_ > bytes_max - text.size()) {
      return tl::unexpected(Error{.kind = Error::Kind::kLimit,
                                  .what = "is too large",
                                  .expected = fmt::format("at most {} MiB", bytes_max >> 20),
                                  .near = {},
                                  .where = Where{file(), 0, 0}});
    }
    text.append(block_.data() + begin_, end_ - begin_);
    begin_ = scanned_ = end_;
  } while (fill());
  if (broken_) return tl::unexpected(*std::exchange(broken_, std::nullopt));
  return text;
}

Where place(const std::string& file, const Line& line, std::size_t offset) {
  const auto before = line.text.substr(0, offset);
  const auto characters = std::count_if(before.begin(), before.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  });
  return {file, clamped(line.number), clamped(characters + 1)};
}

std::string shown(std::string_view text, std::size_t bytes_max) {
  std::string out = excerpt(text.substr(0, bytes_max + 1), bytes_max);
  const bool cut = text.size() > bytes_max;
  if (cut) out.resize(out.size() - std::string_view{"…"}.size());
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return cut ? out + "…" : out;
}

}  // namespace assay::document
