// schema_command.cpp — `assay schema`: the JSON Schemas that travel inside the program.
#include <ostream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "catalog/embedded.h"
#include "present/commands.h"
#include "present/schema_json.h"

namespace assay::present {
namespace {

constexpr std::string_view kFolder = "schemas/", kEnding = ".schema.json";

// "schemas/scenario.schema.json" → "scenario"; empty for another file.
std::string schema_name(std::string_view path) {
  if (!path.starts_with(kFolder) || !path.ends_with(kEnding)) return {};
  return std::string{
      path.substr(kFolder.size(), path.size() - kFolder.size() - kEnding.size())};
}

}  // namespace

int schema_command(const Context& context, const std::string& name) {
  std::vector<ListedSchema> schemas;
  std::vector<std::string> names;
  for (const catalog::EmbeddedFile& file : catalog::embedded_files()) {
    const std::string known = schema_name(file.path);
    if (known.empty()) continue;
    if (known == name) {
      context.streams.out << file.bytes;
      return kAnswered;
    }
    names.push_back(known);
    schemas.push_back({known, schema_title(file.bytes)});
  }
  if (!name.empty()) {
    return report_errors(context,
                         {{.what = fmt::format("unknown schema '{}'", excerpt(name)),
                           .expected = one_of(names),
                           .near = nearest(name, names, 1),
                           .where = {}}},
                         "shown");
  }
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << schemas_json(schemas);
    return kAnswered;
  }
  TextTable table{{{.title = "name"}, {.title = "title", .wraps = true}}, {}};
  for (const ListedSchema& schema : schemas) table.rows.push_back({schema.name, schema.title});
  return print_table(context, std::move(table));
}

}  // namespace assay::present
