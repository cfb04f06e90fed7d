#include "market/offer_csv.h"

#include <utility>

#include "base/text.h"

namespace assay::market {

std::string_view RowReader::text(Column column) const {
  return column ? trim(row.cells[*column]) : std::string_view{};
}

void RowReader::fail(Column column, std::string what, std::string expected) const {
  list.errors.push_back({.what = std::move(what),
                         .expected = std::move(expected),
                         .near = {},
                         .where = list.table.where(row, column.value_or(0))});
}

void RowReader::skip(Column column, Error reason) const {
  reason.where = list.table.where(row, column.value_or(0));
  list.book.skipped.push_back(std::move(reason));
}

std::optional<double> RowReader::number(Column column) const {
  double value{};
  if (parse_double(text(column), value) && value >= 0 && value <= kPriceMax) return value;
  fail(column, "'" + excerpt(text(column), 40) + "' in " + list.table.columns[column.value_or(0)],
       "a number from 0 to " + grouped_text(kPriceMax));
  return std::nullopt;
}

std::optional<int> RowReader::count(Column column) const {
  constexpr long long kCountMax = 1'000'000;
  long long value{};
  if (parse_int(text(column), value) && value >= 1 && value <= kCountMax) {
    return static_cast<int>(value);
  }
  fail(column, "'" + excerpt(text(column), 40) + "' in " + list.table.columns[column.value_or(0)],
       "a whole number of at least 1");
  return std::nullopt;
}

const ReadName* RowReader::accelerator(Column column, std::string_view instance) const {
  const Result<ReadName>& found = list.names.read(text(column), instance);
  if (found) return &*found;
  skip(column, found.error());
  return nullptr;
}

void add_offer(CsvImport& list, Offer offer, std::initializer_list<std::string_view> id_parts) {
  offer.id = list.book.id + "/";
  bool first = true;
  for (const std::string_view part : id_parts) {
    if (part.empty()) continue;
    if (!first) offer.id += '-';
    offer.id += part;
    first = false;
  }
  const int times = ++list.ids_seen[offer.id];
  if (times > 1) offer.id += "-" + std::to_string(times);
  list.book.offers.push_back(std::move(offer));
}

}  // namespace assay::market
