#include "present/completion.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"
#include "present/command_table.h"

namespace assay::present {
namespace {

constexpr std::string_view kAccelerators =
    "assay catalog accelerators --plain --columns id 2>/dev/null";
constexpr std::string_view kSystems = "assay catalog systems --plain --columns id 2>/dev/null";
constexpr std::string_view kModels = "assay models --plain --columns id 2>/dev/null";

// The command that prints the words, one a line; empty: no words, or files.
std::string words_command(Completes completes) {
  switch (completes) {
    case Completes::kAccelerator: return std::string{kAccelerators};
    case Completes::kCatalogued: return fmt::format("{}; {}", kAccelerators, kSystems);
    case Completes::kModel: return std::string{kModels};
    case Completes::kBook: return "assay offers --plain --columns book 2>/dev/null";
    case Completes::kSchema: return "assay schema --plain --columns name 2>/dev/null";
    case Completes::kSubject: return fmt::format("{}; {}; {}", kAccelerators, kSystems, kModels);
    case Completes::kNothing:
    case Completes::kChoice:
    case Completes::kFile:
    case Completes::kFolder: break;
  }
  return {};
}

// Also offers files: a model may be a path, a subject a plan.
bool takes_files(Completes completes) {
  return completes == Completes::kFile || completes == Completes::kModel ||
         completes == Completes::kBook || completes == Completes::kSubject;
}

template <class Spec>
std::string words_of(const Spec& spec) {
  if (spec.completes == Completes::kChoice) return join(choices_of(spec.choices), " ");
  const std::string command = words_command(spec.completes);
  return command.empty() ? command : fmt::format("$({})", command);
}

std::string command_names() {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands()) names.emplace_back(command.name);
  return join(names, " ");
}

std::string option_names(std::span<const OptionSpec> options) {
  std::vector<std::string> names;
  for (const OptionSpec& option : options) {
    // Of several KINDs.
    if (std::find(names.begin(), names.end(), option.name) != names.end()) continue;
    names.emplace_back(option.name);
  }
  return join(names, " ");
}

// "--format|--columns|…": the options that take the next word.
std::string valued_options() {
  std::vector<std::string> names;
  const auto add = [&](std::span<const OptionSpec> options) {
    for (const OptionSpec& option : options) {
      if (!option.value.empty()) names.emplace_back(option.name);
    }
  };
  add(common_options());
  for (const CommandSpec& command : commands()) add(command.options);
  return join(names, "|");
}

// One branch "PATTERN) offer WORDS KIND ;;" of the case statements below.
template <class Spec>
std::string branch(std::string_view pattern, const Spec& spec) {
  const std::string_view kind = spec.completes == Completes::kFolder ? "folders"
                                : takes_files(spec.completes)        ? "files"
                                                                     : "words";
  return fmt::format("    {}) offer \"{}\" {} ;;\n", pattern, words_of(spec), kind);
}

// Shared by bash and zsh: which words are right, by command and position.
std::string branches() {
  std::string out = "  case \"$command:$previous\" in\n";
  const auto values = [&](std::string_view command, std::span<const OptionSpec> options) {
    for (const OptionSpec& option : options) {
      if (option.value.empty()) continue;
      out += branch(fmt::format("{}:{}", command, option.name), option);
    }
  };
  values("*", common_options());
  for (const CommandSpec& command : commands()) values(command.name, command.options);
  out += "    *) case \"$command:$position:$current\" in\n";
  for (const CommandSpec& command : commands()) {
    out += fmt::format("    {}:*:-*) offer \"{} {}\" words ;;\n", command.name,
                       option_names(command.options), option_names(common_options()));
    for (std::size_t i = 0; i < command.arguments.size(); ++i) {
      const ArgumentSpec& argument = command.arguments[i];
      const std::string position = argument.repeats ? "*" : std::to_string(i);
      out += branch(fmt::format("{}:{}:*", command.name, position), argument);
    }
  }
  out += fmt::format("    :*:-*) offer \"{}\" words ;;\n", option_names(common_options()));
  out += fmt::format("    :*) offer \"{}\" words ;;\n", command_names());
  return out + "    esac ;;\n  esac\n";
}

// Walks over the words before the cursor: the command, and how many arguments it has.
constexpr std::string_view kBash = R"(# bash completion for assay: source <(assay completion bash)
_assay() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  local command='' position=0 i
  offer() {{
    local IFS=$' \n'
    COMPREPLY+=($(compgen -W "$1" -- "$current"))
    if [[ $2 == files ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
    if [[ $2 == folders ]]; then COMPREPLY+=($(compgen -d -- "$current")); fi
  }}
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{COMP_WORDS[i]}}" in
      {valued}) i=$((i + 1)) ;;
      -*) ;;
      *)
        if [[ -z $command ]]; then command=${{COMP_WORDS[i]}}
        else position=$((position + 1)); fi ;;
    esac
  done
{branches}  unset -f offer
}}
complete -o filenames -F _assay assay
)";

constexpr std::string_view kZsh = R"(#compdef assay
# zsh completion for assay: source <(assay completion zsh)
_assay() {{
  local current=${{words[CURRENT]}} previous=${{words[CURRENT - 1]}}
  local command='' position=0 i
  offer() {{
    compadd -- ${{=1}}
    if [[ $2 == files ]]; then _files; fi
    if [[ $2 == folders ]]; then _files -/; fi
  }}
  for ((i = 2; i < CURRENT; i++)); do
    case "${{words[i]}}" in
      {valued}) i=$((i + 1)) ;;
      -*) ;;
      *)
        if [[ -z $command ]]; then command=${{words[i]}}
        else position=$((position + 1)); fi ;;
    esac
  done
{branches}  unfunction offer
}}
compdef _assay assay
)";

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

template <class Spec>
std::string fish_values(const Spec& spec) {
  const bool choice = spec.completes == Completes::kChoice;
  const std::string words = choice ? join(choices_of(spec.choices), " ")
                                   : words_command(spec.completes);
  std::string out;
  if (!takes_files(spec.completes) && spec.completes != Completes::kFolder) out += " -f";
  if (choice) out += fmt::format(" -a {}", quoted(words));
  else if (!words.empty()) out += fmt::format(" -a {}", quoted("(" + words + ")"));
  return out;
}

std::string fish_option(std::string_view condition, const OptionSpec& option) {
  const bool is_long = option.name.starts_with("--");
  std::string out = fmt::format("complete -c assay{} -{} {}", condition, is_long ? "l" : "s",
                                option.name.substr(is_long ? 2 : 1));
  if (!option.value.empty()) out += " -r" + fish_values(option);
  return out + fmt::format(" -d {}\n", quoted(option.help));
}

std::string fish() {
  std::string out =
      "# fish completion for assay: assay completion fish | source\ncomplete -c assay -f\n";
  for (const CommandSpec& command : commands()) {
    out += fmt::format("complete -c assay -n __fish_use_subcommand -a {} -d {}\n", command.name,
                       quoted(command.summary));
  }
  for (const OptionSpec& option : common_options()) out += fish_option("", option);
  for (const CommandSpec& command : commands()) {
    const std::string condition =
        fmt::format(" -n {}", quoted(fmt::format("__fish_seen_subcommand_from {}", command.name)));
    for (const OptionSpec& option : command.options) {
      const std::string of_kind =
          fmt::format(" -n {}", quoted(fmt::format("__fish_seen_subcommand_from {}; and "
                                                   "__fish_seen_subcommand_from {}",
                                                   command.name, option.kind)));
      out += fish_option(option.kind.empty() ? condition : of_kind, option);
    }
    for (const ArgumentSpec& argument : command.arguments) {
      const std::string files = takes_files(argument.completes) ? " -F" : "";
      out += fmt::format("complete -c assay{}{}{}\n", condition, files, fish_values(argument));
    }
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  ASSAY_ASSERT(shell == "bash" || shell == "zsh" || shell == "fish");
  if (shell == "fish") return fish();
  const std::string valued = valued_options(), cases = branches();
  return fmt::format(fmt::runtime(shell == "bash" ? kBash : kZsh), fmt::arg("valued", valued),
                     fmt::arg("branches", cases));
}

}  // namespace assay::present
