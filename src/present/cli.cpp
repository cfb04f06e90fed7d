#include "present/cli.h"

#include <algorithm>
#include <ostream>
#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/nearest.h"
#include "base/text.h"
#include "present/arguments.h"
#include "present/command_table.h"
#include "present/dispatch.h"
#include "present/text_table.h"

namespace assay::present {
namespace {

void add_options(CLI::App& app, std::span<const OptionSpec> options, Arguments& into) {
  for (const OptionSpec& option : options) {
    const std::string name{option.name};
    if (app.get_option_no_throw(name) != nullptr) continue;  // of another KIND as well
    if (option.value.empty()) {
      app.add_flag(name, into.flags[name]);
    } else {
      app.add_option(name, into.values[name])
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
}

void add_command(CLI::App& app, const CommandSpec& command, Arguments& into) {
  CLI::App* sub = app.add_subcommand(std::string{command.name});
  sub->set_help_flag();
  sub->fallthrough()->allow_extras();
  add_options(*sub, command.options, into);
  for (const ArgumentSpec& argument : command.arguments) {
    const std::string name{argument.name};
    CLI::Option* positional = sub->add_option(name, into.values[name]);
    if (!argument.repeats) positional->expected(1)->allow_extra_args(false);
  }
}

std::vector<std::string> known_options(const CommandSpec* command) {
  std::vector<std::string> names;
  for (const OptionSpec& option : common_options()) names.emplace_back(option.name);
  if (command == nullptr) return names;
  for (const OptionSpec& option : command->options) names.emplace_back(option.name);
  return names;
}

Error unknown_command(const std::string& word) {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands()) names.emplace_back(command.name);
  return usage_error(fmt::format("unknown command '{}'", excerpt(word)), one_of(names),
                     nearest(word, names, 1));
}

// What the table does not know of: the first of it.
Error unexpected(const std::vector<std::string>& extras, const CommandSpec* command) {
  if (command == nullptr) {
    for (const std::string& word : extras) {
      if (!word.starts_with('-')) return unknown_command(word);
    }
  }
  const std::string& word = extras.front();
  if (word.size() > 1 && word.starts_with('-')) {
    const std::string name = word.substr(0, word.find('='));
    return usage_error(fmt::format("unknown option '{}'", excerpt(name)), "",
                       nearest(name, known_options(command), 1));
  }
  return usage_error(fmt::format("'{}' is one argument too many", excerpt(word)), "", {});
}

const OptionSpec* find_option(std::string_view name) {
  const auto in = [name](std::span<const OptionSpec> options) -> const OptionSpec* {
    const auto found = std::find_if(options.begin(), options.end(),
                                    [name](const OptionSpec& o) { return o.name == name; });
    return found == options.end() ? nullptr : &*found;
  };
  const OptionSpec* option = in(common_options());
  for (const CommandSpec& command : commands()) {
    if (option == nullptr) option = in(command.options);
  }
  return option;
}

// Only flags and single values reach CLI11, so what it refuses is a value that is missing or extra.
Error refused(const CLI::ParseError& error) {
  const std::string what = error.what();
  const std::string name = what.substr(0, what.find(':'));
  const OptionSpec* option = find_option(name);
  if (option == nullptr) return usage_error(what, "", {});
  if (option->value.empty()) {
    return usage_error(fmt::format("option '{}' takes no value", name), "", {});
  }
  return usage_error(fmt::format("option '{}' has no value", name),
                     fmt::format("{} {}: {}", name, option->value, option->help), {});
}

Result<Arguments> checked(Arguments arguments, const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (!chosen.empty()) arguments.command = chosen.front()->get_name();
  const CommandSpec* command = find_command(arguments.command);
  std::vector<std::string> extras = app.remaining(true);
  extras.erase(std::remove(extras.begin(), extras.end(), "--"), extras.end());
  if (!extras.empty()) return tl::unexpected(unexpected(extras, command));
  for (const auto& [name, values] : arguments.values) {
    const auto repeats = [&name = name](const auto& spec) {
      return spec.name == name && spec.repeats;
    };
    const bool may_repeat =
        command != nullptr &&
        (std::any_of(command->options.begin(), command->options.end(), repeats) ||
         std::any_of(command->arguments.begin(), command->arguments.end(), repeats));
    if (values.size() > 1 && !may_repeat) {
      return tl::unexpected(usage_error(fmt::format("{} is given twice: '{}' and '{}'", name,
                                                    excerpt(values[0]), excerpt(values[1])),
                                        "", {}));
    }
  }
  return arguments;
}

// `assay help compare` is how some ask.
std::vector<std::string> without_help_command(std::span<const std::string> arguments) {
  std::vector<std::string> words(arguments.begin(), arguments.end());
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  return words;
}

// The answer without characters that the terminal cannot show.
int run_in_ascii(const Arguments& arguments, const Environment& environment, Streams streams) {
  std::ostringstream out, err;
  const int code = dispatch(arguments, environment, {out, err, streams.out_is_tty, false});
  streams.err << ascii(err.str());
  const bool json = arguments.flag("--json") || arguments.value("--format") == "json";
  streams.out << (json ? out.str() : ascii(out.str()));
  return code;
}

}  // namespace

Result<Arguments> parse_arguments(std::span<const std::string> arguments) {
  Arguments parsed;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_options(app, common_options(), parsed);
  for (const CommandSpec& command : commands()) add_command(app, command, parsed);
  std::vector<std::string> words = without_help_command(arguments);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(refused(error));
  }
  return checked(std::move(parsed), app);
}

int run(std::span<const std::string> arguments, const Environment& environment, Streams streams) {
  const auto parsed = parse_arguments(arguments);
  if (!parsed) return report_usage(parsed.error(), arguments, environment, streams);
  if (!unicode_locale(environment)) return run_in_ascii(*parsed, environment, streams);
  return dispatch(*parsed, environment, streams);
}

std::string_view version() { return ASSAY_VERSION; }

}  // namespace assay::present
