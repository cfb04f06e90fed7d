// completion.h — completion scripts for bash, zsh and fish, made from command_table.h.
// Ids are not in the scripts: they ask the program, so that a user's own catalog is completed too.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace assay::present {

// `shell` is "bash", "zsh" or "fish".
std::string completion_script(std::string_view shell);

}  // namespace assay::present
