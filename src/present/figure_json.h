// figure_json.h — figures, sources and places as JSON values, the same in every answer.
// Only *_json.cpp files include it: nlohmann/json is slow to compile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"
#include "catalog/catalog.h"
#include "model/hardware.h"
#include "plan/catalog_sheet.h"

namespace assay::present {

// {value, unit, base_value, basis, source, confidence, used, …}
nlohmann::ordered_json figure_json(const plan::CatalogFigure& figure, std::string_view path);

nlohmann::ordered_json source_json(const catalog::Source& source);
// What a computed figure rests on: [{figure, value, basis, source, confidence}].
nlohmann::ordered_json inputs_json(const std::vector<model::UsedFact>& inputs);
// null where there is no place.
nlohmann::ordered_json where_json(const Where& where);
// {"date", "hash"}: which data an answer rests on.
nlohmann::ordered_json catalog_stamp(const catalog::Catalog& catalog);

// Indented, with a final newline; invalid UTF-8 is replaced.
std::string dump(const nlohmann::ordered_json& json);

}  // namespace assay::present
