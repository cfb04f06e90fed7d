// offers_command.cpp — `assay offers`: the books, one book cheapest first, or what is wrong in it.
#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "market/offer_book.h"
#include "market/offer_lint.h"
#include "present/book.h"
#include "present/commands.h"
#include "present/figure_text.h"
#include "present/findings.h"
#include "present/offers_json.h"

namespace assay::present {
namespace {

using market::Offer;
using market::OfferBook;

int list_books(const Context& context, const catalog::Catalog& catalog) {
  std::vector<OfferBook> books;
  for (const std::string& id : market::built_in_books()) {
    auto book = market::load_book(id, catalog);
    if (!book) return report_errors(context, std::move(book.error()), "shown");
    books.push_back(std::move(*book));
  }
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << books_json(books);
    return kAnswered;
  }
  TextTable table{{{.title = "book"},
                   {.title = "offers", .right = true},
                   {.title = "skipped", .right = true},
                   {.title = "title", .wraps = true}},
                  {}};
  for (const OfferBook& book : books) {
    table.rows.push_back({book.id, std::to_string(book.offers.size()),
                          std::to_string(book.skipped.size()), book.title});
  }
  return print_table(context, std::move(table));
}

bool is_wanted(const Offer& offer, const std::string& wanted, const catalog::Catalog& catalog) {
  if (wanted.empty() || glob_match(wanted, offer.accelerator)) return true;
  const catalog::Accelerator* accelerator = catalog.accelerator(wanted);
  return accelerator != nullptr && accelerator->id == offer.accelerator;
}

std::vector<const Offer*> cheapest_first(const OfferBook& book, const std::string& wanted,
                                         const catalog::Catalog& catalog) {
  std::vector<const Offer*> offers;
  for (const Offer& offer : book.offers) {
    if (is_wanted(offer, wanted, catalog)) offers.push_back(&offer);
  }
  std::stable_sort(offers.begin(), offers.end(), [](const Offer* a, const Offer* b) {
    return market::price_per_accelerator(*a) < market::price_per_accelerator(*b);
  });
  return offers;
}

std::string printed_price(const Offer& o) {
  const std::string unit = o.accelerators == 1
                               ? std::string{market::name(o.unit)}
                               : fmt::format("{} of {}", market::name(o.unit), o.accelerators);
  return fmt::format("{} {}/{} {}", number_text(o.price, 6), o.currency, market::name(o.period),
                     unit);
}

std::string terms(const Offer& o) {
  std::string text{market::name(o.kind)};
  if (o.term_months > 0) text += fmt::format(", {} months", o.term_months);
  if (o.lot_min > 1) text += fmt::format(", from {}", o.lot_min);
  if (!o.host_included) text += ", no host";
  return text;
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? std::string{kUnknownText} : text;
}

TextTable offers_table(const std::vector<const Offer*>& offers) {
  TextTable table{{{.title = "accelerator"},
                   {.title = "USD/h", .right = true, .key = "usd_per_accelerator_hour"},
                   {.title = "as printed", .right = true, .key = "printed"},
                   {.title = "kind", .wraps = true},
                   {.title = "date"},
                   {.title = "seller", .drop_order = 1},
                   {.title = "region", .drop_order = 3},
                   {.title = "units", .right = true, .drop_order = 4},
                   {.title = "source", .drop_order = 2},
                   {.title = "id", .drop_order = 5},
                   {.title = "assumed", .drop_order = 6, .wraps = true}},
                  {}};
  for (const Offer* o : offers) {
    table.rows.push_back({o->accelerator,
                          fmt::format("{:.3f}", market::usd_per_accelerator_hour(*o)),
                          printed_price(*o), terms(*o), or_unknown(o->date), or_unknown(o->seller),
                          or_unknown(o->region),
                          o->units_max ? std::to_string(*o->units_max) : std::string{kUnknownText},
                          o->source, o->id, o->assumed});
  }
  return table;
}

int show_book(const Context& context, const catalog::Catalog& catalog, const OfferBook& book,
              const OffersOptions& options) {
  const auto offers = cheapest_first(book, options.accelerator, catalog);
  if (offers.empty() && !options.accelerator.empty()) {
    Error error{.what = fmt::format("no offer of '{}' in {}", excerpt(options.accelerator),
                                    book.id),
                .expected = {}, .near = {}, .where = {}};
    const bool pattern = options.accelerator.find_first_of("*?") != std::string::npos;
    if (!pattern && catalog.accelerator(options.accelerator) == nullptr) {
      error = catalog.unknown_accelerator(options.accelerator);
    }
    return report_errors(context, {std::move(error)}, "shown");
  }
  if (context.common.format == OutputFormat::kJson) {
    context.streams.out << offers_json(book, offers);
    return kAnswered;
  }
  const bool all_columns = !context.common.columns.empty() ||
                           context.common.format != OutputFormat::kTable || context.common.wide;
  TextTable table = offers_table(offers);
  if (!all_columns) table = without_empty_columns(std::move(table));
  const int code = print_table(context, std::move(table));
  if (code != kAnswered) return code;
  if (context.common.format == OutputFormat::kTable) {
    context.streams.out << fmt::format(
        "\n{}: {} of {} offers\nUSD/h: of one accelerator, 730 h a month. — not stated.\n"
        "assay {} · catalog {} {}\n",
        book.title, offers.size(), book.offers.size(), version(), catalog.date,
        catalog.hash.substr(0, 6));
  }
  note_skipped(context, book);
  return code;
}

}  // namespace

int offers_command(const Context& context, const OffersOptions& options) {
  const LoadedCatalog loaded = load_catalog_or_report(context);
  if (loaded.exit_code != 0) return loaded.exit_code;
  if (options.book.empty()) {
    const bool asks_more = options.check || !options.accelerator.empty();
    if (!asks_more) return list_books(context, loaded.catalog);
    return report_usage(context, {.what = "BOOK is missing",
                                  .expected = one_of(market::built_in_books()) + ", or a file",
                                  .near = {},
                                  .where = {}});
  }
  auto book = read_book(options.book, loaded.catalog);
  if (!book) return report_errors(context, std::move(book.error()), "read");
  if (!options.check) return show_book(context, loaded.catalog, *book, options);
  return print_findings(
      context, market::lint(*book, loaded.catalog.date),
      {.schema = "assay.offers.check/1",
       .what = fmt::format("{}: {} offers, {} row{} not used", book->id, book->offers.size(),
                           book->skipped.size(), book->skipped.size() == 1 ? "" : "s")});
}

}  // namespace assay::present
