#include "present/cli.h"

#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "present/arguments.h"
#include "present/command_table.h"
#include "present/help.h"
#include "present/text_table.h"

namespace assay::present {
namespace {

struct Ran {
  int code{};
  std::string out, err;
};

using Variables = std::map<std::string, std::string, std::less<>>;

Ran ran(const std::vector<std::string>& arguments,
        const Variables& variables = {{"LANG", "C.UTF-8"}}, bool tty = false) {
  std::ostringstream out, err;
  const auto get = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  const int code = run(arguments, {.get = get, .seconds = [] { return 0.0; }},
                       {.out = out, .err = err, .out_is_tty = tty, .err_is_tty = tty});
  return {code, out.str(), err.str()};
}

TEST(Cli, AnswersWhatWasDoneUntilTheUserStoppedIt) {
  std::ostringstream out, err;
  const int code = run(std::vector<std::string>{"simulate", "llama-3.1-8b", "h100", "--rate", "5/s",
                                                "--requests", "1000000", "--json"},
                       {.get = [](std::string_view) { return std::nullopt; },
                        .seconds = [] { return 0.0; },
                        .interrupted = [] { return true; }},
                       {.out = out, .err = err});
  EXPECT_EQ(code, kInterrupted);
  EXPECT_NE(out.str().find("\"stopped\": true"), std::string::npos);
}

// Interrupted when it has been asked so many times.
Ran find_rate_until(int asked, const char* format) {
  std::ostringstream out, err;
  const int code =
      run(std::vector<std::string>{"simulate", "llama-3.1-8b", "h100", "--find-rate", "--requests",
                                   "200", "--tpot-p99", "20ms", "--jobs", "1", format},
          {.get = [](std::string_view) { return std::nullopt; },
           .seconds = [] { return 0.0; },
           .interrupted = [&asked] { return asked-- <= 0; }},
          {.out = out, .err = err});
  return {code, out.str(), err.str()};
}

TEST(Cli, AnswersTheLoadFoundUntilTheUserStoppedTheSearch) {
  const Ran some = find_rate_until(2, "--json");
  EXPECT_EQ(some.code, kInterrupted);
  EXPECT_NE(some.out.find("\"stopped\": true"), std::string::npos);
  EXPECT_NE(some.out.find("\"tolerance\": null"), std::string::npos);
  const Ran text = find_rate_until(2, "--wide");
  EXPECT_EQ(text.code, kInterrupted);
  EXPECT_NE(text.out.find("largest load so far"), std::string::npos);
  EXPECT_NE(text.out.find("stopped before the end of the search"), std::string::npos);
  const Ran none = find_rate_until(0, "--json");
  EXPECT_EQ(none.code, kInterrupted);
  EXPECT_EQ(none.out, "");
  EXPECT_NE(none.err.find("stopped before a load was found"), std::string::npos);
}

TEST(Cli, AnswersTheVersionAlone) {
  const Ran r = ran({"--version"});
  EXPECT_EQ(r.code, kAnswered);
  EXPECT_EQ(r.out, "assay " + std::string{version()} + "\n");
}

TEST(Cli, TakesGlobalOptionsBeforeAndAfterTheCommand) {
  const auto before = parse_arguments(std::vector<std::string>{"--json", "models", "x"});
  const auto after = parse_arguments(std::vector<std::string>{"models", "x", "--json"});
  ASSERT_TRUE(before && after);
  EXPECT_TRUE(before->flag("--json") && after->flag("--json"));
  EXPECT_EQ(before->value("MODEL"), "x");
}

TEST(Cli, TakesACommandsNameAsAnArgumentOfAnother) {
  const auto parsed = parse_arguments(std::vector<std::string>{"compare", "plan", "h200"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->command, "compare");
  EXPECT_EQ(parsed->all("ACCELERATOR"), (std::vector<std::string>{"plan", "h200"}));
}

TEST(Cli, OffersTheNearestCommandAndOption) {
  EXPECT_EQ(ran({"compair", "h200"}).err,
            "error: unknown command 'compair'; expected plan, catalog, compare, models, offers, "
            "validate, predict, search, simulate, explain, schema, init, completion or version "
            "(did you mean 'compare'?)\n"
            "assay -h lists the commands.\n");
  const Ran option = ran({"compare", "h200", "--modle", "x"});
  EXPECT_EQ(option.code, kUsage);
  EXPECT_NE(option.err.find("unknown option '--modle' (did you mean '--model'?)"),
            std::string::npos);
}

TEST(Cli, RefusesWhatIsMissingOrTooMuch) {
  EXPECT_EQ(ran({"compare"}).code, kUsage);
  EXPECT_EQ(ran({"compare", "h200", "--model"}).code, kUsage);
  EXPECT_EQ(ran({"version", "now"}).code, kUsage);
  EXPECT_EQ(ran({"models", "x", "--json", "--format", "csv"}).code, kUsage);
  EXPECT_EQ(ran({"models", "x", "--format", "xml"}).code, kUsage);
  EXPECT_EQ(ran({"compare", "h200", "--batch", "1e99"}).code, kUsage);
  EXPECT_EQ(ran({}).code, kUsage);
}

TEST(Cli, KnowsNoCommandOfLaterVersions) {
  for (const char* later : {"predict", "simulate", "search", "cost", "audit", "serve"}) {
    EXPECT_EQ(ran({later}).code, kUsage) << later;
  }
}

TEST(Cli, SurvivesOddWords) {
  EXPECT_EQ(ran({std::string(100'000, 'a')}).code, kUsage);
  EXPECT_EQ(ran({"\xff\xfe\x01"}).code, kUsage);
  EXPECT_EQ(ran({""}).code, kUsage);
  EXPECT_EQ(ran({"-"}).code, kUsage);
  EXPECT_EQ(ran({"--"}).code, kUsage);
  EXPECT_EQ(ran({"-%s%n"}).code, kUsage);
}

TEST(Cli, PaintsErrorsOnTerminalsOnly) {
  const Variables utf8{{"LANG", "C.UTF-8"}};
  const auto painted = [](const Ran& r) { return r.err.find('\x1b') != std::string::npos; };
  EXPECT_FALSE(painted(ran({"x"}, utf8, false)));
  EXPECT_TRUE(painted(ran({"x"}, utf8, true)));
  EXPECT_FALSE(painted(ran({"x"}, {{"NO_COLOR", "1"}}, true)));
  EXPECT_FALSE(painted(ran({"x"}, {{"TERM", "dumb"}}, true)));
}

TEST(Help, OfEveryCommandFitsThePage) {
  std::vector<std::string> texts{short_help(nullptr), full_help(nullptr)};
  for (const CommandSpec& command : commands()) {
    texts.push_back(short_help(&command));
    texts.push_back(full_help(&command));
    EXPECT_GE(command.examples.size(), 2U) << command.name;
  }
  for (const std::string& text : texts) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), kWidthMax);
  }
}

TEST(Help, IsAskedForInEveryUsualWay) {
  const std::string text = ran({"compare", "--help"}).out;
  EXPECT_EQ(ran({"help", "compare"}).out, text);
  EXPECT_EQ(ran({"--help", "compare"}).out, text);
  EXPECT_LT(ran({"compare", "-h"}).out.size(), text.size());
}

}  // namespace
}  // namespace assay::present
