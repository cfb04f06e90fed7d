#include "present/arguments.h"

#include <utility>

namespace assay::present {

bool Arguments::flag(std::string_view name) const {
  const auto found = flags.find(name);
  return found != flags.end() && found->second;
}

const std::vector<std::string>& Arguments::all(std::string_view name) const {
  static const std::vector<std::string> kNone;
  const auto found = values.find(name);
  return found == values.end() ? kNone : found->second;
}

std::string Arguments::value(std::string_view name) const {
  const std::vector<std::string>& given = all(name);
  return given.empty() ? std::string{} : given.back();
}

bool is_given(const Arguments& given, std::string_view name) { return !given.all(name).empty(); }

Error usage_error(std::string what, std::string expected, std::vector<std::string> near) {
  return {.what = std::move(what),
          .expected = std::move(expected),
          .near = std::move(near),
          .where = {}};
}

}  // namespace assay::present
