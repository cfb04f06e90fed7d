// compare.h — accelerators side by side: their figures, what follows from them, what they mean for
// a model, and what that costs. Rows of cells, one cell a subject, each with its source's code.
// Values only; present/ renders them. Pure, deterministic.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/interval.h"
#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "catalog/language_model.h"
#include "market/offer_book.h"
#include "plan/catalog_sheet.h"

namespace assay::plan {

// "h200", or "h200:8": eight of them, in the catalog's system of eight where there is one.
struct CompareSubject {
  std::string title;  // as typed
  const catalog::Accelerator* accelerator{};
  const catalog::System* system{};  // null: none in the catalog
  int count{1};
};

struct CompareCell {
  CatalogFigure figure;                      // kUnknown with a `note`: why there is none
  std::optional<Estimate<double>> interval;  // predictions: in the figure's base unit
  std::string code;                          // "DS", "DE", "CAL"; empty: unknown
  bool best{};                               // of the row, where one is better
};

struct CompareRow {
  std::string path;   // stable name: "memory.bandwidth", "decode_rate"
  std::string title;  // "memory bandwidth"
  std::vector<CompareCell> cells;
};

struct CompareQuestion {
  const catalog::LanguageModel* model{};     // null: figures only
  std::optional<catalog::Format> precision;  // unset: as published
  int batch{}, context{};
  const catalog::EfficiencyTable* efficiency{};  // with a model
  const market::OfferBook* prices{};             // null: no price
};

struct Comparison {
  std::vector<CompareSubject> subjects;
  std::vector<CompareRow> figures;   // of the data sheets; rows that nobody knows are left out
  std::vector<CompareRow> derived;   // what follows from them
  std::vector<CompareRow> workload;  // what they mean for the model
  std::vector<std::string> notes;    // which offer a price is, which layout was assumed
};

// The subjects as typed, or every one that was not understood.
Checked<std::vector<CompareSubject>> read_subjects(const catalog::Catalog& catalog,
                                                   const std::vector<std::string>& texts);

Comparison compare(const catalog::Catalog& catalog, std::vector<CompareSubject> subjects,
                   const CompareQuestion& question);

}  // namespace assay::plan
