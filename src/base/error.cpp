#include "base/error.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace assay {

std::string render(const Error& error) {
  std::string out;
  if (error.where && !error.where->file.empty()) {
    out += error.where->file;
    if (error.where->line > 0) out += fmt::format(":{}", error.where->line);
    if (error.where->column > 0) out += fmt::format(":{}", error.where->column);
    out += ": ";
  }
  out += fmt::format("error: {}", error.what);
  if (!error.expected.empty()) out += fmt::format("; expected {}", error.expected);
  if (!error.near.empty()) out += fmt::format(" (did you mean '{}'?)", error.near.front());
  return out;
}

void sort_by_place(Errors& errors) {
  const auto place = [](const Error& e) {
    return e.where ? std::tuple{e.where->file, e.where->line, e.where->column}
                   : std::tuple{std::string{}, 0, 0};
  };
  std::stable_sort(errors.begin(), errors.end(),
                   [&](const Error& a, const Error& b) { return place(a) < place(b); });
}

}  // namespace assay
