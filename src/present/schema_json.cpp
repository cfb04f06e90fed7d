#include "present/schema_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "present/figure_json.h"

namespace assay::present {

using Json = nlohmann::ordered_json;

std::string schemas_json(const std::vector<ListedSchema>& schemas) {
  Json list = Json::array();
  for (const ListedSchema& s : schemas) list.push_back({{"name", s.name}, {"title", s.title}});
  return dump({{"schema", "assay.schemas/1"}, {"schemas", std::move(list)}});
}

std::string schema_title(std::string_view schema) {
  const Json json = Json::parse(schema, nullptr, false);
  if (!json.is_object() || !json.contains("title") || !json["title"].is_string()) return {};
  return json["title"].get<std::string>();
}

}  // namespace assay::present
