#include "document/byte_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "base/assert.h"
#include "document/read.h"

namespace assay::document {

namespace {

constexpr std::size_t kBlock = 1u << 18;

Error io_error(const std::string& file, std::string what, std::string expected = {}) {
  return {.kind = Error::Kind::kIo,
          .what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = Where{file, 0, 0}};
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};
struct EndInflate {
  void operator()(z_stream* stream) const {
    inflateEnd(stream);
    delete stream;
  }
};
struct FreeZstd {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Compression compression_of(std::string_view beginning) {
  if (beginning.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (beginning.starts_with("\x28\xb5\x2f\xfd")) return Compression::kZstd;
  // A frame of zstd may begin with one to be skipped: 0x184D2A50 … 0x184D2A5F.
  if (beginning.size() >= 4 && beginning.substr(1, 3) == "\x2a\x4d\x18" &&
      (static_cast<unsigned char>(beginning[0]) & 0xF0) == 0x50) {
    return Compression::kZstd;
  }
  return Compression::kNone;
}

}  // namespace

struct ByteStream::State {
  std::string file;
  std::unique_ptr<std::FILE, CloseFile> source;  // null: `input` holds everything from the start
  std::vector<char> input = {};
  std::size_t begin{}, end{};  // of input, what was not consumed
  std::int64_t consumed{};     // bytes of the file before `begin`
  Compression compression{};
  bool source_ended{}, finished{};
  bool between_members{true};   // where compressed data may end
  std::optional<Error> failed;  // told when all that stood before it has been given out
  std::unique_ptr<z_stream, EndInflate> gzip;
  std::unique_ptr<ZSTD_DCtx, FreeZstd> zstd;

  std::optional<Error> refill();
  std::optional<Error> start();
  Result<std::size_t> decoded(std::span<char> block);
  Result<std::size_t> copy(std::span<char> block);
  Result<std::size_t> inflate_into(std::span<char> block);
  Result<std::size_t> zstd_into(std::span<char> block);
  void consume(std::size_t bytes) {
    begin += bytes;
    consumed += static_cast<std::int64_t>(bytes);
  }
  Error damaged(const char* what) const {
    return io_error(file,
                    fmt::format("the {} data are damaged at byte {} ({})", name(), consumed,
                                what == nullptr ? "bad code" : what),
                    "the file as it was written");
  }
  Error cut() const {
    return io_error(file,
                    fmt::format("the {} data end in the middle, after {} bytes", name(), consumed),
                    "the whole file");
  }
  const char* name() const { return compression == Compression::kGzip ? "gzip" : "zstd"; }
};

// Moves what is left to the front and reads behind it.
std::optional<Error> ByteStream::State::refill() {
  if (!source || source_ended) {
    source_ended = true;
    return {};
  }
  input.resize(kBlock);
  if (begin > 0) std::memmove(input.data(), input.data() + begin, end - begin);
  end -= begin;
  begin = 0;
  const std::size_t wanted = input.size() - end;
  errno = 0;
  const std::size_t count = std::fread(input.data() + end, 1, wanted, source.get());
  end += count;
  if (count == wanted) return {};
  source_ended = true;
  if (std::ferror(source.get()) == 0) return {};
  return io_error(file, fmt::format("cannot be read ({})", std::generic_category().message(errno)));
}

std::optional<Error> ByteStream::State::start() {
  if (auto error = refill()) return error;
  compression = compression_of({input.data() + begin, end - begin});
  if (compression == Compression::kGzip) {
    gzip.reset(new z_stream{});
    constexpr int kGzipOnly = 16;
    ASSAY_ASSERT(inflateInit2(gzip.get(), MAX_WBITS + kGzipOnly) == Z_OK);
  } else if (compression == Compression::kZstd) {
    zstd.reset(ZSTD_createDCtx());
    ASSAY_ASSERT(zstd != nullptr);
    // A hostile frame may ask for gigabytes of window; zstd itself writes at most this by default.
    constexpr int kWindowLog = 27;
    ZSTD_DCtx_setParameter(zstd.get(), ZSTD_d_windowLogMax, kWindowLog);
  }
  return {};
}

Result<std::size_t> ByteStream::State::decoded(std::span<char> block) {
  switch (compression) {
    case Compression::kGzip:
      return inflate_into(block);
    case Compression::kZstd:
      return zstd_into(block);
    case Compression::kNone:
      break;
  }
  return copy(block);
}

Result<std::size_t> ByteStream::State::copy(std::span<char> block) {
  std::size_t filled = 0;
  while (filled < block.size()) {
    if (begin == end) {
      if (source_ended) break;
      if (auto error = refill()) return tl::unexpected(*error);
      continue;
    }
    const std::size_t count = std::min(block.size() - filled, end - begin);
    std::memcpy(block.data() + filled, input.data() + begin, count);
    consume(count);
    filled += count;
  }
  finished = filled < block.size();
  return filled;
}

Result<std::size_t> ByteStream::State::inflate_into(std::span<char> block) {
  std::size_t filled = 0;
  while (filled < block.size()) {
    if (begin == end && !source_ended) {
      if (auto error = refill()) return tl::unexpected(*error);
    }
    if (begin == end) {
      finished = between_members;
      if (!between_members) failed = cut();
      break;
    }
    if (between_members) {
      if (end - begin < 2) {
        if (auto error = refill()) return tl::unexpected(*error);
      }
      if (compression_of({input.data() + begin, end - begin}) != Compression::kGzip) {
        failed = damaged("other bytes behind them");
        break;
      }
    }
    between_members = false;
    gzip->next_in = reinterpret_cast<Bytef*>(input.data() + begin);
    gzip->avail_in = static_cast<uInt>(end - begin);
    gzip->next_out = reinterpret_cast<Bytef*>(block.data() + filled);
    gzip->avail_out = static_cast<uInt>(std::min<std::size_t>(block.size() - filled, 1u << 30));
    const uInt room = gzip->avail_out;
    const int outcome = inflate(gzip.get(), Z_NO_FLUSH);
    consume(end - begin - gzip->avail_in);
    filled += room - gzip->avail_out;
    if (outcome == Z_STREAM_END) {
      between_members = true;
      inflateReset(gzip.get());
    } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
      failed = damaged(gzip->msg);
      break;
    }
  }
  return filled;
}

Result<std::size_t> ByteStream::State::zstd_into(std::span<char> block) {
  ZSTD_outBuffer out{block.data(), block.size(), 0};
  while (out.pos < out.size) {
    if (begin == end && !source_ended) {
      if (auto error = refill()) return tl::unexpected(*error);
    }
    const bool flushing = begin == end && !between_members;
    if (begin == end && between_members) {
      finished = true;
      break;
    }
    ZSTD_inBuffer in{input.data() + begin, end - begin, 0};
    const std::size_t before = out.pos;
    const std::size_t outcome = ZSTD_decompressStream(zstd.get(), &out, &in);
    consume(in.pos);
    if (ZSTD_isError(outcome) != 0) {
      failed = damaged(ZSTD_getErrorName(outcome));
      break;
    }
    between_members = outcome == 0;
    if (flushing && out.pos == before && !between_members) {
      failed = cut();
      break;
    }
  }
  return out.pos;
}

ByteStream::ByteStream(std::unique_ptr<State> state) : state_{std::move(state)} {}
ByteStream::ByteStream(ByteStream&&) noexcept = default;
ByteStream& ByteStream::operator=(ByteStream&&) noexcept = default;
ByteStream::~ByteStream() = default;

const std::string& ByteStream::file() const { return state_->file; }

Result<ByteStream> ByteStream::open(const std::string& path) {
  auto state = std::make_unique<State>();
  state->file = path == "-" ? "standard input" : path;
  std::error_code problem;
  if (path == "-") {
    state->source.reset(stdin);
  } else if (!std::filesystem::is_directory(path, problem)) {
    state->source.reset(std::fopen(path.c_str(), "rb"));
  }
  if (!state->source) {  // read_text knows best how to say why
    const auto text = read_text(path);
    return tl::unexpected(text ? io_error(path, "cannot be read") : text.error());
  }
  if (auto error = state->start()) return tl::unexpected(*error);
  return ByteStream{std::move(state)};
}

ByteStream ByteStream::of(std::string file, std::string_view bytes) {
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->input.assign(bytes.begin(), bytes.end());
  state->end = bytes.size();
  ASSAY_ASSERT(!state->start().has_value());
  return ByteStream{std::move(state)};
}

Result<std::size_t> ByteStream::read(std::span<char> block) {
  State& state = *state_;
  if (state.finished || block.empty()) return std::size_t{0};
  if (state.failed) return tl::unexpected(*state.failed);
  const Result<std::size_t> count = state.decoded(block);
  if (count && *count == 0 && state.failed) return tl::unexpected(*state.failed);
  return count;
}

}  // namespace assay::document
