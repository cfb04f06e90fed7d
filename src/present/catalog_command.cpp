#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "plan/catalog_sheet.h"
#include "present/catalog_json.h"
#include "present/catalog_sheet_text.h"
#include "present/catalog_tables.h"
#include "present/commands.h"
#include "present/findings.h"

namespace assay::present {
namespace {

using catalog::Accelerator;
using catalog::Catalog;
using catalog::System;

bool is_pattern(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

// The subjects that a glob or an id asks for; `exact` when it was one id.
template <class Subject>
struct Selection {
  std::vector<const Subject*> subjects;
  bool exact{};
};

template <class Subject>
Selection<Subject> select(const std::vector<Subject>& all, const Subject* named,
                          const std::string& pattern) {
  Selection<Subject> selection;
  if (!pattern.empty() && !is_pattern(pattern)) {
    if (named != nullptr) selection = {{named}, true};
    return selection;
  }
  for (const Subject& subject : all) {
    if (pattern.empty() || glob_match(pattern, subject.id)) selection.subjects.push_back(&subject);
  }
  return selection;
}

// What to say where nothing was found.
int report_nothing(const Context& context, Error unknown, const std::string& pattern,
                   std::string_view kind) {
  if (is_pattern(pattern)) {
    unknown = {.what = fmt::format("no id matches '{}'", excerpt(pattern)), .expected = {},
               .near = {}, .where = {}};
  }
  const int code = report_errors(context, {unknown}, "shown");
  note(context, fmt::format("assay catalog {} lists all ids", kind));
  return code;
}

bool is_json(const Context& context) { return context.common.format == OutputFormat::kJson; }

void print_legend(const Context& context, const std::string& units) {
  context.streams.out << '\n';
  for (const std::string& line :
       wrapped(units + " · — unknown · sources of the row's numbers: DS datasheet, VD vendor "
                       "document, OR official rule, ME measured, TP third party, DE derived, "
                       "RU rumour, AS assumed",
               kWidthMax)) {
    context.streams.out << line << '\n';
  }
}

int show_accelerators(const Context& context, const Catalog& catalog, const std::string& pattern) {
  const auto chosen = select(catalog.accelerators, catalog.accelerator(pattern), pattern);
  if (chosen.subjects.empty()) {
    return report_nothing(context, catalog.unknown_accelerator(pattern), pattern, "accelerators");
  }
  const auto names = chosen_names(context.common.columns, plan::accelerator_figure_names());
  if (!names) return report_usage(context, names.error());
  if (is_json(context)) {
    context.streams.out << accelerators_json(catalog, chosen.subjects, *names);
    return kAnswered;
  }
  if (!context.common.columns.empty()) {
    return print_table(context, accelerator_columns(catalog, chosen.subjects,
                                                    context.common.columns));
  }
  if (chosen.exact) return show_accelerator_sheet(context, catalog, *chosen.subjects.front());
  const int code = print_table(context, accelerator_list(catalog, chosen.subjects,
                                                         context.common.format));
  if (context.common.format == OutputFormat::kTable) {
    print_legend(context, "memory GB as marketed · TB/s memory bandwidth · bf16, fp8, fp4 dense "
                          "TFLOP/s · link GB/s both ways, all links · W board power");
  }
  return code;
}

int show_systems(const Context& context, const Catalog& catalog, const std::string& pattern) {
  const auto chosen = select(catalog.systems, catalog.system(pattern), pattern);
  if (chosen.subjects.empty()) {
    return report_nothing(context, catalog.unknown_system(pattern), pattern, "systems");
  }
  const auto names = chosen_names(context.common.columns, plan::system_figure_names());
  if (!names) return report_usage(context, names.error());
  if (is_json(context)) {
    context.streams.out << systems_json(catalog, chosen.subjects, *names);
    return kAnswered;
  }
  if (!context.common.columns.empty()) {
    return print_table(context, system_columns(catalog, chosen.subjects, context.common.columns));
  }
  if (chosen.exact) return show_system_sheet(context, catalog, *chosen.subjects.front());
  const int code =
      print_table(context, system_list(catalog, chosen.subjects, context.common.format));
  if (context.common.format == OutputFormat::kTable) {
    print_legend(context, "GB memory of all accelerators · link, GB/s of each accelerator, both "
                          "ways · kW of the whole system");
  }
  return code;
}

int show_sources(const Context& context, const Catalog& catalog, const std::string& pattern) {
  std::vector<const catalog::Source*> chosen;
  std::vector<std::string> ids;
  for (const catalog::Source& source : catalog.sources) {
    ids.push_back(source.id);
    const bool fits = is_pattern(pattern) ? glob_match(pattern, source.id)
                                          : pattern.empty() || source.id == pattern;
    if (fits) chosen.push_back(&source);
  }
  if (chosen.empty()) {
    Error unknown{.what = fmt::format("unknown source '{}'", excerpt(pattern)), .expected = {},
                  .near = nearest(pattern, ids), .where = {}};
    return report_nothing(context, std::move(unknown), pattern, "sources");
  }
  if (is_json(context)) {
    context.streams.out << sources_json(catalog, chosen);
    return kAnswered;
  }
  TextTable table{{{.title = "id"},
                   {.title = "code"},
                   {.title = "date"},
                   {.title = "publisher", .drop_order = 1, .wraps = true},
                   {.title = "title", .wraps = true},
                   {.title = "at", .drop_order = 2, .wraps = true}},
                  {}};
  for (const catalog::Source* s : chosen) {
    table.rows.push_back({s->id, std::string{code(s->confidence)}, s->date, s->publisher, s->title,
                          s->at});
  }
  return print_table(context, std::move(table));
}

int check(const Context& context, const Catalog& catalog, bool strict) {
  std::vector<catalog::Finding> findings;
  if (context.common.catalog_folder.empty()) {
    findings = lint(catalog);
  } else {
    const auto built_in = catalog::load_catalog({});
    if (!built_in) return report_errors(context, built_in.error(), "checked");
    findings = lint(catalog, &*built_in);
  }
  return print_findings(context, std::move(findings),
                        {.schema = "assay.catalog.check/1",
                         .what = fmt::format("{} accelerators, {} systems, {} sources",
                                             catalog.accelerators.size(), catalog.systems.size(),
                                             catalog.sources.size()),
                         .strict = strict});
}

}  // namespace

int catalog_command(const Context& context, const CatalogOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  if (options.kind == "systems") return show_systems(context, loaded.catalog, options.pattern);
  if (options.kind == "sources") return show_sources(context, loaded.catalog, options.pattern);
  if (options.kind == "check") return check(context, loaded.catalog, options.strict);
  return show_accelerators(context, loaded.catalog, options.pattern);
}

}  // namespace assay::present
