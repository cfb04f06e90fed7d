// Lists in the shape of skypilot-org/skypilot-catalog (vms.csv, schema v5 and later): one row an
// instance type, region and zone; Price and SpotPrice are USD for the whole instance and hour.
#include <cmath>
#include <utility>

#include "base/text.h"
#include "market/offer_csv.h"

namespace assay::market {

namespace {

struct Columns {
  Column instance, accelerator, count, price, spot, region, zone;
};

Columns columns_of(const document::Table& table) {
  return {.instance = table.column("InstanceType"),
          .accelerator = table.column("AcceleratorName"),
          .count = table.column("AcceleratorCount"),
          .price = table.column("Price"),
          .spot = table.column("SpotPrice"),
          .region = table.column("Region"),
          .zone = table.column("AvailabilityZone")};
}

// The catalogs keep one folder a cloud: "catalogs/v8/aws/vms.csv"; loose copies are "aws.csv".
std::string seller_of(std::string_view file) {
  auto pieces = split(file, '/');
  std::string_view stem = pieces.back();
  stem = stem.substr(0, stem.rfind('.'));
  if (stem != "vms") return std::string{stem};
  return pieces.size() > 1 ? std::string{pieces[pieces.size() - 2]} : std::string{};
}

// AcceleratorCount is a float in these lists: Azure sells sixths of an A10.
std::optional<int> whole_accelerators(const RowReader& row, Column column) {
  constexpr double kCountMax = 1e6;
  const auto count = row.number(column);
  if (!count) return std::nullopt;
  if (*count >= 1 && *count <= kCountMax && std::floor(*count) == *count) {
    return static_cast<int>(*count);
  }
  row.skip(column, {.what = number_text(*count) + " of an accelerator",
                    .expected = "whole accelerators: parts of a card are not compared",
                    .near = {},
                    .where = {}});
  return std::nullopt;
}

void add_price(const RowReader& row, const Offer& common, Column column, OfferKind kind) {
  const auto price = row.number(column);
  if (!price) return;
  Offer offer = common;
  offer.price = *price;
  offer.kind = kind;
  offer.where = row.list.table.where(row.row, *column);
  const std::string_view machine = common.instance.empty() ? common.printed_name : common.instance;
  const std::string_view place = common.zone.empty() ? common.region : common.zone;
  const std::string count = common.host_included ? "" : std::to_string(common.accelerators);
  add_offer(row.list, std::move(offer), {machine, count, place, name(kind)});
}

void import_row(const RowReader& row, const Columns& columns, const std::string& seller) {
  if (row.text(columns.accelerator).empty()) {
    ++row.list.book.rows_without_accelerator;
    return;
  }
  const std::string_view instance = row.text(columns.instance);
  const auto count = whole_accelerators(row, columns.count);
  const bool priced = !row.text(columns.price).empty();
  const bool spot_priced = !row.text(columns.spot).empty();
  if (!count) return;
  if (!priced && !spot_priced) {
    row.skip(columns.price,
             {.what = "a row without a price", .expected = {}, .near = {}, .where = {}});
    return;
  }
  const ReadName* read = row.accelerator(columns.accelerator, instance);
  if (read == nullptr) return;
  const Offer common{.accelerator = read->accelerator->id,
                     .printed_name = std::string{row.text(columns.accelerator)},
                     .instance = std::string{instance},
                     .accelerators = *count,
                     .unit = PriceUnit::kNode,
                     .period = PricePeriod::kHour,
                     .host_included = !instance.empty(),
                     .seller = seller,
                     .region = std::string{row.text(columns.region)},
                     .zone = std::string{row.text(columns.zone)},
                     .source = row.list.table.file,
                     .assumed = read->assumed};
  if (priced) add_price(row, common, columns.price, OfferKind::kOnDemand);
  if (spot_priced) add_price(row, common, columns.spot, OfferKind::kSpot);
}

}  // namespace

bool is_skypilot(const document::Table& table) {
  const Columns columns = columns_of(table);
  return columns.instance && columns.accelerator && columns.count && columns.price &&
         columns.region;
}

void import_skypilot(CsvImport& list) {
  const Columns columns = columns_of(list.table);
  const std::string seller = seller_of(list.table.file);
  for (const document::Row& row : list.table.rows) import_row({list, row}, columns, seller);
}

}  // namespace assay::market
