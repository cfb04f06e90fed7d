// init_command.cpp — `assay init`: a scenario to begin with, made from the table of its fields.
#include <cerrno>
#include <cstdio>
#include <ostream>
#include <system_error>

#include <fmt/format.h>

#include "plan/scenario_fields.h"
#include "present/commands.h"

namespace assay::present {
namespace {

constexpr std::string_view kHead =
    "# yaml-language-server: $schema=scenario.schema.json\n"
    "# (assay schema scenario > scenario.schema.json, for completion in an editor)\n"
    "# Plan it with: assay plan FILE. What begins with '#' is optional and not set.\n";

// "  # limits.ttft_mean" as a line of its section: set when required, else a comment.
std::string field_line(const plan::ScenarioField& field, std::string_view key, bool set) {
  const std::string_view indent = key.size() < field.path.size() ? "  " : "";
  std::string line = fmt::format("{}{}{}: {}", indent, set ? "" : "# ", key, field.example);
  constexpr std::size_t kComment = 34;
  line += std::string(line.size() < kComment ? kComment - line.size() : 1, ' ');
  std::string help{field.help};
  if (!field.otherwise.empty()) help += fmt::format(" Default: {}.", field.otherwise);
  std::string out;
  for (const std::string& text : wrapped(help, kWidthMax - kComment - 2)) {
    out += (out.empty() ? line : std::string(kComment, ' ')) + "# " + text + '\n';
  }
  return out;
}

bool is_set(const plan::ScenarioField& field) {
  return field.need == document::Need::kRequired || field.path == "limits.ttft_mean" ||
         field.path == "limits.tpot_mean";
}

// A section without a set field is a comment too: an empty mapping would be an error.
bool is_section_set(std::string_view section) {
  for (const plan::ScenarioField& field : plan::scenario_fields()) {
    if (field.path.starts_with(section) && field.path.substr(section.size()).starts_with(".") &&
        is_set(field)) {
      return true;
    }
  }
  return false;
}

std::string scenario_template() {
  std::string out{kHead}, section;
  for (const plan::ScenarioField& field : plan::scenario_fields()) {
    const std::size_t dot = field.path.find('.');
    const std::string here{dot == std::string_view::npos ? "" : field.path.substr(0, dot)};
    if (here != section && !here.empty()) {
      out += fmt::format("\n{}{}:\n", is_section_set(here) ? "" : "# ", here);
    } else if (here != section) {
      out += '\n';
    }
    section = here;
    const std::string_view key = here.empty() ? field.path : field.path.substr(dot + 1);
    out += field_line(field, key, is_set(field));
  }
  return out;
}

int failed(const Context& context, const std::string& path, std::string what) {
  return report_errors(context,
                       {{.kind = Error::Kind::kIo,
                         .what = std::move(what),
                         .expected = {},
                         .near = {},
                         .where = Where{path, 0, 0}}},
                       "written");
}

}  // namespace

int init_command(const Context& context, const std::string& path) {
  const std::string text = scenario_template();
  if (path.empty() || path == "-") {
    context.streams.out << text;
    return kAnswered;
  }
  std::FILE* file = std::fopen(path.c_str(), "wx");  // x: never an existing file
  if (file == nullptr && errno == EEXIST) {
    return failed(context, path, "exists already; remove it, or name another file");
  }
  if (file == nullptr) {
    return failed(context, path, fmt::format("cannot be written ({})",
                                             std::generic_category().message(errno)));
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  if (!written || !closed) return failed(context, path, "cannot be written");
  note(context, fmt::format("wrote {}; next: assay plan {}", path, path));
  return kAnswered;
}

}  // namespace assay::present
