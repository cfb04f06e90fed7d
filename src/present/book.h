// book.h — an offer book by the name of a built-in list or by the path of a file.
// Reads files; keeps nothing.
#pragma once

#include <string>

#include "market/offer_book.h"
#include "present/commands.h"

namespace assay::present {

// A name without '/' and '.' is a built-in list: the error for an unknown one names the nearest.
Checked<market::OfferBook> read_book(const std::string& name, const catalog::Catalog& catalog);

// Says on stderr how many rows could not be used, and the first of them.
void note_skipped(const Context& context, const market::OfferBook& book);

}  // namespace assay::present
