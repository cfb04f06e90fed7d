#include "present/help.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "present/cli.h"
#include "present/text_table.h"

namespace assay::present {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;  // what is typed, what it means

constexpr std::string_view kQuestion =
    "which AI accelerators, how many, in what layout, for this work?";
constexpr std::size_t kLeftMax = 40;
constexpr std::size_t kShortExamples = 2;
constexpr std::size_t kShortOptionsMax = 24;  // of more, the short help has the first half

// Two columns, the right one wrapped.
std::string two_columns(const Lines& lines) {
  std::size_t left = 0;
  for (const auto& line : lines) left = std::max(left, display_width(line.first));
  left = std::min(left, kLeftMax);
  const std::size_t indent = left + 4;
  std::string out;
  for (const auto& [typed, means] : lines) {
    std::string line = "  " + typed;
    const std::size_t used = display_width(line);
    if (used + 2 > indent && !means.empty()) line += '\n' + std::string(indent, ' ');
    else if (!means.empty()) line += std::string(indent - used, ' ');
    const auto wrapped_text = wrapped(means, kWidthMax - indent);
    for (std::size_t i = 0; i < wrapped_text.size(); ++i) {
      if (i > 0) line += '\n' + std::string(indent, ' ');
      line += wrapped_text[i];
    }
    out += line + '\n';
  }
  return out;
}

Lines example_lines(std::span<const ExampleSpec> examples) {
  Lines lines;
  for (const ExampleSpec& e : examples) lines.emplace_back(e.line, e.answers);
  return lines;
}

Lines argument_lines(std::span<const ArgumentSpec> arguments) {
  Lines lines;
  for (const ArgumentSpec& a : arguments) lines.emplace_back(a.name, a.help);
  return lines;
}

// Those that begin with "assay COMMAND KIND"; all where `kind` is empty.
std::vector<ExampleSpec> examples_of(const CommandSpec& command, std::string_view kind) {
  const std::string prefix = fmt::format("assay {} {} ", command.name, kind);
  std::vector<ExampleSpec> examples;
  for (const ExampleSpec& e : command.examples) {
    if (kind.empty() || e.line.starts_with(prefix)) examples.push_back(e);
  }
  return examples;
}

Lines option_lines(std::span<const OptionSpec> options) {
  Lines lines;
  for (const OptionSpec& o : options) {
    std::string typed{o.name};
    if (!o.value.empty()) typed += fmt::format(" {}", o.value);
    lines.emplace_back(std::move(typed), o.help);
  }
  return lines;
}

Lines command_lines() {
  Lines lines;
  for (const CommandSpec& c : commands()) lines.emplace_back(c.name, c.summary);
  return lines;
}

std::string block(std::string_view title, const Lines& lines) {
  if (lines.empty()) return {};
  return fmt::format("\n{}:\n{}", title, two_columns(lines));
}

std::string paragraph(std::string_view text) {
  if (text.empty()) return {};
  std::string out = "\n";
  for (const std::string& line : wrapped(text, kWidthMax)) out += line + '\n';
  return out;
}

constexpr std::string_view kExitCodes =
    "Exit codes: 0 answered, 1 internal error, 2 usage, 3 invalid input, 4 infeasible, 5 input, "
    "output or a limit.";

std::string program_short_help() {
  return fmt::format("assay {}: {}\n\n{}\n{}\nassay COMMAND -h: one command; assay --help: all\n",
                     version(), kQuestion, two_columns(example_lines(common_examples())),
                     two_columns(command_lines()));
}

std::string program_full_help() {
  std::string out = fmt::format("assay {}: {}\n\nusage: assay COMMAND [arguments] [options]\n",
                                version(), kQuestion);
  Lines examples;
  for (const CommandSpec& c : commands()) {
    examples.emplace_back(c.examples.front().line, c.examples.front().answers);
  }
  out += block("examples", examples) + block("commands", command_lines());
  out += block("options of every command", option_lines(common_options()));
  out += paragraph(kExitCodes);
  return out + "\nman assay says more. Next: assay compare h200 b200 mi300x\n";
}

}  // namespace

std::string usage_line(const CommandSpec& command) {
  std::string out = fmt::format("assay {}", command.name);
  for (const ArgumentSpec& a : command.arguments) {
    const std::string word = fmt::format("{}{}", a.name, a.repeats ? "..." : "");
    out += a.required ? " " + word : fmt::format(" [{}]", word);
  }
  return out + " [options]";
}

std::string short_help(const CommandSpec* command, std::string_view kind) {
  if (command == nullptr) return program_short_help();
  const std::vector<std::string> kinds = kinds_of(*command);
  const bool has_kind = std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  std::vector<ExampleSpec> examples = examples_of(*command, has_kind ? kind : "");
  if (examples.size() > kShortExamples) examples.resize(kShortExamples);
  std::string out = fmt::format("assay {}: {}\nusage: {}\n\n", command->name, command->summary,
                                usage_line(*command));
  out += two_columns(example_lines(examples)) + '\n';
  Lines lines = argument_lines(command->arguments);
  std::vector<OptionSpec> shown;
  if (kinds.empty() || has_kind) shown = options_of(*command, kind);
  if (shown.size() > kShortOptionsMax) shown.resize(kShortOptionsMax / 2);
  for (auto& line : option_lines(shown)) lines.push_back(std::move(line));
  if (!lines.empty()) out += two_columns(lines) + '\n';
  if (has_kind) return out + fmt::format("assay {} {} --help: all options\n", command->name, kind);
  for (const std::string& one : kinds) {
    out += fmt::format("assay {} {} -h: its options\n", command->name, one);
  }
  return out + fmt::format("assay {} --help: all options\n", command->name);
}

std::string full_help(const CommandSpec* command, std::string_view kind) {
  if (command == nullptr) return program_full_help();
  std::string out = fmt::format("assay {}: {}\n\nusage: {}\n", command->name, command->summary,
                                usage_line(*command));
  std::vector<std::string> kinds = kinds_of(*command);
  const bool has_kind = std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  if (has_kind) kinds = {std::string{kind}};
  out += block("examples", example_lines(examples_of(*command, has_kind ? kind : "")));
  out += block("arguments", argument_lines(command->arguments));
  if (kinds.empty()) out += block("options", option_lines(options_of(*command, "")));
  for (const std::string& one : kinds) {
    out += block(fmt::format("options of {} {}", command->name, one),
                 option_lines(options_of(*command, one)));
  }
  out += block("options of every command", option_lines(common_options()));
  out += paragraph(command->details) + paragraph(kExitCodes);
  return out + "\nman assay says more.\n";
}

}  // namespace assay::present
