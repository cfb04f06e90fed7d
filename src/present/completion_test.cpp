#include "present/completion.h"

#include <gtest/gtest.h>

#include "present/command_table.h"

namespace assay::present {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Completion, NamesEveryCommandAndOptionInEveryShell) {
  for (const std::string_view shell : {"bash", "zsh", "fish"}) {
    const std::string script = completion_script(shell);
    for (const CommandSpec& command : commands()) {
      EXPECT_TRUE(has(script, command.name)) << shell << ' ' << command.name;
      for (const OptionSpec& option : command.options) {
        EXPECT_TRUE(has(script, option.name.substr(2))) << shell << ' ' << option.name;
      }
    }
  }
}

TEST(Completion, AsksTheProgramForIds) {
  EXPECT_TRUE(has(completion_script("bash"), "assay catalog accelerators --plain --columns id"));
  EXPECT_TRUE(has(completion_script("fish"), "(assay models --plain --columns id 2>/dev/null)"));
}

TEST(Completion, OffersTheChoicesOfAnOption) {
  EXPECT_TRUE(has(completion_script("zsh"), "offer \"table csv md json\" words"));
}

}  // namespace
}  // namespace assay::present
