#include "present/arguments.h"

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

}  // namespace assay::present
