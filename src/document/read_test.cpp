#include "document/read.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace assay::document {
namespace {

std::string rendered(const Errors& errors) {
  std::string out;
  for (const Error& error : errors) out += render(error) + "\n";
  return out;
}

Node yaml(std::string_view text) {
  const Checked<Document> document = read_document("a.yaml", text);
  EXPECT_TRUE(document.has_value()) << rendered(document.error());
  return document ? document->root : Node{};
}

Node json(std::string_view text) {
  const Checked<Document> document = read_json("a.json", text);
  EXPECT_TRUE(document.has_value()) << rendered(document.error());
  return document ? document->root : Node{};
}

std::string yaml_errors(std::string_view text) {
  const Checked<Document> document = read_document("a.yaml", text);
  EXPECT_FALSE(document.has_value()) << text;
  return document ? "" : rendered(document.error());
}

std::string json_errors(std::string_view text) {
  const Checked<Document> document = read_json("a.json", text);
  EXPECT_FALSE(document.has_value()) << text;
  return document ? "" : rendered(document.error());
}

std::string place(Mark mark) {
  return std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

// The kinds of the scalars, one letter each.
std::string kinds(const Node& list) {
  std::string out;
  for (const Node& item : list.items) out += "0bnsLM"[static_cast<std::size_t>(item.kind)];
  return out;
}

TEST(ReadDocument, ResolvesPlainScalarsByTheCoreSchema) {
  EXPECT_EQ(kinds(yaml("[null, ~, Null, true, FALSE, 1, -2.5e3, +.5, 007]")), "000bbnnnn");
  EXPECT_EQ(yaml("[-2.5e3]").items[0].number, -2500);
  EXPECT_TRUE(yaml("[True]").items[0].boolean);
}

TEST(ReadDocument, LeavesAsTextWhatIsNoFiniteDecimalNumber) {
  EXPECT_EQ(kinds(yaml("[0x10, 0o7, .inf, -.inf, .nan, inf, nan, 1e999, 1_000, 300 ms, +-5]")),
            "sssssssssss");
  EXPECT_EQ(yaml("[1e999]").items[0].text, "1e999");
  EXPECT_EQ(yaml("[1e999]").items[0].number, 0);
}

TEST(ReadDocument, LeavesQuotedScalarsAsText) {
  EXPECT_EQ(kinds(yaml("['1', \"true\", 'null', '']")), "ssss");
  EXPECT_EQ(yaml("'it''s'").text, "it's");
  EXPECT_EQ(yaml("\"\\u00e4\\U0001f600\\n\"").text, "ä😀\n");
}

TEST(ReadDocument, KeepsTheTextOfNumbersAsWritten) {
  EXPECT_EQ(yaml("[1.50]").items[0].text, "1.50");
}

TEST(ReadDocument, KnowsThePlaceOfEveryValue) {
  const Node root = yaml("a: 1\nb:\n  - x\n  - 'q'\nc: {d: 1}\nfür: \"ä\" # ü\ne:\n");
  EXPECT_EQ(place(root.mark), "1:1");
  EXPECT_EQ(place(root.members[0].key_mark), "1:1");
  EXPECT_EQ(place(root.find("a")->mark), "1:4");
  EXPECT_EQ(place(root.find("b")->mark), "3:3");
  EXPECT_EQ(place(root.find("b")->items[1].mark), "4:5") << "the quote, not what follows it";
  EXPECT_EQ(place(root.find("c")->mark), "5:4");
  EXPECT_EQ(place(root.find("c")->find("d")->mark), "5:8");
  EXPECT_EQ(place(root.find("für")->mark), "6:6") << "columns count characters";
  EXPECT_EQ(place(root.find("e")->mark), "7:3") << "an empty value is behind its key";
  EXPECT_EQ(place(yaml("? a").find("a")->mark), "1:4") << "and never behind the end";
  EXPECT_EQ(place(yaml("[a: 1]").items[0].mark), "1:2");
}

TEST(ReadDocument, KeepsTheOrderOfKeys) {
  const Node root = yaml("z: 1\na: 2\nm: 3\n");
  EXPECT_EQ(root.members[0].key + root.members[1].key + root.members[2].key, "zam");
  EXPECT_EQ(root.find("y"), nullptr);
  EXPECT_EQ(yaml("[z]").find("z"), nullptr);
}

TEST(ReadDocument, ReadsBlockText) {
  EXPECT_EQ(yaml("a: |\n  x\n  y\n").find("a")->text, "x\ny\n");
  EXPECT_EQ(yaml("a: >\n  x\n  y\n").find("a")->text, "x y\n");
}

TEST(ReadDocument, TakesOtherLineEndsAndAByteOrderMark) {
  const Node windows = yaml(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: x\r\n");
  EXPECT_EQ(place(windows.find("b")->mark), "2:4");
  EXPECT_EQ(windows.find("b")->text, "x");
  EXPECT_EQ(place(yaml("a: 1\rb: 2\r").find("b")->mark), "2:4");
}

TEST(ReadDocument, AllowsAMarkedBeginningAndEnd) {
  EXPECT_EQ(yaml("---\na: 1\n...\n").find("a")->number, 1);
}

TEST(ReadDocument, TakesBracketsThatCloseInTheColumnOfTheirKey) {
  EXPECT_EQ(kinds(*yaml("a: [\n1,\n2\n]\n").find("a")), "nn");
}

TEST(ReadDocument, ReportsEveryDuplicateKey) {
  EXPECT_EQ(yaml_errors("isl: 1\nosl: 2\nisl: 3\nb:\n  c: 1\n  \"c\": 2\nisl: 4\n"),
            "a.yaml:3:1: error: duplicate key 'isl'; first given at line 1\n"
            "a.yaml:6:3: error: duplicate key 'c'; first given at line 5\n"
            "a.yaml:7:1: error: duplicate key 'isl'; first given at line 1\n");
}

TEST(ReadDocument, RefusesWhatMakesAFileHardToFollow) {
  EXPECT_EQ(
      yaml_errors("a: &x 1\nb: *x\nc: !!str 1\nd: !foo {e: 1}\n*y : 1\n"),
      "a.yaml:1:4: error: the anchor '&x'; expected the value written out where it is used, or "
      "quotes around text\n"
      "a.yaml:2:4: error: the alias '*x'; expected the value written out, or quotes around "
      "text\n"
      "a.yaml:3:4: error: a tag ('tag:yaml.org,2002:str'); expected the value without a tag\n"
      "a.yaml:4:4: error: a tag ('!foo'); expected the value without a tag\n"
      "a.yaml:5:1: error: the alias '*y'; expected the value written out, or quotes around "
      "text\n");
  EXPECT_EQ(yaml_errors("a: !x!y z\n"),
            "a.yaml:1:4: error: a tag ('!'); expected the value without a tag\n");
  EXPECT_EQ(yaml_errors("a: 1\n---\nb: 2\n"),
            "a.yaml:2:1: error: a second document; expected one document in a file\n");
  EXPECT_EQ(yaml_errors("# x\n%YAML 1.1\n---\na: 1\n"),
            "a.yaml:2:1: error: a directive ('%' at the beginning of a line); expected a document "
            "without directives\n");
  EXPECT_EQ(yaml_errors("? [x]\n: 2\n"),
            "a.yaml:1:3: error: a key that is a list itself; expected text as the key\n");
  EXPECT_EQ(yaml_errors(": 1\n"), "a.yaml:1:1: error: a missing key; expected 'key: value'\n");
}

TEST(ReadDocument, RefusesAnEmptyFile) {
  const std::string empty = "a.yaml: error: the document is empty; expected YAML or JSON\n";
  EXPECT_EQ(yaml_errors(""), empty);
  EXPECT_EQ(yaml_errors(std::string_view{}), empty);
  EXPECT_EQ(yaml_errors(" \n\n"), empty);
  EXPECT_EQ(yaml_errors("# only a comment\n"), empty);
  EXPECT_EQ(yaml_errors("---\n"), empty);
}

TEST(ReadDocument, RefusesWhatIsNoText) {
  using namespace std::string_literals;
  EXPECT_EQ(yaml_errors("a: 1\nb: \0x\n"s),
            "a.yaml:2:4: error: the control character U+0000; expected printable UTF-8 text\n");
  EXPECT_EQ(yaml_errors("\x7F"
                        "ELF\x02\x01"),
            "a.yaml:1:1: error: the control character U+007F; expected printable UTF-8 text\n");
  EXPECT_EQ(yaml_errors("a: \xE4\n"),
            "a.yaml:1:4: error: the byte 0xE4 is no UTF-8; expected printable UTF-8 text\n");
  EXPECT_EQ(yaml_errors("\xFF\xFE"
                        "a\0"s),
            "a.yaml:1:1: error: the text is UTF-16; expected printable UTF-8 text\n");
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80",
                          "\xF0\x80\x80\x80", "\xE0\x80\x80", "\xC2\x85", "\xE2\x80\xA8"}) {
    EXPECT_NE(yaml_errors(bad), "") << bad;
  }
}

TEST(ReadDocument, ExplainsIndentation) {
  EXPECT_EQ(yaml_errors("a:\n\tb: 1\n"),
            "a.yaml:2:1: error: a tab in the indentation; expected spaces\n");
  EXPECT_EQ(
      yaml_errors("a:\n  b: 1\n c: 2\n"),
      "a.yaml:3:2: error: a line that does not fit the mapping of line 1; expected keys of one "
      "mapping equally indented\n");
  EXPECT_EQ(yaml_errors("a: 1\n b: 2\n"),
            "a.yaml:2:3: error: a ':' in text that began in line 1; expected one 'key: value' a "
            "line, keys of one mapping equally indented\n");
  EXPECT_EQ(yaml_errors("- a\nb: 1\n"),
            "a.yaml:2:1: error: a line without '- ' in a list; expected '- value', or less "
            "indentation\n");
  EXPECT_EQ(
      yaml_errors("a: 1\nb\nc: 2\n"),
      "a.yaml:2:1: error: a line without ':'; expected 'key: value', or '- value' in a list\n");
  EXPECT_EQ(yaml_errors("a: - b\n"),
            "a.yaml:1:4: error: a list item in the line of its key; expected a new line before the "
            "first '- '\n");
}

TEST(ReadDocument, ExplainsBrackets) {
  EXPECT_EQ(yaml_errors("a: [1, 2\nb: 3\n"),
            "a.yaml:2:2: error: no ',' or ']' before this, in the list that begins in line 1\n");
  EXPECT_EQ(yaml_errors("a: [1 2, \"x\" 3]\n"),
            "a.yaml:1:14: error: no ',' or ']' before this, in the list that begins in line 1\n");
  EXPECT_EQ(yaml_errors("a: [1, 2\n"), "a.yaml:1:4: error: the '[' is never closed\n");
  EXPECT_EQ(yaml_errors("a: {b: 1,\n"), "a.yaml:1:4: error: the '{' is never closed\n");
  EXPECT_EQ(yaml_errors("a: [b: [\n"), "a.yaml:1:8: error: the '[' is never closed\n");
  EXPECT_EQ(yaml_errors("a: ]\n"), "a.yaml:1:4: error: a ']' that does not fit\n");
  EXPECT_EQ(yaml_errors("a: [1,,2]\n"), "a.yaml:1:7: error: a comma without a value before it\n");
  EXPECT_EQ(yaml_errors("{a: 1} b\n"),
            "a.yaml:1:8: error: more text after the end of the document\n");
}

TEST(ReadDocument, ExplainsQuotesAndSpecialCharacters) {
  EXPECT_EQ(yaml_errors("a: 'x\nb: 1\n"), "a.yaml:1:4: error: a quote that is never closed\n");
  EXPECT_EQ(yaml_errors("a: \"x\" y\n"),
            "a.yaml:1:8: error: more text after a value; expected the end of the line\n");
  EXPECT_EQ(yaml_errors("a: \"x\\q\"\n"),
            "a.yaml:1:6: error: a '\\' that YAML does not know; expected an escape such as '\\n', "
            "'\\\\' for the character itself, or single quotes\n");
  EXPECT_EQ(yaml_errors("a: @x\n"),
            "a.yaml:1:4: error: text that begins with '@'; expected quotes around it\n");
  EXPECT_EQ(yaml_errors("a: *.yaml\n"),
            "a.yaml:1:4: error: text that begins with '*'; expected quotes around it\n");
  EXPECT_EQ(
      yaml_errors("a: >5 GB\n"),
      "a.yaml:1:4: error: text right behind '|' or '>'; expected a new line, or quotes around "
      "it all\n");
  EXPECT_EQ(
      yaml_errors("a: b: c\n"),
      "a.yaml:1:5: error: a second ': ' in one line; expected one 'key: value' a line; quotes "
      "around text that holds ': '\n");
}

TEST(ReadDocument, RefusesDeepNestingWithoutRecursion) {
  std::string deep(static_cast<std::size_t>(kDepthMax), '[');
  EXPECT_TRUE(read_document("a", deep + std::string(deep.size(), ']')).has_value());
  for (const char* opening : {"[", "{a: ", "- ", "[{a: "}) {
    std::string text;
    while (text.size() < 100'000) text += opening;
    EXPECT_NE(yaml_errors(text).find("nested deeper than 64 levels"), std::string::npos);
  }
}

TEST(ReadDocument, RefusesWhatIsTooLarge) {
  const Checked<Document> large = read_document("a", std::string(kDocumentBytesMax + 1, ' '));
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error()[0].kind, Error::Kind::kLimit);
  EXPECT_EQ(render(large.error()[0]),
            "a: error: the document is too large; expected at most 16 MiB");
  std::string many = "[";
  for (std::size_t i = 0; i <= kNodesMax; ++i) many += "1,";
  EXPECT_NE(yaml_errors(many + "1]").find("too many values"), std::string::npos);
  EXPECT_NE(json_errors(many + "1]").find("too many values"), std::string::npos);
}

TEST(ReadDocument, StopsAfterFiftyErrors) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a: 1\n";
  const Checked<Document> document = read_document("a", text);
  ASSERT_FALSE(document.has_value());
  EXPECT_EQ(document.error().size(), 50u);
}

TEST(ReadJson, ReadsValuesWithTheirPlaces) {
  const Node root =
      json("{\"a\": 1, \"b\": [2.5e3, true, null, \"x\\u00e4\\\"\", {}, []],\n \"c\": \"y\"}");
  EXPECT_EQ(kinds(*root.find("b")), "nb0sML");
  EXPECT_EQ(root.find("b")->items[3].text, "xä\"");
  EXPECT_EQ(place(root.find("b")->items[3].mark), "1:35");
  EXPECT_EQ(place(root.find("b")->items[5].mark), "1:52");
  EXPECT_EQ(place(root.members[2].key_mark), "2:2");
  EXPECT_EQ(place(root.find("c")->mark), "2:7");
  EXPECT_EQ(root.find("b")->items[0].text, "2.5e3");
  EXPECT_EQ(json("\xEF\xBB\xBF[\"\\ud83d\\ude00\"]").items[0].text, "😀");
}

TEST(ReadJson, ReadsBareScalars) {
  EXPECT_EQ(json(" \"x\" ").text, "x");
  EXPECT_EQ(json("12345678901234567890123").number, 12345678901234567890123.0);
}

TEST(ReadJson, RefusesWhatIsOnlyYaml) {
  EXPECT_EQ(json_errors("{'a': 1}"), "a.json:1:2: error: single quotes; expected double quotes\n");
  EXPECT_EQ(json_errors("{\"a\": 1,\n}"),
            "a.json:2:1: error: a comma before '}'; expected none after the last value\n");
  EXPECT_EQ(json_errors("[1] // x"),
            "a.json:1:5: error: a comment; expected JSON, which has no comments\n");
  EXPECT_EQ(json_errors("# x\n[1]"),
            "a.json:1:1: error: a comment; expected JSON, which has no comments\n");
  for (const char* bad : {"{a: 1}",    "[NaN]",    "[Infinity]",    "[.5]", "[+1]",    "[01]",
                          "[1.]",      "[0x10]",   "a: 1",          "- 1",  "[1] [2]", "{\"a\" 1}",
                          "[1 2]",     "[1,,2]",   "[tru]",         "[",    "{\"a\":", "[1}",
                          "[\"\\q\"]", "[\"\t\"]", "[\"\\ud800\"]", "\"x",  "&a 1",    "[1,]",
                          "[,1]",      "---\n1",   "True",          "~",    "[1]]",    "/**/1"}) {
    EXPECT_FALSE(read_json("a.json", bad).has_value()) << bad;
  }
}

TEST(ReadJson, RefusesNumbersThatADoubleCannotHold) {
  EXPECT_EQ(json_errors("{\"a\": 1e999}"), "a.json:1:7: error: the number 1e999 is too large\n");
}

TEST(ReadJson, ReportsEveryDuplicateKey) {
  EXPECT_EQ(json_errors("{\"a\":1,\"b\":{\"c\":1,\n\"\\u0063\":2},\n\"a\":3}"),
            "a.json:2:1: error: duplicate key 'c'; first given at line 1\n"
            "a.json:3:1: error: duplicate key 'a'; first given at line 1\n");
}

TEST(ReadJson, RefusesEmptyBinaryAndDeepText) {
  EXPECT_FALSE(read_json("a.json", std::string_view{}).has_value());
  EXPECT_EQ(json_errors(" \n"), "a.json: error: the document is empty; expected JSON\n");
  EXPECT_NE(json_errors("[\"\xE4\"]").find("no UTF-8"), std::string::npos);
  EXPECT_NE(json_errors(std::string(1'000'000, '[')).find("nested deeper"), std::string::npos);
}

// Text that is both YAML and JSON, as a random tree would be written.
std::string random_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  if (kind == 0) return "null";
  if (kind == 1) return "true";
  if (kind == 2) return std::to_string(*rc::gen::inRange(-1000, 1000)) + ".5";
  if (kind <= 4) return '"' + *rc::gen::container<std::string>(rc::gen::inRange('a', 'z')) + '"';
  std::string out = kind == 5 ? "[" : "{";
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    if (i > 0) out += *rc::gen::element(std::string{", "}, std::string{" ,\n  "});
    if (kind == 6) out += "\"k" + std::to_string(i) + "\": ";
    out += random_json(depth - 1);
  }
  return out + (kind == 5 ? "]" : "}");
}

bool same(const Node& a, const Node& b) {
  bool equal = a.kind == b.kind && a.text == b.text && a.number == b.number &&
               a.boolean == b.boolean && a.items.size() == b.items.size() &&
               a.members.size() == b.members.size() && place(a.mark) == place(b.mark);
  for (std::size_t i = 0; equal && i < a.items.size(); ++i) equal = same(a.items[i], b.items[i]);
  for (std::size_t i = 0; equal && i < a.members.size(); ++i) {
    equal = a.members[i].key == b.members[i].key &&
            place(a.members[i].key_mark) == place(b.members[i].key_mark) &&
            same(a.members[i].value, b.members[i].value);
  }
  return equal;
}

RC_GTEST_PROP(ReadJson, AgreesWithTheYamlReader, ()) {
  const std::string text = random_json(3);
  const Checked<Document> as_json = read_json("a", text), as_yaml = read_document("a", text);
  if (!as_json) RC_FAIL(text + "\n" + rendered(as_json.error()));
  if (!as_yaml) RC_FAIL(text + "\n" + rendered(as_yaml.error()));
  if (!same(as_json->root, as_yaml->root)) RC_FAIL(text);
}

// A folder of its own for each test, removed afterwards.
class ReadText : public testing::Test {
 protected:
  void SetUp() override {
    const char* name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::temp_directory_path() /
              ("assay_" + std::string{name} + "_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream{path(name), std::ios::binary} << text;
  }
  std::string failure(const std::string& name, std::size_t bytes_max = 100) const {
    const Result<std::string> text = read_text(path(name), bytes_max);
    EXPECT_FALSE(text.has_value());
    if (text) return "";
    EXPECT_EQ(text.error().kind, Error::Kind::kIo);
    return render(text.error());
  }

  std::filesystem::path folder_;
};

TEST_F(ReadText, ReadsEveryByte) {
  using namespace std::string_literals;
  write("a", "x\0\r\n\xFF"s);
  EXPECT_EQ(*read_text(path("a")), "x\0\r\n\xFF"s);
  write("empty", "");
  EXPECT_EQ(*read_text(path("empty")), "");
}

TEST_F(ReadText, OffersTheNearestNameOfTheFolder) {
  write("scenario.yaml", "");
  write("other.txt", "");
  EXPECT_EQ(failure("scenario.yml"), path("scenario.yml") +
                                         ": error: does not exist (did you mean '" +
                                         path("scenario.yaml") + "'?)");
  EXPECT_EQ(failure("zzz"), path("zzz") + ": error: does not exist");
}

TEST_F(ReadText, SaysThatTheFolderIsMissing) {
  EXPECT_EQ(failure("no/a.yaml"),
            path("no/a.yaml") + ": error: does not exist: there is no folder '" + path("no") + "'");
}

TEST_F(ReadText, RefusesAFolder) {
  EXPECT_EQ(failure("."), path(".") + ": error: is a folder; expected a file");
}

TEST_F(ReadText, RefusesALargeFileBeforeReadingIt) {
  write("large", "");
  std::filesystem::resize_file(path("large"), 100u << 20);  // sparse
  EXPECT_EQ(failure("large", 1u << 20),
            path("large") + ": error: has 100 MiB; expected at most 1 MiB");
}

TEST_F(ReadText, BoundsWhatHasNoSize) {
  const Result<std::string> endless = read_text("/dev/zero", 1000);
  ASSERT_FALSE(endless.has_value());
  EXPECT_EQ(endless.error().what, "is too large");
}

TEST_F(ReadText, TakesExactlyTheLimit) {
  write("a", "12345");
  EXPECT_TRUE(read_text(path("a"), 5).has_value());
  EXPECT_FALSE(read_text(path("a"), 4).has_value());
}

}  // namespace
}  // namespace assay::document
