#include "present/validate_json_parts.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/interval.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;

Json known(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

}  // namespace

void add_errors(Json& json, const evidence::Score& s) {
  json["median_ape"] = known(s.median_ape);
  json["p90_ape"] = known(s.p90_ape);
  json["bias"] = known(s.bias);
  json["cover_80"] = known(s.cover_80);
  json["cover_90"] = known(s.cover_90);
}

Json refusals_json(std::span<const evidence::RefusalCount> refusals) {
  Json all = Json::array();
  for (const evidence::RefusalCount& r : refusals) {
    all.push_back({{"kind", r.kind}, {"why", r.why}, {"rows", r.rows}});
  }
  return all;
}

void add_names(Json& json, const ValidationRow& row) {
  json["id"] = row.id;
  json["source"] = row.source;
  json["accelerator"] = row.accelerator;
  json["model"] = row.model;
  json["metric"] = row.metric;
}

void add_prediction(Json& json, const ValidationRow& row, const evidence::Prediction& p) {
  const bool predicted = p.refusal == evidence::Refusal::kNone;
  json["measured"] = row.measured;
  json["predicted"] = predicted ? Json(p.value) : Json(nullptr);
  json["ratio"] = predicted ? Json(p.value / row.measured) : Json(nullptr);
  for (const char* key : {"low_80", "high_80", "low_90", "high_90"}) json[key] = nullptr;
  if (predicted) {
    const auto narrow = estimate(p.value, p.half_width_80);
    const auto wide = estimate(p.value, p.half_width_90);
    json["low_80"] = narrow.low;
    json["high_80"] = narrow.high;
    json["low_90"] = wide.low;
    json["high_90"] = wide.high;
  }
  json["class"] = p.model_class;
  json["family"] = p.family;
  json["engine"] = p.engine;
  json["regime"] = p.regime;
  json["layout"] = p.layout;
  json["layout_assumed"] = p.layout_assumed;
}

}  // namespace assay::present
