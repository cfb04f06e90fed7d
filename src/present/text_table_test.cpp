#include "present/text_table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"

namespace assay::present {
namespace {

TextTable small() {
  return {{{.title = "id"}, {.title = "memory", .right = true}, {.title = "note", .drop_order = 1}},
          {{"h200", "141 GB", "a, b"}, {"mi300x", "192 GB", ""}}};
}

TEST(TextTable, AlignsNumbersRightAndEndsLinesWithoutSpaces) {
  EXPECT_EQ(render_table(small(), OutputFormat::kTable),
            "id      memory  note\n"
            "h200    141 GB  a, b\n"
            "mi300x  192 GB\n");
}

TEST(TextTable, DropsTheLeastImportantColumnAndSaysSo) {
  EXPECT_EQ(render_table(small(), OutputFormat::kTable, 16),
            "id      memory\n"
            "h200    141 GB\n"
            "mi300x  192 GB\n"
            "not shown: note (--wide shows all)\n");
}

TEST(TextTable, KeepsColumnsThatMayNotBeDropped) {
  const std::string text = render_table(small(), OutputFormat::kTable, 1);
  EXPECT_NE(text.find("mi300x  192 GB"), std::string::npos);
}

TEST(TextTable, WrapsLongTextBelowItself) {
  const TextTable table{{{.title = "rule"}, {.title = "why", .wraps = true}},
                        {{"a", "one two three four five six seven eight nine ten"}}};
  EXPECT_EQ(render_table(table, OutputFormat::kTable, 32),
            "rule  why\n"
            "a     one two three four five\n"
            "      six seven eight nine ten\n");
}

TEST(TextTable, QuotesCsvByRfc4180) {
  const TextTable table{{{.title = "a"}, {.title = "b", .key = "key"}},
                        {{"x \"y\"", "1,2"}, {"two\nlines", ""}}};
  EXPECT_EQ(render_table(table, OutputFormat::kCsv),
            "a,key\n\"x \"\"y\"\"\",\"1,2\"\n\"two\nlines\",\n");
}

TEST(TextTable, EscapesMarkdownBars) {
  const TextTable table{{{.title = "a"}, {.title = "b", .right = true}}, {{"x|y", "1"}}};
  EXPECT_EQ(render_table(table, OutputFormat::kMarkdown),
            "| a | b |\n| --- | ---: |\n| x\\|y | 1 |\n");
}

TEST(TextTable, PrintsPlainLinesWithoutTitles) {
  const TextTable table{{{.title = "a"}, {.title = "b"}}, {{"x\ty", "1"}}};
  EXPECT_EQ(render_table(table, OutputFormat::kPlain), "x y\t1\n");
}

TEST(TextTable, SelectsColumnsInTheAskedOrder) {
  const std::vector<std::string> keys{"note", "id"};
  const auto chosen = select_columns(small(), keys);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(render_table(*chosen, OutputFormat::kCsv), "note,id\n\"a, b\",h200\n,mi300x\n");
}

TEST(TextTable, RefusesAnUnknownColumnWithTheNearest) {
  const std::vector<std::string> keys{"memry"};
  const auto chosen = select_columns(small(), keys);
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().near, std::vector<std::string>{"memory"});
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("≤ 5 µs"), 6U);
  EXPECT_EQ(display_width("昇腾"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("\xff\xfe"), 2U);  // invalid UTF-8 does no harm
}

TEST(Wrapped, BreaksAWordThatIsTooLong) {
  EXPECT_EQ(wrapped("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(wrapped("", 3), std::vector<std::string>{""});
}

RC_GTEST_PROP(Wrapped, LosesNoWordAndPassesNoWidth, (const std::vector<std::string>& words)) {
  std::string text;
  for (const std::string& word : words) text += word + ' ';
  for (char& c : text) {
    if (c < ' ' || c > '~') c = 'x';
  }
  const auto width = *rc::gen::inRange<std::size_t>(1, 40);
  std::string joined, expected;
  for (const std::string& line : wrapped(text, width)) {
    RC_ASSERT(display_width(line) <= width);
    joined += line;
  }
  for (const char c : joined + "") expected += c == ' ' ? "" : std::string(1, c);
  std::erase(text, ' ');
  RC_ASSERT(expected == text);
}

TEST(Bar, ClampsAndFallsBackToAscii) {
  EXPECT_EQ(bar(0.5, 4, true), "██░░");
  EXPECT_EQ(bar(0.5, 4, false), "##--");
  EXPECT_EQ(bar(7, 3, false), "###");
  EXPECT_EQ(bar(-1, 3, false), "---");
  EXPECT_EQ(bar(std::nan(""), 3, false), "---");
}

TEST(Ascii, SpellsOutWhatAssayPrints) {
  EXPECT_EQ(ascii("≤ 8 × 700 W · µs …"), "<= 8 x 700 W | us ...");
}

}  // namespace
}  // namespace assay::present
