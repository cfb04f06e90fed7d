// The comparison article's price list as a table: accelerator,count,unit,usd_per_month,…; the unit
// is a card or a "BMS" (bare-metal server). The same list with its readings:
// data/offers/article.yaml.
#include <utility>

#include "base/text.h"
#include "market/offer_csv.h"

namespace assay::market {

namespace {

struct Columns {
  Column accelerator, count, unit, price;
};

Columns columns_of(const document::Table& table) {
  return {.accelerator = table.column("accelerator"),
          .count = table.column("count"),
          .unit = table.column("unit"),
          .price = table.column("usd_per_month")};
}

std::optional<PriceUnit> read_unit(const RowReader& row, Column column) {
  const std::string unit = to_lower(row.text(column));
  if (unit == "card") return PriceUnit::kCard;
  if (unit == "bms") return PriceUnit::kNode;
  row.fail(column, "unknown unit '" + excerpt(unit, 40) + "'", "card or BMS");
  return std::nullopt;
}

void import_row(const RowReader& row, const Columns& columns) {
  const auto count = row.count(columns.count);
  const auto unit = read_unit(row, columns.unit);
  const auto price = row.number(columns.price);
  const ReadName* read = row.accelerator(columns.accelerator, {});
  if (!count || !unit || !price || read == nullptr) return;
  if (*unit == PriceUnit::kCard && *count != 1) {
    row.fail(columns.count, std::to_string(*count) + " accelerators in one card", "1");
    return;
  }
  constexpr std::string_view kTerm = "term not stated; taken as monthly without commitment";
  const std::string also = read->assumed.empty() ? "" : "; " + read->assumed;
  const std::string_view printed = row.text(columns.accelerator);
  add_offer(row.list,
            {.accelerator = read->accelerator->id,
             .printed_name = std::string{printed},
             .accelerators = *count,
             .price = *price,
             .unit = *unit,
             .period = PricePeriod::kMonth,
             .kind = OfferKind::kOnDemand,
             .source = row.list.table.file,
             .assumed = std::string{kTerm} + also,
             .where = row.list.table.where(row.row, *columns.price)},
            {read->accelerator->id, name(*unit)});
}

}  // namespace

bool is_article(const document::Table& table) {
  const Columns columns = columns_of(table);
  return columns.accelerator && columns.count && columns.unit && columns.price;
}

void import_article(CsvImport& list) {
  const Columns columns = columns_of(list.table);
  for (const document::Row& row : list.table.rows) import_row({list, row}, columns);
}

}  // namespace assay::market
