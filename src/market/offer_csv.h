// offer_csv.h — importers of price lists in CSV, and what they share: cells with places, ids and
// names. A wrong cell is an error at its line and column; a row that is right but cannot be an
// offer here (unknown accelerator, part of a card) goes to OfferBook::skipped. Internal.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "catalog/catalog.h"
#include "document/table.h"
#include "market/offer_book.h"
#include "market/price_names.h"

namespace assay::market {

// The list at hand: read from `table`, resolved with `names`, filled into `book`.
struct CsvImport {
  const document::Table& table;
  PriceNames& names;
  OfferBook& book;
  Errors& errors;
  std::unordered_map<std::string, int> ids_seen;  // how often each id was asked for; never iterated
};

// Columns by name; nothing for those that the list does not have.
using Column = std::optional<std::size_t>;

struct RowReader {
  CsvImport& list;
  const document::Row& row;

  std::string_view text(Column column) const;  // trimmed; "" when empty or no such column
  // A number from 0; what is wrong becomes an error at the cell.
  std::optional<double> number(Column column) const;
  std::optional<int> count(Column column) const;  // a whole number of at least 1
  void fail(Column column, std::string what, std::string expected) const;
  void skip(Column column, Error reason) const;
  // The accelerator behind a printed name, or nothing: then the row has been skipped.
  const ReadName* accelerator(Column column, std::string_view instance) const;
};

// Appends the offer under the id "book/part-part-…"; a repeated id gets "-2", "-3", …. The parts
// may not point into the offer, which is moved.
void add_offer(CsvImport& list, Offer offer, std::initializer_list<std::string_view> id_parts);

// Whether the header is that of the list, and its rows as offers.
bool is_skypilot(const document::Table& table);
void import_skypilot(CsvImport& list);
bool is_gpurentalprices(const document::Table& table);
void import_gpurentalprices(CsvImport& list);
bool is_article(const document::Table& table);
void import_article(CsvImport& list);

}  // namespace assay::market
