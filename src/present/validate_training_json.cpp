#include "present/validate_training_json.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/assert.h"
#include "present/cli.h"
#include "present/figure_json.h"
#include "present/validate_json_parts.h"

namespace assay::present {
namespace {

using Json = nlohmann::ordered_json;
using evidence::NamedScore;
using evidence::Score;

// n: groups, as medians run over them.
Json score_json(const Score& s) {
  Json json{{"n", s.groups}, {"rows", s.rows}, {"refused", s.refused_groups}};
  add_errors(json, s);
  return json;
}

Json named(const std::vector<NamedScore>& scores) {
  Json json = Json::object();
  for (const NamedScore& s : scores) json[s.name] = score_json(s.score);
  return json;
}

// "new architecture moe" → {"new_architecture": {"moe": …}}
Json tiers_json(const std::vector<NamedScore>& scores) {
  Json json = Json::object();
  for (const NamedScore& s : scores) {
    const std::size_t space = s.name.rfind(' ');
    ASSAY_ASSERT(space != std::string::npos);
    std::string tier = s.name.substr(0, space);
    std::ranges::replace(tier, ' ', '_');
    json[tier][s.name.substr(space + 1)] = score_json(s.score);
  }
  return json;
}

Json found_json(const std::vector<evidence::FoundRows>& found) {
  Json all = Json::array();
  for (const evidence::FoundRows& f : found) all.push_back(f.ids);
  return all;
}

Json fit_json(const std::optional<TrainingFit>& fit) {
  if (!fit) return nullptr;
  Json constants = Json::array();
  for (const evidence::AdaptedTrainingConstant& c : fit->constants) {
    constants.push_back({{"name", c.name}, {"factor", c.factor}});
  }
  return {{"rows", fit->runs},
          {"constants", std::move(constants)},
          {"before", score_json(fit->before)},
          {"after", score_json(fit->after)}};
}

}  // namespace

std::string training_validation_json(const evidence::TrainingReport& report,
                                     const std::optional<TrainingFit>& fit, const std::string& data,
                                     const catalog::Catalog& catalog) {
  return dump({{"schema", "assay.validation.training/1"},
               {"rows", report.rows},
               {"groups", report.groups},
               {"refused", report.refused},
               {"all", score_json(report.all)},
               {"tiers", tiers_json(report.by_tier)},
               {"by_class", named(report.by_class)},
               {"by_source", named(report.by_source)},
               {"by_accelerator", named(report.by_accelerator)},
               {"by_stack", named(report.by_stack)},
               {"refusals", refusals_json(report.refusals)},
               {"excepted_groups", report.excepted_groups},
               {"suspect", report.suspect},
               {"impossible", report.impossible},
               {"assumed_layouts", report.assumed_layouts},
               {"duplicates", found_json(report.duplicates)},
               {"composed", found_json(report.composed)},
               {"fit", fit_json(fit)},
               {"data", data},
               {"catalog", catalog_stamp(catalog)},
               {"assay", version()}});
}

std::string training_rows_json(std::span<const ValidationRow> rows,
                               std::span<const evidence::Prediction> predictions) {
  ASSAY_ASSERT(rows.size() == predictions.size());
  Json all = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Json json;
    add_names(json, rows[i]);
    add_prediction(json, rows[i], predictions[i]);
    json["remark"] = rows[i].remark;
    all.push_back(std::move(json));
  }
  return dump({{"schema", "assay.validation.training.rows/1"},
               {"rows", std::move(all)},
               {"assay", version()}});
}

}  // namespace assay::present
