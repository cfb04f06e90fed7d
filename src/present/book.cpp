#include "present/book.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/text.h"
#include "document/read.h"

namespace assay::present {
namespace {

constexpr std::size_t kSkippedShown = 5;

}  // namespace

Checked<market::OfferBook> read_book(const std::string& name, const catalog::Catalog& catalog) {
  const std::vector<std::string> known = market::built_in_books();
  if (std::find(known.begin(), known.end(), name) != known.end()) {
    return market::load_book(name, catalog);
  }
  if (name.find_first_of("/.") == std::string::npos && name != "-") {
    return tl::unexpected(Errors{{.what = fmt::format("unknown offer book '{}'", excerpt(name)),
                                  .expected = one_of(known) + ", or a file",
                                  .near = nearest(name, known, 1),
                                  .where = {}}});
  }
  const auto text = document::read_text(name);
  if (!text) return tl::unexpected(Errors{text.error()});
  return market::read_offers(name, *text, catalog);
}

void note_skipped(const Context& context, const market::OfferBook& book) {
  if (book.rows_without_accelerator > 0) {
    const bool one = book.rows_without_accelerator == 1;
    note(context, fmt::format("{}: {} row{} a machine without accelerators", book.id,
                              book.rows_without_accelerator, one ? " prices" : "s price"));
  }
  if (book.skipped.empty()) return;
  note(context, fmt::format("{}: {} row{} not used", book.id, book.skipped.size(),
                            book.skipped.size() == 1 ? "" : "s"));
  const std::size_t shown = std::min(kSkippedShown, book.skipped.size());
  for (std::size_t i = 0; i < shown; ++i) {
    Error skipped = book.skipped[i];
    std::string text = render(skipped);
    const std::size_t at = text.find("error: ");
    if (at != std::string::npos) text.erase(at, 7);
    context.streams.err << "  " << text << '\n';
  }
  if (shown < book.skipped.size()) {
    context.streams.err << fmt::format("  … and {} more (--json lists all)\n",
                                       book.skipped.size() - shown);
  }
}

}  // namespace assay::present
