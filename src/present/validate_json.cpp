#include "present/validate_json.h"

#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/assert.h"
#include "present/cli.h"
#include "present/figure_json.h"
#include "present/validate_json_parts.h"
#include "present/validate_text.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using evidence::NamedScore;
using evidence::Report;
using evidence::Score;

Json known(double value) { return std::isnan(value) ? Json(nullptr) : Json(value); }

Json score_json(const Score& s) {
  Json json{{"groups", s.groups}};
  add_errors(json, s);
  return json;
}

// "tpot_ms dense" → {"dense": {"tpot_ms": …}}
Json nested(const std::vector<NamedScore>& scores) {
  Json json = Json::object();
  for (const NamedScore& named : scores) {
    const std::size_t space = named.name.find(' ');
    ASSAY_ASSERT(space != std::string::npos);
    json[named.name.substr(space + 1)][named.name.substr(0, space)] = score_json(named.score);
  }
  return json;
}

Json by_metric(const Report& report) {
  Json json = Json::object();
  for (const NamedScore& named : report.by_metric) json[named.name] = score_json(named.score);
  return json;
}

Json cell_json(const evidence::Cell& cell) {
  Json json{{"metric", cell.metric},       {"scenario", cell.scenario},
            {"class", cell.model_class},   {"family", cell.family},
            {"engine", cell.engine},       {"regime", cell.regime},
            {"groups", cell.score.groups}, {"refused", cell.score.refused_groups}};
  add_errors(json, cell.score);
  json["half_width"] = known(cell.half_width);
  return json;
}

Json row_json(const evidence::Measurement& m, const evidence::Prediction& p) {
  const ValidationRow row{.id = m.id,
                          .source = m.source,
                          .accelerator = m.accelerator,
                          .model = m.model,
                          .metric = std::string{name(m.metric)},
                          .measured = m.value,
                          .remark = row_remark(m, p)};
  Json json;
  add_names(json, row);
  json["scenario"] = name(m.scenario);
  add_prediction(json, row, p);
  json["suspect"] = m.suspect;
  json["remark"] = row.remark;
  return json;
}

}  // namespace

std::string validation_json(const Report& report, const std::string& data,
                            const catalog::Catalog& catalog) {
  Json cells = Json::array();
  for (const evidence::Cell& cell : report.cells) cells.push_back(cell_json(cell));
  return dump({{"schema", "assay.validation.inference/1"},
               {"rows", report.rows},
               {"groups", report.groups},
               {"refused", report.refused},
               {"by_metric", by_metric(report)},
               {"by_class", nested(report.by_class)},
               {"by_family", nested(report.by_family)},
               {"by_engine", nested(report.by_engine)},
               {"by_scenario", nested(report.by_scenario)},
               {"cells", std::move(cells)},
               {"refusals", refusals_json(report.refusals)},
               {"excepted_groups", report.excepted_groups},
               {"ratios",
                {{"pairs", report.ratios.pairs},
                 {"groups", report.ratios.groups},
                 {"median_ape", report.ratios.median_ape},
                 {"p90_ape", report.ratios.p90_ape},
                 {"order_right", report.ratios.order_right},
                 {"cover_90", report.ratios.cover_90}}},
               {"suspect", report.suspect},
               {"impossible", report.impossible},
               {"assumed_layouts", report.assumed_layouts},
               {"data", data},
               {"catalog", catalog_stamp(catalog)},
               {"assay", version()}});
}

std::string validation_rows_json(std::span<const evidence::Measurement> measurements,
                                 std::span<const evidence::Prediction> predictions) {
  ASSAY_ASSERT(measurements.size() == predictions.size());
  Json rows = Json::array();
  for (std::size_t i = 0; i < measurements.size(); ++i) {
    rows.push_back(row_json(measurements[i], predictions[i]));
  }
  return dump({{"schema", "assay.validation.inference.rows/1"},
               {"rows", std::move(rows)},
               {"assay", version()}});
}

}  // namespace assay::present
