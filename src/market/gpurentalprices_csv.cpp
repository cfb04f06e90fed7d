// Lists in the shape of gpurentalprices.com's daily snapshots, flattened: one row a provider, card
// and kind; prices are USD for one card and hour.
#include <cmath>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "base/unit_text.h"
#include "market/offer_csv.h"
#include "market/offer_date.h"

namespace assay::market {

namespace {

struct Columns {
  Column date, provider, gpu, memory, price, kind, lot, url;
};

Columns columns_of(const document::Table& table) {
  return {.date = table.column("date"),
          .provider = table.column("provider"),
          .gpu = table.column("gpu"),
          .memory = table.column("vram_gb"),
          .price = table.column("usd_per_gpu_hr"),
          .kind = table.column("kind"),
          .lot = table.column("min_gpus"),
          .url = table.column("source_url")};
}

// "secure" is RunPod's word for its own data centres, in contrast to community hosts.
std::optional<OfferKind> read_kind(const RowReader& row, Column column) {
  const std::string_view text = row.text(column);
  if (text == "secure") return OfferKind::kOnDemand;
  const auto names = offer_kind_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text == names[i]) return static_cast<OfferKind>(i);
  }
  std::vector<std::string> known{names.begin(), names.end()};
  known.emplace_back("secure");
  row.list.errors.push_back({.what = "unknown kind '" + excerpt(text, 40) + "'",
                             .expected = one_of(known),
                             .near = nearest(text, known),
                             .where = row.list.table.where(row.row, *column)});
  return std::nullopt;
}

// What the list's memory column says against the catalog. Far off, it is another card of that name.
enum class Memory { kAgrees, kDiffers, kOtherCard };

Memory compare_memory(const catalog::Accelerator& accelerator, double gigabytes) {
  constexpr double kSame = 0.01;
  constexpr double kOther = 0.15;  // B300 is printed as 262, 268 and 288 GB
  const auto marketed = accelerator.memory_marketed.value();
  if (!marketed) return Memory::kAgrees;
  const double off = std::abs(Bytes::from_base(gigabytes * 1e9) / *marketed - 1);
  if (off <= kSame) return Memory::kAgrees;
  return off <= kOther ? Memory::kDiffers : Memory::kOtherCard;
}

struct Note {
  std::string text;
  bool usable{true};
};

Note note_of(const RowReader& row, const Columns& columns, const catalog::Accelerator& card) {
  Note note{.text = std::string{row.text(columns.url)}};
  if (row.text(columns.kind) == "secure") note.text += "; listed as 'secure'";
  if (row.text(columns.memory).empty()) return note;
  const auto memory = row.number(columns.memory);
  if (!memory) return {.text = {}, .usable = false};
  const Memory compared = compare_memory(card, *memory);
  const std::string printed = number_text(*memory) + " GB";
  if (compared == Memory::kDiffers) note.text += "; listed with " + printed;
  if (compared == Memory::kOtherCard) {
    row.skip(columns.memory,
             {.what = "'" + std::string{row.text(columns.gpu)} + "' with " + printed,
              .expected = card.id + " with " + to_text(*card.memory_marketed.value()),
              .near = {},
              .where = {}});
    note.usable = false;
  }
  return note;
}

void import_row(const RowReader& row, const Columns& columns) {
  const auto price = row.number(columns.price);
  const auto kind = read_kind(row, columns.kind);
  const std::string_view date = row.text(columns.date);
  const bool dated = day_number(date).has_value();
  if (!dated) {
    row.fail(columns.date, "'" + excerpt(date, 40) + "' is not a date", std::string{kDateExpected});
  }
  const auto lot = row.text(columns.lot).empty() ? 1 : row.count(columns.lot);
  const ReadName* read = row.accelerator(columns.gpu, {});
  if (!price || !kind || !dated || !lot || read == nullptr) return;
  Note note = note_of(row, columns, *read->accelerator);
  if (!note.usable) return;
  const std::string_view seller = row.text(columns.provider);
  const std::string_view printed = row.text(columns.gpu);
  const std::string at_least = *lot > 1 ? "x" + std::to_string(*lot) : "";
  const std::string_view listed_as = row.text(columns.kind);
  add_offer(row.list,
            {.accelerator = read->accelerator->id,
             .printed_name = std::string{printed},
             .accelerators = 1,
             .price = *price,
             .unit = PriceUnit::kCard,
             .period = PricePeriod::kHour,
             .kind = *kind,
             .lot_min = *lot,
             .seller = std::string{seller},
             .date = std::string{date},
             .source = row.list.table.file,
             .assumed = read->assumed,
             .note = std::move(note.text),
             .where = row.list.table.where(row.row, *columns.price)},
            {seller, printed, at_least, listed_as});
}

}  // namespace

bool is_gpurentalprices(const document::Table& table) {
  const Columns columns = columns_of(table);
  return columns.date && columns.provider && columns.gpu && columns.price && columns.kind;
}

void import_gpurentalprices(CsvImport& list) {
  const Columns columns = columns_of(list.table);
  for (const document::Row& row : list.table.rows) import_row({list, row}, columns);
}

}  // namespace assay::market
