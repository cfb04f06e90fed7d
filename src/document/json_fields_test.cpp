#include "document/json_fields.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace assay::document {
namespace {

std::string problem(std::string_view text) {
  JsonFields fields{{"a", "b"}};
  const auto found = fields.read(text);
  return found ? std::to_string(found->offset) + ": " + found->what : "";
}

TEST(JsonFields, GivesTheTextOfKnownFields) {
  JsonFields fields{{"a", "list", "none"}};
  ASSERT_EQ(fields.read(R"({"x": {"a": 1}, "a" : 0.30 , "list": [1, "s" ,[2], {"q": 3}, null]})"),
            std::nullopt);
  EXPECT_EQ(fields.field(0).value.text, "0.30");
  EXPECT_EQ(fields.field(0).value.offset, 22u);
  ASSERT_TRUE(fields.field(1).is_list());
  std::vector<std::string> items;
  for (const JsonToken& item : fields.field(1).items) items.emplace_back(item.text);
  EXPECT_EQ(items, (std::vector<std::string>{"1", "\"s\"", "[", "{", "null"}));
  EXPECT_FALSE(fields.field(2).present());
}

TEST(JsonFields, ForgetsTheLineBefore) {
  JsonFields fields{{"a", "b"}};
  ASSERT_EQ(fields.read(R"({"a": [1], "b": 2})"), std::nullopt);
  ASSERT_EQ(fields.read(R"({"b": 3})"), std::nullopt);
  EXPECT_FALSE(fields.field(0).present());
  EXPECT_TRUE(fields.field(0).items.empty());
  EXPECT_EQ(fields.field(1).value.text, "3");
}

TEST(JsonFields, SaysWhatIsNoObjectAndWhere) {
  EXPECT_EQ(problem(""), "0: nothing but blanks");
  EXPECT_EQ(problem("[1]"), "0: no JSON object");
  EXPECT_EQ(problem("17"), "0: no JSON object");
  EXPECT_EQ(problem(R"({"a": 1)"), "0: no closing bracket at the end");
  EXPECT_EQ(problem(R"({"a": 1, "a": 2})"), "14: the key 'a' stands there twice");
  EXPECT_EQ(problem(R"({"a": 1} {"a": 2})"), "9: something behind the end of the object");
  EXPECT_EQ(problem(R"({"a": 1 2})"), "8: no valid JSON");
  EXPECT_EQ(problem("{\"a\": \"\xFF\"}"), "0: no UTF-8 text");
}

TEST(JsonFields, BearsHostileText) {
  EXPECT_NE(problem("{\"a\": " + std::string(1'000'000, '[') + "}"), "");
  EXPECT_NE(problem("{\"x\": " + std::string(1'000'000, '{') + "}"), "");
  EXPECT_NE(problem(std::string("{\"a\": \0}", 8)), "");
  EXPECT_EQ(problem("{\"x\": \"" + std::string(5'000'000, 'y') + "\", \"a\": 1}"), "");
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  EXPECT_EQ(problem("{\"x\": " + deep + ", \"a\": 1}"), "");
}

}  // namespace
}  // namespace assay::document
