#include "present/number_arguments.h"

#include <fmt/format.h>

#include "base/text.h"

namespace assay::present {

Result<int> whole_number(const Arguments& arguments, const Whole& wanted) {
  if (arguments.all(wanted.name).empty()) return wanted.fallback;
  const std::string text = arguments.value(wanted.name);
  long long value = 0;
  if (parse_int(text, value) && value >= wanted.low && value <= wanted.high) {
    return static_cast<int>(value);
  }
  return tl::unexpected(
      Error{.what = fmt::format("{} is '{}'", wanted.name, excerpt(text)),
            .expected = fmt::format("a whole number from {} to {}", wanted.low, wanted.high),
            .near = {},
            .where = {}});
}

}  // namespace assay::present
