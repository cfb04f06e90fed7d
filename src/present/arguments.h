// arguments.h — what was typed, by the names of command_table.h; nothing is converted yet.
// Plain values. Made by cli.cpp, the only file that meets CLI11.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace assay::present {

struct Arguments {
  std::string command;                                                  // empty: none
  std::map<std::string, std::vector<std::string>, std::less<>> values;  // "--model", "SCENARIO"
  std::map<std::string, bool, std::less<>> flags;                       // "--json"

  bool flag(std::string_view name) const;
  const std::vector<std::string>& all(std::string_view name) const;
  std::string value(std::string_view name) const;  // empty: not given
};

bool is_given(const Arguments& given, std::string_view name);

// A mistake of the command line.
Error usage_error(std::string what, std::string expected = {}, std::vector<std::string> near = {});

// Unknown commands and options, missing values: the error, with the nearest spelling.
// Missing arguments are not looked for: `assay plan -h` is complete.
Result<Arguments> parse_arguments(std::span<const std::string> arguments);

}  // namespace assay::present
