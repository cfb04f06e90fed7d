#include "present/compare_json.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "present/cli.h"
#include "present/figure_json.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;

Json cell_json(const plan::CompareSubject& subject, const plan::CompareCell& cell,
               const std::string& path) {
  Json json{{"subject", subject.title}};
  const Json figure = figure_json(cell.figure, path);
  if (figure.is_null()) {
    json["value"] = nullptr;
    if (!cell.figure.note.empty()) json["why"] = cell.figure.note;
    return json;
  }
  json.update(figure);
  json.erase("used");
  json["code"] = cell.code;
  json["best"] = cell.best;
  if (cell.interval) {
    json["base_low"] = cell.interval->low;
    json["base_high"] = cell.interval->high;
    json["coverage"] = kCoverage;
  }
  return json;
}

Json rows_json(const plan::Comparison& comparison, const std::vector<plan::CompareRow>& rows) {
  Json out = Json::array();
  for (const plan::CompareRow& row : rows) {
    Json cells = Json::array();
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      cells.push_back(cell_json(comparison.subjects[i], row.cells[i], row.path));
    }
    out.push_back({{"figure", row.path}, {"title", row.title}, {"cells", std::move(cells)}});
  }
  return out;
}

}  // namespace

std::string compare_json(const catalog::Catalog& catalog, const plan::Comparison& comparison,
                         const CompareOptions& options) {
  Json subjects = Json::array();
  for (const plan::CompareSubject& s : comparison.subjects) {
    subjects.push_back({{"subject", s.title},
                        {"accelerator", s.accelerator->id},
                        {"count", s.count},
                        {"system", s.system != nullptr ? Json(s.system->id) : Json(nullptr)}});
  }
  Json out{{"schema", "assay.compare/1"}, {"subjects", std::move(subjects)}};
  if (!options.model.empty()) {
    out["question"] = {{"model", options.model},
                       {"precision", options.precision.empty() ? "as published"
                                                               : options.precision},
                       {"batch", options.batch},
                       {"context", options.context}};
  }
  out["figures"] = rows_json(comparison, comparison.figures);
  out["derived"] = rows_json(comparison, comparison.derived);
  out["workload"] = rows_json(comparison, comparison.workload);
  out["notes"] = comparison.notes;
  out["assay"] = version();
  out["catalog"] = catalog_stamp(catalog);
  return dump(out);
}

}  // namespace assay::present
