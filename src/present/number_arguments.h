// number_arguments.h — the whole numbers that a command line gives for its options, each with its
// bounds; what is no number or out of bounds is a usage error. Pure.
#pragma once

#include <string_view>

#include "base/error.h"
#include "present/arguments.h"

namespace assay::present {

struct Whole {
  std::string_view name;  // "--batch"
  int fallback, low, high;
};

// The option's number, or the fallback where it was not given. The error says what it takes.
Result<int> whole_number(const Arguments& arguments, const Whole& wanted);

}  // namespace assay::present
