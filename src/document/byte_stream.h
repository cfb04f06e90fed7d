// byte_stream.h — the bytes of a file as they are meant: gzip and zstd are decompressed, told by
// their first bytes and not by a name. One pass, in the memory of a few blocks.
// Several compressed members one after the other are read as one text.
// Only byte_stream.cpp and line_stream_test.cpp meet zlib and zstd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace assay::document {

enum class Compression : unsigned char { kNone, kGzip, kZstd };

class ByteStream {
 public:
  // "-" is standard input. kIo errors as read_text (read.h) has them.
  static Result<ByteStream> open(const std::string& path);
  // From memory; `file` names it in messages. The bytes are copied.
  static ByteStream of(std::string file, std::string_view bytes);

  ByteStream(ByteStream&&) noexcept;
  ByteStream& operator=(ByteStream&&) noexcept;
  ~ByteStream();

  // Fills the block from its beginning, perhaps not to its end; 0 at the end of the text.
  // Errors: damaged data, data that end in the middle, a file that cannot be read. What stood
  // before the damage was given out by earlier calls.
  Result<std::size_t> read(std::span<char> block);

  const std::string& file() const;  // for messages: "standard input" for "-"

 private:
  struct State;
  explicit ByteStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace assay::document
