// schema_json.h — the list of schemas as "assay.schemas/1", and the title that a schema has.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay::present {

struct ListedSchema {
  std::string name, title;
};
std::string schemas_json(const std::vector<ListedSchema>& schemas);

// Empty when the schema has none.
std::string schema_title(std::string_view schema);

}  // namespace assay::present
