// explain_command.cpp — `assay explain`: where a figure of the catalog, a model or a plan is from.
#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "catalog/model_library.h"
#include "document/read.h"
#include "plan/model_sheet.h"
#include "present/colour.h"
#include "present/commands.h"
#include "present/explain_json.h"
#include "present/figure_text.h"
#include "present/plan_chain.h"

namespace assay::present {
namespace {

using plan::CatalogFigure;
using plan::FigureName;

constexpr std::string_view kNothing = "explained";

bool is_json(const Context& context) { return context.common.format == OutputFormat::kJson; }

Error unknown_figure(const std::string& figure, const std::string& subject,
                     const std::vector<std::string>& known) {
  return {.what = fmt::format("{} has no figure '{}'", subject, excerpt(figure)),
          .expected = "one of those that assay explain " + subject + " lists",
          .near = nearest(figure, known, 1),
          .where = {}};
}

int list_figures(const Context& context, const std::string& subject,
                 const std::vector<ListedFigure>& figures) {
  if (is_json(context)) {
    context.streams.out << figures_json(subject, figures);
    return kAnswered;
  }
  TextTable table{
      {{.title = "figure"}, {.title = "value", .wraps = true}, {.title = "title", .drop_order = 1}},
      {}};
  for (const ListedFigure& f : figures) table.rows.push_back({f.figure, f.value, f.title});
  return print_table(context, std::move(table));
}

void print_indented(std::ostream& out, std::string_view text) {
  constexpr std::size_t kIndent = 13;
  for (const std::string& line : wrapped(text, kWidthMax - kIndent)) {
    out << std::string(kIndent, ' ') << line << '\n';
  }
}

// "used         4.8 TB/s, per accelerator · DS datasheet", then its source and remarks.
void print_reading(std::ostream& out, const catalog::Catalog& catalog, const FigureName& name,
                   const CatalogFigure& reading, std::string_view label) {
  out << fmt::format("{:<13}{}{}{} · {} {}\n", label, figure_text(reading, name.path),
                     reading.basis.empty() ? "" : ", ", reading.basis, code(reading.confidence),
                     catalog::name(reading.confidence));
  if (!reading.from.empty()) print_indented(out, "computed: " + reading.from);
  for (const catalog::Source& s : catalog.sources) {
    if (s.id != reading.source) continue;
    print_indented(out,
                   fmt::format("{}: {}{}{}", s.id, s.title, s.date.empty() ? "" : ", ", s.date));
    if (!s.at.empty()) print_indented(out, s.at);
  }
  if (!reading.as_printed.empty()) print_indented(out, "printed as " + reading.as_printed);
  if (!reading.note.empty()) print_indented(out, reading.note);
}

std::string_view label_of(const CatalogFigure& first, const CatalogFigure& reading) {
  if (reading.used) return "used";
  return first.used ? relation(first, reading) : "not used";
}

std::string why_used(const std::vector<CatalogFigure>& readings) {
  if (readings.empty()) return "Nobody knows it: the catalog has no reading of it.";
  const CatalogFigure& first = readings.front();
  if (!first.used) return "No reading is in the basis that Assay calculates with; none is used.";
  if (!first.from.empty()) return "It follows from other figures of the catalog.";
  if (readings.size() == 1) return "It is the only reading.";
  return "Used is the first reading in the basis that Assay calculates with.";
}

int explain_readings(const Context& context, const catalog::Catalog& catalog,
                     const std::string& subject, const FigureName& name,
                     const std::vector<CatalogFigure>& readings) {
  std::ostream& out = context.streams.out;
  if (is_json(context)) {
    out << readings_json(catalog, subject, name, readings);
    return kAnswered;
  }
  if (context.common.format == OutputFormat::kTable) {
    out << paint(fmt::format("{} of {}: {}", name.path, subject, name.title), Colour::kBold,
                 context.common.colour)
        << '\n';
    for (const std::string& line : wrapped(why_used(readings), kWidthMax)) out << line << '\n';
    out << '\n';
    for (const CatalogFigure& reading : readings) {
      print_reading(out, catalog, name, reading, label_of(readings.front(), reading));
    }
    return kAnswered;
  }
  TextTable table{{{.title = "reading"},
                   {.title = "value"},
                   {.title = "basis"},
                   {.title = "code"},
                   {.title = "source"},
                   {.title = "note"}},
                  {}};
  for (const CatalogFigure& r : readings) {
    table.rows.push_back({std::string{label_of(readings.front(), r)}, figure_text(r, name.path),
                          r.basis, code_text(r), source_text(r), r.note});
  }
  return print_table(context, std::move(table));
}

// Whether a formula names the figure as a word of its own.
bool mentions(std::string_view formula, std::string_view path) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
  };
  for (std::size_t at = formula.find(path); at != std::string_view::npos;
       at = formula.find(path, at + 1)) {
    const std::size_t end = at + path.size();
    const bool begins = at == 0 || !is_word(formula[at - 1]);
    if (begins && (end == formula.size() || !is_word(formula[end]))) return true;
  }
  return false;
}

// What a derived figure was computed from, with its values. `readings_of` knows the subject.
template <class F>
void print_inputs(const Context& context, const CatalogFigure& derived,
                  std::span<const FigureName> names, F readings_of) {
  if (context.common.format != OutputFormat::kTable) return;
  for (const FigureName& name : names) {
    if (!mentions(derived.from, name.path)) continue;
    const auto readings = readings_of(name.path);
    if (readings.empty() || !readings.front().used) continue;
    const CatalogFigure& input = readings.front();
    print_indented(context.streams.out,
                   fmt::format("{} = {} · {} {}", name.path, figure_text(input, name.path),
                               code(input.confidence), source_text(input)));
  }
}

// One accelerator or system.
template <class F>
int explain_catalogued(const Context& context, const catalog::Catalog& catalog,
                       const std::string& subject, const std::string& figure,
                       std::span<const FigureName> names, F readings_of) {
  std::vector<ListedFigure> listed;
  std::vector<std::string> known;
  for (const FigureName& name : names) {
    known.push_back(name.path);
    if (!figure.empty() && name.path == figure) {
      const auto readings = readings_of(name.path);
      const int code = explain_readings(context, catalog, subject, name, readings);
      if (readings.size() == 1) print_inputs(context, readings.front(), names, readings_of);
      return code;
    }
    const auto readings = readings_of(name.path);
    if (readings.empty() || !readings.front().used) continue;
    listed.push_back({name.path, figure_text(readings.front(), name.path), name.title});
  }
  if (figure.empty()) return list_figures(context, subject, listed);
  return report_errors(context, {unknown_figure(figure, subject, known)}, kNothing);
}

int explain_chain(const Context& context, const std::string& subject, const plan::Figure& figure) {
  std::ostream& out = context.streams.out;
  if (is_json(context)) {
    out << chain_json(subject, figure);
    return kAnswered;
  }
  const bool aligned = context.common.format == OutputFormat::kTable;
  if (aligned) {
    out << paint(fmt::format("{} of {}: {}", figure.key, subject, figure.value), Colour::kBold,
                 context.common.colour)
        << '\n';
    for (const std::string& line : wrapped("= " + figure.formula, kWidthMax)) out << line << '\n';
    out << fmt::format("docs/models.md, \"{}\"\n\n", figure.section);
  }
  TextTable table{{{.title = "input"},
                   {.title = "value", .wraps = true},
                   {.title = "basis", .drop_order = 1},
                   {.title = "code"},
                   {.title = "source", .wraps = true}},
                  {}};
  for (const model::UsedFact& fact : figure.inputs) {
    table.rows.push_back(
        {fact.figure, fact.value, fact.basis, std::string{code(fact.confidence)}, fact.source});
  }
  return print_table(context, std::move(table));
}

int explain_chains(const Context& context, const std::string& subject, const std::string& wanted,
                   const std::vector<plan::Figure>& figures) {
  std::vector<ListedFigure> listed;
  std::vector<std::string> known;
  for (const plan::Figure& figure : figures) {
    if (figure.key == wanted) return explain_chain(context, subject, figure);
    listed.push_back({figure.key, figure.value, figure.formula});
    known.push_back(figure.key);
  }
  if (wanted.empty()) return list_figures(context, subject, listed);
  return report_errors(context, {unknown_figure(wanted, subject, known)}, kNothing);
}

// A file: a saved plan, or else a config.json.
int explain_file(const Context& context, const ExplainOptions& options) {
  const auto text = document::read_text(options.subject);
  if (!text) return report_errors(context, {text.error()}, kNothing);
  const auto document = document::read_json(options.subject, *text);
  if (!document) return report_errors(context, document.error(), kNothing);
  if (!is_plan(*document)) {
    const auto model = catalog::load_model(options.subject);
    if (!model) return report_errors(context, model.error(), kNothing);
    return explain_chains(context, options.subject, options.figure, plan::model_figures(*model));
  }
  const auto figures = read_chains(*document);
  if (!figures) return report_errors(context, figures.error(), kNothing);
  return explain_chains(context, options.subject, options.figure, *figures);
}

int unknown_subject(const Context& context, const catalog::Catalog& catalog,
                    const std::string& subject) {
  std::vector<std::string> known;
  for (const auto& a : catalog.accelerators) known.push_back(a.id);
  for (const auto& s : catalog.systems) known.push_back(s.id);
  if (const auto index = catalog::model_index()) {
    for (const catalog::ModelEntry& entry : *index) known.push_back(entry.short_id);
  }
  return report_errors(context,
                       {{.what = fmt::format("unknown subject '{}'", excerpt(subject)),
                         .expected = "an accelerator, a system, a model or the file of a plan",
                         .near = nearest(subject, known, 1),
                         .where = {}}},
                       kNothing);
}

}  // namespace

int explain_command(const Context& context, const ExplainOptions& options) {
  const std::string& subject = options.subject;
  if (subject == "-" || subject.ends_with(".json")) return explain_file(context, options);
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  const catalog::Catalog& catalog = loaded.catalog;
  if (const catalog::Accelerator* a = catalog.accelerator(subject)) {
    return explain_catalogued(
        context, catalog, a->id, options.figure, plan::accelerator_figure_names(),
        [&](std::string_view path) { return plan::accelerator_readings(catalog, *a, path); });
  }
  if (const catalog::System* s = catalog.system(subject)) {
    return explain_catalogued(
        context, catalog, s->id, options.figure, plan::system_figure_names(),
        [&](std::string_view path) { return plan::system_readings(catalog, *s, path); });
  }
  const auto model = catalog::load_model(subject);
  if (!model) return unknown_subject(context, catalog, subject);
  return explain_chains(context, subject, options.figure, plan::model_figures(*model));
}

}  // namespace assay::present
