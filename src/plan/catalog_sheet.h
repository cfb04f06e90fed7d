// catalog_sheet.h — figures of accelerators and systems by name, sourced or derived, ready to show.
// One name space for --columns, compare and explain: the fields of the files, then what follows
// from them ("ridge.fp8", "tpp", "sum.fp8"). Derived figures say DE and what they were computed
// from.
// Base units. Pure; views of field tables live as long as the program.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace assay::plan {

struct CatalogFigure {
  enum class State : std::uint8_t { kUnknown, kNone, kNumber, kRange, kText };
  State state{};
  double value{}, high{};  // base units; `high` of a range
  Dim dim;
  std::string text;   // kText
  std::string basis;  // "dense, per accelerator"
  catalog::Confidence confidence{};
  std::string source;  // id; empty for what is derived
  std::string from;    // derived: the formula over other figures; else empty
  std::string as_printed, note;
  Where where;
  bool used{};  // the reading that Assay calculates with
};

struct FigureName {
  std::string path, title;
  bool derived{};
};

// All names, fields first, in the order of the files' format.
std::span<const FigureName> accelerator_figure_names();
std::span<const FigureName> system_figure_names();

// The figure that is used; kUnknown when there is none, or no figure of that name.
CatalogFigure accelerator_figure(const catalog::Catalog& catalog,
                                 const catalog::Accelerator& accelerator, std::string_view path);
CatalogFigure system_figure(const catalog::Catalog& catalog, const catalog::System& system,
                            std::string_view path);

// Every reading of a field, the used one first; of a derived figure that one. Empty: unknown.
std::vector<CatalogFigure> accelerator_readings(const catalog::Catalog& catalog,
                                                const catalog::Accelerator& accelerator,
                                                std::string_view path);
std::vector<CatalogFigure> system_readings(const catalog::Catalog& catalog,
                                           const catalog::System& system, std::string_view path);

// What a system is made of, through its parts: {h200, 8}. Empty: not known.
struct AcceleratorCount {
  const catalog::Accelerator* accelerator{};
  int count{};
};
std::vector<AcceleratorCount> composition(const catalog::Catalog& catalog,
                                          const catalog::System& system);

}  // namespace assay::plan
