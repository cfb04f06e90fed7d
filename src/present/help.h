// help.h — the help texts, made from command_table.h: short (-h, about 12 lines) and full (--help).
// Pure; lines of at most 100 columns.
#pragma once

#include <string>
#include <string_view>

#include "present/command_table.h"

namespace assay::present {

// `command` null: of the program. `kind`: what was typed after it; its own options alone.
std::string short_help(const CommandSpec* command, std::string_view kind = {});
std::string full_help(const CommandSpec* command, std::string_view kind = {});

// "assay compare ACCELERATOR... [options]"
std::string usage_line(const CommandSpec& command);

}  // namespace assay::present
