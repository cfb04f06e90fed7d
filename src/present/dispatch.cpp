#include "present/dispatch.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "present/arguments.h"
#include "present/command_table.h"
#include "present/commands.h"
#include "present/completion.h"
#include "present/help.h"
#include "present/number_arguments.h"
#include "present/serving_arguments.h"
#include "present/simulate_arguments.h"
#include "present/training_arguments.h"
#include "present/training_options.h"

namespace assay::present {
namespace {

// The first of the variables that is set and not empty.
std::string first_of(const Environment& environment,
                     std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto value = environment.get(name);
    if (value && !value->empty()) return *value;
  }
  return {};
}

bool coloured(const Arguments& arguments, const Environment& environment, bool is_tty) {
  if (arguments.flag("--no-color")) return false;
  if (arguments.flag("--color")) return true;
  return is_tty && first_of(environment, {"NO_COLOR"}).empty() &&
         first_of(environment, {"TERM"}) != "dumb";
}

Error not_a_choice(std::string_view name, const std::string& value, std::string_view choices) {
  const std::vector<std::string> known = choices_of(choices);
  return usage_error(fmt::format("unknown {} '{}'", name, excerpt(value)), one_of(known),
                     nearest(value, known, 1));
}

// An option that only another KIND of the command has.
std::optional<Error> of_another_kind(const CommandSpec& command, const std::string& kind,
                                     const Arguments& arguments) {
  const std::vector<OptionSpec> own = options_of(command, kind);
  for (const OptionSpec& spec : command.options) {
    if (arguments.all(spec.name).empty() && !arguments.flag(spec.name)) continue;
    const bool known = std::any_of(own.begin(), own.end(),
                                   [&](const OptionSpec& o) { return o.name == spec.name; });
    if (known) continue;
    return usage_error(
        fmt::format("{} is an option of assay {} {}", spec.name, command.name, spec.kind));
  }
  return std::nullopt;
}

// Values of which only a few are right, and arguments that may not be missing.
std::optional<Error> refuse(const CommandSpec& command, const Arguments& arguments) {
  const auto wrong = [&](const auto& spec) {
    const std::vector<std::string> known = choices_of(spec.choices);
    const std::string value = arguments.value(spec.name);
    return !known.empty() && !arguments.all(spec.name).empty() &&
           std::find(known.begin(), known.end(), value) == known.end();
  };
  for (const ArgumentSpec& spec : command.arguments) {
    if (wrong(spec)) {
      Error error = not_a_choice(to_lower(spec.name), arguments.value(spec.name), spec.choices);
      if (command.name == "catalog" && error.near.empty()) {
        error.near = {"accelerators " + excerpt(arguments.value(spec.name))};
      }
      return error;
    }
    if (spec.required && arguments.all(spec.name).empty()) {
      return usage_error(fmt::format("{} is missing", spec.name), std::string{spec.help});
    }
  }
  const std::string kind = arguments.value("KIND");
  for (const OptionSpec& spec : options_of(command, kind)) {
    if (wrong(spec)) return not_a_choice(spec.name, arguments.value(spec.name), spec.choices);
  }
  return of_another_kind(command, kind, arguments);
}

Result<OutputFormat> format_of(const Arguments& arguments) {
  const bool simulates = arguments.command == "simulate";
  const std::string_view known =
      simulates ? "table|csv|md|json|plain|vllm-bench" : "table|csv|md|json|plain";
  std::vector<std::string> said;
  if (arguments.flag("--json")) said.emplace_back("json");
  if (arguments.flag("--plain")) said.emplace_back("plain");
  if (!arguments.all("--format").empty()) said.push_back(arguments.value("--format"));
  if (said.empty()) return OutputFormat::kTable;
  if (simulates && said.size() == 2 && said[0] == "json" && said[1] == "vllm-bench") {
    return OutputFormat::kVllmBenchJson;
  }
  if (said.size() > 1 && said[0] != said[1]) {
    return tl::unexpected(
        usage_error(fmt::format("'{}' and '{}' are both asked for", said[0], said[1]),
                    "one of --json, --plain and --format"));
  }
  const std::vector<std::string> names = choices_of(known);
  const auto found = std::find(names.begin(), names.end(), said[0]);
  if (found == names.end()) {
    Error error = not_a_choice("--format", said[0], known);
    const std::vector<std::string> precisions = choices_of(kTrainingPrecisions);
    if (std::find(precisions.begin(), precisions.end(), said[0]) != precisions.end()) {
      error.near = {"--precision " + said[0]};
    }
    return tl::unexpected(error);
  }
  constexpr OutputFormat kFormats[] = {OutputFormat::kTable,    OutputFormat::kCsv,
                                       OutputFormat::kMarkdown, OutputFormat::kJson,
                                       OutputFormat::kPlain,    OutputFormat::kVllmBench};
  return kFormats[found - names.begin()];
}

Result<CommonOptions> common_of(const Arguments& arguments, const Environment& environment,
                                const Streams& streams) {
  CommonOptions common;
  const auto format = format_of(arguments);
  if (!format) return tl::unexpected(format.error());
  common.format = *format;
  common.colour = coloured(arguments, environment, streams.out_is_tty);
  common.colour_err = coloured(arguments, environment, streams.err_is_tty);
  common.unicode = unicode_locale(environment);
  common.wide = arguments.flag("--wide");
  common.catalog_folder = arguments.value("--catalog");
  for (const std::string& list : arguments.all("--columns")) {
    for (const std::string_view column : split(list, ',')) {
      if (!column.empty()) common.columns.emplace_back(column);
    }
  }
  return common;
}

int run_plan(const Context& context, const Arguments& given) {
  const auto runners_up = whole_number(given, {"--runners-up", 5, 0, 1000});
  if (!runners_up) return report_usage(context, runners_up.error());
  return plan_command(context, {.scenario = given.value("SCENARIO"),
                                .report = given.value("--save"),
                                .sets = given.all("--set"),
                                .runners_up = *runners_up});
}

int run_compare(const Context& context, const Arguments& given) {
  const auto batch = whole_number(given, {"--batch", 32, 1, 100'000});
  if (!batch) return report_usage(context, batch.error());
  const auto tokens = whole_number(given, {"--context", 2048, 1, 100'000'000});
  if (!tokens) return report_usage(context, tokens.error());
  return compare_command(context, {.accelerators = given.all("ACCELERATOR"),
                                   .model = given.value("--model"),
                                   .precision = given.value("--precision"),
                                   .prices = given.value("--prices"),
                                   .batch = *batch,
                                   .context = *tokens});
}

int run_catalog(const Context& context, const Arguments& given) {
  CatalogOptions options{.pattern = given.value("GLOB"), .strict = given.flag("--strict")};
  if (!given.all("KIND").empty()) options.kind = given.value("KIND");
  return catalog_command(context, options);
}

int run_validate(const Context& context, const Arguments& given) {
  const auto jobs = whole_number(given, {"--jobs", 0, 1, 1024});
  if (!jobs) return report_usage(context, jobs.error());
  const auto fit = whole_number(given, {"--fit", 0, 1, 100'000});
  if (!fit) return report_usage(context, fit.error());
  const ValidateOptions options{given.value("--data"), given.flag("--rows"), *jobs, *fit};
  const std::string kind = given.value("KIND");
  if (options.fit > 0 && kind != "training") {
    return report_usage(context, usage_error("--fit is an option of assay validate training"));
  }
  if (options.fit > 0 && options.data.empty()) {
    return report_usage(context, usage_error("--fit adapts to runs of one's own",
                                             "--data FILE.csv beside it"));
  }
  if (kind == "requests") return replay_command(context, options);
  return kind == "training" ? validate_training_command(context, options)
                            : validate_command(context, options);
}

// All that was typed wrong.
int report_usages(const Context& context, const Errors& errors) {
  for (const Error& error : errors) report_usage(context, error);
  return kUsage;
}

int run_predict(const Context& context, const Arguments& given) {
  if (given.value("KIND") == "train") {
    const auto options = predict_training_options(given);
    return options ? predict_training_command(context, *options)
                   : report_usages(context, options.error());
  }
  const auto options = predict_options(given);
  return options ? predict_command(context, *options) : report_usage(context, options.error());
}

int run_search(const Context& context, const Arguments& given) {
  if (given.value("KIND") == "train") {
    const auto options = search_training_options(given);
    return options ? search_training_command(context, *options)
                   : report_usages(context, options.error());
  }
  const auto options = search_options(given);
  return options ? search_command(context, *options) : report_usage(context, options.error());
}

int run_simulate(const Context& context, const Arguments& given) {
  const auto options = simulate_options(given);
  return options ? simulate_command(context, *options) : report_usage(context, options.error());
}

int run_command(const Context& context, const Arguments& given) {
  const std::string_view name = given.command;
  if (name == "plan") return run_plan(context, given);
  if (name == "catalog") return run_catalog(context, given);
  if (name == "compare") return run_compare(context, given);
  if (name == "models") {
    return models_command(context, {given.value("MODEL"), given.flag("--architectures")});
  }
  if (name == "offers") {
    return offers_command(
        context, {given.value("BOOK"), given.value("--accelerator"), given.flag("--check")});
  }
  if (name == "predict") return run_predict(context, given);
  if (name == "search") return run_search(context, given);
  if (name == "simulate") return run_simulate(context, given);
  if (name == "validate") return run_validate(context, given);
  if (name == "explain") {
    return explain_command(context, {given.value("SUBJECT"), given.value("FIGURE")});
  }
  if (name == "schema") return schema_command(context, given.value("NAME"));
  if (name == "init") return init_command(context, given.value("FILE"));
  if (name == "completion") {
    context.streams.out << completion_script(given.value("SHELL"));
    return kAnswered;
  }
  return version_command(context, given.flag("--verbose"));
}

}  // namespace

bool unicode_locale(const Environment& environment) {
  const std::string locale = to_lower(first_of(environment, {"LC_ALL", "LC_CTYPE", "LANG"}));
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

int report_usage(const Error& error, std::span<const std::string> arguments,
                 const Environment& environment, Streams streams) {
  const CommandSpec* command = nullptr;
  for (const std::string& word : arguments) {
    if (command == nullptr) command = find_command(word);
  }
  Arguments none;
  const Context context{.common = {.unicode = unicode_locale(environment),
                                   .columns = {},
                                   .catalog_folder = {},
                                   .colour_err = coloured(none, environment, streams.err_is_tty)},
                        .streams = streams};
  report_usage(context, error);
  if (command == nullptr) streams.err << "assay -h lists the commands.\n";
  else streams.err << fmt::format("usage: {}\n", usage_line(*command));
  return kUsage;
}

int dispatch(const Arguments& arguments, const Environment& environment, Streams streams) {
  const CommandSpec* command = find_command(arguments.command);
  if (arguments.flag("--help") || arguments.flag("-h")) {
    const std::string kind = arguments.value("KIND");
    streams.out << (arguments.flag("--help") ? full_help(command, kind)
                                             : short_help(command, kind));
    return kAnswered;
  }
  const auto common = common_of(arguments, environment, streams);
  const std::vector<std::string> words{arguments.command};
  if (!common) return report_usage(common.error(), words, environment, streams);
  const Context context{*common, streams, environment.seconds, environment.interrupted};
  if (arguments.flag("--version")) return version_command(context, false);
  if (command == nullptr) {
    streams.err << short_help(nullptr);
    return kUsage;
  }
  if (const auto error = refuse(*command, arguments)) {
    return report_usage(*error, words, environment, streams);
  }
  return run_command(context, arguments);
}

}  // namespace assay::present
