#include "present/offers_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using market::Offer;

Json stated(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json offer_json(const Offer& o) {
  return {{"id", o.id},
          {"accelerator", o.accelerator},
          {"system", stated(o.system)},
          {"printed_name", o.printed_name},
          {"instance", stated(o.instance)},
          {"price_usd_per_accelerator_hour", market::usd_per_accelerator_hour(o)},
          {"price", o.price},
          {"currency", o.currency},
          {"unit", market::name(o.unit)},
          {"period", market::name(o.period)},
          {"accelerators_per_unit", o.accelerators},
          {"kind", market::name(o.kind)},
          {"term_months", o.term_months},
          {"lot_min", o.lot_min},
          {"units_max", o.units_max ? Json(*o.units_max) : Json(nullptr)},
          {"host_included", o.host_included},
          {"seller", stated(o.seller)},
          {"region", stated(o.region)},
          {"zone", stated(o.zone)},
          {"date", stated(o.date)},
          {"source", o.source},
          {"assumed", stated(o.assumed)},
          {"note", stated(o.note)},
          {"where", where_json(o.where)}};
}

}  // namespace

std::string offers_json(const market::OfferBook& book, const std::vector<const Offer*>& offers) {
  Json list = Json::array(), skipped = Json::array();
  for (const Offer* offer : offers) list.push_back(offer_json(*offer));
  for (const Error& error : book.skipped) {
    skipped.push_back({{"what", error.what},
                       {"expected", error.expected},
                       {"where", error.where ? where_json(*error.where) : Json(nullptr)}});
  }
  return dump({{"schema", "assay.offers/1"},
               {"book", book.id},
               {"title", book.title},
               {"offers", std::move(list)},
               {"skipped", std::move(skipped)},
               {"rows_without_accelerator", book.rows_without_accelerator},
               {"assay", version()}});
}

std::string books_json(const std::vector<market::OfferBook>& books) {
  Json list = Json::array();
  for (const market::OfferBook& book : books) {
    list.push_back({{"book", book.id},
                    {"title", book.title},
                    {"offers", book.offers.size()},
                    {"skipped", book.skipped.size()}});
  }
  return dump({{"schema", "assay.offers.books/1"}, {"books", std::move(list)}});
}

}  // namespace assay::present
