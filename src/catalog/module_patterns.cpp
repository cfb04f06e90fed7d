#include "catalog/module_patterns.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace assay::catalog {
namespace {

// The part of a regular expression that module lists use, as a glob; a group of alternatives gives
// one glob each.
std::vector<std::string> globs_of(std::string_view regex) {
  std::vector<std::string> globs{""};
  const auto append = [&](std::string_view text) {
    for (std::string& glob : globs) glob += text;
  };
  for (std::size_t at = 0; at < regex.size(); ++at) {
    const std::string_view rest = regex.substr(at);
    const char c = regex[at];
    if (c == '(') {
      const std::size_t end = std::min(rest.find(')'), rest.size());
      std::vector<std::string> longer;
      std::string_view inside = rest.substr(1, end - 1);
      if (inside.starts_with("?:")) inside.remove_prefix(2);
      for (const std::string_view choice : split(inside, '|')) {
        for (const std::string& glob : globs) longer.push_back(glob + std::string{choice});
      }
      if (longer.size() <= 64) globs = std::move(longer);
      at += end;
    } else if (rest.starts_with("\\d")) {
      append("*");
      ++at;
    } else if (c == '[') {
      append("*");
      at += std::min(rest.find(']'), rest.size());
    } else if (c == '\\') {
      continue;
    } else if (c == '.' && rest.size() > 1 && (rest[1] == '*' || rest[1] == '+')) {
      append("*");
      ++at;
    } else if (c != '+' && c != '^' && c != '$' && c != ')' && c != '?') {
      append(rest.substr(0, 1));
    }
  }
  return globs;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Layers of a prediction module or of an encoder are no layers of the decoder.
bool names_other_layers(std::string_view prefix) {
  constexpr std::array<std::string_view, 5> kOthers{"mtp", "vision", "visual", "encoder", "audio"};
  return std::ranges::any_of(
      kOthers, [&](auto other) { return prefix.find(other) != std::string_view::npos; });
}

}  // namespace

ModulePatterns::ModulePatterns(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    if (!pattern.starts_with("re:")) {
      add(pattern);
      continue;
    }
    for (std::string& glob : globs_of(std::string_view{pattern}.substr(3))) add(std::move(glob));
  }
}

void ModulePatterns::add(std::string pattern) {
  constexpr std::string_view kLayers = "layers.";
  const std::size_t at = pattern.find(kLayers);
  if (at != std::string::npos) {
    if (names_other_layers(std::string_view{pattern}.substr(0, at))) return;
    pattern.erase(0, at);
  }
  std::size_t end = kLayers.size();
  int layer = 0;
  while (at != std::string::npos && end < pattern.size() && is_digit(pattern[end]) && end < 12) {
    layer = layer * 10 + (pattern[end++] - '0');
  }
  const bool one_layer = at != std::string::npos && end > kLayers.size() &&
                         (end == pattern.size() || pattern[end] == '.');
  if (pattern.find_first_of("*?") == std::string::npos) pattern = "." + pattern + ".";
  (one_layer ? of_layer_[layer] : everywhere_).push_back(std::move(pattern));
}

// Names without wildcards stand between dots here, so that one search finds whole components.
bool ModulePatterns::match(int layer, std::string_view module) const {
  const std::string dotted =
      ".model.layers." + std::to_string(layer) + "." + std::string{module} + ".";
  const std::string_view full = std::string_view{dotted}.substr(1, dotted.size() - 2);
  const std::string_view name = full.substr(full.find('.') + 1);
  const auto matches = [&](const std::string& pattern) {
    if (pattern.front() == '.') return dotted.find(pattern) != std::string::npos;
    return glob_match(pattern, name) || glob_match(pattern, full);
  };
  if (std::ranges::any_of(everywhere_, matches)) return true;
  const auto own = of_layer_.find(layer);
  return own != of_layer_.end() && std::ranges::any_of(own->second, matches);
}

}  // namespace assay::catalog
