#include "document/line_stream.h"

#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace assay::document {
namespace {

using Texts = std::vector<std::string>;

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

struct Read {
  Texts lines;
  std::string error;
  bool cut{};
};

Read read(const std::string& bytes, std::size_t line_max = kLineBytesMax) {
  LineStream stream{ByteStream::of("t", bytes), line_max};
  Read out;
  Line line;
  while (true) {
    const Result<bool> more = stream.next(line);
    if (!more) out.error = render(more.error());
    if (!more || !*more) break;
    EXPECT_EQ(line.number, stream.lines());
    out.lines.emplace_back(line.text);
    out.cut |= line.cut;
  }
  EXPECT_EQ(stream.lines(), static_cast<std::int64_t>(out.lines.size()));
  return out;
}

TEST(LineStream, GivesLinesWithoutTheirEnds) {
  EXPECT_EQ(read("a\nb\r\n\nc").lines, (Texts{"a", "b", "", "c"}));
  EXPECT_EQ(read("a\n").lines, (Texts{"a"}));
  EXPECT_EQ(read("\xEF\xBB\xBFx\ny").lines, (Texts{"x", "y"}));
  EXPECT_TRUE(read("").lines.empty());
  EXPECT_TRUE(read("\xEF\xBB\xBF").lines.empty());
}

TEST(LineStream, ReadsCompressedTextByItsFirstBytes) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i) + "\n";
  const Texts plain = read(text).lines;
  ASSERT_EQ(plain.size(), 200'000u);
  EXPECT_EQ(read(gzip(text)).lines, plain);
  EXPECT_EQ(read(zstd(text)).lines, plain);
  EXPECT_EQ(read(gzip("a\nb") + gzip("c\n")).lines, (Texts{"a", "bc"}));
  EXPECT_EQ(read(zstd("a\nb") + zstd("c\n")).lines, (Texts{"a", "bc"}));
  EXPECT_TRUE(read(gzip("")).lines.empty());
  EXPECT_EQ(read(gzip("")).error, "");
}

TEST(LineStream, SaysWhereCompressedDataBreak) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919 % 100'003) + "\n";
  for (const std::string& whole : {gzip(text), zstd(text)}) {
    const Read half = read(whole.substr(0, whole.size() / 2));
    EXPECT_GT(half.lines.size(), 10'000u);
    EXPECT_LT(half.lines.size(), 90'000u);
    const std::string place = "t:" + std::to_string(half.lines.size() + 1) + ": error: the ";
    EXPECT_TRUE(half.error.starts_with(place)) << half.error;
    EXPECT_NE(half.error.find("data end in the middle, after "), std::string::npos) << half.error;
  }
  std::string damaged = gzip(text);
  for (std::size_t i = 0; i < 200; ++i) damaged[damaged.size() / 2 + i] ^= '\x5A';
  EXPECT_NE(read(damaged).error.find("the gzip data are damaged at byte "), std::string::npos);
  EXPECT_NE(read(gzip("a\n") + "more").error.find("other bytes behind them"), std::string::npos);
  EXPECT_NE(read(gzip("a\n").substr(0, 5)).error, "");
  std::string checksum = gzip("a\nb\n");
  checksum[checksum.size() - 5] ^= 1;
  EXPECT_NE(read(checksum).error, "");
}

TEST(LineStream, CutsALineThatIsTooLong) {
  const std::string text = "first\n" + std::string(20u << 20, 'x') + "\nlast\n";
  const Read long_line = read(text);
  ASSERT_EQ(long_line.lines.size(), 3u);
  EXPECT_EQ(long_line.lines[1].size(), kLineBytesMax);
  EXPECT_TRUE(long_line.cut);
  EXPECT_EQ(long_line.lines[2], "last");
  EXPECT_EQ(read("abcdef\ngh", 3).lines, (Texts{"abc", "gh"}));
  EXPECT_FALSE(read("abc\ngh", 3).cut);
}

TEST(LineStream, ReadsAFileAndSaysWhyItCannot) {
  const std::string path = testing::TempDir() + "/line_stream_test.gz";
  const std::string bytes = gzip("one\ntwo\n");
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
  auto stream = ByteStream::open(path);
  ASSERT_TRUE(stream.has_value());
  LineStream lines{std::move(*stream)};
  EXPECT_EQ(lines.peek(5), "one\nt");
  EXPECT_EQ(lines.rest(100), "one\ntwo\n");
  EXPECT_NE(render(ByteStream::open(path + "x").error()).find("does not exist"), std::string::npos);
  EXPECT_NE(render(ByteStream::open("/").error()).find("is a folder"), std::string::npos);
}

TEST(LineStream, LimitsWhatIsReadAsAWhole) {
  LineStream lines{ByteStream::of("t", std::string(3u << 20, 'x'))};
  const auto text = lines.rest(2u << 20);
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(render(text.error()), "t: error: is too large; expected at most 2 MiB");
}

TEST(Place, CountsCharacters) {
  const Line line{.text = "h\xC3\xA9llo", .number = 7};
  EXPECT_EQ(place("t", line, 3), (Where{"t", 7, 3}));
  EXPECT_EQ(shown("h\xC3\xA9\x01"), "h?? ");
  EXPECT_EQ(shown("abcdef", 3), "abc…");
}

RC_GTEST_PROP(LineStream, GivesBackEveryLineHoweverItIsCompressed, ()) {
  const auto character = rc::gen::element('a', 'b', '\n', '\0', '\x80');
  const auto text = *rc::gen::container<std::string>(character);
  RC_PRE(!text.starts_with("\x1f\x8b"));
  Texts expected;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    expected.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  RC_ASSERT(read(text).lines == expected);
  RC_ASSERT(read(gzip(text)).lines == expected);
  RC_ASSERT(read(zstd(text)).lines == expected);
}

}  // namespace
}  // namespace assay::document
