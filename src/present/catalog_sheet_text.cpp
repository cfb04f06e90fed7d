#include "present/catalog_sheet_text.h"

#include <algorithm>
#include <array>
#include <functional>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/catalog_sheet.h"
#include "present/colour.h"
#include "present/figure_text.h"

namespace assay::present {
namespace {

using plan::CatalogFigure;
using plan::FigureName;
using Readings = std::function<std::vector<CatalogFigure>(std::string_view path)>;

// Ratios of the formats that people compare; --columns and --json have all.
constexpr std::array<std::string_view, 5> kShownPeaks{"fp64_matrix", "bf16", "fp8", "fp4", "int8"};

bool is_shown(const FigureName& name) {
  const std::size_t dot = name.path.find('.');
  const bool by_peak = name.path.starts_with("ridge.") || name.path.starts_with("flop_per_joule.");
  if (!by_peak) return true;
  return std::find(kShownPeaks.begin(), kShownPeaks.end(),
                   std::string_view{name.path}.substr(dot + 1)) != kShownPeaks.end();
}

std::string note_text(const CatalogFigure& figure) {
  std::vector<std::string> parts;
  if (!figure.as_printed.empty()) parts.push_back("printed as " + figure.as_printed);
  if (!figure.note.empty()) parts.push_back(figure.note);
  return join(parts, "; ");
}

// One reading as a row. `others`: sources that say the same.
std::vector<std::string> reading_row(std::string figure, const CatalogFigure& reading,
                                     std::string_view path,
                                     const std::vector<std::string>& others = {}) {
  std::string note = note_text(reading);
  if (!others.empty()) {
    note += fmt::format("{}also {}", note.empty() ? "" : "; ", join(others, ", "));
  }
  return {std::move(figure), figure_text(reading, path), reading.basis, code_text(reading),
          source_text(reading), std::move(note)};
}

// The used reading with those that agree, then the others beneath it.
void add_aligned(TextTable& table, const std::string& path,
                 const std::vector<CatalogFigure>& readings) {
  const CatalogFigure& used = readings.front();
  std::vector<std::string> agreeing;
  for (std::size_t i = 1; i < readings.size() && used.used; ++i) {
    if (relation(used, readings[i]) == "agrees") agreeing.push_back(readings[i].source);
  }
  if (used.used) table.rows.push_back(reading_row(path, used, path, agreeing));
  else table.rows.push_back({path, std::string{kUnknownText}, "", "", "in another basis", ""});
  for (std::size_t i = used.used ? 1 : 0; i < readings.size(); ++i) {
    const std::string_view how = used.used ? relation(used, readings[i]) : "other basis";
    if (how != "agrees") {
      table.rows.push_back(reading_row(fmt::format("  {}", how), readings[i], path));
    }
  }
  for (auto& row : table.rows) {  // a remark stands behind its source
    if (!row.back().empty()) row[4] += fmt::format("; {}", row.back());
    row.back().clear();
  }
}

void add_rows(TextTable& table, const FigureName& name, const std::vector<CatalogFigure>& readings,
              OutputFormat format) {
  if (format == OutputFormat::kTable) return add_aligned(table, name.path, readings);
  for (const CatalogFigure& reading : readings) {
    table.rows.push_back(reading_row(name.path, reading, name.path));
  }
}

void print_wrapped(std::ostream& out, std::string_view text, std::string_view indent) {
  const auto lines = wrapped(text, kWidthMax - indent.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out << (i > 0 ? indent : std::string_view{}) << lines[i] << '\n';
  }
}

struct SheetOf {
  std::string title, aliases, note;
  std::span<const FigureName> names;
  const std::vector<catalog::SeenInPrint>& seen_in_print;
};

void print_rest(const Context& context, const catalog::Catalog& catalog, const SheetOf& of,
                const std::vector<std::string>& unknown) {
  std::ostream& out = context.streams.out;
  if (!unknown.empty()) {
    out << '\n';
    print_wrapped(out, "unknown: " + join(unknown, ", "), "  ");
  }
  for (const catalog::SeenInPrint& seen : of.seen_in_print) {
    const std::string basis = to_text(seen.basis);
    print_wrapped(out,
                  fmt::format("wrong in print: {} {}{}{} ({}): {}", seen.field, seen.value,
                              basis.empty() ? "" : ", ", basis, catalog.source(seen.source).id,
                              seen.why),
                  "  ");
  }
  if (!of.note.empty()) print_wrapped(out, "note: " + of.note, "  ");
  out << fmt::format("assay {} · catalog {} {}\n", version(), catalog.date,
                     catalog.hash.substr(0, 6));
}

int print_sheet(const Context& context, const catalog::Catalog& catalog, const SheetOf& of,
                const Readings& readings_of) {
  const OutputFormat format = context.common.format;
  TextTable table{{{.title = "figure"},
                   {.title = "value", .wraps = true, .wrap_min = 18},
                   {.title = "basis", .wraps = true, .wrap_min = 12},
                   {.title = "code"},
                   {.title = "source", .wraps = true, .wrap_min = 20},
                   {.title = "note", .wraps = true}},
                  {}};
  std::vector<std::string> unknown;
  for (const FigureName& name : of.names) {
    if (!is_shown(name)) continue;
    const auto readings = readings_of(name.path);
    if (!readings.empty()) add_rows(table, name, readings, format);
    else if (!name.derived) unknown.push_back(name.path);
  }
  if (format != OutputFormat::kTable) return print_table(context, std::move(table));
  context.streams.out << paint(of.title, Colour::kBold, context.common.colour) << '\n';
  if (!of.aliases.empty()) context.streams.out << "also: " << of.aliases << '\n';
  context.streams.out << '\n';
  const int code = print_table(context, without_empty_columns(std::move(table)));
  if (code == kAnswered) print_rest(context, catalog, of, unknown);
  return code;
}

}  // namespace

int show_accelerator_sheet(const Context& context, const catalog::Catalog& catalog,
                           const catalog::Accelerator& a) {
  return print_sheet(
      context, catalog,
      {.title = fmt::format("{} · {} · {} · {}", a.id, a.name, a.vendor, a.family),
       .aliases = join(a.aliases, ", "),
       .note = a.note,
       .names = plan::accelerator_figure_names(),
       .seen_in_print = a.seen_in_print},
      [&](std::string_view path) { return plan::accelerator_readings(catalog, a, path); });
}

int show_system_sheet(const Context& context, const catalog::Catalog& catalog,
                      const catalog::System& s) {
  std::vector<std::string> parts;
  for (const auto& part : plan::composition(catalog, s)) {
    parts.push_back(fmt::format("{} × {}", part.count, part.accelerator->id));
  }
  return print_sheet(
      context, catalog,
      {.title = fmt::format("{} · {} · {}{}{}", s.id, s.name, s.kind, parts.empty() ? "" : " · ",
                            join(parts, " + ")),
       .aliases = join(s.aliases, ", "),
       .note = s.note,
       .names = plan::system_figure_names(),
       .seen_in_print = s.seen_in_print},
      [&](std::string_view path) { return plan::system_readings(catalog, s, path); });
}

}  // namespace assay::present
