#include "market/offer_book.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "base/nearest.h"
#include "base/text.h"
#include "catalog/embedded.h"
#include "document/read.h"
#include "document/table.h"
#include "market/offer_csv.h"
#include "market/offer_yaml.h"

namespace assay::market {

namespace {

struct BuiltIn {
  std::string_view id, title, file;
  std::string_view source;  // id of data/sources.yaml; empty: the file says it offer by offer
};

constexpr std::array kBuiltIn{
    BuiltIn{.id = "article",
            .title = "Price list of the comparison article",
            .file = "data/offers/article.yaml",
            .source = ""},
    BuiltIn{.id = "gpurentalprices",
            .title = "GPU rental price data by gpurentalprices.com, CC BY 4.0",
            .file = "data/offers/gpurentalprices-2026-08-22.csv",
            .source = "gpurentalprices-2026-08-22"},
};

struct CsvShape {
  std::string_view list;  // its section of data/offers/names.yaml
  bool (*matches)(const document::Table&);
  void (*import)(CsvImport&);
};

constexpr std::array kShapes{
    CsvShape{.list = "skypilot", .matches = is_skypilot, .import = import_skypilot},
    CsvShape{
        .list = "gpurentalprices", .matches = is_gpurentalprices, .import = import_gpurentalprices},
    CsvShape{.list = "article", .matches = is_article, .import = import_article},
};

Error input_error(const std::string& file, int line, std::string what, std::string expected) {
  return {.what = std::move(what),
          .expected = std::move(expected),
          .near = {},
          .where = Where{.file = file, .line = line, .column = line > 0 ? 1 : 0}};
}

// "lists/quotes.yaml" → "quotes".
std::string stem_of(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  return std::string{file.substr(0, file.rfind('.'))};
}

// A list with one wrong column has an error a row: the first ones tell, the rest is a count.
void shorten(Errors& errors, const std::string& file) {
  const std::size_t more = errors.size() - std::min(errors.size(), document::kErrorsMax);
  if (more == 0) return;
  errors.resize(document::kErrorsMax);
  errors.push_back(input_error(file, 0, "and " + std::to_string(more) + " more errors", ""));
}

Checked<OfferBook> read_list(const std::string& file, std::string_view text,
                             const catalog::Catalog& catalog) {
  const auto table = document::read_csv(file, text);
  if (!table) return tl::unexpected(table.error());
  for (const CsvShape& shape : kShapes) {
    if (!shape.matches(*table)) continue;
    auto names = load_price_names(shape.list, catalog);
    if (!names) return tl::unexpected(std::move(names.error()));
    OfferBook book{.id = stem_of(file), .title = file, .offers = {}, .skipped = {}};
    Errors errors;
    CsvImport list{
        .table = *table, .names = *names, .book = book, .errors = errors, .ids_seen = {}};
    book.offers.reserve(table->rows.size());
    list.ids_seen.reserve(table->rows.size());
    shape.import(list);
    if (errors.empty()) return book;
    shorten(errors, file);
    return tl::unexpected(std::move(errors));
  }
  return tl::unexpected(Errors{
      input_error(file, 1, "columns " + excerpt(join(table->columns, ","), 120),
                  "those of a SkyPilot catalog "
                  "(InstanceType,AcceleratorName,AcceleratorCount,Price,Region), of "
                  "gpurentalprices.com (date,provider,gpu,usd_per_gpu_hr,kind) or of the article "
                  "(accelerator,count,unit,usd_per_month)")});
}

Checked<OfferBook> read_written(const std::string& file, std::string_view text, bool json,
                                const catalog::Catalog& catalog) {
  const auto document =
      json ? document::read_json(file, text) : document::read_document(file, text);
  if (!document) return tl::unexpected(document.error());
  return read_offer_document(*document, stem_of(file), catalog);
}

}  // namespace

std::vector<std::string> built_in_books() {
  std::vector<std::string> ids;
  for (const BuiltIn& book : kBuiltIn) ids.emplace_back(book.id);
  return ids;
}

Checked<OfferBook> load_book(std::string_view id, const catalog::Catalog& catalog) {
  for (const BuiltIn& built_in : kBuiltIn) {
    if (built_in.id != id) continue;
    const auto text = catalog::embedded_file(built_in.file);
    ASSAY_ASSERT(text.has_value());
    auto book = read_offers(std::string{built_in.file}, *text, catalog);
    if (!book) return book;
    const std::size_t old_id = book->id.size();
    book->id = built_in.id;
    book->title = built_in.title;
    for (Offer& offer : book->offers) {
      offer.id.replace(0, old_id, built_in.id);
      if (!built_in.source.empty()) offer.source = built_in.source;
    }
    return book;
  }
  const auto known = built_in_books();
  return tl::unexpected(Errors{{.what = "unknown price list '" + excerpt(id, 40) + "'",
                                .expected = one_of(known),
                                .near = nearest(id, known),
                                .where = {}}});
}

Checked<OfferBook> read_offers(const std::string& file, std::string_view text,
                               const catalog::Catalog& catalog) {
  const std::string lower = to_lower(file);
  if (lower.ends_with(".csv")) return read_list(file, text, catalog);
  if (lower.ends_with(".json")) return read_written(file, text, true, catalog);
  if (lower.ends_with(".yaml") || lower.ends_with(".yml")) {
    return read_written(file, text, false, catalog);
  }
  return tl::unexpected(Errors{input_error(file, 0, "a price list of unknown form",
                                           "a file name that ends in .yaml, .json or .csv")});
}

}  // namespace assay::market
