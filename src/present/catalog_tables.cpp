#include "present/catalog_tables.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "present/figure_text.h"

namespace assay::present {
namespace {

using catalog::Accelerator;
using catalog::Catalog;
using catalog::System;
using plan::CatalogFigure;

constexpr std::array<std::string_view, 8> kIdentity{"id",      "name",    "vendor",      "family",
                                                    "aliases", "sources", "accelerator", "kind"};

// Each code once, in the order of the columns.
std::string codes(const std::vector<CatalogFigure>& figures) {
  std::vector<std::string> seen;
  for (const CatalogFigure& figure : figures) {
    if (figure.state == CatalogFigure::State::kUnknown) continue;
    const std::string one = code_text(figure);
    if (std::find(seen.begin(), seen.end(), one) == seen.end()) seen.push_back(one);
  }
  return join(seen, " ");
}

// Identity columns of both kinds; nothing for a figure's name.
std::optional<std::string> identity(const Accelerator& a, std::string_view column) {
  if (column == "id") return a.id;
  if (column == "name") return a.name;
  if (column == "vendor") return a.vendor;
  if (column == "family") return a.family;
  if (column == "aliases") return join(a.aliases, " ");
  if (column == "accelerator") return a.id;
  if (column == "kind") return "accelerator";
  return std::nullopt;
}

std::string accelerators_text(const Catalog& catalog, const System& s) {
  std::vector<std::string> words;
  for (const auto& part : plan::composition(catalog, s)) {
    words.push_back(fmt::format("{} × {}", part.count, part.accelerator->id));
  }
  return words.empty() ? std::string{kUnknownText} : join(words, " + ");
}

std::optional<std::string> identity(const Catalog& catalog, const System& s,
                                    std::string_view column) {
  if (column == "id") return s.id;
  if (column == "name") return s.name;
  if (column == "vendor") return s.vendor;
  if (column == "kind") return s.kind;
  if (column == "aliases") return join(s.aliases, " ");
  if (column == "accelerator") return accelerators_text(catalog, s);
  if (column == "family") return "";
  return std::nullopt;
}

// One row of chosen columns; `identify` and `figure` know the subject.
std::vector<std::string> chosen_row(
    const std::vector<std::string>& columns,
    const std::function<std::optional<std::string>(std::string_view)>& identify,
    const std::function<CatalogFigure(std::string_view)>& figure) {
  std::vector<CatalogFigure> figures;
  for (const std::string& column : columns) {
    if (column != "sources" && !identify(column)) figures.push_back(figure(column));
  }
  std::vector<std::string> row;
  for (const std::string& column : columns) {
    if (column == "sources") row.push_back(codes(figures));
    else if (const auto text = identify(column)) row.push_back(*text);
    else row.push_back(figure_text(figure(column), column));
  }
  return row;
}

std::vector<Column> chosen_columns(const std::vector<std::string>& columns) {
  std::vector<Column> out;
  for (const std::string& column : columns) {
    const bool is_text = std::find(kIdentity.begin(), kIdentity.end(), column) != kIdentity.end();
    out.push_back({.title = column, .right = !is_text});
  }
  return out;
}

// A column whose unit stands in the legend of the aligned table.
struct ListColumn {
  std::string_view title, path;
  double factor;
};
constexpr std::array kListColumns{
    ListColumn{"memory", "memory.marketed", 1e9}, ListColumn{"TB/s", "memory.bandwidth", 1e12},
    ListColumn{"bf16", "peak.bf16", 1e12},        ListColumn{"fp8", "peak.fp8", 1e12},
    ListColumn{"fp4", "peak.fp4", 1e12},          ListColumn{"link", "link.bandwidth", 1e9},
    ListColumn{"W", "board.power", 1},
};

std::string bare_cell(const CatalogFigure& figure, const ListColumn& column) {
  const auto number = [&](double value) {
    const std::string printed = figure_text(
        {.state = CatalogFigure::State::kNumber, .value = value, .dim = figure.dim, .text = {},
         .basis = {}, .source = {}, .from = {}, .as_printed = {}, .note = {}, .where = {}},
        column.path);
    // Memory as it is marketed: 128 for "128 GiB" as for "128 GB".
    return figure.dim == Bytes::kDim && printed.ends_with("iB") ? split_unit(printed).value
                                                               : number_text(value / column.factor);
  };
  if (figure.state == CatalogFigure::State::kNumber) return number(figure.value);
  if (figure.state == CatalogFigure::State::kRange) {
    return fmt::format("{}..{}", number(figure.value), number(figure.high));
  }
  return figure_text(figure, column.path);
}

// "NVLink 4 through 4 NVSwitch" → "NVLink 4": the name before its description.
std::string link_name(const std::string& text) {
  std::size_t end = text.size();
  for (const std::string_view mark : {" through", " (", ",", ";"}) {
    end = std::min(end, text.find(mark));
  }
  return text.substr(0, end);
}

}  // namespace

TextTable accelerator_list(const Catalog& catalog, const Accelerators& accelerators,
                           OutputFormat format) {
  const bool aligned = format == OutputFormat::kTable;
  TextTable table{{{.title = "id"}}, {}};
  for (const ListColumn& column : kListColumns) {
    table.columns.push_back({.title = std::string{aligned ? column.title : column.path},
                             .right = true,
                             .key = std::string{column.path}});
  }
  table.columns.push_back({.title = "released", .key = "market.released"});
  table.columns.push_back({.title = "sources"});
  for (const Accelerator* a : accelerators) {
    std::vector<std::string> row{a->id};
    std::vector<CatalogFigure> figures;
    for (const ListColumn& column : kListColumns) {
      figures.push_back(plan::accelerator_figure(catalog, *a, column.path));
      row.push_back(aligned ? bare_cell(figures.back(), column)
                            : figure_text(figures.back(), column.path));
    }
    const auto released = plan::accelerator_figure(catalog, *a, "market.released");
    row.push_back(figure_text(released, "market.released"));
    row.push_back(codes(figures));
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable system_list(const Catalog& catalog, const Systems& systems, OutputFormat format) {
  const bool aligned = format == OutputFormat::kTable;
  constexpr ListColumn kMemory{"GB", "total.memory", 1e9}, kLink{"GB/s", "link.bandwidth", 1e9},
      kPower{"kW", "board.power", 1e3};
  const auto column = [&](const ListColumn& c) {
    return Column{.title = std::string{aligned ? c.title : c.path}, .right = true,
                  .key = std::string{c.path}};
  };
  TextTable table{{{.title = "id"},
                   {.title = "kind", .drop_order = 1},
                   {.title = "accelerators", .wraps = true},
                   column(kMemory),
                   {.title = "link", .key = "link.kind"},
                   column(kLink),
                   column(kPower),
                   {.title = "sources"}},
                  {}};
  for (const System* s : systems) {
    const auto figure = [&](std::string_view path) {
      return plan::system_figure(catalog, *s, path);
    };
    CatalogFigure memory = figure("total.memory");
    if (memory.state == CatalogFigure::State::kUnknown) memory = figure("sum.memory");
    const CatalogFigure link = figure(kLink.path), power = figure(kPower.path);
    const auto cell = [&](const CatalogFigure& f, const ListColumn& c) {
      return aligned ? bare_cell(f, c) : figure_text(f, c.path);
    };
    const std::string kind = figure_text(figure("link.kind"), "link.kind");
    table.rows.push_back({s->id, s->kind, accelerators_text(catalog, *s), cell(memory, kMemory),
                          aligned ? link_name(kind) : kind, cell(link, kLink),
                          cell(power, kPower), codes({memory, link, power})});
  }
  return table;
}

TextTable accelerator_columns(const Catalog& catalog, const Accelerators& accelerators,
                              const std::vector<std::string>& columns) {
  TextTable table{chosen_columns(columns), {}};
  for (const Accelerator* a : accelerators) {
    table.rows.push_back(chosen_row(
        columns, [&](std::string_view column) { return identity(*a, column); },
        [&](std::string_view path) { return plan::accelerator_figure(catalog, *a, path); }));
  }
  return table;
}

TextTable system_columns(const Catalog& catalog, const Systems& systems,
                         const std::vector<std::string>& columns) {
  TextTable table{chosen_columns(columns), {}};
  for (const System* s : systems) {
    table.rows.push_back(chosen_row(
        columns, [&](std::string_view column) { return identity(catalog, *s, column); },
        [&](std::string_view path) { return plan::system_figure(catalog, *s, path); }));
  }
  return table;
}

Result<std::vector<plan::FigureName>> chosen_names(const std::vector<std::string>& columns,
                                                   std::span<const plan::FigureName> names) {
  if (columns.empty()) return std::vector<plan::FigureName>(names.begin(), names.end());
  std::vector<std::string> known(kIdentity.begin(), kIdentity.end());
  for (const plan::FigureName& name : names) known.push_back(name.path);
  std::vector<plan::FigureName> chosen;
  for (const std::string& column : columns) {
    if (std::find(known.begin(), known.end(), column) == known.end()) {
      return tl::unexpected(Error{.what = fmt::format("unknown column '{}'", excerpt(column)),
                                  .expected = "id, name, vendor, or a figure's name such as "
                                              "memory.bandwidth (assay explain lists them)",
                                  .near = nearest(column, known, 1),
                                  .where = {}});
    }
    for (const plan::FigureName& name : names) {
      if (name.path == column) chosen.push_back(name);
    }
  }
  return chosen;
}

}  // namespace assay::present
