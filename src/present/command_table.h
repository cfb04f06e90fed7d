// command_table.h — what can be typed: one table from which parsing, help and completion follow.
// A command that is not here does not exist; commands of later versions are not announced.
// An option of the same name may mean
// something else for another KIND of a command. Constant data; safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::present {

// What a shell may offer for a value.
enum class Completes : std::uint8_t {
  kNothing, kChoice, kFile, kFolder, kAccelerator, kCatalogued, kModel, kBook, kSchema, kSubject
};

struct OptionSpec {
  std::string_view name;         // "--columns"
  std::string_view value;        // "LIST"; empty: a flag
  std::string_view help;
  Completes completes{};
  std::string_view choices{};    // kChoice: "table|csv|md|json"
  bool repeats{};                // may be given more than once
  std::string_view kind{};       // of which KIND of the command alone: "train"; empty: of each
};

struct ArgumentSpec {
  std::string_view name;         // "ACCELERATOR"
  std::string_view help;
  bool required{};
  bool repeats{};
  Completes completes{};
  std::string_view choices{};
};

struct ExampleSpec {
  std::string_view line;         // "assay compare h200 b200"
  std::string_view answers;      // what it answers
};

struct CommandSpec {
  std::string_view name, summary;
  std::span<const ArgumentSpec> arguments;
  std::span<const OptionSpec> options;
  std::span<const ExampleSpec> examples;  // the first two are in the short help
  std::string_view details;               // closing prose of the full help; may be empty
};

std::span<const CommandSpec> commands();
const CommandSpec* find_command(std::string_view name);  // null: no such command
std::span<const OptionSpec> common_options();            // of every command, before or after it
std::span<const ExampleSpec> common_examples();

std::vector<std::string> choices_of(std::string_view choices);  // "a|b" → {"a", "b"}

// The KINDs that have options of their own: "serve", "train" of predict. Others: none.
std::vector<std::string> kinds_of(const CommandSpec& command);
// The options of one KIND; of all where `kind` is empty or has none of its own.
std::vector<OptionSpec> options_of(const CommandSpec& command, std::string_view kind);

}  // namespace assay::present
