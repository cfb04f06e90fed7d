// figures.h — the numeric facts of a subject without their types: base-unit numbers, so that one
// lint rule fits all. Views into a catalog: valid as long as it is. Text facts are left out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/accelerator.h"
#include "catalog/catalog.h"
#include "catalog/system.h"

namespace assay::catalog {

struct Figure {
  double value{};              // base units; the low end of a range
  std::optional<double> high;  // of a range
  bool none{};
  const Basis* basis{};
  SourceId source;
  Confidence confidence{};
  const Where* where{};
  bool canonical{};
};

struct FigureFact {
  std::string_view path;
  BasisRule rule{};
  Dim dim;
  std::vector<Figure> figures;
  std::optional<std::size_t> used_index;

  // The one figure to calculate with; null when unknown, `none` or a range.
  const Figure* used() const;
  std::string text(double value) const;  // with its unit
};

// What rules look at: an accelerator or a system, whichever it is.
struct Subject {
  const std::string* id{};
  const std::string* family{};  // empty for a system
  const Where* where{};
  const Accelerator* accelerator{};
  const System* system{};
  const std::vector<SeenInPrint>* seen_in_print{};
  std::vector<FigureFact> facts;  // numeric, known, in the order of the format

  const FigureFact* find(std::string_view path) const;
  // The used value of a fact in base units, if there is one.
  std::optional<double> value(std::string_view path) const;
};

Subject subject_of(const Accelerator& accelerator);
Subject subject_of(const System& system);

}  // namespace assay::catalog
