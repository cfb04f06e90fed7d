#include "present/version_json.h"

#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"

namespace assay::present {

std::string version_json(const catalog::Catalog* catalog) {
  nlohmann::ordered_json json{{"schema", "assay.version/1"}, {"assay", version()}};
  if (catalog != nullptr) {
    json["catalog"] = catalog_stamp(*catalog);
    json["accelerators"] = catalog->accelerators.size();
    json["systems"] = catalog->systems.size();
    json["sources"] = catalog->sources.size();
  }
  return dump(json);
}

}  // namespace assay::present
