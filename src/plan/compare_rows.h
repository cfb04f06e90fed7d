// compare_rows.h — the parts of a comparison that need prices or models; internal to compare.cpp.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "plan/compare.h"

namespace assay::plan {

enum class Better : unsigned char { kNeither, kHigher, kLower };

// Marks the best cells of a row, if its cells differ.
void mark_best(CompareRow& row, Better better);

// A cell with a value that was computed here.
CompareCell computed_cell(double value, Dim dim, std::string from, std::string code = "DE");
CompareCell text_cell(std::string text, std::string code = "DE");
CompareCell unknown_cell(std::string why);

// The cheapest offer of an accelerator with its host that comes without commitment; where there is
// none, the cheapest reserved one. Null: neither is in the book.
const market::Offer* cheapest_offer(const market::OfferBook& book, const std::string& accelerator);

// Rows "accelerators", "layout", "decode_rate", …; appends what was assumed to `notes`.
std::vector<CompareRow> workload_rows(const catalog::Catalog& catalog,
                                      const std::vector<CompareSubject>& subjects,
                                      const CompareQuestion& question,
                                      std::vector<std::string>& notes);

}  // namespace assay::plan
