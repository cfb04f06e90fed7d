#include "document/bind.h"

#include <limits>

#include <gtest/gtest.h>

#include "document/read.h"

namespace assay::document {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Range kAny{-kInfinity, kInfinity};
constexpr Range kPositive{kAboveZero, kInfinity};

// Binds the root of `text` with `use`, and gives back what was reported.
template <class Use>
std::string problems(std::string_view text, const Use& use) {
  const Checked<Document> document = read_document("chat.yaml", text);
  EXPECT_TRUE(document.has_value());
  if (!document) return "not YAML";
  Errors errors;
  Binder binder{*document, document->root, errors, "scenario"};
  use(binder);
  std::string out;
  for (const Error& error : errors) out += render(error) + "\n";
  return out;
}

TEST(Binder, GivesTypedValues) {
  const std::string text =
      "name: chat\nfast: true\nshare: 0.5\ncount: 8\nbig: 1e6\nttft: 300 ms\nkind: b\n"
      "list: [x, 2]\none: y\nraw: {a: 1}\nzero: 0\n";
  const std::vector<std::string> kinds{"a", "b"};
  EXPECT_EQ(
      problems(
          text,
          [&](Binder& b) {
            EXPECT_EQ(b.take_text("name", Need::kRequired), "chat");
            EXPECT_EQ(b.take_bool("fast", Need::kRequired), true);
            EXPECT_EQ(b.take_number("share", Need::kRequired, {0, 1}), 0.5);
            EXPECT_EQ(b.take_int("count", Need::kRequired, {1, 8}), 8);
            EXPECT_EQ(b.take_int("big", Need::kRequired, kAny), 1'000'000);
            EXPECT_EQ(b.take_quantity<Seconds>("ttft", Need::kRequired, kPositive)->base(), 0.3);
            EXPECT_EQ(b.take_quantity<Seconds>("zero", Need::kRequired, kAny)->base(), 0.0);
            EXPECT_EQ(b.take_choice("kind", Need::kRequired, kinds), "b");
            EXPECT_EQ(b.take_texts("list", Need::kRequired), (std::vector<std::string>{"x", "2"}));
            EXPECT_EQ(b.take_texts("one", Need::kRequired), std::vector<std::string>{"y"});
            EXPECT_EQ(b.take("raw", Need::kRequired)->find("a")->number, 1);
            b.finish();
          }),
      "");
}

TEST(Binder, GivesNothingForWhatMayBeLeftOut) {
  EXPECT_EQ(problems("b: null\n",
                     [](Binder& b) {
                       EXPECT_EQ(b.take("a", Need::kOptional), nullptr);
                       EXPECT_EQ(b.take_text("a", Need::kOptional), std::nullopt);
                       EXPECT_EQ(b.take_quantity<Seconds>("a", Need::kOptional, kAny),
                                 std::nullopt);
                       EXPECT_EQ(b.take_int("b", Need::kOptional, kAny), std::nullopt)
                           << "a written null";
                       EXPECT_TRUE(b.take_texts("a", Need::kOptional).empty());
                       b.finish();
                     }),
            "");
}

TEST(Binder, ReportsAKeyWithoutAValue) {
  EXPECT_EQ(problems("rate:\nb: null\n",
                     [](Binder& b) {
                       b.take_quantity<Hertz>("rate", Need::kOptional, kAny);
                       b.take_text("b", Need::kRequired);
                     }),
            "chat.yaml:1:6: error: 'rate' has no value; expected a rate such as '10 /s'\n"
            "chat.yaml:2:4: error: 'b' has no value; expected text\n");
}

TEST(Binder, ReportsWhatIsMissing) {
  EXPECT_EQ(
      problems("# a comment\nx: 1\n",
               [](Binder& b) {
                 b.take_quantity<Hertz>("rate", Need::kRequired, kAny);
                 b.take_int("tensor_parallel", Need::kRequired, {1, 1024});
                 b.take("pools", Need::kRequired);
               }),
      "chat.yaml:2:1: error: 'rate' is missing in the scenario; expected a rate such as '10 /s'\n"
      "chat.yaml:2:1: error: 'tensor_parallel' is missing in the scenario; expected 1 to 1024\n"
      "chat.yaml:2:1: error: 'pools' is missing in the scenario\n");
}

TEST(Binder, ReportsUnknownKeysWithTheNearestOne) {
  EXPECT_EQ(
      problems("modle: x\n",
               [](Binder& b) {
                 b.take_text("model", Need::kOptional);
                 b.take_text("rate", Need::kOptional);
                 b.take_text("rate", Need::kOptional);
                 b.finish();
               }),
      "chat.yaml:1:1: error: unknown key 'modle' in the scenario; expected one of model or rate "
      "(did you mean 'model'?)\n");
}

TEST(Binder, LeavesOutLongListsOfKnownKeys) {
  EXPECT_EQ(problems("key1x: x\nzzzzz: 1\n",
                     [](Binder& b) {
                       for (int i = 0; i < 9; ++i)
                         b.take_text("key" + std::to_string(i), Need::kOptional);
                       b.finish();
                     }),
            "chat.yaml:1:1: error: unknown key 'key1x' in the scenario (did you mean 'key1'?)\n"
            "chat.yaml:2:1: error: unknown key 'zzzzz' in the scenario\n");
}

TEST(Binder, CountsUnknownKeysBeyondTwenty) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_NE(problems(text, [](Binder& b) { b.finish(); }).find("10 more unknown keys"),
            std::string::npos);
}

TEST(Binder, ReportsQuantitiesByKeyAndValue) {
  EXPECT_EQ(
      problems("ttft: 300\ntpot: 5 GB\nrate: 5 rq/s\nlist: [1]\nsum: 1 .. 2 s\nbad: x\n",
               [](Binder& b) {
                 for (const char* key : {"ttft", "tpot", "list", "sum", "bad"}) {
                   EXPECT_EQ(b.take_quantity<Seconds>(key, Need::kRequired, kAny), std::nullopt);
                 }
                 b.take_quantity<Hertz>("rate", Need::kRequired, kAny);
               }),
      "chat.yaml:1:7: error: 'ttft: 300' has no unit; expected a duration such as '300 ms'\n"
      "chat.yaml:2:7: error: 'tpot: 5 GB' is a size in bytes; expected a duration such as '300 "
      "ms'\n"
      "chat.yaml:4:7: error: 'list' is a list; expected a duration such as '300 ms'\n"
      "chat.yaml:5:6: error: 'sum: 1 .. 2 s' is a range; expected one value\n"
      "chat.yaml:6:6: error: 'bad: x' is not a number with a unit; expected a duration such as "
      "'300 ms'\n"
      "chat.yaml:3:7: error: 'rate: 5 rq/s' has the unknown unit 'rq/s'; expected a rate such as "
      "'10 /s' (did you mean 'req/s'?)\n");
}

TEST(Binder, ReportsWhatIsOutOfRange) {
  EXPECT_EQ(problems("tp: 0\nshare: 1.5\nttft: 0 ms\nage: 2 h\nn: 1e300\n",
                     [](Binder& b) {
                       b.take_int("tp", Need::kRequired, {1, 1024});
                       b.take_number("share", Need::kRequired, {0, 1});
                       b.take_quantity<Seconds>("ttft", Need::kRequired, kPositive);
                       b.take_quantity<Seconds>("age", Need::kRequired, {0, 3600});
                       b.take_int("n", Need::kRequired, {1, kInfinity});
                     }),
            "chat.yaml:1:5: error: 'tp: 0' is out of range; expected 1 to 1024\n"
            "chat.yaml:2:8: error: 'share: 1.5' is out of range; expected 0 to 1\n"
            "chat.yaml:3:7: error: 'ttft: 0 ms' is out of range; expected more than 0\n"
            "chat.yaml:4:6: error: 'age: 2 h' is out of range; expected 0 s to 1 h\n"
            "chat.yaml:5:4: error: 'n: 1e300' is no whole number; expected at least 1\n");
}

TEST(Binder, ReportsTheWrongKindOfValue) {
  EXPECT_EQ(problems("a: four\nb: '4'\nc: yes\nd: [1]\ne: 1.5\nf: {}\n",
                     [](Binder& b) {
                       b.take_int("a", Need::kRequired, kAny);
                       b.take_int("b", Need::kRequired, kAny);
                       b.take_bool("c", Need::kRequired);
                       b.take_number("d", Need::kRequired, kAny);
                       b.take_int("e", Need::kRequired, {1, 8});
                       b.take_text("f", Need::kRequired);
                     }),
            "chat.yaml:1:4: error: 'a: four' is text; expected a whole number\n"
            "chat.yaml:2:4: error: 'b: 4' is text in quotes; expected a whole number\n"
            "chat.yaml:3:4: error: 'c: yes' is text; expected true or false\n"
            "chat.yaml:4:4: error: 'd' is a list; expected a number\n"
            "chat.yaml:5:4: error: 'e: 1.5' is no whole number; expected 1 to 8\n"
            "chat.yaml:6:4: error: 'f' is a mapping; expected text\n");
}

TEST(Binder, OffersTheNearestChoice) {
  const std::vector<std::string> choices{"static", "continuous", "chunked"};
  EXPECT_EQ(problems("a: statc\nb: [x]\n",
                     [&](Binder& b) {
                       b.take_choice("a", Need::kRequired, choices);
                       b.take_choice("b", Need::kRequired, choices);
                     }),
            "chat.yaml:1:4: error: 'a: statc' is not known; expected one of static, continuous or "
            "chunked "
            "(did you mean 'static'?)\n"
            "chat.yaml:2:4: error: 'b' is a list; expected one of static, continuous or chunked\n");
}

TEST(Binder, ReportsItemsThatAreNoText) {
  EXPECT_EQ(problems("a: [x, [y], null]\nb: {c: 1}\n",
                     [](Binder& b) {
                       EXPECT_EQ(b.take_texts("a", Need::kRequired), std::vector<std::string>{"x"});
                       b.take_texts("b", Need::kRequired);
                     }),
            "chat.yaml:1:8: error: a list in 'a'; expected text\n"
            "chat.yaml:1:13: error: nothing in 'a'; expected text\n"
            "chat.yaml:2:4: error: 'b' is a mapping; expected a list\n");
}

TEST(Binder, ReportsOnceThatThereIsNoMapping) {
  EXPECT_EQ(problems("[1, 2]\n",
                     [](Binder& b) {
                       EXPECT_EQ(b.take("a", Need::kRequired), nullptr);
                       EXPECT_EQ(b.take_quantity<Hertz>("rate", Need::kRequired, kAny),
                                 std::nullopt);
                       b.finish();
                     }),
            "chat.yaml:1:1: error: the scenario is a list; expected a mapping\n");
}

TEST(Binder, KeepsMessagesShortAndPlain) {
  const std::string text = "a: \"\\e[31m" + std::string(100'000, 'x') + "\"\n";
  const std::string out =
      problems(text, [](Binder& b) { b.take_quantity<Seconds>("a", Need::kRequired, kAny); });
  EXPECT_LT(out.size(), 300u);
  EXPECT_EQ(out.find('\x1b'), std::string::npos);
}

TEST(Binder, FailsAtAPlaceOfTheCallersChoice) {
  EXPECT_EQ(problems("a: 6\n",
                     [](Binder& b) {
                       const Node* node = b.take("a", Need::kRequired);
                       b.fail(*node, "'a: 6' does not divide 8", "1, 2, 4 or 8");
                     }),
            "chat.yaml:1:4: error: 'a: 6' does not divide 8; expected 1, 2, 4 or 8\n");
}

}  // namespace
}  // namespace assay::document
