// dispatch.h — arguments → options → the command that answers them; its exit code.
// Here defaults, numbers and contradictions of the command line are settled.
#pragma once

#include <span>
#include <string>

#include "base/error.h"
#include "present/arguments.h"
#include "present/cli.h"

namespace assay::present {

int dispatch(const Arguments& arguments, const Environment& environment, Streams streams);

// Whether LC_ALL, LC_CTYPE or LANG, the first that is set, says UTF-8.
bool unicode_locale(const Environment& environment);

// A command line that was not understood; `arguments` tell which help to point to. Returns 2.
int report_usage(const Error& error, std::span<const std::string> arguments,
                 const Environment& environment, Streams streams);

}  // namespace assay::present
