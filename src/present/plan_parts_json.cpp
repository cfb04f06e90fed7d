#include "present/plan_parts_json.h"

#include <nlohmann/json.hpp>

#include "present/figure_json.h"

namespace assay::present {

using Json = nlohmann::ordered_json;

Json plan_offer_json(const market::Offer& o) {
  return {{"id", o.id},
          {"price", o.price},
          {"currency", o.currency},
          {"unit", market::name(o.unit)},
          {"period", market::name(o.period)},
          {"accelerators_per_unit", o.accelerators},
          {"price_usd_per_accelerator_hour", market::usd_per_accelerator_hour(o)},
          {"kind", market::name(o.kind)},
          {"seller", o.seller},
          {"region", o.region},
          {"date", o.date.empty() ? Json(nullptr) : Json(o.date)},
          {"source", o.source}};
}

Json rejected_json(const std::vector<plan::Rejected>& rejected) {
  Json out = Json::array();
  for (const plan::Rejected& r : rejected) {
    out.push_back({{"reason", name(r.reason)}, {"count", r.count}, {"nearest", r.nearest}});
  }
  return out;
}

Json chains_json(const std::vector<plan::Figure>& figures) {
  Json out = Json::object();
  for (const plan::Figure& figure : figures) {
    out[figure.key] = {{"value", figure.value},
                       {"formula", figure.formula},
                       {"section", figure.section},
                       {"inputs", inputs_json(figure.inputs)}};
  }
  return out;
}

}  // namespace assay::present
