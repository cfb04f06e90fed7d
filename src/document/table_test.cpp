#include "document/table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::document {
namespace {

using Cells = std::vector<std::string>;

std::string rendered(const Errors& errors) {
  std::string out;
  for (const Error& error : errors) out += render(error) + "\n";
  return out;
}

Table csv(std::string_view text) {
  const Checked<Table> table = read_csv("t.csv", text);
  EXPECT_TRUE(table.has_value()) << rendered(table.error());
  return table ? *table : Table{};
}

std::string csv_errors(std::string_view text) {
  const Checked<Table> table = read_csv("t.csv", text);
  EXPECT_FALSE(table.has_value()) << text;
  return table ? "" : rendered(table.error());
}

TEST(ReadCsv, SplitsRowsAndCells) {
  const Table table = csv("a,b\n1,x\n2,y\n");
  EXPECT_EQ(table.columns, (Cells{"a", "b"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[1].cells, (Cells{"2", "y"}));
  EXPECT_EQ(table.column("b"), 1u);
  EXPECT_EQ(table.column("c"), std::nullopt);
}

TEST(ReadCsv, HandlesQuotedCommasQuotesAndNewlines) {
  const Table table = csv("a,b\n\"1,5\",\"say \"\"hi\"\"\"\n\"two\nlines\",\" x \"\n3,\n");
  EXPECT_EQ(table.rows[0].cells, (Cells{"1,5", "say \"hi\""}));
  EXPECT_EQ(table.rows[1].cells, (Cells{"two\nlines", " x "}));
  EXPECT_EQ(table.rows[2].cells, (Cells{"3", ""}));
}

TEST(ReadCsv, KnowsTheLineWhereARowBegins) {
  const Table table = csv("a,b\r\n\"x\r\n\r\ny\",1\r\n\r\n  \r\nz,2");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].line, 2);
  EXPECT_EQ(table.rows[1].line, 7);
  EXPECT_EQ(table.where(table.rows[1], 1), (Where{"t.csv", 7, 2}));
}

TEST(ReadCsv, SkipsBlanksAndAByteOrderMark) {
  const Table table = csv("\xEF\xBB\xBF a , b\n 1 ,\t2 \n");
  EXPECT_EQ(table.columns, (Cells{"a", "b"}));
  EXPECT_EQ(table.rows[0].cells, (Cells{"1", "2"}));
}

TEST(ReadCsv, TakesATableWithoutRows) { EXPECT_TRUE(csv("a,b").rows.empty()); }

TEST(ReadCsv, ReportsEveryRowOfTheWrongLength) {
  EXPECT_EQ(csv_errors("a,b\n1\n2,3\n4,5,6\n"),
            "t.csv:2:2: error: the row has 1 cell; expected 2, one for each column\n"
            "t.csv:4:3: error: the row has 3 cells; expected 2, one for each column\n");
}

TEST(ReadCsv, ReportsColumnsWithoutANameOfTheirOwn) {
  EXPECT_EQ(csv_errors("a,,a\n1,2,3\n"),
            "t.csv:1:2: error: column 2 has no name; expected a name in the first row\n"
            "t.csv:1:3: error: duplicate column 'a'; first given as column 1\n");
}

TEST(ReadCsv, ReportsQuotesThatDoNotFit) {
  EXPECT_EQ(csv_errors("a,b\n1,\"x\n2,y\n"), "t.csv:2:2: error: a quote that is never closed\n");
  EXPECT_EQ(csv_errors("a,b\n1,x\"y\n"),
            "t.csv:2:2: error: a quote inside a cell; expected quotes around the whole cell, and "
            "\"\" for a quote within\n");
  EXPECT_NE(csv_errors("a\n\"x\"y\n"), "");
}

TEST(ReadCsv, RefusesEmptyAndBinaryText) {
  const std::string empty =
      "t.csv: error: the table is empty; expected a first row of column names\n";
  EXPECT_EQ(csv_errors(""), empty);
  EXPECT_EQ(csv_errors(std::string_view{}), empty);
  EXPECT_EQ(csv_errors("\n \n"), empty);
  EXPECT_EQ(csv_errors(std::string("a,b\n1,\0\n", 8)),
            "t.csv:2:3: error: the control character U+0000; expected printable UTF-8 text\n");
  EXPECT_NE(csv_errors("a\n\xE4\n").find("no UTF-8"), std::string::npos);
}

TEST(ReadCsv, CountsErrorsBeyondFifty) {
  std::string text = "a,b\n";
  for (int i = 0; i < 60; ++i) text += "1\n";
  const Checked<Table> table = read_csv("t.csv", text);
  ASSERT_FALSE(table.has_value());
  EXPECT_EQ(table.error().size(), kErrorsMax + 1);
  EXPECT_EQ(render(table.error().back()), "t.csv: error: 10 more errors");
}

TEST(ReadCsv, ReadsAWideHeaderAndALongCellInLinearTime) {
  std::string text = "c0";
  for (int i = 1; i < 100'000; ++i) text += ",c" + std::to_string(i);
  EXPECT_EQ(csv(text).columns.size(), 100'000u);
  EXPECT_EQ(csv("a\n" + std::string(4'000'000, 'x')).rows[0].cells[0].size(), 4'000'000u);
}

std::string quoted(const std::string& cell) {
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? std::string{"\"\""} : std::string{c};
  return out + "\"";
}

RC_GTEST_PROP(ReadCsv, GivesBackEveryQuotedCell, ()) {
  const auto character = rc::gen::element('a', ' ', ',', '"', '\n', '\r', '\t', '0');
  const auto cell = rc::gen::container<std::string>(character);
  const std::size_t width = *rc::gen::inRange<std::size_t>(1, 5);
  const auto cells = rc::gen::container<Cells>(width, cell);
  const auto rows = *rc::gen::container<std::vector<Cells>>(cells);
  std::string text;
  for (std::size_t i = 0; i < width; ++i) text += (i == 0 ? "c" : ",c") + std::to_string(i);
  int line = 1;
  std::vector<int> lines;
  for (const Cells& row : rows) {
    text += "\n";
    lines.push_back(++line);
    for (std::size_t i = 0; i < width; ++i) {
      text += (i == 0 ? "" : ",") + quoted(row[i]);
      for (std::size_t k = 0; k < row[i].size(); ++k) {
        const bool half = row[i][k] == '\r' && k + 1 < row[i].size() && row[i][k + 1] == '\n';
        if ((row[i][k] == '\n' || row[i][k] == '\r') && !half) ++line;
      }
    }
  }
  const Checked<Table> table = read_csv("t.csv", text);
  if (!table) RC_FAIL(text + rendered(table.error()));
  RC_ASSERT(table->rows.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    RC_ASSERT(table->rows[i].cells == rows[i]);
    RC_ASSERT(table->rows[i].line == lines[i]);
  }
}

}  // namespace
}  // namespace assay::document
