#include "market/offer_yaml.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "document/bind.h"
#include "market/offer_date.h"

namespace assay::market {

namespace {

using document::Binder;
using document::Document;
using document::Member;
using document::Need;
using document::Node;

constexpr document::Range kCounts{1, 1'000'000};

// The offer with what it leaves out taken from the file's defaults; places stay those of the file.
Node with_defaults(const Node& offer, const Node* defaults) {
  Node merged = offer;
  if (defaults == nullptr || !offer.is(Node::Kind::kMapping)) return merged;
  for (const Member& member : defaults->members) {
    if (offer.find(member.key) == nullptr) merged.members.push_back(member);
  }
  return merged;
}

// One offer while it is read.
struct OfferReader {
  Binder fields;
  const catalog::Catalog& catalog;

  const Node& at(std::string_view key) const { return *fields.node().find(key); }

  void fail(std::string_view key, const Error& error) {
    fields.fail(at(key), error.what, error.expected, error.near);
  }

  template <class Enum>
  std::optional<Enum> take_name(std::string_view key, std::span<const std::string> names) {
    const auto text = fields.take_choice(key, Need::kRequired, names);
    if (!text) return std::nullopt;
    return static_cast<Enum>(std::ranges::find(names, *text) - names.begin());
  }

  std::string take_text(std::string_view key) {
    return fields.take_text(key, Need::kOptional).value_or("");
  }
};

const catalog::Accelerator* take_accelerator(OfferReader& reader) {
  const auto id = reader.fields.take_text("accelerator", Need::kRequired);
  if (!id) return nullptr;
  const catalog::Accelerator* found = reader.catalog.accelerator(*id);
  if (found == nullptr) reader.fail("accelerator", reader.catalog.unknown_accelerator(*id));
  return found;
}

const catalog::System* take_system(OfferReader& reader, const catalog::Accelerator* accelerator) {
  const auto id = reader.fields.take_text("system", Need::kOptional);
  if (!id) return nullptr;
  const catalog::System* found = reader.catalog.system(*id);
  if (found == nullptr) {
    reader.fail("system", reader.catalog.unknown_system(*id));
    return nullptr;
  }
  if (accelerator != nullptr && !found->accelerator.empty() &&
      found->accelerator != accelerator->id) {
    reader.fail("system", {.what = "system '" + found->id + "' is made of " + found->accelerator,
                           .expected = "a system of " + accelerator->id,
                           .near = {},
                           .where = {}});
  }
  return found;
}

// How many accelerators one priced unit has: said, or known from the system; a card is one.
int take_accelerators(OfferReader& reader, std::optional<PriceUnit> unit,
                      const catalog::System* system) {
  const auto said = reader.fields.take_int("accelerators", Need::kOptional, kCounts);
  const bool card = unit == PriceUnit::kCard;
  const int known = card ? 1 : system != nullptr ? system->accelerators : 0;
  if (said && known > 0 && *said != known) {
    const std::string whole = card ? "a card" : "system '" + system->id + "'";
    reader.fail("accelerators", {.what = std::to_string(*said) + " accelerators in " + whole,
                                 .expected = std::to_string(known),
                                 .near = {},
                                 .where = {}});
  }
  if (said) return static_cast<int>(*said);
  if (known == 0 && unit && reader.fields.node().find("accelerators") == nullptr) {
    reader.fields.fail(reader.fields.node(), "a " + std::string{name(*unit)} + " of unknown size",
                       "'accelerators', or a 'system' of the catalog that says it");
  }
  return std::max(known, 1);
}

void take_price(OfferReader& reader, Offer& offer) {
  const auto text = reader.fields.take_text("price", Need::kRequired);
  if (!text) return;
  const auto price = parse_price(*text);
  if (!price) return reader.fail("price", price.error());
  offer.price = price->value;
  offer.currency = price->currency;
  offer.period = price->period;
  offer.where = reader.fields.document().where(reader.at("price").mark);
}

void take_term(OfferReader& reader, Offer& offer) {
  if (const auto text = reader.fields.take_text("term", Need::kOptional)) {
    const auto months = parse_term(*text);
    if (!months) return reader.fail("term", months.error());
    offer.term_months = *months;
  }
  if (offer.kind == OfferKind::kReserved && offer.term_months == 0) {
    reader.fields.fail(reader.fields.node(), "a reserved offer without a term",
                       "'term', such as '12 months'");
  }
}

void take_date(OfferReader& reader, Offer& offer) {
  const auto text = reader.fields.take_text("date", Need::kOptional);
  if (!text) return;
  offer.date = *text;
  if (day_number(offer.date)) return;
  reader.fail("date", {.what = "'" + excerpt(offer.date, 40) + "' is not a date",
                       .expected = std::string{kDateExpected},
                       .near = {},
                       .where = {}});
}

Offer take_offer(OfferReader& reader, const std::string& file) {
  Offer offer;
  Binder& fields = reader.fields;
  offer.id = fields.take_text("id", Need::kRequired).value_or("");
  const catalog::Accelerator* accelerator = take_accelerator(reader);
  const catalog::System* system = take_system(reader, accelerator);
  const auto unit = reader.take_name<PriceUnit>("unit", price_unit_names());
  offer.kind = reader.take_name<OfferKind>("kind", offer_kind_names()).value_or(offer.kind);
  offer.unit = unit.value_or(offer.unit);
  offer.accelerator = accelerator == nullptr ? "" : accelerator->id;
  offer.system = system == nullptr ? "" : system->id;
  offer.accelerators = take_accelerators(reader, unit, system);
  take_price(reader, offer);
  take_term(reader, offer);
  take_date(reader, offer);
  if (const auto lot = fields.take_int("lot", Need::kOptional, kCounts)) {
    offer.lot_min = static_cast<int>(*lot);
  }
  if (const auto units = fields.take_int("units", Need::kOptional, kCounts)) {
    offer.units_max = static_cast<int>(*units);
  }
  offer.printed_name = reader.take_text("name");
  offer.instance = reader.take_text("instance");
  offer.seller = reader.take_text("seller");
  offer.region = reader.take_text("region");
  offer.zone = reader.take_text("zone");
  offer.source = fields.take_text("source", Need::kOptional).value_or(file);
  offer.assumed = reader.take_text("assumed");
  offer.note = reader.take_text("note");
  fields.finish();
  return offer;
}

// A wrong default is found once for each offer that takes it: one is enough.
void remove_repeated(Errors& errors) {
  sort_by_place(errors);
  // Not std::ranges::unique: clang 14 cannot compile the subrange of libstdc++ 12.
  const auto same = [](const Error& a, const Error& b) {
    return a.where == b.where && a.what == b.what;
  };
  errors.erase(std::unique(errors.begin(), errors.end(), same), errors.end());
}

class BookReader {
 public:
  BookReader(const Document& document, const catalog::Catalog& catalog, OfferBook& book,
             Errors& errors)
      : document_{document}, catalog_{catalog}, book_{book}, errors_{errors} {}

  void read(const Node& item, const Node* defaults) {
    const Node merged = with_defaults(item, defaults);
    OfferReader reader{.fields = Binder{document_, merged, errors_, "offer"}, .catalog = catalog_};
    Offer offer = take_offer(reader, document_.file);
    if (!merged.is(Node::Kind::kMapping) || offer.id.empty()) return;
    const auto [first, is_new] = lines_.emplace(offer.id, item.mark.line);
    if (!is_new) {
      reader.fail(
          "id", {.what = "id '" + offer.id + "' is taken by line " + std::to_string(first->second),
                 .expected = "an id of its own",
                 .near = {},
                 .where = {}});
    }
    offer.id = book_.id + "/" + offer.id;
    book_.offers.push_back(std::move(offer));
  }

 private:
  const Document& document_;
  const catalog::Catalog& catalog_;
  OfferBook& book_;
  Errors& errors_;
  std::map<std::string, int> lines_;  // where each id was first given
};

}  // namespace

Checked<OfferBook> read_offer_document(const Document& document, std::string id,
                                       const catalog::Catalog& catalog) {
  Errors errors;
  OfferBook book{.id = std::move(id), .title = {}, .offers = {}, .skipped = {}};
  Binder root{document, document.root, errors, "price list"};
  book.title = root.take_text("title", Need::kRequired).value_or("");
  const Node* defaults = root.take("defaults", Need::kOptional);
  if (defaults != nullptr && !defaults->is(Node::Kind::kMapping)) {
    root.fail(*defaults, "'defaults' is " + std::string{kind_name(defaults->kind)}, "a mapping");
    defaults = nullptr;
  }
  const Node* offers = root.take("offers", Need::kRequired);
  root.finish();
  BookReader reader{document, catalog, book, errors};
  if (offers != nullptr && (!offers->is(Node::Kind::kSequence) || offers->items.empty())) {
    root.fail(*offers, "no offers in 'offers'", "a list of offers");
  } else if (offers != nullptr) {
    for (const Node& item : offers->items) reader.read(item, defaults);
  }
  remove_repeated(errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return book;
}

}  // namespace assay::market
