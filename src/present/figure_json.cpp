#include "present/figure_json.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "present/figure_text.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using State = plan::CatalogFigure::State;

constexpr int kDigits = 12;

Json number_json(const std::string& text) {
  double value = 0;
  return parse_double(text, value) ? Json(value) : Json(text);
}

void add_number(Json& json, const plan::CatalogFigure& figure, std::string_view path) {
  plan::CatalogFigure low = figure, high = figure;
  low.state = high.state = State::kNumber;
  high.value = figure.high;
  const ValueWithUnit printed = split_unit(figure_text(low, path, kDigits));
  json["value"] = number_json(printed.value);
  if (figure.dim == Dim{}) json["value"] = figure.value;
  json["unit"] = figure.dim == Dim{} ? "" : printed.unit;
  json["base_value"] = figure.value;
  if (figure.state == State::kRange) json["base_high"] = figure.high;
}

}  // namespace

Json figure_json(const plan::CatalogFigure& figure, std::string_view path) {
  Json json = Json::object();
  switch (figure.state) {
    case State::kUnknown: return nullptr;
    case State::kNone: json["value"] = "none"; break;
    case State::kText: json["value"] = figure.text; break;
    case State::kNumber:
    case State::kRange: add_number(json, figure, path); break;
  }
  json["basis"] = figure.basis;
  json["confidence"] = catalog::name(figure.confidence);
  if (figure.from.empty()) json["source"] = figure.source;
  else json["from"] = figure.from;
  if (!figure.as_printed.empty()) json["as_printed"] = figure.as_printed;
  if (!figure.note.empty()) json["note"] = figure.note;
  json["used"] = figure.used;
  return json;
}

Json source_json(const catalog::Source& source) {
  return {{"id", source.id},       {"title", source.title}, {"publisher", source.publisher},
          {"at", source.at},       {"date", source.date},
          {"confidence", catalog::name(source.confidence)}};
}

Json where_json(const Where& where) {
  if (where.file.empty()) return nullptr;
  return {{"file", where.file}, {"line", where.line}, {"column", where.column}};
}

Json inputs_json(const std::vector<model::UsedFact>& inputs) {
  Json list = Json::array();
  for (const model::UsedFact& fact : inputs) {
    list.push_back({{"figure", fact.figure},
                    {"value", fact.value},
                    {"basis", fact.basis},
                    {"source", fact.source},
                    {"confidence", catalog::name(fact.confidence)}});
  }
  return list;
}

Json catalog_stamp(const catalog::Catalog& catalog) {
  return {{"date", catalog.date}, {"hash", catalog.hash}};
}

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay::present
